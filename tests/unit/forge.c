/* The workshop: built from the product's inner parts, and from OpenSSL where those
 * refuse. */
#define _GNU_SOURCE
#include "forge.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "jose/alg_row.h"
#include "jose/base64url.h"
#include "jose/crypto.h"
#include "jose/key_impl.h"
#include "jose/random.h"
#include "jose_data.h"
#include "jose_more.h"

/* A forgery that fails is a broken test, not a passed one. */
static void
must(bool done)
{
	if (!done)
		abort();
}

static struct key *
load(const char *text, enum key_use use)
{
	struct key *key = NULL;

	must(key_load(&key, text, strlen(text), use, NULL) == ERR_OK);
	return key;
}

void
forge_open(struct forge *f)
{
	must(jose_init() == ERR_OK);
	f->enc = load(DATA_ENC_JWK, KEY_ENC);
	f->ec = load(DATA_EC_JWK, KEY_ENC);
	f->issuer = load(DATA_ISSUER_JWK, KEY_SIG);
	f->stranger = load(DATA_SIG_PEM, KEY_SIG);
	must(jwks_parse(&f->set, DATA_ISSUER_ALL_JWKS, strlen(DATA_ISSUER_ALL_JWKS),
		     NULL) == ERR_OK);
	f->own[OWN_P256] = load(DATA_P256_JWK, KEY_ENC);
	f->own[OWN_P384] = load(DATA_P384_JWK, KEY_ENC);
	f->own[OWN_X25519] = load(DATA_X25519_JWK, KEY_ENC);
	f->more_rsa = load(DATA_MORE_RSA_JWK, KEY_SIG);
	f->more_384 = load(DATA_MORE_384_JWK, KEY_SIG);
	must(jwks_parse(&f->more, DATA_MORE_JWKS, strlen(DATA_MORE_JWKS), NULL) ==
		ERR_OK);
}

void
forge_close(struct forge *f)
{
	size_t i;

	key_free(&f->enc);
	key_free(&f->ec);
	key_free(&f->issuer);
	key_free(&f->stranger);
	jwks_free(&f->set);
	for (i = 0; i < OWN_COUNT; i++)
		key_free(&f->own[i]);
	key_free(&f->more_rsa);
	key_free(&f->more_384);
	jwks_free(&f->more);
}

int
forge_setup(void **state)
{
	static struct forge f;

	forge_open(&f);
	*state = &f;
	return 0;
}

int
forge_teardown(void **state)
{
	forge_close(*state);
	return 0;
}

char *
forge_text(const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	must(vasprintf(&text, fmt, ap) >= 0);
	va_end(ap);
	return text;
}

char *
forge_base64url(const void *data, size_t len)
{
	AUTO_BUF struct buf text = BUF_INIT(2000000);

	must(base64url_encode(&text, data, len) == ERR_OK);
	return buf_take(&text);
}

char *
forge_jws(const struct key *key, enum alg alg, const char *header, const void *payload,
	size_t len)
{
	AUTO_FREE char *first = forge_base64url(header, strlen(header));
	AUTO_FREE char *second = forge_base64url(payload, len);
	AUTO_FREE char *input = forge_text("%s.%s", first, second);
	AUTO_FREE char *third = NULL;
	uint8_t sig[SIGNATURE_MAX];
	size_t sig_len;

	must(alg_row(alg)->sign(sig, &sig_len, key, alg, input, strlen(input)) == ERR_OK);
	third = forge_base64url(sig, sig_len);
	return forge_text("%s.%s", input, third);
}

/* Seals under parts->cek; the header is what the tag vouches for. */
static void
seal(struct parts *parts, enum enc enc, const char *plain)
{
	AUTO_FREE char *aad = forge_base64url(parts->header, strlen(parts->header));
	struct span from = {(const uint8_t *)plain, strlen(plain)};
	struct sealed in = {.aad = {(const uint8_t *)aad, strlen(aad)}};

	must(secret_alloc(&parts->iv, enc_iv_len(enc)) == ERR_OK &&
		random_bytes(parts->iv.data, parts->iv.len) == ERR_OK &&
		secret_alloc(&parts->tag, enc_tag_len(enc)) == ERR_OK);
	in.iv = (struct span){parts->iv.data, parts->iv.len};
	must(enc_seal(&parts->text, parts->tag.data, enc, parts->cek, &in, &from) ==
		ERR_OK);
}

/* The header with the members that the key encryption adds (epk). */
static char *
extend(const char *header, const struct buf *more)
{
	return forge_text("%.*s%s}", (int)strlen(header) - 1, header, buf_str(more));
}

void
forge_parts(struct parts *ret, const struct key *key, enum alg alg, enum enc enc,
	const char *header, const char *plain)
{
	struct wrapped wrapped = {.header = BUF_INIT(4096)};

	*ret = (struct parts){0};
	must(alg_row(alg)->wrap(&wrapped, key, alg, enc) == ERR_OK);
	ret->header = extend(header, &wrapped.header);
	buf_free(&wrapped.header);
	ret->cek_len = enc_key_len(enc);
	memcpy(ret->cek, wrapped.cek, ret->cek_len);
	forge_replace(&ret->ek, wrapped.ek, wrapped.ek_len);
	seal(ret, enc, plain);
}

void
forge_parts_cek(struct parts *ret, const struct key *key, enum alg alg, enum enc enc,
	const char *header, const char *plain, const void *cek, size_t cek_len)
{
	EVP_PKEY_CTX *ctx = key_ready(key, alg, EVP_PKEY_encrypt_init);
	uint8_t ek[1024];
	size_t ek_len = sizeof(ek);

	*ret = (struct parts){.header = forge_text("%s", header), .cek_len = cek_len};
	must(cek_len <= sizeof(ret->cek));
	memcpy(ret->cek, cek, cek_len);
	must(EVP_PKEY_encrypt(ctx, ek, &ek_len, cek, cek_len) == 1);
	forge_replace(&ret->ek, ek, ek_len);
	seal(ret, enc, plain);
}

char *
forge_token(const struct parts *parts)
{
	AUTO_FREE char *header = forge_base64url(parts->header, strlen(parts->header));
	AUTO_FREE char *ek = forge_base64url(parts->ek.data, parts->ek.len);
	AUTO_FREE char *iv = forge_base64url(parts->iv.data, parts->iv.len);
	AUTO_FREE char *text = forge_base64url(parts->text.data, parts->text.len);
	AUTO_FREE char *tag = forge_base64url(parts->tag.data, parts->tag.len);

	return forge_text("%s.%s.%s.%s.%s", header, ek, iv, text, tag);
}

void
forge_parts_free(struct parts *parts)
{
	free(parts->header);
	secret_free(&parts->ek);
	secret_free(&parts->iv);
	secret_free(&parts->text);
	secret_free(&parts->tag);
	*parts = (struct parts){0};
}

void
forge_replace(struct secret *part, const void *data, size_t len)
{
	struct secret made = {0};

	must(secret_alloc(&made, len) == ERR_OK);
	if (len > 0)
		memcpy(made.data, data, len);
	secret_free(part);
	*part = made;
}

void
forge_resize(struct secret *part, size_t len)
{
	struct secret made = {0};

	must(secret_alloc(&made, len) == ERR_OK);
	memcpy(made.data, part->data, len < part->len ? len : part->len);
	secret_free(part);
	*part = made;
}
