/*
 * The algorithms (RFC 7518, RFC 8037): one table says what each is called, what kind of
 * key it takes and which functions do it. What is not in the table does not exist here:
 * "none", HMAC, RSA1_5, key wrap, passwords, "dir".
 *
 * A set of algorithms is a uint32_t of ALG_BIT()s, a set of encryptions one of
 * ENC_BIT()s.
 */
#ifndef JOSE_ALG_H
#define JOSE_ALG_H

#include <stdint.h>

#include "base/err.h"

/* In order of preference where a key could do several. */
enum alg {
	ALG_RS256,
	ALG_PS256,
	ALG_ES256,
	ALG_EDDSA, /* Ed25519 */
	ALG_RSA_OAEP_256,
	ALG_RSA_OAEP,
	ALG_ECDH_ES, /* direct key agreement on P-256 */
	ALG_COUNT
};

/* Content encryption: part of a JWE, never a key's own. */
enum enc {
	ENC_A128CBC_HS256, /* the A is AES, the HS its HMAC */
	ENC_A256CBC_HS512,
	ENC_A128GCM,
	ENC_A256GCM,
	ENC_COUNT
};

enum alg_kind {
	ALG_SIGNS, /* JWS "alg" */
	ALG_WRAPS /* JWE "alg" */
};

enum kty {
	KTY_RSA,
	KTY_EC, /* P-256 */
	KTY_OKP, /* Ed25519 */
	KTY_COUNT
};

#define ALG_BIT(alg) (1u << (alg))
#define ENC_BIT(enc) (1u << (enc))

/* The algorithm or encryption of that exact name; ERR_ALG_REFUSED or ERR_ENC_REFUSED. */
enum err alg_find(enum alg *ret, enum alg_kind kind, const char *name) MUST_USE;
enum err enc_find(enum enc *ret, const char *name) MUST_USE;

/* The name in headers. Static storage. */
const char *alg_name(enum alg alg);
const char *enc_name(enum enc enc);

/* Every algorithm of that kind that a key of that type can do. */
uint32_t alg_set(enum alg_kind kind, enum kty kty);

/* Every algorithm of that kind. */
uint32_t alg_set_kind(enum alg_kind kind);

/* Every signature algorithm that we sign with; the others we only verify. */
uint32_t alg_set_signing(void);

#endif
