/*
 * What a provider's HTTP answer means: a JSON object, one of OAuth's error words, or
 * nothing usable.
 */
#ifndef OIDC_ANSWER_H
#define OIDC_ANSWER_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"

/*
 * Status 200 with a strict JSON object that has no `error`: ERR_OK, and the caller owns
 * `ret` (AUTO_JSON). Status 200 with anything else that is no such object:
 * ERR_PROVIDER_ANSWER. Else as answer_fault().
 */
enum err answer_read(struct json_object **ret, int status, const char *body, size_t len,
	struct diag *diag) MUST_USE;

/*
 * What an answer says that is not the one to the question; never ERR_OK. `diag` then has
 * the status and what the provider said, each text as one word of a log line.
 *
 *   PENDING, SLOW_DOWN, USER_DENIED, EXPIRED, UNKNOWN_AT_PROVIDER
 *                    the `error` words of RFC 6749 5.2, CIBA 11 and 13 and RFC 8628
 *                    3.5, with status 200 or 4xx
 *   CLIENT_REFUSED   it does not know or trust us: a word, or 401 with an object or
 *                    nothing
 *   PROVIDER_ERROR   any other word; a 4xx with an object without one; 400 with nothing
 *   HTTP_TOO_MANY    429, unless it has one of the words of the first two rows
 *   HTTP_REFUSED     any other 4xx that is no JSON object: not the provider's own words;
 *                    or a word that puts us off as a 5xx does
 *   HTTP_STATUS      any other status
 */
enum err answer_fault(
	int status, const char *body, size_t len, struct diag *diag) MUST_USE;

/* Whether the body is a strict JSON object. */
bool answer_is_object(const char *body, size_t len);

/*
 * Whether that is a request's definite end: a 4xx with a word other than those that put
 * one off (authorization_pending, slow_down).
 */
bool answer_is_refusal(int status, const char *body, size_t len) MUST_USE;

/*
 * One text member that must be there (null is not): 1 byte up to what `ret` holds,
 * printable ASCII. It replaces what was in `ret`. ERR_PROVIDER_ANSWER, with the name and
 * never the text.
 */
enum err answer_copy(struct buf *ret, struct json_object *json, const char *name,
	struct diag *diag) MUST_USE;

/* Bytes of an address: a QR code of a bearable size still holds them. */
#define ANSWER_ADDRESS_MAX 1024

/*
 * An address, NUL-terminated, in place of what was in `ret` (free() it); NULL where the
 * member is absent or null. It must be https, with a host, and at most ANSWER_ADDRESS_MAX
 * printable characters without a blank. ERR_PROVIDER_ANSWER, ERR_NOMEM.
 */
enum err answer_address(char **ret, struct json_object *json, const char *name,
	struct diag *diag) MUST_USE;

/*
 * The access token, NUL-terminated; left empty where there is none. Its type, where said,
 * must be bearer in any case of letters (RFC 6749 section 5.1). ERR_PROVIDER_ANSWER.
 */
enum err answer_bearer(
	struct secret *ret, struct json_object *json, struct diag *diag) MUST_USE;

#endif
