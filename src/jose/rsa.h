/* RSA: keys, RSASSA (RFC 7518 sections 3.3, 3.5) and RSAES-OAEP (section 4.3). */
#ifndef JOSE_RSA_H
#define JOSE_RSA_H

#include <openssl/evp.h>

#include "jose/alg_row.h"
#include "jose/material.h"
#include "jose/rsa_numbers.h"

/*
 * Checks the public numbers (rsa_numbers_check()) and makes a key of all there are.
 * ERR_JWK_REFUSED with a reason, ERR_CRYPTO.
 */
enum err rsa_import(EVP_PKEY **ret, const struct material *m, struct diag *diag) MUST_USE;

/* The functions of the table (alg_row.h). */
enum err rsa_sign(uint8_t *ret, size_t *ret_len, const struct key *key, enum alg alg,
	const void *data, size_t len) MUST_USE;
enum err rsa_verify(const struct key *key, enum alg alg, const void *data, size_t len,
	const uint8_t *sig, size_t sig_len) MUST_USE;
enum err rsa_unwrap(uint8_t *cek, size_t cek_len, const struct key *key,
	const struct header *head, const uint8_t *ek, size_t ek_len,
	struct diag *diag) MUST_USE;
enum err rsa_wrap(
	struct wrapped *ret, const struct key *key, enum alg alg, enum enc enc) MUST_USE;

#endif
