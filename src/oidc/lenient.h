/*
 * Members of a provider's answers that are no tokens, read as providers write them: null
 * is as good as absent, and a number may be a text of its digits. What stands in a token,
 * its header or a key is read with jose/json.h instead, strictly.
 */
#ifndef OIDC_LENIENT_H
#define OIDC_LENIENT_H

#include <stdint.h>

#include "base/err.h"
#include "jose/json.h"

#define LENIENT_DIGITS_MAX 10 /* of a number that is a text */

/* NULL where it is absent or null. Borrowed. */
struct json_object *lenient_find(struct json_object *json, const char *name);

/*
 * A text; `ret` is NULL where it is absent or null. Borrowed. ERR_PROVIDER_ANSWER, with
 * the name in `diag`: another type.
 */
enum err lenient_str(const char **ret, struct json_object *json, const char *name,
	struct diag *diag) MUST_USE;

/*
 * A whole number: 5, 5.0, 0.5e1 or "5", where the text has 1 to LENIENT_DIGITS_MAX digits
 * and nothing else. ERR_PROVIDER_ANSWER, with `where` and the name in `diag`: anything
 * else, and absent or null (_opt: then `ret` stays as it was).
 */
enum err lenient_int(int64_t *ret, struct json_object *json, const char *where,
	const char *name, struct diag *diag) MUST_USE;
enum err lenient_int_opt(int64_t *ret, struct json_object *json, const char *where,
	const char *name, struct diag *diag) MUST_USE;

#endif
