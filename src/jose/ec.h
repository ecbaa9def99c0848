/* The curves P-256 and P-384: keys, ES256 and ES384 (RFC 7518 section 3.4). */
#ifndef JOSE_EC_H
#define JOSE_EC_H

#include <openssl/evp.h>

#include "jose/alg_row.h"
#include "jose/material.h"

struct ec_curve {
	const char *name; /* "crv", and what OpenSSL calls it */
	size_t size; /* bytes of a coordinate, of a private number, of half a signature */
};

#define EC_SIZE_MAX 48
#define EC_NAME_MAX 8
#define EC_POINT_MAX (1 + 2 * EC_SIZE_MAX)

/* The curve of keys of that type; NULL where it has none of these. */
const struct ec_curve *ec_curve(enum kty kty);

/* Makes a key; the point must be on the curve. ERR_JWK_REFUSED with a reason. */
enum err ec_import(EVP_PKEY **ret, const struct material *m, struct diag *diag) MUST_USE;

/* The functions of the table (alg_row.h). */
enum err ec_sign(uint8_t *ret, size_t *ret_len, const struct key *key, enum alg alg,
	const void *data, size_t len) MUST_USE;
enum err ec_verify(const struct key *key, enum alg alg, const void *data, size_t len,
	const uint8_t *sig, size_t sig_len) MUST_USE;

#endif
