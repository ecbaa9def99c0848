/*
 * JSON from strangers: strict text first (json_scan.h), then a json-c tree and typed
 * getters that never convert. The caller never meets a value of the wrong type.
 */
#ifndef JOSE_JSON_H
#define JOSE_JSON_H

#include <stddef.h>
#include <stdint.h>

#include <json-c/json.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Parses one document whose root is an object. No text in it has a NUL inside, so C's
 * functions see all of it. ERR_JSON, ERR_JSON_DUPLICATE, ERR_JSON_LIMIT as json_scan()
 * says, ERR_NOMEM. The caller json_object_put()s.
 */
enum err json_parse(struct json_object **ret, const char *text, size_t len) MUST_USE;

static inline void
json_clean(struct json_object **obj)
{
	json_object_put(*obj);
}
#define AUTO_JSON CLEANUP(json_clean)

/*
 * Typed members of an object. The plain getter wants the member there; the one with
 * _opt leaves *ret as it was where the member is absent (json_str_opt: sets it NULL).
 * ERR_JSON_MEMBER for absence, null or another type. What is returned is borrowed.
 */
enum err json_str(struct json_object *obj, const char *name, const char **ret) MUST_USE;
enum err json_str_opt(
	struct json_object *obj, const char *name, const char **ret) MUST_USE;

/* A JSON integer: neither fraction nor exponent, and it fits. */
enum err json_int(struct json_object *obj, const char *name, int64_t *ret) MUST_USE;
enum err json_int_opt(struct json_object *obj, const char *name, int64_t *ret) MUST_USE;

/* A moment, as the whole seconds at or around it; equal where it has no fraction. */
struct json_date {
	int64_t down, up;
};

/*
 * A NumericDate (RFC 7519 section 2): any JSON number that is not below zero and fits,
 * with fraction and exponent, read exactly (jose/decimal.h). What ends is compared with
 * `down` and what begins with `up`, so that rounding never lengthens a time.
 */
enum err json_date(
	struct json_object *obj, const char *name, struct json_date *ret) MUST_USE;
enum err json_date_opt(
	struct json_object *obj, const char *name, struct json_date *ret) MUST_USE;

/* An object or an array within. */
enum err json_obj(
	struct json_object *obj, const char *name, struct json_object **ret) MUST_USE;
enum err json_obj_opt(
	struct json_object *obj, const char *name, struct json_object **ret) MUST_USE;
enum err json_arr(
	struct json_object *obj, const char *name, struct json_object **ret) MUST_USE;
enum err json_arr_opt(
	struct json_object *obj, const char *name, struct json_object **ret) MUST_USE;

/* Appends the text of an object, without spaces and without escaping '/'. */
enum err json_write(struct buf *out, struct json_object *obj) MUST_USE;

/* Appends `str` as a JSON string in quotes. It must be UTF-8; errors stick in `out`. */
void json_quote(struct buf *out, const char *str);

#endif
