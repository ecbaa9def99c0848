/* Ed25519: keys and EdDSA (RFC 8037, RFC 8032), verification only. */
#ifndef JOSE_OKP_H
#define JOSE_OKP_H

#include <openssl/evp.h>

#include "jose/alg_row.h"
#include "jose/material.h"

#define OKP_SIZE 32 /* bytes of a public key */
#define OKP_SIG_SIZE 64

/* Makes a public key, if edwards_check() takes it. ERR_JWK_REFUSED with a reason. */
enum err okp_import(EVP_PKEY **ret, const struct material *m, struct diag *diag) MUST_USE;

/* The function of the table (alg_row.h). */
enum err okp_verify(const struct key *key, enum alg alg, const void *data, size_t len,
	const uint8_t *sig, size_t sig_len) MUST_USE;

#endif
