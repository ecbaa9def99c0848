/* The inside of a key, for the files of this floor. */
#ifndef JOSE_KEY_IMPL_H
#define JOSE_KEY_IMPL_H

#include <openssl/evp.h>

#include "jose/alg_row.h"
#include "jose/key.h"
#include "jose/material.h"

/* The OpenSSL context for what the key did last: made ready once, then used again. */
struct key_op {
	EVP_PKEY_CTX *ctx;
	enum alg alg;
	int (*init)(EVP_PKEY_CTX *); /* EVP_PKEY_sign_init and the like */
};

struct key {
	struct material public; /* no private part */
	uint32_t algs; /* what it may do at all; 0: nothing */
	char *kid; /* NULL: has no name and cannot be chosen */
	EVP_PKEY *pkey; /* NULL where algs is 0 */
	const char *properties; /* of the provider that must do its work; NULL: any */
	struct key_op *op; /* owned */
};

/*
 * A key of these numbers that may do `algs`, named `kid` (NULL: nameless). Takes the
 * numbers over in any case. Without numbers (`m` NULL) it is a name that can do nothing.
 * ERR_JWK_REFUSED with a reason if the numbers make no key; ERR_NOMEM, ERR_CRYPTO.
 */
enum err key_new(struct key **ret, struct material *m, uint32_t algs, const char *kid,
	struct diag *diag) MUST_USE;

/*
 * Whether the key may do that: ERR_KEY_USE (it is for something else), ERR_ALG_REFUSED
 * (right use, other algorithm), each with a reason.
 */
enum err key_may(const struct key *key, enum alg alg, struct diag *diag) MUST_USE;

/*
 * The context for an operation with the key, set up for the algorithm; NULL if OpenSSL
 * fails. Owned by the key and good until the next call.
 */
EVP_PKEY_CTX *key_ready(
	const struct key *key, enum alg alg, int (*init)(EVP_PKEY_CTX *)) MUST_USE;

#endif
