/*
 * The two families: CBC with HMAC (RFC 7518 section 5.2) and GCM (section 5.3). Opening
 * never hands out a byte whose tag was not found good.
 */
#include "jose/enc.h"

#include <endian.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>

struct enc_row {
	const char *name;
	size_t key_len, iv_len, tag_len;
	const EVP_CIPHER *(*cipher)(void);
	const char *digest; /* of the HMAC, whose key is the first half; NULL: GCM */
};

static const struct enc_row table[ENC_COUNT] = {
	[ENC_A128CBC_HS256] = {"A128CBC-HS256", 32, 16, 16, EVP_aes_128_cbc, "SHA256"},
	[ENC_A256CBC_HS512] = {"A256CBC-HS512", 64, 16, 32, EVP_aes_256_cbc, "SHA512"},
	[ENC_A128GCM] = {"A128GCM", 16, 12, 16, EVP_aes_128_gcm, NULL},
	[ENC_A256GCM] = {"A256GCM", 32, 12, 16, EVP_aes_256_gcm, NULL},
};

#define AES_BLOCK 16

static void
free_mac(EVP_MAC_CTX **ctx)
{
	EVP_MAC_CTX_free(*ctx);
}

static void
free_cipher(EVP_CIPHER_CTX **ctx)
{
	EVP_CIPHER_CTX_free(*ctx);
}

const char *
enc_name(enum enc enc)
{
	return table[enc].name;
}

size_t
enc_key_len(enum enc enc)
{
	return table[enc].key_len;
}

size_t
enc_iv_len(enum enc enc)
{
	return table[enc].iv_len;
}

size_t
enc_tag_len(enum enc enc)
{
	return table[enc].tag_len;
}

bool
enc_fits(enum enc enc, const struct sealed *in)
{
	const struct enc_row *row = &table[enc];

	if (in->iv.len != row->iv_len || in->tag.len != row->tag_len)
		return false;
	return row->digest == NULL || (in->text.len > 0 && in->text.len % AES_BLOCK == 0);
}

/* HMAC over aad, iv, text and the length of aad in bits (RFC 7518 section 5.2.2.1). */
static enum err
mac(uint8_t ret[EVP_MAX_MD_SIZE], const struct enc_row *row, const uint8_t *cek,
	const struct span *aad, const struct span *iv, const struct span *text)
{
	static EVP_MAC *hmac;
	CLEANUP(free_mac) EVP_MAC_CTX *ctx = NULL;
	uint64_t bits = htobe64((uint64_t)aad->len * 8);
	char digest[16];
	size_t len;
	OSSL_PARAM params[2];

	strcpy(digest, row->digest);
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0);
	params[1] = OSSL_PARAM_construct_end();
	if (hmac == NULL)
		hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	ctx = hmac != NULL ? EVP_MAC_CTX_new(hmac) : NULL;
	if (ctx == NULL || EVP_MAC_init(ctx, cek, row->key_len / 2, params) != 1 ||
		EVP_MAC_update(ctx, aad->data, aad->len) != 1 ||
		EVP_MAC_update(ctx, iv->data, iv->len) != 1 ||
		EVP_MAC_update(ctx, text->data, text->len) != 1 ||
		EVP_MAC_update(ctx, (uint8_t *)&bits, sizeof(bits)) != 1 ||
		EVP_MAC_final(ctx, ret, &len, EVP_MAX_MD_SIZE) != 1)
		return ERR_CRYPTO;
	return ERR_OK;
}

/* The half of the content key that the cipher takes: all of it for GCM. */
static const uint8_t *
cipher_key(const struct enc_row *row, const uint8_t *cek)
{
	return row->digest != NULL ? cek + row->key_len / 2 : cek;
}

/* Runs the cipher over aad (GCM) and text; the length of what came out in *ret_len. */
static bool
run(EVP_CIPHER_CTX *ctx, const struct enc_row *row, const struct span *aad,
	const struct span *from, struct secret *to, size_t *ret_len)
{
	int len = 0, rest = 0;

	if (row->digest == NULL &&
		EVP_CipherUpdate(ctx, NULL, &len, aad->data, (int)aad->len) != 1)
		return false;
	len = 0;
	if (from->len > 0 &&
		EVP_CipherUpdate(ctx, to->data, &len, from->data, (int)from->len) != 1)
		return false;
	if (EVP_CipherFinal_ex(ctx, to->data + len, &rest) != 1)
		return false;
	*ret_len = (size_t)(len + rest);
	return true;
}

enum err
enc_open(struct secret *ret, enum enc enc, const uint8_t *cek, const struct sealed *in)
{
	const struct enc_row *row = &table[enc];
	CLEANUP(free_cipher) EVP_CIPHER_CTX *ctx = NULL;
	AUTO_SECRET struct secret out = {0};
	uint8_t tag[EVP_MAX_MD_SIZE];
	enum err e;

	if (!enc_fits(enc, in))
		return ERR_DECRYPT;
	if (row->digest != NULL) {
		e = mac(tag, row, cek, &in->aad, &in->iv, &in->text);
		if (e != ERR_OK)
			return e;
		if (!secret_equal(tag, in->tag.data, row->tag_len))
			return ERR_DECRYPT;
	} else {
		memcpy(tag, in->tag.data, row->tag_len);
	}
	ctx = EVP_CIPHER_CTX_new();
	if (ctx == NULL || secret_alloc(&out, in->text.len + AES_BLOCK) != ERR_OK)
		return ERR_NOMEM;
	if (EVP_CipherInit_ex2(ctx, row->cipher(), cipher_key(row, cek), in->iv.data, 0,
		    NULL) != 1 ||
		(row->digest == NULL && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG,
						(int)row->tag_len, tag) != 1))
		return ERR_CRYPTO;
	/* GCM: the tag; CBC: the padding, below a tag that was good */
	if (!run(ctx, row, &in->aad, &in->text, &out, &out.len)) {
		ERR_clear_error();
		return ERR_DECRYPT;
	}
	*ret = out;
	out = (struct secret){0};
	return ERR_OK;
}

enum err
enc_seal(struct secret *ret, uint8_t *tag, enum enc enc, const uint8_t *cek,
	const struct sealed *in, const struct span *plain)
{
	const struct enc_row *row = &table[enc];
	CLEANUP(free_cipher) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	AUTO_SECRET struct secret out = {0};
	uint8_t made[EVP_MAX_MD_SIZE];
	struct span text;
	enum err e;

	if (ctx == NULL || secret_alloc(&out, plain->len + AES_BLOCK) != ERR_OK)
		return ERR_NOMEM;
	if (EVP_CipherInit_ex2(ctx, row->cipher(), cipher_key(row, cek), in->iv.data, 1,
		    NULL) != 1 ||
		!run(ctx, row, &in->aad, plain, &out, &out.len))
		return ERR_CRYPTO;
	text = (struct span){out.data, out.len};
	if (row->digest != NULL)
		e = mac(made, row, cek, &in->aad, &in->iv, &text);
	else
		e = EVP_CIPHER_CTX_ctrl(
			    ctx, EVP_CTRL_AEAD_GET_TAG, (int)row->tag_len, made) == 1
			    ? ERR_OK
			    : ERR_CRYPTO;
	if (e != ERR_OK)
		return e;
	memcpy(tag, made, row->tag_len);
	*ret = out;
	out = (struct secret){0};
	return ERR_OK;
}
