/* For N37: tokens encrypted by key agreement, direct and with a wrapped key. */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "../unit/jose_data.h"
#include "../unit/jose_more.h"
#include "checklist.h"
#include "jose/jwe.h"

/* What becomes of a token to one of our curves, with the reason. */
static enum err
agreed(struct diag *ret, char *token, const struct key *key)
{
	AUTO_SECRET struct secret out = {0};
	AUTO_JWE struct jwe jwe = {0};
	enum err e = jwe_read(&jwe, token, strlen(token), ret);

	if (e == ERR_OK)
		e = jwe_decrypt(&out, &jwe, key, 0xffffffff, 0xffffffff, ret);
	free(token);
	/* as for every token: nothing stays behind for libcurl to find */
	return ERR_peek_error() == 0 ? e : ERR_INTERNAL;
}

static void
agreed_parts(struct parts *ret, const struct key *key, enum alg made, enum alg said)
{
	AUTO_FREE char *header = forge_text("{\"alg\":\"%s\",\"enc\":\"A128GCM\",\"cty\":"
					    "\"JWT\",\"kid\":\"%s\"}",
		alg_name(said), key_kid(key));

	forge_parts(ret, key, made, ENC_A128GCM, header, "{}");
}

/* Made one way and named another: no two of the three are taken for each other. */
static void
agreements(struct family *f, const struct key *key)
{
	static const enum alg algs[] = {
		ALG_ECDH_ES, ALG_ECDH_ES_A128KW, ALG_ECDH_ES_A256KW};
	struct diag diag = {0};
	struct parts parts;
	size_t i, j;

	for (i = 0; i < 3; i++)
		for (j = 0; j < 3; j++) {
			agreed_parts(&parts, key, algs[i], algs[j]);
			expect(f, alg_name(algs[j]), agreed(&diag, token_of(&parts), key),
				i == j   ? ERR_OK
				: j == 0 ? ERR_TOKEN_FORM
					 : ERR_DECRYPT);
		}
}

/* A wrapped key of any length and with any bit turned: what a bad tag is, to the letter.
 */
static void
wrapped_keys(struct family *f, const struct key *key, enum alg alg)
{
	static const size_t lengths[] = {0, 1, 8, 16, 23, 25, 32, 40, 72, 256, 1024};
	struct diag first = {0};
	struct parts parts;
	size_t i;

	agreed_parts(&parts, key, alg, alg);
	parts.tag.data[0] ^= 1;
	expect(f, "bad tag", agreed(&first, token_of(&parts), key), ERR_DECRYPT);
	for (i = 0; i < 24 + sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct diag diag = {0};

		agreed_parts(&parts, key, alg, alg);
		if (i < 24)
			parts.ek.data[i] ^= 0x10;
		else
			forge_resize(&parts.ek, lengths[i - 24]);
		expect(f, "wrapped key", agreed(&diag, token_of(&parts), key),
			ERR_DECRYPT);
		expect(f, "its reason",
			strcmp(diag.text, first.text) == 0 ? ERR_OK : ERR_INTERNAL,
			ERR_OK);
	}
}

/* The same token with this "epk" and nothing else changed. */
static void
with_epk(struct family *f, const char *what, const struct key *key, const char *epk)
{
	struct diag diag = {0};
	struct parts parts;

	agreed_parts(&parts, key, ALG_ECDH_ES_A128KW, ALG_ECDH_ES_A128KW);
	free(parts.header);
	parts.header =
		forge_text("{\"alg\":\"ECDH-ES+A128KW\",\"enc\":\"A128GCM\",\"cty\":"
			   "\"JWT\",\"epk\":%s}",
			epk);
	expect(f, what, agreed(&diag, token_of(&parts), key), ERR_HEADER_REFUSED);
}

/* X25519 keys that make one secret with every other (RFC 7748 section 6.1): zero. */
static void
small_orders(struct family *f)
{
	static const char *const keys[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		/* the last bit is nobody's */
		"0000000000000000000000000000000000000000000000000000000000000080",
	};
	size_t i, j;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		uint8_t bytes[32];

		for (j = 0; j < sizeof(bytes); j++) {
			const char digits[] = {keys[i][2 * j], keys[i][2 * j + 1], '\0'};

			bytes[j] = (uint8_t)strtoul(digits, NULL, 16);
		}
		AUTO_FREE char *x = forge_base64url(bytes, sizeof(bytes));
		AUTO_FREE char *epk = forge_text(
			"{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"%s\"}", x);

		with_epk(f, keys[i], world.own[OWN_X25519], epk);
	}
}

static void
ephemeral_keys(struct family *f)
{
	static const char *const publics[OWN_COUNT + 1] = {
		[OWN_P256] = "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":"
			     "\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":"
			     "\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}",
		[OWN_P384] = DATA_EC_384_JWK,
		[OWN_X25519] = "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":"
			       "\"3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08\"}",
		[OWN_COUNT] = "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":"
			      "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
	};
	static const char *const own[] = {DATA_P256_JWK, DATA_P384_JWK, DATA_X25519_JWK};
	size_t i, j;

	for (i = 0; i < OWN_COUNT; i++) {
		for (j = 0; j <= OWN_COUNT; j++)
			if (i != j)
				with_epk(f, "of another curve", world.own[i], publics[j]);
		with_epk(f, "with its private number", world.own[i], own[i]);
		with_epk(f, "no object", world.own[i], "\"AAAA\"");
		with_epk(f, "of no curve", world.own[i],
			"{\"kty\":\"OKP\",\"crv\":\"X448\",\"x\":\"AAAA\"}");
		with_epk(f, "short", world.own[i],
			i == OWN_X25519
				? "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"AAAA\"}"
				: "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAA\","
				  "\"y\":\"AAAA\"}");
	}
}

/* A key of ours that says what it does does nothing else. */
static void
pinned_key(struct family *f)
{
	struct json_object *jwk = json_tokener_parse(DATA_X25519_JWK);
	AUTO_KEY struct key *key = NULL;
	struct diag diag = {0};
	struct parts parts;
	const char *text;
	enum alg alg;

	json_object_object_add(jwk, "alg", json_object_new_string("ECDH-ES+A256KW"));
	text = json_object_to_json_string(jwk);
	if (key_load(&key, text, strlen(text), KEY_ENC, NULL) != ERR_OK)
		abort();
	for (alg = ALG_ECDH_ES; alg <= ALG_ECDH_ES_A256KW; alg++) {
		agreed_parts(&parts, world.own[OWN_X25519], alg, alg);
		expect(f, "pinned to ECDH-ES+A256KW",
			agreed(&diag, token_of(&parts), key),
			alg == ALG_ECDH_ES_A256KW ? ERR_OK : ERR_ALG_REFUSED);
	}
	json_object_put(jwk);
}

void
agreed_keys(struct family *f)
{
	size_t i;

	for (i = 0; i < OWN_COUNT; i++) {
		agreements(f, world.own[i]);
		wrapped_keys(f, world.own[i], ALG_ECDH_ES_A128KW);
		wrapped_keys(f, world.own[i], ALG_ECDH_ES_A256KW);
	}
	ephemeral_keys(f);
	small_orders(f);
	pinned_key(f);
}
