/* The table of algorithms. An algorithm is here or nowhere. */
#include "jose/alg.h"

#include <string.h>

#include <openssl/rsa.h>

#include "jose/alg_row.h"
#include "jose/ec.h"
#include "jose/ecdh.h"
#include "jose/enc.h"
#include "jose/okp.h"
#include "jose/rsa.h"

#define KEYS_ECDH (KTY_BIT(KTY_P256) | KTY_BIT(KTY_P384) | KTY_BIT(KTY_X25519))

static const struct alg_row table[ALG_COUNT] = {
	[ALG_RS256] =
		{
			.name = "RS256",
			.kind = ALG_SIGNS,
			.keys = KTY_BIT(KTY_RSA),
			.digest = DIGEST_SHA256,
			.padding = RSA_PKCS1_PADDING,
			.sign = rsa_sign,
			.verify = rsa_verify,
		},
	[ALG_PS256] =
		{
			.name = "PS256",
			.kind = ALG_SIGNS,
			.keys = KTY_BIT(KTY_RSA),
			.digest = DIGEST_SHA256,
			.padding = RSA_PKCS1_PSS_PADDING,
			.sign = rsa_sign,
			.verify = rsa_verify,
		},
	[ALG_ES256] =
		{
			.name = "ES256",
			.kind = ALG_SIGNS,
			.keys = KTY_BIT(KTY_P256),
			.digest = DIGEST_SHA256,
			.sign = ec_sign,
			.verify = ec_verify,
		},
	[ALG_EDDSA] =
		{
			.name = "EdDSA",
			.also = "Ed25519",
			.kind = ALG_SIGNS,
			.keys = KTY_BIT(KTY_ED25519),
			.digest = DIGEST_SHA512, /* what Ed25519 itself uses; Core names
						    none */
			.digest_too = DIGEST_SHA256,
			.verify = okp_verify,
		},
	[ALG_RS384] =
		{
			.name = "RS384",
			.kind = ALG_SIGNS,
			.keys = KTY_BIT(KTY_RSA),
			.only_if_listed = true,
			.digest = DIGEST_SHA384,
			.padding = RSA_PKCS1_PADDING,
			.sign = rsa_sign,
			.verify = rsa_verify,
		},
	[ALG_RS512] =
		{
			.name = "RS512",
			.kind = ALG_SIGNS,
			.keys = KTY_BIT(KTY_RSA),
			.only_if_listed = true,
			.digest = DIGEST_SHA512,
			.padding = RSA_PKCS1_PADDING,
			.sign = rsa_sign,
			.verify = rsa_verify,
		},
	[ALG_PS384] =
		{
			.name = "PS384",
			.kind = ALG_SIGNS,
			.keys = KTY_BIT(KTY_RSA),
			.only_if_listed = true,
			.digest = DIGEST_SHA384,
			.padding = RSA_PKCS1_PSS_PADDING,
			.sign = rsa_sign,
			.verify = rsa_verify,
		},
	[ALG_PS512] =
		{
			.name = "PS512",
			.kind = ALG_SIGNS,
			.keys = KTY_BIT(KTY_RSA),
			.only_if_listed = true,
			.digest = DIGEST_SHA512,
			.padding = RSA_PKCS1_PSS_PADDING,
			.sign = rsa_sign,
			.verify = rsa_verify,
		},
	[ALG_ES384] =
		{
			.name = "ES384",
			.kind = ALG_SIGNS,
			.keys = KTY_BIT(KTY_P384),
			.only_if_listed = true,
			.digest = DIGEST_SHA384,
			.sign = ec_sign,
			.verify = ec_verify,
		},
	[ALG_RSA_OAEP_256] =
		{
			.name = "RSA-OAEP-256",
			.kind = ALG_WRAPS,
			.keys = KTY_BIT(KTY_RSA),
			.padding = RSA_PKCS1_OAEP_PADDING,
			.oaep = "SHA256",
			.unwrap = rsa_unwrap,
			.wrap = rsa_wrap,
		},
	[ALG_RSA_OAEP] =
		{
			.name = "RSA-OAEP",
			.kind = ALG_WRAPS,
			.keys = KTY_BIT(KTY_RSA),
			.padding = RSA_PKCS1_OAEP_PADDING,
			.oaep = "SHA1",
			.unwrap = rsa_unwrap,
			.wrap = rsa_wrap,
		},
	[ALG_ECDH_ES] =
		{
			.name = "ECDH-ES",
			.kind = ALG_WRAPS,
			.keys = KEYS_ECDH,
			.unwrap = ecdh_unwrap,
			.wrap = ecdh_wrap,
		},
	[ALG_ECDH_ES_A128KW] =
		{
			.name = "ECDH-ES+A128KW",
			.kind = ALG_WRAPS,
			.keys = KEYS_ECDH,
			.only_if_listed = true,
			.wrap_len = 16,
			.unwrap = ecdh_unwrap,
			.wrap = ecdh_wrap,
		},
	[ALG_ECDH_ES_A256KW] =
		{
			.name = "ECDH-ES+A256KW",
			.kind = ALG_WRAPS,
			.keys = KEYS_ECDH,
			.only_if_listed = true,
			.wrap_len = 32,
			.unwrap = ecdh_unwrap,
			.wrap = ecdh_wrap,
		},
};

const struct alg_row *
alg_row(enum alg alg)
{
	return &table[alg];
}

bool
alg_is(enum alg alg, const char *name)
{
	const struct alg_row *row = &table[alg];

	return strcmp(row->name, name) == 0 ||
	       (row->also != NULL && strcmp(row->also, name) == 0);
}

enum err
alg_find(enum alg *ret, enum alg_kind kind, const char *name)
{
	enum alg alg;

	for (alg = 0; alg < ALG_COUNT; alg++)
		if (table[alg].kind == kind && alg_is(alg, name)) {
			*ret = alg;
			return ERR_OK;
		}
	return ERR_ALG_REFUSED;
}

enum err
enc_find(enum enc *ret, const char *name)
{
	enum enc enc;

	for (enc = 0; enc < ENC_COUNT; enc++)
		if (strcmp(enc_name(enc), name) == 0) {
			*ret = enc;
			return ERR_OK;
		}
	return ERR_ENC_REFUSED;
}

const char *
alg_name(enum alg alg)
{
	return table[alg].name;
}

uint32_t
alg_set(enum alg_kind kind, enum kty kty)
{
	uint32_t set = 0;
	enum alg alg;

	for (alg = 0; alg < ALG_COUNT; alg++)
		if (table[alg].kind == kind && (table[alg].keys & KTY_BIT(kty)))
			set |= ALG_BIT(alg);
	return set;
}

uint32_t
alg_set_kind(enum alg_kind kind)
{
	uint32_t set = 0;
	enum kty kty;

	for (kty = 0; kty < KTY_COUNT; kty++)
		set |= alg_set(kind, kty);
	return set;
}

uint32_t
alg_set_default(void)
{
	uint32_t set = 0;
	enum alg alg;

	for (alg = 0; alg < ALG_COUNT; alg++)
		if (!table[alg].only_if_listed)
			set |= ALG_BIT(alg);
	return set;
}

uint32_t
alg_set_signing(void)
{
	uint32_t set = 0;
	enum alg alg;

	for (alg = 0; alg < ALG_COUNT; alg++)
		if (table[alg].sign != NULL)
			set |= ALG_BIT(alg);
	return set;
}
