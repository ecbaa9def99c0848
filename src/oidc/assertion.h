/*
 * private_key_jwt: who we are, proven afresh with every request (RFC 7523 section 3,
 * OpenID Connect Core section 9).
 */
#ifndef OIDC_ASSERTION_H
#define OIDC_ASSERTION_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "jose/key.h"

#define ASSERTION_LIFETIME 60 /* seconds */

/*
 * Adds client_assertion_type and a fresh client_assertion (iss, sub, aud,
 * jti, iat, nbf, exp) for `audience` to the form. `algs` as jws_sign_as() takes it; `now`
 * is the calendar time.
 */
enum err assertion_add(struct buf *form, const struct key *key, uint32_t algs,
	const char *client_id, const char *audience, int64_t now) MUST_USE;

/*
 * Adds iat, nbf, exp and a fresh jti, which every JWT that we send carries, and closes
 * the object (oidc/object.h).
 */
enum err assertion_stamp(struct buf *claims, int64_t now) MUST_USE;

#endif
