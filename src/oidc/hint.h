/*
 * Who is meant, in the words that a provider understands (OpenID CIBA Core section 7.1):
 * a template in which {login}, {user} and {sub} stand for what is known of the account.
 *
 *   {user}@example.org
 *   {"format":"email","email":"{login}"}
 */
#ifndef OIDC_HINT_H
#define OIDC_HINT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

#define HINT_MAX 4096 /* bytes of a written hint */

/* All borrowed; NULL: not known. */
struct hint_values {
	const char *login; /* what the map's login= says */
	const char *user; /* the local account */
	const char *sub; /* the provider's own name for the person */
};

/* Whether every placeholder of the template has a value. */
bool hint_is_complete(const char *template, const struct hint_values *values);

/*
 * Appends the template with the values in their places. One that begins with { (and not
 * with a placeholder) is JSON: values are escaped as JSON wants it, so that none can end
 * its string, and the whole must be an object. `must_be_json`: nothing else will do.
 * ERR_CONFIG_INVALID: it is none; a value is missing; it becomes too long.
 */
enum err hint_write(struct buf *ret, const char *template,
	const struct hint_values *values, bool must_be_json, struct diag *diag) MUST_USE;

#endif
