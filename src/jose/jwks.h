/*
 * The public keys of an issuer (RFC 7517 section 5). Keys that cannot be used are skipped
 * one by one: nothing that is unsound is ever among those that verify. A set in which
 * somebody has published a private key is refused whole.
 */
#ifndef JOSE_JWKS_H
#define JOSE_JWKS_H

#include <stddef.h>

#include "base/clean.h"
#include "base/err.h"
#include "jose/header.h"
#include "jose/key.h"

/* How many keys there may be follows from this and from JSON_VALUES_MAX. */
#define JWKS_SIZE_MAX 262144

struct jwks;

/*
 * Reads a set. The caller frees it. With a reason in `diag`:
 *
 * ERR_JSON: this is no key set, but something else: not a strict JSON object (two members
 * of one name are none) with a list "keys".
 * ERR_JWKS_REFUSED: it is one that nobody should trust: too large, or a private member in
 * a key that is not symmetric.
 * ERR_NOMEM, ERR_CRYPTO.
 *
 * Of a key, a member that is null counts as absent. A set of which nothing is left is
 * none of these: jwks_explain() tells, and jwks_select() finds no key.
 */
enum err jwks_parse(
	struct jwks **ret, const char *text, size_t len, struct diag *diag) MUST_USE;

void jwks_free(struct jwks **set);
#define AUTO_JWKS CLEANUP(jwks_free)

/* What became of the keys. */
struct jwks_counts {
	size_t keys; /* in the list */
	size_t unused; /* of a type, curve, use or algorithm that we do not have */
	size_t odd; /* that nobody could use: somebody's mistake */
	size_t verifying; /* that may verify a signature */
};

const struct jwks_counts *jwks_counts(const struct jwks *set);

/*
 * A line about the keys that were skipped: how many, and why the first of them was, an
 * odd one before one that is merely unused. Empty where none was.
 */
void jwks_explain(const struct jwks *set, struct diag *ret);

/* The key that a token with this header is for: see choice_key(). Owned by the set. */
enum err jwks_select(const struct key **ret, const struct jwks *set,
	const struct header *head, struct diag *diag) MUST_USE;

/* Whether a key of the set has that name. */
bool jwks_has(const struct jwks *set, const char *kid) MUST_USE;

/*
 * The first key of the set that may do one of `algs`, and the one of them it prefers:
 * for encrypting to the issuer. NULL if there is none. Owned by the set.
 */
const struct key *jwks_choose(const struct jwks *set, uint32_t algs, enum alg *ret_alg);

#endif
