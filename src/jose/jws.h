/* Signatures (RFC 7515), compact serialization only. */
#ifndef JOSE_JWS_H
#define JOSE_JWS_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"
#include "jose/header.h"
#include "jose/key.h"
#include "jose/segments.h"

/*
 * Appends header.payload.signature. The header holds alg (the one the key prefers), kid
 * and, unless NULL, typ. ERR_KEY_USE if the key does not sign; ERR_CRYPTO, ERR_NOMEM.
 */
enum err jws_sign(struct buf *out, const struct key *key, const char *typ,
	const char *payload, size_t len) MUST_USE;

/*
 * The same with the first of `algs` (ALG_BIT()s) that the key may do, for those who say
 * what they take. ERR_ALG_REFUSED: the key does none of them.
 */
enum err jws_sign_as(struct buf *out, const struct key *key, uint32_t algs,
	const char *typ, const char *payload, size_t len) MUST_USE;

/* A token taken apart: nothing in it is true yet. Borrows the text. */
struct jws {
	struct header head;
	const char *text; /* header.payload, what was signed */
	size_t text_len;
	const char *payload; /* in base64url */
	size_t payload_len;
	struct secret sig;
};

void jws_free(struct jws *jws);
#define AUTO_JWS CLEANUP(jws_free)

/*
 * Takes a token apart: exactly three segments; only the payload may be empty.
 * ERR_TOKEN_FORM, ERR_TOKEN_SIZE, ERR_BASE64 and what header_read() says.
 */
enum err jws_read(
	struct jws *ret, const char *token, size_t len, struct diag *diag) MUST_USE;

/* Whether the token's algorithm is in `algs`: ERR_ALG_REFUSED if not. */
enum err jws_check_policy(
	const struct jws *jws, uint32_t algs, struct diag *diag) MUST_USE;

/*
 * Checks the signature with `key` if the token's algorithm is both in `algs` and one the
 * key may do; only then the payload comes out. ERR_ALG_REFUSED, ERR_KEY_USE,
 * ERR_SIGNATURE, ERR_BASE64. The caller frees `ret`.
 */
enum err jws_verify(struct secret *ret, const struct jws *jws, const struct key *key,
	uint32_t algs, struct diag *diag) MUST_USE;

#endif
