/* SHA-2 over EVP, fetched once: an implicit fetch for each use costs as much again. */
#include "jose/digest.h"

#include <openssl/evp.h>

#include "jose/digest_evp.h"

static const struct {
	const char *name; /* NULL: none */
	size_t size;
} table[DIGEST_COUNT] = {
	[DIGEST_SHA256] = {"SHA256", DIGEST_SHA256_SIZE},
	[DIGEST_SHA384] = {"SHA384", 48},
	[DIGEST_SHA512] = {"SHA512", DIGEST_SIZE_MAX},
};

size_t
digest_size(enum digest digest)
{
	return table[digest].size;
}

const EVP_MD *
digest_evp(enum digest digest)
{
	static EVP_MD *mds[DIGEST_COUNT];

	if (mds[digest] == NULL && table[digest].name != NULL)
		mds[digest] = EVP_MD_fetch(NULL, table[digest].name, NULL);
	return mds[digest];
}

enum err
digest_make(
	uint8_t ret[DIGEST_SIZE_MAX], enum digest digest, const void *data, size_t len)
{
	const EVP_MD *md = digest_evp(digest);

	if (md == NULL || EVP_Digest(data, len, ret, NULL, md, NULL) != 1)
		return ERR_CRYPTO;
	return ERR_OK;
}

enum err
digest_sha256(uint8_t ret[DIGEST_SHA256_SIZE], const void *data, size_t len)
{
	const EVP_MD *md = digest_evp(DIGEST_SHA256);

	if (md == NULL || EVP_Digest(data, len, ret, NULL, md, NULL) != 1)
		return ERR_CRYPTO;
	return ERR_OK;
}

enum err
digest_sha256_hex_prefix(char *ret, size_t digits, const void *data, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	uint8_t hash[DIGEST_SHA256_SIZE];
	size_t i;
	enum err e;

	if (digits % 2 != 0 || digits > 2 * sizeof(hash))
		return ERR_INTERNAL;
	e = digest_sha256(hash, data, len);
	if (e != ERR_OK)
		return e;
	for (i = 0; i < digits / 2; i++) {
		ret[2 * i] = hex[hash[i] >> 4];
		ret[2 * i + 1] = hex[hash[i] & 15];
	}
	ret[digits] = '\0';
	return ERR_OK;
}
