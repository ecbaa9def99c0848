/*
 * The composite of CBC and HMAC (RFC 7518 section 5.2). No byte is decrypted before the
 * tag was found good.
 */
#include "jose/enc.h"

#include <endian.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>

struct enc_row {
	const char *name;
	size_t key_len, iv_len, tag_len;
	const EVP_CIPHER *(*cipher)(void);
	const char *digest; /* of the HMAC; its key is the first half */
};

static const struct enc_row table[ENC_COUNT] = {
	[ENC_A128CBC_HS256] = {"A128CBC-HS256", 32, 16, 16, EVP_aes_128_cbc, "SHA256"},
};

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

bool
enc_fits(enum enc enc, const struct sealed *in)
{
	const struct enc_row *row = &table[enc];

	return in->iv.len == row->iv_len && in->tag.len == row->tag_len &&
	       in->text.len > 0 && in->text.len % 16 == 0;
}

/* HMAC over aad, iv, text and the length of aad in bits (RFC 7518 section 5.2.2.1). */
static enum err
cbc_mac(uint8_t ret[EVP_MAX_MD_SIZE], const struct enc_row *row, const uint8_t *cek,
	const struct sealed *in)
{
	static EVP_MAC *hmac;
	CLEANUP(free_mac) EVP_MAC_CTX *ctx = NULL;
	uint64_t bits = htobe64((uint64_t)in->aad.len * 8);
	char digest[16];
	size_t len;
	OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_END,
	};

	strcpy(digest, row->digest);
	if (hmac == NULL)
		hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	if (hmac == NULL || (ctx = EVP_MAC_CTX_new(hmac)) == NULL)
		return ERR_CRYPTO;
	if (EVP_MAC_init(ctx, cek, row->key_len / 2, params) != 1 ||
		EVP_MAC_update(ctx, in->aad.data, in->aad.len) != 1 ||
		EVP_MAC_update(ctx, in->iv.data, in->iv.len) != 1 ||
		EVP_MAC_update(ctx, in->text.data, in->text.len) != 1 ||
		EVP_MAC_update(ctx, (uint8_t *)&bits, sizeof(bits)) != 1 ||
		EVP_MAC_final(ctx, ret, &len, EVP_MAX_MD_SIZE) != 1)
		return ERR_CRYPTO;
	return ERR_OK;
}

/* Decrypts what the tag has vouched for. */
static enum err
cbc_decrypt(struct secret *ret, const struct enc_row *row, const uint8_t *cek,
	const struct sealed *in)
{
	CLEANUP(free_cipher) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	AUTO_SECRET struct secret out = {0};
	int len, rest;

	if (ctx == NULL || secret_alloc(&out, in->text.len) != ERR_OK)
		return ERR_NOMEM;
	if (EVP_DecryptInit_ex2(
		    ctx, row->cipher(), cek + row->key_len / 2, in->iv.data, NULL) != 1 ||
		EVP_DecryptUpdate(
			ctx, out.data, &len, in->text.data, (int)in->text.len) != 1)
		return ERR_CRYPTO;
	if (EVP_DecryptFinal_ex(ctx, out.data + len, &rest) != 1)
		return ERR_DECRYPT;
	out.len = (size_t)(len + rest);
	*ret = out;
	out = (struct secret){0};
	return ERR_OK;
}

enum err
enc_open(struct secret *ret, enum enc enc, const uint8_t *cek, const struct sealed *in)
{
	const struct enc_row *row = &table[enc];
	uint8_t tag[EVP_MAX_MD_SIZE];
	enum err e;

	if (!enc_fits(enc, in))
		return ERR_DECRYPT;
	e = cbc_mac(tag, row, cek, in);
	if (e != ERR_OK)
		return e;
	if (!secret_equal(tag, in->tag.data, row->tag_len))
		return ERR_DECRYPT;
	return cbc_decrypt(ret, row, cek, in);
}
