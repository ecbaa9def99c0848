/*
 * The algorithms (RFC 7518, RFC 8037, RFC 9864): one table says what each is called, what
 * kind of key it takes and which functions do it. What is not in the table does not exist
 * here: "none", HMAC, RSA1_5, key wrap without an agreement, passwords, "dir".
 *
 * A set of algorithms is a uint32_t of ALG_BIT()s, a set of encryptions one of
 * ENC_BIT()s.
 */
#ifndef JOSE_ALG_H
#define JOSE_ALG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* In order of preference where a key could do several. */
enum alg {
	ALG_RS256,
	ALG_PS256,
	ALG_ES256,
	ALG_EDDSA, /* with Ed25519 alone, which is its other name */
	ALG_RS384,
	ALG_RS512,
	ALG_PS384,
	ALG_PS512,
	ALG_ES384,
	ALG_RSA_OAEP_256,
	ALG_RSA_OAEP,
	ALG_ECDH_ES, /* direct key agreement */
	ALG_ECDH_ES_A128KW, /* an agreed key wraps the content key */
	ALG_ECDH_ES_A256KW,
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

/* What a JWK says by "kty" and, for curves, "crv": neither says enough alone. */
enum kty {
	KTY_RSA,
	KTY_P256, /* EC */
	KTY_P384,
	KTY_ED25519, /* OKP */
	KTY_X25519,
	KTY_COUNT
};

#define ALG_BIT(alg) (1u << (alg))
#define ENC_BIT(enc) (1u << (enc))

/* Whether that is a name of the algorithm: EdDSA has two (RFC 9864 section 2.2). */
bool alg_is(enum alg alg, const char *name) MUST_USE;

/* The algorithm or encryption of that exact name; ERR_ALG_REFUSED or ERR_ENC_REFUSED. */
enum err alg_find(enum alg *ret, enum alg_kind kind, const char *name) MUST_USE;
enum err enc_find(enum enc *ret, const char *name) MUST_USE;

/* The name in headers that we write. Static storage. */
const char *alg_name(enum alg alg);
const char *enc_name(enum enc enc);

/* Every algorithm of that kind that a key of that type can do. */
uint32_t alg_set(enum alg_kind kind, enum kty kty);

/* Every algorithm of that kind. */
uint32_t alg_set_kind(enum alg_kind kind);

/*
 * Every algorithm, of either kind, that may be used with a provider that does not say
 * which ones it has. The others must be named by it.
 */
uint32_t alg_set_default(void);

/* Every signature algorithm that we sign with; the others we only verify. */
uint32_t alg_set_signing(void);

#endif
