/*
 * Ed25519 and X25519 (RFC 8037): keys, and EdDSA (RFC 8032), verification only. What is
 * done with X25519 is in ecdh.h.
 */
#ifndef JOSE_OKP_H
#define JOSE_OKP_H

#include <stdbool.h>

#include <openssl/evp.h>

#include "jose/alg_row.h"
#include "jose/material.h"

#define OKP_SIZE 32 /* bytes of a public key and of a private one */
#define OKP_SIG_SIZE 64

/*
 * Makes a key of all there is; of Ed25519 only if edwards_check() takes its point.
 * ERR_JWK_REFUSED with a reason.
 */
enum err okp_import(EVP_PKEY **ret, const struct material *m, struct diag *diag) MUST_USE;

/* Finds the public half of an X25519 key, for files that hold the private one alone. */
enum err okp_add_public(struct material *m) MUST_USE;

/* Whether the public half of an X25519 key is that of the private one. */
bool okp_belongs_together(const EVP_PKEY *pkey) MUST_USE;

/* The function of the table (alg_row.h). */
enum err okp_verify(const struct key *key, enum alg alg, const void *data, size_t len,
	const uint8_t *sig, size_t sig_len) MUST_USE;

#endif
