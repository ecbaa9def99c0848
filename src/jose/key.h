/*
 * One key: its numbers, its name (kid) and what it may do. Which algorithms those are is
 * settled when the key is made, never by a token.
 */
#ifndef JOSE_KEY_H
#define JOSE_KEY_H

#include <stddef.h>

#include "base/buf.h"
#include "base/clean.h"
#include "base/err.h"
#include "jose/alg.h"

struct key;

enum key_use { KEY_SIG, KEY_ENC };

/* A key file may hold this much. */
#define KEY_FILE_MAX 65536

/*
 * Makes a private key of the text of a file: PEM (PKCS#8, PKCS#1, SEC 1) or one JWK. Its
 * kid is what the JWK says, else the RFC 7638 thumbprint. It may do what `use` and the
 * JWK's own members allow. ERR_KEY_INVALID with a line in `diag` (a passphrase is never
 * asked for), ERR_NOMEM, ERR_CRYPTO. The numbers are not checked against each other: see
 * key_check(). The caller frees the key, and wipes the text.
 */
enum err key_load(struct key **ret, const char *pem_or_jwk, size_t len, enum key_use use,
	struct diag *diag) MUST_USE;

/* Wipes and releases; takes NULL, leaves NULL. */
void key_free(struct key **key);
#define AUTO_KEY CLEANUP(key_free)

/* Never NULL for a key of our own. Owned by the key. */
const char *key_kid(const struct key *key);

/* The algorithms that the key may do, preferred ones in the lower bits. */
uint32_t key_algs(const struct key *key);

/* Leaves the key nothing but `algs`. ERR_KEY_INVALID if it could do none of them. */
enum err key_restrict(struct key *key, uint32_t algs, struct diag *diag) MUST_USE;

/*
 * Whether the numbers belong together. Takes some 30 ms: for the administrator's check,
 * never for a login. ERR_KEY_INVALID if not.
 */
enum err key_check(const struct key *key, struct diag *diag) MUST_USE;

/* Appends a new RSA key of `bits` (2048 to 8192) as PKCS#8 PEM. ERR_KEY_INVALID,
 * ERR_CRYPTO.
 */
enum err key_generate(struct buf *pem, enum key_use use, int bits) MUST_USE;

/*
 * Appends the private key as PKCS#8 PEM, whatever its file was: for those who know
 * OpenSSL but not JOSE. `pem` is wiped by the caller. ERR_KEY_INVALID: the key has no
 * private half here (it stays in a store, or is the provider's).
 */
enum err key_private_pem(struct buf *pem, const struct key *key) MUST_USE;

/*
 * Appends the JWK Set to publish (RFC 7517): the public members of each key with use,
 * kid and, where the key may do one algorithm alone, alg.
 */
enum err key_public_jwks(struct buf *out, struct key *const *keys, size_t count) MUST_USE;

#endif
