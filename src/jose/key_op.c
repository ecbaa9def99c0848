/*
 * Contexts of OpenSSL, made ready once for a key and its algorithm: setting one up takes
 * longer than the rest of a check around the mathematics.
 */
#include <openssl/rsa.h>

#include "jose/digest_evp.h"
#include "jose/key_impl.h"

/* Sets what the row of the algorithm prescribes. */
static bool
set_params(EVP_PKEY_CTX *ctx, const struct alg_row *row)
{
	if (row->padding != 0 && EVP_PKEY_CTX_set_rsa_padding(ctx, row->padding) != 1)
		return false;
	if (row->oaep != NULL)
		return EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, row->oaep, NULL) == 1 &&
		       EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, row->oaep, NULL) == 1;
	if (EVP_PKEY_CTX_set_signature_md(ctx, digest_evp(row->digest)) != 1)
		return false;
	/* RFC 7518 section 3.5: the salt is as long as the hash, no shorter, no longer */
	return row->padding != RSA_PKCS1_PSS_PADDING ||
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1;
}

EVP_PKEY_CTX *
key_ready(const struct key *key, enum alg alg, int (*init)(EVP_PKEY_CTX *))
{
	struct key_op *op = key->op;
	EVP_PKEY_CTX *ctx;

	if (op->ctx != NULL && op->alg == alg && op->init == init)
		return op->ctx;
	ctx = key->properties != NULL
		      ? EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, key->properties)
		      : EVP_PKEY_CTX_new(key->pkey, NULL);
	if (ctx == NULL || init(ctx) != 1 || !set_params(ctx, alg_row(alg))) {
		EVP_PKEY_CTX_free(ctx);
		return NULL;
	}
	EVP_PKEY_CTX_free(op->ctx);
	*op = (struct key_op){.ctx = ctx, .alg = alg, .init = init};
	return ctx;
}
