/*
 * AES key wrap, block by block: OpenSSL's own unwrapping says whether the key was good,
 * and raises an error where it was not, which takes time. Here nothing branches on it.
 */
#include "jose/aeskw.h"

#include <endian.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/clean.h"
#include "jose/alg_row.h"

#define HALF 8 /* bytes of half a block: what is wrapped at a time */
#define ROUNDS 6
#define CHECK 0xa6 /* each byte of the initial value (RFC 3394 section 2.2.3.1) */

static void
free_cipher(EVP_CIPHER_CTX **ctx)
{
	EVP_CIPHER_CTX_free(*ctx);
}

/* The block cipher alone, one block after the other; NULL if OpenSSL fails. */
static EVP_CIPHER_CTX *
open_cipher(const uint8_t *kek, size_t kek_len, int encrypts)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	if (ctx != NULL &&
		EVP_CipherInit_ex2(ctx,
			kek_len == 16 ? EVP_aes_128_ecb() : EVP_aes_256_ecb(), kek, NULL,
			encrypts, NULL) == 1 &&
		EVP_CIPHER_CTX_set_padding(ctx, 0) == 1)
		return ctx;
	EVP_CIPHER_CTX_free(ctx);
	ERR_clear_error();
	return NULL;
}

/* Step `t` of all, counted from 1: its number goes into the first half of the block. */
static void
count(uint8_t block[2 * HALF], uint64_t t)
{
	uint8_t bytes[HALF];
	size_t i;

	t = htobe64(t);
	memcpy(bytes, &t, HALF);
	for (i = 0; i < HALF; i++)
		block[i] ^= bytes[i];
}

static bool
run_block(EVP_CIPHER_CTX *ctx, uint8_t block[2 * HALF])
{
	int len = 0;

	return EVP_CipherUpdate(ctx, block, &len, block, 2 * HALF) == 1 &&
	       len == 2 * HALF;
}

/* Undoes the steps; `block` begins with the check value and ends with rubbish. */
static bool
undo(uint8_t block[2 * HALF], uint8_t *key, size_t n, EVP_CIPHER_CTX *ctx)
{
	size_t t;

	for (t = ROUNDS * n; t > 0; t--) {
		uint8_t *at = key + (t - 1) % n * HALF;

		count(block, t);
		memcpy(block + HALF, at, HALF);
		if (!run_block(ctx, block))
			return false;
		memcpy(at, block + HALF, HALF);
	}
	return true;
}

enum err
aeskw_unwrap(uint8_t *cek, size_t cek_len, const uint8_t *kek, size_t kek_len,
	const uint8_t *ek, size_t ek_len)
{
	CLEANUP(free_cipher) EVP_CIPHER_CTX *ctx = open_cipher(kek, kek_len, 0);
	uint8_t block[2 * HALF], plain[CEK_MAX];
	unsigned differs = 0;
	uint8_t keep;
	size_t i;
	bool done;

	if (ctx == NULL)
		return ERR_CRYPTO;
	/* how long it is everybody can see */
	if (ek_len != cek_len + AESKW_MORE)
		return ERR_OK;
	memcpy(block, ek, HALF);
	memcpy(plain, ek + HALF, cek_len);
	done = undo(block, plain, cek_len / HALF, ctx);
	for (i = 0; i < HALF; i++)
		differs |= block[i] ^ CHECK;
	/* no branch on it: 0xff keeps the random bytes, 0 takes the unwrapped */
	keep = (uint8_t)(0 - ((differs + 0xff) >> 8));
	for (i = 0; done && i < cek_len; i++)
		cek[i] = (uint8_t)((cek[i] & keep) | (plain[i] & ~keep));
	explicit_bzero(plain, sizeof(plain));
	explicit_bzero(block, sizeof(block));
	return done ? ERR_OK : ERR_CRYPTO;
}

enum err
aeskw_wrap(uint8_t *ret, const uint8_t *cek, size_t cek_len, const uint8_t *kek,
	size_t kek_len)
{
	CLEANUP(free_cipher) EVP_CIPHER_CTX *ctx = open_cipher(kek, kek_len, 1);
	uint8_t block[2 * HALF];
	size_t t, n = cek_len / HALF;

	if (ctx == NULL)
		return ERR_CRYPTO;
	memset(block, CHECK, HALF);
	memcpy(ret + HALF, cek, cek_len);
	for (t = 1; t <= ROUNDS * n; t++) {
		uint8_t *at = ret + HALF + (t - 1) % n * HALF;

		memcpy(block + HALF, at, HALF);
		if (!run_block(ctx, block))
			return ERR_CRYPTO;
		memcpy(at, block + HALF, HALF);
		count(block, t);
	}
	memcpy(ret, block, HALF);
	return ERR_OK;
}
