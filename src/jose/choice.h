/*
 * Which key a token is for. The token says a name or none; what a key may do was settled
 * when the key was made. One key comes out, or none: they are never tried one by one.
 */
#ifndef JOSE_CHOICE_H
#define JOSE_CHOICE_H

#include <stddef.h>

#include "base/err.h"
#include "jose/header.h"
#include "jose/key.h"

/*
 * The key of that name which may do the algorithm of the token. Where no key has the
 * name, the one without a name that may; where the token names none, the one of all that
 * may (OpenID Connect Core section 10.1). Of several, none is chosen, unless they are the
 * same key to the byte. `whose` stands in the reason ("the issuer's keys").
 *
 * ERR_KID_UNKNOWN: no key of that name, or none for the algorithm: there may be newer
 * keys. ERR_KID_MISSING: the token names none, and several would do. ERR_JWKS_REFUSED:
 * several of that name would do. ERR_KEY_USE, ERR_ALG_REFUSED: the key of that name is
 * for something else. `ret` is one of `keys`.
 */
enum err choice_key(const struct key **ret, struct key *const *keys, size_t count,
	const struct header *head, const char *whose, struct diag *diag) MUST_USE;

/* Whether one of the keys has that name, byte for byte. */
bool choice_is_named(struct key *const *keys, size_t count, const char *kid) MUST_USE;

#endif
