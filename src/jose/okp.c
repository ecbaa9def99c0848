/* The curves of RFC 8037 over EVP. We never sign with Ed25519. */
#include "jose/okp.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>

#include "jose/edwards.h"
#include "jose/key_impl.h"

static const char *const names[KTY_COUNT] = {
	[KTY_ED25519] = "Ed25519",
	[KTY_X25519] = "X25519",
};

static void
free_ctx(EVP_MD_CTX **ctx)
{
	EVP_MD_CTX_free(*ctx);
}

static void
free_key_ctx(EVP_PKEY_CTX **ctx)
{
	EVP_PKEY_CTX_free(*ctx);
}

static void
free_pkey(EVP_PKEY **pkey)
{
	EVP_PKEY_free(*pkey);
}

enum err
okp_import(EVP_PKEY **ret, const struct material *m, struct diag *diag)
{
	const struct secret *x = &m->part[PART_X], *d = &m->part[PART_D];
	const char *name = names[m->kty];
	CLEANUP(free_key_ctx) EVP_PKEY_CTX *ctx = NULL;
	OSSL_PARAM params[3];
	size_t n = 0;
	enum err e = ERR_OK;

	if (x->len != OKP_SIZE || (d->len != 0 && d->len != OKP_SIZE))
		return diag_set(diag, ERR_JWK_REFUSED,
			"the %s key does not have %d bytes", name, OKP_SIZE);
	if (m->kty == KTY_ED25519)
		e = edwards_check(x->data, diag);
	if (e != ERR_OK)
		return e;
	params[n++] = OSSL_PARAM_construct_octet_string(
		OSSL_PKEY_PARAM_PUB_KEY, x->data, x->len);
	if (d->len != 0)
		params[n++] = OSSL_PARAM_construct_octet_string(
			OSSL_PKEY_PARAM_PRIV_KEY, d->data, d->len);
	params[n] = OSSL_PARAM_construct_end();
	ctx = EVP_PKEY_CTX_new_from_name(NULL, name, NULL);
	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
		EVP_PKEY_fromdata(ctx, ret,
			d->len != 0 ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
			params) != 1) {
		ERR_clear_error();
		return diag_set(diag, ERR_JWK_REFUSED, "no %s key", name);
	}
	return ERR_OK;
}

enum err
okp_add_public(struct material *m)
{
	const struct secret *d = &m->part[PART_D];
	CLEANUP(free_pkey)
	EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key_ex(
		NULL, names[m->kty], NULL, d->data, d->len);
	size_t len = OKP_SIZE;

	if (secret_alloc(&m->part[PART_X], len) != ERR_OK)
		return ERR_NOMEM;
	if (pkey == NULL ||
		EVP_PKEY_get_raw_public_key(pkey, m->part[PART_X].data, &len) != 1) {
		ERR_clear_error();
		return ERR_CRYPTO;
	}
	return ERR_OK;
}

bool
okp_belongs_together(const EVP_PKEY *pkey)
{
	AUTO_MATERIAL struct material m = {.kty = KTY_X25519};
	uint8_t x[OKP_SIZE];
	size_t x_len = sizeof(x), d_len = OKP_SIZE;

	return secret_alloc(&m.part[PART_D], d_len) == ERR_OK &&
	       EVP_PKEY_get_raw_private_key(pkey, m.part[PART_D].data, &d_len) == 1 &&
	       EVP_PKEY_get_raw_public_key(pkey, x, &x_len) == 1 &&
	       okp_add_public(&m) == ERR_OK &&
	       memcmp(x, m.part[PART_X].data, sizeof(x)) == 0;
}

enum err
okp_verify(const struct key *key, enum alg alg, const void *data, size_t len,
	const uint8_t *sig, size_t sig_len)
{
	CLEANUP(free_ctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int good;

	(void)alg;
	if (ctx == NULL || EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key->pkey) != 1) {
		ERR_clear_error();
		return ERR_CRYPTO;
	}
	if (sig_len != OKP_SIG_SIZE)
		return ERR_SIGNATURE;
	good = EVP_DigestVerify(ctx, sig, sig_len, data, len);
	ERR_clear_error();
	return good == 1 ? ERR_OK : ERR_SIGNATURE;
}
