/*
 * P-256 over EVP. Coordinates, private numbers and signatures have their full length
 * everywhere (RFC 7518 section 6.2.1.2): a shorter or longer one is no other spelling.
 */
#include "jose/ec.h"

#include <endian.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>

#include "jose/base64url.h"
#include "jose/digest.h"
#include "jose/enc.h"
#include "jose/header.h"
#include "jose/jwk.h"
#include "jose/key_impl.h"
#include "jose/native.h"

#define POINT_SIZE (1 + 2 * EC_SIZE)
#define SIG_SIZE (2 * EC_SIZE)
#define PARTY_MAX 512 /* bytes of apu and apv */

static void
free_ctx(EVP_PKEY_CTX **ctx)
{
	EVP_PKEY_CTX_free(*ctx);
}

static void
free_pkey(EVP_PKEY **pkey)
{
	EVP_PKEY_free(*pkey);
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

enum err
ec_import(EVP_PKEY **ret, const struct material *m, struct diag *diag)
{
	const struct secret *x = &m->part[PART_X], *y = &m->part[PART_Y];
	const struct secret *d = &m->part[PART_D];
	CLEANUP(free_ctx) EVP_PKEY_CTX *ctx = NULL;
	char group[] = "prime256v1";
	uint8_t point[POINT_SIZE] = {4}, number[EC_SIZE];
	OSSL_PARAM params[4];
	size_t n = 0;
	int made;

	if (x->len != EC_SIZE || y->len != EC_SIZE || (d->len != 0 && d->len != EC_SIZE))
		return diag_set(diag, ERR_JWK_REFUSED,
			"a number of the P-256 key does not have %d bytes", EC_SIZE);
	memcpy(point + 1, x->data, EC_SIZE);
	memcpy(point + 1 + EC_SIZE, y->data, EC_SIZE);
	params[n++] =
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
	params[n++] = OSSL_PARAM_construct_octet_string(
		OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point));
	if (d->len != 0) {
		native_number(number, d);
		params[n++] = OSSL_PARAM_construct_BN(
			OSSL_PKEY_PARAM_PRIV_KEY, number, sizeof(number));
	}
	params[n] = OSSL_PARAM_construct_end();
	ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	made = ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
	       EVP_PKEY_fromdata(ctx, ret,
		       d->len != 0 ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) == 1;
	explicit_bzero(number, sizeof(number));
	if (!made) {
		ERR_clear_error();
		return diag_set(
			diag, ERR_JWK_REFUSED, "the point is not on the curve P-256");
	}
	return ERR_OK;
}

enum err
ec_sign(uint8_t *ret, size_t *ret_len, const struct key *key, enum alg alg,
	const void *data, size_t len)
{
	EVP_PKEY_CTX *ctx = key_ready(key, alg, EVP_PKEY_sign_init);
	CLEANUP(free_sig) ECDSA_SIG *sig = NULL;
	uint8_t hash[DIGEST_SHA256_SIZE], der[SIGNATURE_MAX];
	const unsigned char *at = der;
	size_t der_len = sizeof(der);

	if (ctx == NULL || digest_sha256(hash, data, len) != ERR_OK ||
		EVP_PKEY_sign(ctx, der, &der_len, hash, sizeof(hash)) != 1 ||
		(sig = d2i_ECDSA_SIG(NULL, &at, (long)der_len)) == NULL ||
		BN_bn2binpad(ECDSA_SIG_get0_r(sig), ret, EC_SIZE) != EC_SIZE ||
		BN_bn2binpad(ECDSA_SIG_get0_s(sig), ret + EC_SIZE, EC_SIZE) != EC_SIZE) {
		ERR_clear_error();
		return ERR_CRYPTO;
	}
	*ret_len = SIG_SIZE;
	return ERR_OK;
}

/* r and s side by side become the DER that OpenSSL wants; the length, or 0. */
static size_t
sig_to_der(unsigned char **ret, const uint8_t *raw)
{
	CLEANUP(free_sig) ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(raw, EC_SIZE, NULL);
	BIGNUM *s = BN_bin2bn(raw + EC_SIZE, EC_SIZE, NULL);
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
	CLEANUP(free_text) unsigned char *der = NULL;
	uint8_t hash[DIGEST_SHA256_SIZE];
	size_t der_len;
	int good;

	if (sig_len != SIG_SIZE)
		return ERR_SIGNATURE;
	der_len = sig_to_der(&der, sig);
	if (ctx == NULL || der_len == 0 || digest_sha256(hash, data, len) != ERR_OK) {
		ERR_clear_error();
		return ERR_CRYPTO;
	}
	good = EVP_PKEY_verify(ctx, der, der_len, hash, sizeof(hash));
	ERR_clear_error();
	return good == 1 ? ERR_OK : ERR_SIGNATURE;
}

/* Appends a length in four bytes and so many bytes. */
static void
add_counted(struct buf *b, const void *data, size_t len)
{
	uint32_t count = htobe32((uint32_t)len);

	buf_add(b, &count, sizeof(count));
	buf_add(b, data, len);
}

enum err
ec_concat_kdf(uint8_t *cek, size_t cek_len, const struct secret *z, enum enc enc,
	const struct secret *apu, const struct secret *apv)
{
	AUTO_BUF struct buf in = BUF_INIT(4096);
	uint8_t hash[DIGEST_SHA256_SIZE];
	uint32_t round, bits = htobe32((uint32_t)cek_len * 8);
	size_t done, take;
	enum err e;

	buf_add(&in, "\0\0\0\0", sizeof(round));
	buf_add(&in, z->data, z->len);
	add_counted(&in, enc_name(enc), strlen(enc_name(enc)));
	add_counted(&in, apu->data, apu->len);
	add_counted(&in, apv->data, apv->len);
	buf_add(&in, &bits, sizeof(bits));
	if (buf_err(&in) != ERR_OK)
		return buf_err(&in);
	for (done = 0; done < cek_len; done += take) {
		round = htobe32((uint32_t)(done / sizeof(hash)) + 1);
		memcpy(in.data, &round, sizeof(round));
		e = digest_sha256(hash, in.data, in.len);
		if (e != ERR_OK)
			return e;
		take = cek_len - done < sizeof(hash) ? cek_len - done : sizeof(hash);
		memcpy(cek + done, hash, take);
	}
	explicit_bzero(hash, sizeof(hash));
	return ERR_OK;
}

/* The shared secret of a private and a public key: the x coordinate. */
static enum err
agree(struct secret *ret, EVP_PKEY *ours, EVP_PKEY *theirs)
{
	CLEANUP(free_ctx) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(ours, NULL);
	AUTO_SECRET struct secret z = {0};
	size_t len = EC_SIZE;

	if (ctx == NULL || secret_alloc(&z, EC_SIZE) != ERR_OK)
		return ERR_NOMEM;
	if (EVP_PKEY_derive_init(ctx) != 1 ||
		EVP_PKEY_derive_set_peer(ctx, theirs) != 1 ||
		EVP_PKEY_derive(ctx, z.data, &len) != 1 || len != EC_SIZE) {
		ERR_clear_error();
		return ERR_CRYPTO;
	}
	*ret = z;
	z = (struct secret){0};
	return ERR_OK;
}

/* The sender's ephemeral key: nothing but a public point on our curve will do. */
static enum err
read_epk(EVP_PKEY **ret, const struct header *head, struct diag *diag)
{
	AUTO_MATERIAL struct material m = {0};
	struct json_object *epk;
	struct diag why = {0};
	enum err e = json_obj(head->json, "epk", &epk);

	if (e != ERR_OK)
		return diag_set(diag, ERR_HEADER_REFUSED, "header has no \"epk\" object");
	e = jwk_material(&m, epk, JWK_FOREIGN, &why);
	if (e == ERR_OK && m.kty != KTY_EC)
		e = diag_set(&why, ERR_JWK_REFUSED, "not a P-256 key");
	if (e == ERR_OK)
		e = ec_import(ret, &m, &why);
	if (e == ERR_OK || e == ERR_NOMEM)
		return e;
	return diag_set(diag, ERR_HEADER_REFUSED, "epk: %s", why.text);
}

/* apu or apv: base64url, absent is empty. */
static enum err
read_party(struct secret *ret, const struct header *head, const char *name,
	struct diag *diag)
{
	const char *text;
	enum err e = json_str_opt(head->json, name, &text);

	if (e == ERR_OK && text == NULL)
		return ERR_OK;
	if (e == ERR_OK)
		e = base64url_decode(ret, text, strlen(text));
	if (e == ERR_NOMEM)
		return e;
	if (e != ERR_OK || ret->len > PARTY_MAX)
		return diag_set(diag, ERR_HEADER_REFUSED,
			"%s is not base64url or longer than %d bytes", name, PARTY_MAX);
	return ERR_OK;
}

enum err
ec_unwrap(uint8_t *cek, size_t cek_len, const struct key *key, const struct header *head,
	const uint8_t *ek, size_t ek_len, struct diag *diag)
{
	CLEANUP(free_pkey) EVP_PKEY *epk = NULL;
	AUTO_SECRET struct secret z = {0}, apu = {0}, apv = {0};
	enum err e;

	(void)ek;
	if (ek_len != 0)
		return diag_set(diag, ERR_TOKEN_FORM,
			"direct key agreement leaves the encrypted key empty");
	e = read_epk(&epk, head, diag);
	if (e == ERR_OK)
		e = read_party(&apu, head, "apu", diag);
	if (e == ERR_OK)
		e = read_party(&apv, head, "apv", diag);
	if (e == ERR_OK)
		e = agree(&z, key->pkey, epk);
	if (e == ERR_OK)
		e = ec_concat_kdf(cek, cek_len, &z, head->enc, &apu, &apv);
	return e;
}

/* Writes the public half of an ephemeral key as the header member "epk". */
static enum err
write_epk(struct buf *out, const EVP_PKEY *pkey)
{
	AUTO_MATERIAL struct material m = {.kty = KTY_EC};
	uint8_t point[POINT_SIZE];
	size_t len;

	if (EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY,
		    point, sizeof(point), &len) != 1 ||
		len != sizeof(point))
		return ERR_CRYPTO;
	if (secret_alloc(&m.part[PART_X], EC_SIZE) != ERR_OK ||
		secret_alloc(&m.part[PART_Y], EC_SIZE) != ERR_OK)
		return ERR_NOMEM;
	memcpy(m.part[PART_X].data, point + 1, EC_SIZE);
	memcpy(m.part[PART_Y].data, point + 1 + EC_SIZE, EC_SIZE);
	buf_adds(out, ",\"epk\":{");
	jwk_write_members(out, &m);
	buf_adds(out, "}");
	return buf_err(out);
}

enum err
ec_wrap(struct wrapped *ret, const struct key *key, enum alg alg, enum enc enc)
{
	static const struct secret nobody;
	CLEANUP(free_pkey) EVP_PKEY *epk = EVP_EC_gen("P-256");
	AUTO_SECRET struct secret z = {0};
	enum err e;

	(void)alg;
	if (epk == NULL) {
		ERR_clear_error();
		return ERR_CRYPTO;
	}
	e = agree(&z, epk, key->pkey);
	if (e == ERR_OK)
		e = ec_concat_kdf(ret->cek, enc_key_len(enc), &z, enc, &nobody, &nobody);
	if (e == ERR_OK)
		e = write_epk(&ret->header, epk);
	ret->ek_len = 0;
	return e;
}
