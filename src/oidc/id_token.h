/*
 * The checks of an ID Token's claims (OpenID Connect Core section 3.1.3.7, RFC 7519
 * section 4.1). They run on verified claims only: the type sees to that.
 */
#ifndef OIDC_ID_TOKEN_H
#define OIDC_ID_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "jose/jwt.h"

#define ID_TOKEN_SKEW 60 /* seconds that two clocks may differ */
#define ID_TOKEN_SUB_MAX 255 /* bytes */

/* What this login expects. All borrowed. */
struct id_token_policy {
	const char *issuer;
	const char *client_id;
	const char *const *acr; /* any of these will do; NULL-terminated; NULL: any */
	const char *nonce; /* that we sent; NULL: none */
	bool nonce_required; /* a token without it is refused */
	bool fresh; /* auth_time, where it is there, is no older than iat may be */
	const char *auth_req_id; /* of this login, or another handle; NULL: none */
	const char *access_token; /* that came with the token; NULL: none */
	int64_t now; /* calendar time */
	int64_t not_before; /* the same: when the login began; 0: not known */
};

/*
 * How many seconds from `now` on (calendar time) a login may still take the token: until
 * it has expired, or was issued too long before any login that can still be going on, if
 * none lasts longer than `timeout` seconds. At least 1.
 */
unsigned id_token_life(const struct claims *claims, int64_t now, unsigned timeout);

/*
 * iss equal byte for byte; aud is the client, or an array that holds it (azp must be
 * the client where there are several, and where it is there at all); exp in the
 * future; iat there, not in the future and not from before the login; nbf, where there,
 * passed; each a NumericDate, whose fraction never lengthens a time, with ID_TOKEN_SKEW
 * allowed; sub of 1–255 printable bytes; acr one of the wanted. Where they are there:
 * nonce is ours (it must be there if it is required), CIBA's auth_req_id (Core
 * section 10.3.1) is this login's, at_hash fits the access token.
 *
 * `ret_sub` is borrowed from the claims. The error names the claim (ERR_CLAIM_…);
 * `diag` says what was expected, never the subject itself.
 */
enum err id_token_check(const char **ret_sub, const struct claims *claims,
	const struct id_token_policy *policy, struct diag *diag) MUST_USE;

/* What each of these checks says by itself, for somebody who asks why. */
void id_token_explain(const struct claims *claims, const struct id_token_policy *policy,
	void (*take)(void *arg, const char *claim, enum err e, const struct diag *diag),
	void *arg);

/*
 * For other answers about a subject (Core section 5.3.2). One that is signed must have
 * iss and aud, and its exp, iat and nbf are looked at where they are there; of any other
 * iss and aud are, where they are there. The same rules and errors as above.
 */
enum err id_token_check_other(struct json_object *json, bool is_signed,
	const struct id_token_policy *policy, struct diag *diag) MUST_USE;

#endif
