/*
 * The public keys of an issuer (RFC 7517 section 5). A set with one dangerous key is
 * refused whole; sound keys of a kind that we do not use are passed over.
 */
#ifndef JOSE_JWKS_H
#define JOSE_JWKS_H

#include <stddef.h>

#include "base/clean.h"
#include "base/err.h"
#include "jose/key.h"

#define JWKS_KEYS_MAX 100
#define JWKS_SIZE_MAX 262144

struct jwks;

/*
 * Reads a set. ERR_JWKS_REFUSED with which key and why in `diag`: not a set, too large,
 * two keys of one kid, a private or symmetric key, numbers that make no good key.
 * ERR_NOMEM. The caller frees the set.
 */
enum err jwks_parse(
	struct jwks **ret, const char *text, size_t len, struct diag *diag) MUST_USE;

void jwks_free(struct jwks **set);
#define AUTO_JWKS CLEANUP(jwks_free)

/* The key of that kid, byte for byte, or NULL. Owned by the set. */
const struct key *jwks_find(const struct jwks *set, const char *kid);

/*
 * The first key of the set that may do one of `algs`, and the one of them it prefers:
 * for encrypting to the issuer. NULL if there is none. Owned by the set.
 */
const struct key *jwks_choose(const struct jwks *set, uint32_t algs, enum alg *ret_alg);

#endif
