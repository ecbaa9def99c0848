/*
 * Making, naming, writing and destroying of keys. Nothing here decodes more than the
 * numbers of a key; what they are good for is checked by the type's own file.
 */
#include "jose/key.h"

#include <string.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "jose/alg_row.h"
#include "jose/ec.h"
#include "jose/header.h"
#include "jose/json.h"
#include "jose/jwk.h"
#include "jose/key_impl.h"
#include "jose/okp.h"
#include "jose/pem.h"
#include "jose/rsa.h"

#define EC_BITS 256

static enum err (*const import[KTY_COUNT])(
	EVP_PKEY **, const struct material *, struct diag *) = {
	[KTY_RSA] = rsa_import,
	[KTY_P256] = ec_import,
	[KTY_P384] = ec_import,
	[KTY_ED25519] = okp_import,
	[KTY_X25519] = okp_import,
};

static const char *const use_names[] = {
	[KEY_SIG] = "sig",
	[KEY_ENC] = "enc",
};

void
key_free(struct key **key)
{
	if (*key == NULL)
		return;
	material_free(&(*key)->public);
	if ((*key)->op != NULL)
		EVP_PKEY_CTX_free((*key)->op->ctx);
	free((*key)->op);
	EVP_PKEY_free((*key)->pkey);
	free((*key)->kid);
	free(*key);
	*key = NULL;
}

/* Wipes the private numbers: OpenSSL has its own copy now. */
static void
keep_public(struct material *m)
{
	int i;

	for (i = PART_D; i < PART_COUNT; i++)
		secret_free(&m->part[i]);
}

/* The numbers become an OpenSSL key and, as far as they are public, stay beside it. */
static enum err
take_material(struct key *key, struct material *m, struct diag *diag)
{
	enum err e = import[m->kty](&key->pkey, m, diag);

	if (e != ERR_OK)
		return e;
	keep_public(m);
	key->public = *m;
	*m = (struct material){0};
	return ERR_OK;
}

enum err
key_new(struct key **ret, struct material *m, uint32_t algs, const char *kid,
	struct diag *diag)
{
	AUTO_KEY struct key *key = calloc(1, sizeof(*key));
	enum err e;

	if (key == NULL || (key->op = calloc(1, sizeof(*key->op))) == NULL ||
		(kid != NULL && (key->kid = strdup(kid)) == NULL))
		return ERR_NOMEM;
	e = m != NULL ? take_material(key, m, diag) : ERR_OK;
	if (e != ERR_OK)
		return e;
	key->algs = algs;
	*ret = MOVE(key);
	return ERR_OK;
}

/* Gives a nameless key its thumbprint. */
static enum err
name_key(struct key *key)
{
	AUTO_BUF struct buf name = BUF_INIT(HEADER_KID_MAX);
	enum err e = key->kid == NULL ? jwk_thumbprint(&name, &key->public) : ERR_OK;

	if (e != ERR_OK || key->kid != NULL)
		return e;
	key->kid = buf_take(&name);
	return key->kid != NULL ? ERR_OK : ERR_NOMEM;
}

enum err
key_may(const struct key *key, enum alg alg, struct diag *diag)
{
	enum alg_kind kind = alg_row(alg)->kind;

	if (key->algs & ALG_BIT(alg))
		return ERR_OK;
	if ((key->algs & alg_set_kind(kind)) == 0)
		return diag_set(diag, ERR_KEY_USE, "the key is not for %s",
			kind == ALG_SIGNS ? "signatures" : "encryption");
	return diag_set(diag, ERR_ALG_REFUSED, "the key does not do %s", alg_name(alg));
}

static enum err
load_jwk(struct key **ret, const char *text, size_t len, uint32_t wanted,
	struct diag *diag)
{
	AUTO_JSON struct json_object *jwk = NULL;
	AUTO_MATERIAL struct material m = {0};
	const char *kid;
	uint32_t algs;
	enum err e = json_parse(&jwk, text, len);

	if (e != ERR_OK)
		return diag_set(diag, e, "the JWK is not a JSON object");
	e = jwk_material(&m, jwk, JWK_OWN, diag);
	if (e == ERR_OK)
		e = jwk_algs(&algs, jwk, m.kty, JWK_OWN, diag);
	if (e != ERR_OK)
		return e;
	if (header_kid(&kid, jwk) != ERR_OK)
		return diag_set(diag, ERR_KEY_INVALID,
			"kid is not a string of 1 to %d bytes", HEADER_KID_MAX);
	if ((algs & wanted) == 0)
		return diag_set(diag, ERR_KEY_INVALID,
			"use, key_ops or alg of the JWK do not allow this purpose");
	return key_new(ret, &m, algs & wanted, kid, diag);
}

static enum err
load_pem(struct key **ret, const char *text, size_t len, uint32_t wanted,
	struct diag *diag)
{
	AUTO_MATERIAL struct material m = {0};
	enum err e = pem_private_key(&m, text, len, diag);

	if (e != ERR_OK)
		return e;
	wanted &= alg_set(ALG_SIGNS, m.kty) | alg_set(ALG_WRAPS, m.kty);
	if (wanted == 0)
		return diag_set(diag, ERR_KEY_INVALID,
			"a key of this type is not used for this purpose");
	return key_new(ret, &m, wanted, NULL, diag);
}

enum err
key_load(struct key **ret, const char *pem_or_jwk, size_t len, enum key_use use,
	struct diag *diag)
{
	AUTO_KEY struct key *key = NULL;
	uint32_t wanted = use == KEY_SIG ? alg_set_signing() : alg_set_kind(ALG_WRAPS);
	size_t i;
	enum err e;

	if (len > KEY_FILE_MAX)
		return diag_set(diag, ERR_KEY_INVALID, "the key file is too large");
	for (i = 0; i < len && strchr(" \t\r\n", pem_or_jwk[i]) != NULL; i++)
		;
	if (i < len && pem_or_jwk[i] == '{')
		e = load_jwk(&key, pem_or_jwk, len, wanted, diag);
	else
		e = load_pem(&key, pem_or_jwk, len, wanted, diag);
	if (e == ERR_OK)
		e = name_key(key);
	if (e != ERR_OK)
		return e == ERR_NOMEM || e == ERR_CRYPTO ? e : ERR_KEY_INVALID;
	*ret = MOVE(key);
	return ERR_OK;
}

const char *
key_kid(const struct key *key)
{
	return key->kid;
}

uint32_t
key_algs(const struct key *key)
{
	return key->algs;
}

enum err
key_restrict(struct key *key, uint32_t algs, struct diag *diag)
{
	if ((key->algs & algs) == 0)
		return diag_set(diag, ERR_KEY_INVALID,
			"the key cannot do the algorithm that was asked for");
	key->algs &= algs;
	return ERR_OK;
}

enum err
key_check(const struct key *key, struct diag *diag)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key->pkey, NULL);
	bool good;

	if (ctx == NULL)
		return ERR_NOMEM;
	good = EVP_PKEY_pairwise_check(ctx) == 1 && EVP_PKEY_private_check(ctx) == 1;
	/* which OpenSSL 3.0 does not look at */
	if (key->public.kty == KTY_X25519)
		good = good && okp_belongs_together(key->pkey);
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	if (!good)
		return diag_set(diag, ERR_KEY_INVALID,
			"the numbers of the key do not belong together");
	return ERR_OK;
}

static enum err
write_pem(struct buf *pem, const EVP_PKEY *pkey)
{
	BIO *bio = BIO_new(BIO_s_secmem());
	char *text;
	long len;
	enum err e = ERR_CRYPTO;

	if (bio == NULL)
		return ERR_NOMEM;
	if (PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL) == 1) {
		len = BIO_get_mem_data(bio, &text);
		buf_add(pem, text, (size_t)len);
		e = buf_err(pem);
	}
	BIO_free(bio);
	return e;
}

enum err
key_generate(struct buf *pem, enum key_use use, int bits)
{
	EVP_PKEY *pkey;
	enum err e;

	if ((use != KEY_SIG && use != KEY_ENC) ||
		(bits != EC_BITS && (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX)))
		return ERR_KEY_INVALID;
	pkey = bits == EC_BITS ? EVP_EC_gen("P-256") : EVP_RSA_gen((unsigned)bits);
	e = pkey != NULL ? write_pem(pem, pkey) : ERR_CRYPTO;
	EVP_PKEY_free(pkey);
	ERR_clear_error();
	return e;
}

enum err
key_private_pem(struct buf *pem, const struct key *key)
{
	enum err e = ERR_CRYPTO;

	/* a store's provider would write something of its own */
	if (key->pkey != NULL && key->properties == NULL)
		e = write_pem(pem, key->pkey);
	ERR_clear_error();
	return e == ERR_CRYPTO ? ERR_KEY_INVALID : e;
}

/* The one algorithm in the set, or ALG_COUNT if there are several. */
static enum alg
only_alg(uint32_t algs)
{
	enum alg alg;

	for (alg = 0; alg < ALG_COUNT; alg++)
		if (algs == ALG_BIT(alg))
			return alg;
	return ALG_COUNT;
}

static void
write_public(struct buf *out, const struct key *key)
{
	enum alg alg = only_alg(key->algs);
	size_t use = key->algs & alg_set_kind(ALG_SIGNS) ? KEY_SIG : KEY_ENC;

	buf_adds(out, "{");
	jwk_write_members(out, &key->public);
	buf_addf(out, ",\"use\":\"%s\",\"kid\":", use_names[use]);
	json_quote(out, key->kid);
	if (alg != ALG_COUNT)
		buf_addf(out, ",\"alg\":\"%s\"", alg_name(alg));
	buf_adds(out, "}");
}

enum err
key_public_jwks(struct buf *out, struct key *const *keys, size_t count)
{
	size_t i;

	buf_adds(out, "{\"keys\":[");
	for (i = 0; i < count; i++) {
		if (i > 0)
			buf_adds(out, ",");
		write_public(out, keys[i]);
	}
	buf_adds(out, "]}");
	return buf_err(out);
}
