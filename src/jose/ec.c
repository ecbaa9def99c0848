/*
 * The curves of NIST over EVP. Coordinates, private numbers and signatures have their
 * full length everywhere (RFC 7518 section 6.2.1.2): a shorter or longer one is no other
 * spelling.
 */
#include "jose/ec.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>

#include "jose/digest.h"
#include "jose/key_impl.h"
#include "jose/native.h"

static const struct ec_curve curves[KTY_COUNT] = {
	[KTY_P256] = {"P-256", 32},
	[KTY_P384] = {"P-384", EC_SIZE_MAX},
};

const struct ec_curve *
ec_curve(enum kty kty)
{
	return curves[kty].name != NULL ? &curves[kty] : NULL;
}

static void
free_ctx(EVP_PKEY_CTX **ctx)
{
	EVP_PKEY_CTX_free(*ctx);
}

static void
free_sig(ECDSA_SIG **sig)
{
	ECDSA_SIG_free(*sig);
}

static void
free_text(unsigned char **text)
{
	OPENSSL_free(*text);
}

/* Both numbers side by side, behind the byte that says so. */
static size_t
write_point(uint8_t ret[EC_POINT_MAX], const struct secret *x, const struct secret *y)
{
	ret[0] = 4;
	memcpy(ret + 1, x->data, x->len);
	memcpy(ret + 1 + x->len, y->data, y->len);
	return 1 + x->len + y->len;
}

enum err
ec_import(EVP_PKEY **ret, const struct material *m, struct diag *diag)
{
	const struct secret *x = &m->part[PART_X], *y = &m->part[PART_Y];
	const struct secret *d = &m->part[PART_D];
	const struct ec_curve *curve = &curves[m->kty];
	CLEANUP(free_ctx) EVP_PKEY_CTX *ctx = NULL;
	char group[EC_NAME_MAX];
	uint8_t point[EC_POINT_MAX], number[EC_SIZE_MAX];
	OSSL_PARAM params[4];
	size_t n = 0;
	int made;

	if (x->len != curve->size || y->len != curve->size ||
		(d->len != 0 && d->len != curve->size))
		return diag_set(diag, ERR_JWK_REFUSED,
			"a number of the %s key does not have %zu bytes", curve->name,
			curve->size);
	strcpy(group, curve->name);
	params[n++] =
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
	params[n++] = OSSL_PARAM_construct_octet_string(
		OSSL_PKEY_PARAM_PUB_KEY, point, write_point(point, x, y));
	if (d->len != 0) {
		native_number(number, d);
		params[n++] =
			OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, number, d->len);
	}
	params[n] = OSSL_PARAM_construct_end();
	ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	made = ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
	       EVP_PKEY_fromdata(ctx, ret,
		       d->len != 0 ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) == 1;
	explicit_bzero(number, sizeof(number));
	if (!made) {
		ERR_clear_error();
		return diag_set(diag, ERR_JWK_REFUSED, "the point is not on the curve %s",
			curve->name);
	}
	return ERR_OK;
}

enum err
ec_sign(uint8_t *ret, size_t *ret_len, const struct key *key, enum alg alg,
	const void *data, size_t len)
{
	EVP_PKEY_CTX *ctx = key_ready(key, alg, EVP_PKEY_sign_init);
	enum digest digest = alg_row(alg)->digest;
	int size = (int)curves[key->public.kty].size;
	CLEANUP(free_sig) ECDSA_SIG *sig = NULL;
	uint8_t hash[DIGEST_SIZE_MAX], der[SIGNATURE_MAX];
	const unsigned char *at = der;
	size_t der_len = sizeof(der);

	if (ctx == NULL || digest_make(hash, digest, data, len) != ERR_OK ||
		EVP_PKEY_sign(ctx, der, &der_len, hash, digest_size(digest)) != 1 ||
		(sig = d2i_ECDSA_SIG(NULL, &at, (long)der_len)) == NULL ||
		BN_bn2binpad(ECDSA_SIG_get0_r(sig), ret, size) != size ||
		BN_bn2binpad(ECDSA_SIG_get0_s(sig), ret + size, size) != size) {
		ERR_clear_error();
		return ERR_CRYPTO;
	}
	*ret_len = 2 * (size_t)size;
	return ERR_OK;
}

/* r and s side by side become the DER that OpenSSL wants; the length, or 0. */
static size_t
sig_to_der(unsigned char **ret, const uint8_t *raw, size_t size)
{
	CLEANUP(free_sig) ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(raw, (int)size, NULL);
	BIGNUM *s = BN_bin2bn(raw + size, (int)size, NULL);
	int len;

	if (sig == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(sig, r, s) != 1) {
		BN_free(r);
		BN_free(s);
		return 0;
	}
	len = i2d_ECDSA_SIG(sig, ret);
	return len > 0 ? (size_t)len : 0;
}

enum err
ec_verify(const struct key *key, enum alg alg, const void *data, size_t len,
	const uint8_t *sig, size_t sig_len)
{
	EVP_PKEY_CTX *ctx = key_ready(key, alg, EVP_PKEY_verify_init);
	enum digest digest = alg_row(alg)->digest;
	size_t size = curves[key->public.kty].size;
	CLEANUP(free_text) unsigned char *der = NULL;
	uint8_t hash[DIGEST_SIZE_MAX];
	size_t der_len;
	int good;

	if (sig_len != 2 * size)
		return ERR_SIGNATURE;
	der_len = sig_to_der(&der, sig, size);
	if (ctx == NULL || der_len == 0 ||
		digest_make(hash, digest, data, len) != ERR_OK) {
		ERR_clear_error();
		return ERR_CRYPTO;
	}
	good = EVP_PKEY_verify(ctx, der, der_len, hash, digest_size(digest));
	ERR_clear_error();
	return good == 1 ? ERR_OK : ERR_SIGNATURE;
}
