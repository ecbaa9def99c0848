/* Authenticated encryption of content (RFC 7518 section 5). */
#ifndef JOSE_ENC_H
#define JOSE_ENC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/secret.h"
#include "jose/alg.h"

/* Some bytes, borrowed. */
struct span {
	const uint8_t *data;
	size_t len;
};

/* What travels: the three parts and what is authenticated beside them. */
struct sealed {
	struct span aad, iv, text, tag;
};

#define ENC_IV_MAX 16
#define ENC_TAG_MAX 32

/* Bytes of content key, initialization vector and tag that the encryption takes. */
size_t enc_key_len(enum enc enc);
size_t enc_iv_len(enum enc enc);
size_t enc_tag_len(enum enc enc);

/*
 * Whether the parts have the lengths that the encryption prescribes: public, so that it
 * can be asked before any work with a key.
 */
bool enc_fits(enum enc enc, const struct sealed *in) MUST_USE;

/*
 * Checks the tag in constant time, then decrypts. `cek` has enc_key_len() bytes.
 * ERR_DECRYPT whatever does not fit; ERR_NOMEM, ERR_CRYPTO. The caller frees `ret`.
 */
enum err enc_open(struct secret *ret, enum enc enc, const uint8_t *cek,
	const struct sealed *in) MUST_USE;

/*
 * Encrypts `plain` under in->aad and in->iv. `tag` gets enc_tag_len() bytes, `ret` the
 * encrypted text; in->text and in->tag are not looked at. ERR_NOMEM, ERR_CRYPTO.
 */
enum err enc_seal(struct secret *ret, uint8_t *tag, enum enc enc, const uint8_t *cek,
	const struct sealed *in, const struct span *plain) MUST_USE;

#endif
