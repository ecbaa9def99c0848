/* Curve P-256: keys, ES256 (RFC 7518 section 3.4) and ECDH-ES (section 4.6). */
#ifndef JOSE_EC_H
#define JOSE_EC_H

#include <openssl/evp.h>

#include "jose/alg_row.h"
#include "jose/material.h"

#define EC_SIZE 32 /* bytes of a coordinate and of a private number */

/* Makes a key; the point must be on the curve. ERR_JWK_REFUSED with a reason. */
enum err ec_import(EVP_PKEY **ret, const struct material *m, struct diag *diag) MUST_USE;

/* The functions of the table (alg_row.h). */
enum err ec_sign(uint8_t *ret, size_t *ret_len, const struct key *key, enum alg alg,
	const void *data, size_t len) MUST_USE;
enum err ec_verify(const struct key *key, enum alg alg, const void *data, size_t len,
	const uint8_t *sig, size_t sig_len) MUST_USE;
enum err ec_unwrap(uint8_t *cek, size_t cek_len, const struct key *key,
	const struct header *head, const uint8_t *ek, size_t ek_len,
	struct diag *diag) MUST_USE;
enum err ec_wrap(
	struct wrapped *ret, const struct key *key, enum alg alg, enum enc enc) MUST_USE;

/*
 * The key derivation of ECDH-ES (RFC 7518 section 4.6.2): `cek_len` bytes from the shared
 * secret `z`, for the encryption `enc` and the two parties' information.
 */
enum err ec_concat_kdf(uint8_t *cek, size_t cek_len, const struct secret *z, enum enc enc,
	const struct secret *apu, const struct secret *apv) MUST_USE;

#endif
