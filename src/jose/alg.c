/* The table of algorithms. An algorithm is here or nowhere. */
#include "jose/alg.h"

#include <string.h>

#include <openssl/rsa.h>

#include "jose/alg_row.h"
#include "jose/ec.h"
#include "jose/enc.h"
#include "jose/okp.h"
#include "jose/rsa.h"

static const struct alg_row table[ALG_COUNT] = {
	[ALG_RS256] =
		{
			.name = "RS256",
			.kind = ALG_SIGNS,
			.kty = KTY_RSA,
			.padding = RSA_PKCS1_PADDING,
			.sign = rsa_sign,
			.verify = rsa_verify,
		},
	[ALG_PS256] =
		{
			.name = "PS256",
			.kind = ALG_SIGNS,
			.kty = KTY_RSA,
			.padding = RSA_PKCS1_PSS_PADDING,
			.sign = rsa_sign,
			.verify = rsa_verify,
		},
	[ALG_ES256] =
		{
			.name = "ES256",
			.kind = ALG_SIGNS,
			.kty = KTY_EC,
			.sign = ec_sign,
			.verify = ec_verify,
		},
	[ALG_EDDSA] =
		{
			.name = "EdDSA",
			.kind = ALG_SIGNS,
			.kty = KTY_OKP,
			.verify = okp_verify,
		},
	[ALG_RSA_OAEP_256] =
		{
			.name = "RSA-OAEP-256",
			.kind = ALG_WRAPS,
			.kty = KTY_RSA,
			.padding = RSA_PKCS1_OAEP_PADDING,
			.oaep = "SHA256",
			.unwrap = rsa_unwrap,
			.wrap = rsa_wrap,
		},
	[ALG_RSA_OAEP] =
		{
			.name = "RSA-OAEP",
			.kind = ALG_WRAPS,
			.kty = KTY_RSA,
			.padding = RSA_PKCS1_OAEP_PADDING,
			.oaep = "SHA1",
			.unwrap = rsa_unwrap,
			.wrap = rsa_wrap,
		},
	[ALG_ECDH_ES] =
		{
			.name = "ECDH-ES",
			.kind = ALG_WRAPS,
			.kty = KTY_EC,
			.unwrap = ec_unwrap,
			.wrap = ec_wrap,
		},
};

const struct alg_row *
alg_row(enum alg alg)
{
	return &table[alg];
}

enum err
alg_find(enum alg *ret, enum alg_kind kind, const char *name)
{
	enum alg alg;

	for (alg = 0; alg < ALG_COUNT; alg++)
		if (table[alg].kind == kind && strcmp(table[alg].name, name) == 0) {
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
		if (table[alg].kind == kind && table[alg].kty == kty)
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
alg_set_signing(void)
{
	uint32_t set = 0;
	enum alg alg;

	for (alg = 0; alg < ALG_COUNT; alg++)
		if (table[alg].sign != NULL)
			set |= ALG_BIT(alg);
	return set;
}
