/* Encryption (RFC 7516), compact serialization only. */
#ifndef JOSE_JWE_H
#define JOSE_JWE_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"
#include "jose/enc.h"
#include "jose/header.h"
#include "jose/key.h"
#include "jose/segments.h"

/* A token taken apart. Owns its bytes, borrows the text of the header segment. */
struct jwe {
	struct header head;
	struct segment aad; /* the header as it stands in the token */
	struct secret ek, iv, text, tag;
};

void jwe_free(struct jwe *jwe);
#define AUTO_JWE CLEANUP(jwe_free)

/*
 * Takes a token apart: exactly five segments, lengths as the encryption prescribes.
 * ERR_TOKEN_FORM, ERR_TOKEN_SIZE, ERR_BASE64, ERR_DECRYPT (lengths) and what
 * header_read() says.
 */
enum err jwe_read(
	struct jwe *ret, const char *token, size_t len, struct diag *diag) MUST_USE;

/* Whether both algorithms are allowed: ERR_ALG_REFUSED, ERR_ENC_REFUSED if not. */
enum err jwe_check_policy(
	const struct jwe *jwe, uint32_t algs, uint32_t encs, struct diag *diag) MUST_USE;

/*
 * Decrypts with `key` if the token's algorithm and encryption are in `algs` and `encs`
 * and the key may do it. Whatever is wrong with the encrypted key, the tag or the
 * padding is one ERR_DECRYPT, found on one path. The caller frees `ret`.
 */
enum err jwe_decrypt(struct secret *ret, const struct jwe *jwe, const struct key *key,
	uint32_t algs, uint32_t encs, struct diag *diag) MUST_USE;

/*
 * Appends a token for the owner of `key`. The header holds alg, enc, the key's kid and,
 * unless NULL, cty ("JWT" for a nested token). ERR_ALG_REFUSED or ERR_KEY_USE if the key
 * does not do `alg`; ERR_CRYPTO, ERR_NOMEM, ERR_TOKEN_SIZE.
 */
enum err jwe_encrypt(struct buf *out, const struct key *key, enum alg alg, enum enc enc,
	const char *cty, const void *data, size_t len) MUST_USE;

#endif
