/* Ed25519 over EVP. We never sign with it. */
#include "jose/okp.h"

#include <openssl/err.h>

#include "jose/edwards.h"
#include "jose/key_impl.h"

static void
free_ctx(EVP_MD_CTX **ctx)
{
	EVP_MD_CTX_free(*ctx);
}

enum err
okp_import(EVP_PKEY **ret, const struct material *m, struct diag *diag)
{
	const struct secret *x = &m->part[PART_X];
	enum err e;

	if (x->len != OKP_SIZE)
		return diag_set(diag, ERR_JWK_REFUSED,
			"the Ed25519 key does not have %d bytes", OKP_SIZE);
	e = edwards_check(x->data, diag);
	if (e != ERR_OK)
		return e;
	*ret = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, x->data, x->len);
	if (*ret == NULL) {
		ERR_clear_error();
		return diag_set(diag, ERR_JWK_REFUSED, "no Ed25519 key");
	}
	return ERR_OK;
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
