/*
 * Key agreement over EVP. Whether an unwrapped key was good is told by the tag of the
 * token and by nothing here.
 */
#include "jose/ecdh.h"

#include <endian.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "jose/aeskw.h"
#include "jose/base64url.h"
#include "jose/digest.h"
#include "jose/ec.h"
#include "jose/enc.h"
#include "jose/header.h"
#include "jose/jwk.h"
#include "jose/key_impl.h"
#include "jose/okp.h"
#include "jose/random.h"

#define PARTY_MAX 512 /* bytes of apu and apv */
#define SECRET_MAX EC_SIZE_MAX
#define WRAP_MAX 32 /* bytes of a key that wraps */

static const struct secret nobody;

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

/* Appends a length in four bytes and so many bytes. */
static void
add_counted(struct buf *b, const void *data, size_t len)
{
	uint32_t count = htobe32((uint32_t)len);

	buf_add(b, &count, sizeof(count));
	buf_add(b, data, len);
}

enum err
ecdh_concat_kdf(uint8_t *ret, size_t len, const struct secret *z, const char *name,
	const struct secret *apu, const struct secret *apv)
{
	AUTO_BUF struct buf in = BUF_INIT(4096);
	uint8_t hash[DIGEST_SHA256_SIZE];
	uint32_t round, bits = htobe32((uint32_t)len * 8);
	size_t done, take;
	enum err e;

	buf_add(&in, "\0\0\0\0", sizeof(round));
	buf_add(&in, z->data, z->len);
	add_counted(&in, name, strlen(name));
	add_counted(&in, apu->data, apu->len);
	add_counted(&in, apv->data, apv->len);
	buf_add(&in, &bits, sizeof(bits));
	if (buf_err(&in) != ERR_OK)
		return buf_err(&in);
	for (done = 0; done < len; done += take) {
		round = htobe32((uint32_t)(done / sizeof(hash)) + 1);
		memcpy(in.data, &round, sizeof(round));
		e = digest_sha256(hash, in.data, in.len);
		if (e != ERR_OK)
			return e;
		take = len - done < sizeof(hash) ? len - done : sizeof(hash);
		memcpy(ret + done, hash, take);
	}
	explicit_bzero(hash, sizeof(hash));
	return ERR_OK;
}

/*
 * The shared secret of a private and a public key: the x coordinate. ERR_JWK_REFUSED: on
 * X25519 it would be zero, whatever our key is (RFC 7748 section 6.1).
 */
static enum err
agree(struct secret *ret, EVP_PKEY *ours, EVP_PKEY *theirs)
{
	CLEANUP(free_ctx) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(ours, NULL);
	AUTO_SECRET struct secret z = {0};
	size_t len = SECRET_MAX;
	bool derived;

	if (ctx == NULL || secret_alloc(&z, len) != ERR_OK)
		return ERR_NOMEM;
	if (EVP_PKEY_derive_init(ctx) != 1 ||
		EVP_PKEY_derive_set_peer(ctx, theirs) != 1) {
		ERR_clear_error();
		return ERR_CRYPTO;
	}
	derived = EVP_PKEY_derive(ctx, z.data, &len) == 1;
	ERR_clear_error();
	if (!derived)
		return EVP_PKEY_get_base_id(ours) == EVP_PKEY_X25519 ? ERR_JWK_REFUSED
								     : ERR_CRYPTO;
	z.len = len;
	*ret = z;
	z = (struct secret){0};
	return ERR_OK;
}

static enum err
import_public(EVP_PKEY **ret, const struct material *m, struct diag *diag)
{
	return ec_curve(m->kty) != NULL ? ec_import(ret, m, diag)
					: okp_import(ret, m, diag);
}

/* The sender's ephemeral key: nothing but a public one on our key's curve will do. */
static enum err
read_epk(EVP_PKEY **ret, const struct header *head, enum kty kty, struct diag *diag)
{
	AUTO_MATERIAL struct material m = {0};
	struct json_object *epk;
	struct diag why = {0};
	enum err e = json_obj(head->json, "epk", &epk);

	if (e != ERR_OK)
		return diag_set(diag, ERR_HEADER_REFUSED, "header has no \"epk\" object");
	e = jwk_material(&m, epk, JWK_FOREIGN, &why);
	if (e == ERR_OK && m.kty != kty)
		e = diag_set(&why, ERR_JWK_REFUSED, "not on the curve of our key");
	if (e == ERR_OK)
		e = import_public(ret, &m, &why);
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

/* What both sides derive: the content key, or the key that wraps it. */
static enum err
derive(uint8_t *ret, size_t len, const struct key *key, const struct header *head,
	const char *name, struct diag *diag)
{
	CLEANUP(free_pkey) EVP_PKEY *epk = NULL;
	AUTO_SECRET struct secret z = {0}, apu = {0}, apv = {0};
	enum err e = read_epk(&epk, head, key->public.kty, diag);

	if (e == ERR_OK)
		e = read_party(&apu, head, "apu", diag);
	if (e == ERR_OK)
		e = read_party(&apv, head, "apv", diag);
	if (e == ERR_OK)
		e = agree(&z, key->pkey, epk);
	if (e == ERR_JWK_REFUSED)
		return diag_set(diag, ERR_HEADER_REFUSED, "epk: gives no shared secret");
	return e != ERR_OK ? e : ecdh_concat_kdf(ret, len, &z, name, &apu, &apv);
}

enum err
ecdh_unwrap(uint8_t *cek, size_t cek_len, const struct key *key,
	const struct header *head, const uint8_t *ek, size_t ek_len, struct diag *diag)
{
	size_t wrap_len = alg_row(head->alg)->wrap_len;
	uint8_t kek[WRAP_MAX];
	enum err e;

	if (wrap_len == 0 && ek_len != 0)
		return diag_set(diag, ERR_TOKEN_FORM,
			"direct key agreement leaves the encrypted key empty");
	if (wrap_len == 0)
		return derive(cek, cek_len, key, head, enc_name(head->enc), diag);
	e = derive(kek, wrap_len, key, head, alg_name(head->alg), diag);
	if (e == ERR_OK)
		e = aeskw_unwrap(cek, cek_len, kek, wrap_len, ek, ek_len);
	explicit_bzero(kek, sizeof(kek));
	return e;
}

/* A new key on the curve of another. */
static EVP_PKEY *
make_epk(enum kty kty)
{
	const struct ec_curve *curve = ec_curve(kty);

	return curve != NULL ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", curve->name)
			     : EVP_PKEY_Q_keygen(NULL, NULL, "X25519", NULL);
}

/* Writes the public half of an ephemeral key as the header member "epk". */
static enum err
write_epk(struct buf *out, enum kty kty, const EVP_PKEY *pkey)
{
	AUTO_MATERIAL struct material m = {.kty = kty};
	const struct ec_curve *curve = ec_curve(kty);
	size_t size = curve != NULL ? curve->size : OKP_SIZE, len;
	uint8_t point[EC_POINT_MAX];
	const uint8_t *at = curve != NULL ? point + 1 : point;

	if (EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY,
		    point, sizeof(point), &len) != 1 ||
		len != (curve != NULL ? 1 + 2 * size : size))
		return ERR_CRYPTO;
	if (secret_alloc(&m.part[PART_X], size) != ERR_OK ||
		secret_alloc(&m.part[PART_Y], curve != NULL ? size : 0) != ERR_OK)
		return ERR_NOMEM;
	memcpy(m.part[PART_X].data, at, size);
	memcpy(m.part[PART_Y].data, at + size, m.part[PART_Y].len);
	buf_adds(out, ",\"epk\":{");
	jwk_write_members(out, &m);
	buf_adds(out, "}");
	return buf_err(out);
}

/* Makes a content key and wraps it with the agreed one. */
static enum err
wrap_new(struct wrapped *ret, const struct secret *z, enum alg alg, size_t cek_len)
{
	size_t wrap_len = alg_row(alg)->wrap_len;
	uint8_t kek[WRAP_MAX];
	enum err e = random_bytes(ret->cek, cek_len);

	if (e == ERR_OK)
		e = ecdh_concat_kdf(kek, wrap_len, z, alg_name(alg), &nobody, &nobody);
	if (e == ERR_OK)
		e = aeskw_wrap(ret->ek, ret->cek, cek_len, kek, wrap_len);
	ret->ek_len = cek_len + AESKW_MORE;
	explicit_bzero(kek, sizeof(kek));
	return e;
}

enum err
ecdh_wrap(struct wrapped *ret, const struct key *key, enum alg alg, enum enc enc)
{
	CLEANUP(free_pkey) EVP_PKEY *epk = make_epk(key->public.kty);
	AUTO_SECRET struct secret z = {0};
	size_t cek_len = enc_key_len(enc);
	enum err e;

	if (epk == NULL) {
		ERR_clear_error();
		return ERR_CRYPTO;
	}
	ret->ek_len = 0;
	e = agree(&z, epk, key->pkey);
	if (e == ERR_OK)
		e = alg_row(alg)->wrap_len == 0 ? ecdh_concat_kdf(ret->cek, cek_len, &z,
							  enc_name(enc), &nobody, &nobody)
						: wrap_new(ret, &z, alg, cek_len);
	if (e == ERR_OK)
		e = write_epk(&ret->header, key->public.kty, epk);
	return e;
}
