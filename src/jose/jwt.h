/*
 * JSON Web Tokens (RFC 7519, RFC 8725): decrypt, verify, and only then claims. There is
 * no other way to a struct claims.
 */
#ifndef JOSE_JWT_H
#define JOSE_JWT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clean.h"
#include "base/err.h"
#include "base/secret.h"
#include "jose/alg.h"
#include "jose/json.h"
#include "jose/jwks.h"
#include "jose/key.h"

/* What a caller accepts. Whatever is not named here is refused. */
struct jwt_policy {
	uint32_t sig_algs; /* ALG_BIT()s of signatures; never empty */
	bool encrypted; /* true: a JWE around the JWS must be there; false: must not */
	uint32_t key_algs; /* ALG_BIT()s of key encryption; looked at if encrypted */
	uint32_t encs; /* ENC_BIT()s of content encryption; looked at if encrypted */
};

/* Claims whose signature was verified. Whether they are about us is not known yet. */
struct claims;

void claims_free(struct claims **claims);
#define AUTO_CLAIMS CLEANUP(claims_free)

/* The claims set: an object. Borrowed. */
struct json_object *claims_json(const struct claims *claims);

/* The algorithm of the signature, for at_hash and the like. */
enum alg claims_alg(const struct claims *claims);

/*
 * SHA-256 of what was signed (header and payload, DIGEST_SHA256_SIZE bytes): one token
 * has one, whatever its encryption, and however often a signature over it was made.
 * Borrowed.
 */
const uint8_t *claims_digest(const struct claims *claims);

/*
 * Whether the claim `name` (at_hash, c_hash) is what OpenID Connect Core section 3.1.3.6
 * derives from `text` with the hash of the token's signature algorithm. Core names none
 * for EdDSA: SHA-512, which Ed25519 itself uses, and SHA-256 are both right. Absent is
 * ERR_OK; anything else than a match is ERR_CLAIM_AT_HASH. ERR_CRYPTO, ERR_NOMEM.
 */
enum err claims_check_hash(
	const struct claims *claims, const char *name, const char *text) MUST_USE;

/*
 * First step: takes the encryption off. The key is chosen among ours as choice_key()
 * does, by "kid" or as the only one that fits; "cty" must be JWT. Where the policy wants
 * no encryption the token passes unchanged. `ret` is the inner, unverified token, wiped
 * and freed by the caller.
 *
 * ERR_TOKEN_NESTING: encryption is missing, or there where it must not be.
 * ERR_TYP_REFUSED; what choice_key(), jwe_read() and jwe_decrypt() say. A reason in
 * `diag` for all of them.
 */
enum err jwt_open(struct secret *ret, const char *token, size_t len,
	const struct jwt_policy *policy, struct key *const *decrypt_keys,
	size_t decrypt_count, struct diag *diag) MUST_USE;

/*
 * Second step: verifies the inner token with the issuer's key that choice_key() finds and
 * reads the claims. ERR_TOKEN_NESTING: what was inside is not a JWS. Otherwise as
 * choice_key() and jws_verify(). Where jwt_wants_newer_keys() says so: fetch the issuer's
 * keys again, once, and repeat this step alone.
 */
enum err jwt_check(struct claims **ret, const char *token, size_t len,
	const struct jwt_policy *policy, const struct jwks *issuer_keys,
	struct diag *diag) MUST_USE;

/*
 * Whether jwt_check() may have ended with `why` because the issuer has other keys by now:
 * no key is the token's, or the token names none of them and the signature is not by the
 * only one that fits, which is all that a change without names shows.
 */
bool jwt_wants_newer_keys(enum err why, const char *token, size_t len,
	const struct jwks *issuer_keys) MUST_USE;

/* Both steps. */
enum err jwt_verify(struct claims **ret, const char *token, size_t len,
	const struct jwt_policy *policy, struct key *const *decrypt_keys,
	size_t decrypt_count, const struct jwks *issuer_keys, struct diag *diag) MUST_USE;

#endif
