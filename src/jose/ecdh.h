/*
 * Key agreement with an ephemeral key: ECDH-ES, direct or with AES key wrap (RFC 7518
 * section 4.6), on P-256, P-384 and X25519 (RFC 8037 section 3.2).
 */
#ifndef JOSE_ECDH_H
#define JOSE_ECDH_H

#include "base/secret.h"
#include "jose/alg_row.h"

/* The functions of the table (alg_row.h). */
enum err ecdh_unwrap(uint8_t *cek, size_t cek_len, const struct key *key,
	const struct header *head, const uint8_t *ek, size_t ek_len,
	struct diag *diag) MUST_USE;
enum err ecdh_wrap(
	struct wrapped *ret, const struct key *key, enum alg alg, enum enc enc) MUST_USE;

/*
 * The key derivation (RFC 7518 section 4.6.2): `len` bytes from the shared secret `z`,
 * for the algorithm of that name and the two parties' information. The name is that of
 * the encryption, or, where the key wraps another, of the key encryption.
 */
enum err ecdh_concat_kdf(uint8_t *ret, size_t len, const struct secret *z,
	const char *name, const struct secret *apu, const struct secret *apv) MUST_USE;

#endif
