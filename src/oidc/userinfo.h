/*
 * The answer of the UserInfo endpoint (OpenID Connect Core section 5.3): what the
 * provider knows of the subject beside the ID Token.
 */
#ifndef OIDC_USERINFO_H
#define OIDC_USERINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "jose/json.h"
#include "jose/jwt.h"

/* All borrowed. */
struct userinfo_policy {
	const char *issuer;
	const char *client_id;
	const char *subject; /* of the verified ID Token */
	int64_t now; /* calendar time */
	int64_t not_before; /* the same: the least iat; 0: any */
	const struct jwt_policy *jwt; /* of an answer that is a token */
	bool must_be_jwt; /* exactly by that policy; else JSON, signed or nested */
	struct key *const *decryption_keys;
	size_t decryption_count;
	const struct jwks *issuer_keys;
};

/*
 * Takes the answer for what it is, whatever type it says to be: a JSON object (trusted
 * as TLS is), a signed token, or a nested one. `sub` must be there and be the subject
 * (section 5.3.4: else none of it may be used). iss and aud must be right where they are
 * there, and be there in a token, whose exp, iat and nbf are kept, too (section 5.3.2).
 *
 * ERR_CLAIM_SUB, ERR_CLAIM_ISS, ERR_CLAIM_AUD, ERR_CLAIM_EXP, ERR_CLAIM_IAT,
 * ERR_CLAIM_NBF, ERR_TOKEN_NESTING, ERR_PROVIDER_ANSWER and what jwt_verify() says. The
 * caller json_object_put()s `ret`.
 */
enum err userinfo_read(struct json_object **ret, const char *body, size_t len,
	const struct userinfo_policy *policy, struct diag *diag) MUST_USE;

#endif
