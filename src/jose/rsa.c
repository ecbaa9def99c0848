/* RSA over EVP. Numbers that rsa_numbers.c refuses never become a key here. */
#include "jose/rsa.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "jose/digest.h"
#include "jose/enc.h"
#include "jose/header.h"
#include "jose/key_impl.h"
#include "jose/native.h"
#include "jose/random.h"

/* Parts and their names in OpenSSL, the private ones all or none. */
static const struct {
	enum part part;
	const char *name;
} members[] = {
	{PART_N, OSSL_PKEY_PARAM_RSA_N},
	{PART_E, OSSL_PKEY_PARAM_RSA_E},
	{PART_D, OSSL_PKEY_PARAM_RSA_D},
	{PART_P, OSSL_PKEY_PARAM_RSA_FACTOR1},
	{PART_Q, OSSL_PKEY_PARAM_RSA_FACTOR2},
	{PART_DP, OSSL_PKEY_PARAM_RSA_EXPONENT1},
	{PART_DQ, OSSL_PKEY_PARAM_RSA_EXPONENT2},
	{PART_QI, OSSL_PKEY_PARAM_RSA_COEFFICIENT1},
};
#define MEMBERS (sizeof(members) / sizeof(members[0]))

static void
free_ctx(EVP_PKEY_CTX **ctx)
{
	EVP_PKEY_CTX_free(*ctx);
}

enum err
rsa_import(EVP_PKEY **ret, const struct material *m, struct diag *diag)
{
	CLEANUP(free_ctx) EVP_PKEY_CTX *ctx = NULL;
	AUTO_SECRET struct secret numbers = {0};
	OSSL_PARAM params[MEMBERS + 1];
	bool private = m->part[PART_D].len > 0;
	size_t i, size = 0, count = private ? MEMBERS : 2;
	enum err e = rsa_numbers_check(&m->part[PART_N], &m->part[PART_E], diag);

	if (e != ERR_OK)
		return e;
	for (i = 0; i < count; i++)
		size += m->part[members[i].part].len;
	e = secret_alloc(&numbers, size);
	if (e != ERR_OK)
		return e;
	for (i = 0, size = 0; i < count; i++) {
		const struct secret *part = &m->part[members[i].part];

		if (part->len == 0)
			return diag_set(diag, ERR_JWK_REFUSED,
				"a private RSA number is missing (all of d p q dp dq "
				"qi)");
		native_number(numbers.data + size, part);
		params[i] = OSSL_PARAM_construct_BN(
			members[i].name, numbers.data + size, part->len);
		size += part->len;
	}
	params[count] = OSSL_PARAM_construct_end();
	ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
		EVP_PKEY_fromdata(ctx, ret,
			private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) != 1) {
		ERR_clear_error();
		return diag_set(diag, ERR_JWK_REFUSED, "the RSA numbers make no key");
	}
	return ERR_OK;
}

enum err
rsa_sign(uint8_t *ret, size_t *ret_len, const struct key *key, enum alg alg,
	const void *data, size_t len)
{
	EVP_PKEY_CTX *ctx = key_ready(key, alg, EVP_PKEY_sign_init);
	enum digest digest = alg_row(alg)->digest;
	uint8_t hash[DIGEST_SIZE_MAX];
	size_t sig_len = SIGNATURE_MAX;

	if (ctx == NULL || digest_make(hash, digest, data, len) != ERR_OK ||
		EVP_PKEY_sign(ctx, ret, &sig_len, hash, digest_size(digest)) != 1) {
		ERR_clear_error();
		return ERR_CRYPTO;
	}
	*ret_len = sig_len;
	return ERR_OK;
}

enum err
rsa_verify(const struct key *key, enum alg alg, const void *data, size_t len,
	const uint8_t *sig, size_t sig_len)
{
	EVP_PKEY_CTX *ctx = key_ready(key, alg, EVP_PKEY_verify_init);
	enum digest digest = alg_row(alg)->digest;
	uint8_t hash[DIGEST_SIZE_MAX];

	if (ctx == NULL || digest_make(hash, digest, data, len) != ERR_OK) {
		ERR_clear_error();
		return ERR_CRYPTO;
	}
	if (sig_len != key->public.part[PART_N].len ||
		EVP_PKEY_verify(ctx, sig, sig_len, hash, digest_size(digest)) != 1) {
		ERR_clear_error();
		return ERR_SIGNATURE;
	}
	return ERR_OK;
}

enum err
rsa_unwrap(uint8_t *cek, size_t cek_len, const struct key *key, const struct header *head,
	const uint8_t *ek, size_t ek_len, struct diag *diag)
{
	EVP_PKEY_CTX *ctx = key_ready(key, head->alg, EVP_PKEY_decrypt_init);
	uint8_t plain[RSA_BITS_MAX / 8] = {0};
	size_t i, plain_len = sizeof(plain);
	uint8_t good, keep;

	(void)diag;
	if (ctx == NULL) {
		ERR_clear_error();
		return ERR_CRYPTO;
	}
	/* how long it is everybody can see (RFC 8017 section 7.1.2 step 1b) */
	if (ek_len != key->public.part[PART_N].len)
		return ERR_OK;
	good = EVP_PKEY_decrypt(ctx, plain, &plain_len, ek, ek_len) == 1;
	good &= plain_len == cek_len;
	/* no branch on `good`: 0xff keeps the random bytes, 0 takes the decrypted */
	keep = (uint8_t)(good - 1);
	for (i = 0; i < cek_len; i++)
		cek[i] = (uint8_t)((cek[i] & keep) | (plain[i] & ~keep));
	explicit_bzero(plain, sizeof(plain));
	ERR_clear_error();
	return ERR_OK;
}

enum err
rsa_wrap(struct wrapped *ret, const struct key *key, enum alg alg, enum enc enc)
{
	EVP_PKEY_CTX *ctx = key_ready(key, alg, EVP_PKEY_encrypt_init);
	size_t cek_len = enc_key_len(enc);
	enum err e = random_bytes(ret->cek, cek_len);

	if (e != ERR_OK)
		return e;
	ret->ek_len = sizeof(ret->ek);
	if (ctx == NULL ||
		EVP_PKEY_encrypt(ctx, ret->ek, &ret->ek_len, ret->cek, cek_len) != 1) {
		ERR_clear_error();
		return ERR_CRYPTO;
	}
	return ERR_OK;
}
