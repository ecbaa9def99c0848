/* Whole tokens and keys: Wycheproof's JOSE files, the RFCs' examples, the cookbook. */
#include <stdio.h>
#include <string.h>

#include "jose/base64url.h"
#include "jose/ecdh.h"
#include "jose/enc.h"
#include "jose/jwe.h"
#include "jose/jwks.h"
#include "jose/jws.h"
#include "jose/key_impl.h"
#include "vectors.h"

#define ALL 0xffffffffu

/*
 * Whether the product lists what the token says it uses. Read here with json-c alone: the
 * list is written here again, not the one under test. `own` is what the key itself says
 * that it does, or "": another algorithm is not listed for it.
 */
static bool
is_listed(const char *token, const char *own)
{
	static const char *const algs =
		" RS256 PS256 ES256 EdDSA RS384 RS512 PS384 PS512 ES384 RSA-OAEP "
		"RSA-OAEP-256 ECDH-ES ECDH-ES+A128KW ECDH-ES+A256KW ";
	static const char *const curves = " P-256 P-384 X25519 ";
	static const char *const encs = " A128CBC-HS256 A256CBC-HS512 A128GCM A256GCM ";
	AUTO_SECRET struct secret json = {0};
	struct json_object *header, *epk;
	char name[64];
	bool listed;

	if (base64url_decode(&json, token, strcspn(token, ".")) != ERR_OK)
		return false;
	header = json_tokener_parse((char *)json.data);
	snprintf(name, sizeof(name), " %s ", text_of(header, "alg"));
	listed = strstr(algs, name) != NULL &&
		 (own[0] == '\0' || strcmp(own, text_of(header, "alg")) == 0);
	snprintf(name, sizeof(name), " %s ", text_of(header, "enc"));
	listed = listed && (strcmp(name, "  ") == 0 || strstr(encs, name) != NULL);
	if (json_object_object_get_ex(header, "epk", &epk)) {
		snprintf(name, sizeof(name), " %s ", text_of(epk, "crv"));
		listed = listed && strstr(curves, name) != NULL;
	}
	json_object_put(header);
	return listed;
}

/* The payload comes out right if its hexadecimal is known. */
static bool
is_expected(const struct secret *got, struct json_object *test, const char *name)
{
	AUTO_SECRET struct secret expected = {0};

	if (text_of(test, name)[0] == '\0')
		return true;
	expected = hex_of(test, name);
	return got->len == expected.len &&
	       (got->len == 0 || memcmp(got->data, expected.data, got->len) == 0);
}

/* Verifies as the product does: a set of public keys, one of which is chosen. */
static bool
verify(const char *token, struct json_object *set, struct secret *payload)
{
	AUTO_JWKS struct jwks *keys = NULL;
	AUTO_JWS struct jws jws = {0};
	const char *text = json_object_to_json_string(set);
	const struct key *key;

	if (jwks_parse(&keys, text, strlen(text), NULL) != ERR_OK ||
		jws_read(&jws, token, strlen(token), NULL) != ERR_OK)
		return false;
	return jwks_select(&key, keys, &jws.head, NULL) == ERR_OK &&
	       jws_verify(payload, &jws, key, ALL, NULL) == ERR_OK;
}

/* A set of the keys there are; private members taken off where `publish`. */
static struct json_object *
make_set(struct json_object *keys, bool publish)
{
	struct json_object *set, *list;

	if (json_object_object_get_ex(keys, "keys", NULL))
		return json_object_get(keys);
	set = json_object_new_object();
	list = json_object_new_array();
	json_object_array_add(list, publish ? published(keys) : json_object_get(keys));
	json_object_object_add(set, "keys", list);
	return set;
}

/* Decrypts with one of our keys; a kid in the token must be the key's. */
static bool
decrypt(const char *token, struct json_object *jwk, struct secret *plain)
{
	AUTO_KEY struct key *key = private_key(jwk, KEY_ENC);
	AUTO_JWE struct jwe jwe = {0};

	if (key == NULL || jwe_read(&jwe, token, strlen(token), NULL) != ERR_OK ||
		(jwe.head.kid != NULL && strcmp(jwe.head.kid, key_kid(key)) != 0))
		return false;
	return jwe_decrypt(plain, &jwe, key, ALL, ALL, NULL) == ERR_OK;
}

static void
jws_test(struct tally *t, struct json_object *group, struct json_object *test,
	const char *id)
{
	AUTO_SECRET struct secret payload = {0};
	struct json_object *keys, *set;
	const char *token = text_of(test, "jws");

	if (!json_object_object_get_ex(group, "public", &keys))
		json_object_object_get_ex(group, "private", &keys);
	set = make_set(keys, false);
	vector(t, id, is_valid(test) && is_listed(token, text_of(keys, "alg")),
		verify(token, set, &payload));
	json_object_put(set);
}

static void
jwe_test(struct tally *t, struct json_object *group, struct json_object *test,
	const char *id)
{
	AUTO_SECRET struct secret plain = {0};
	struct json_object *jwk;
	const char *token = text_of(test, "jwe");
	bool did;

	json_object_object_get_ex(group, "private", &jwk);
	did = decrypt(token, jwk, &plain) && is_expected(&plain, test, "pt");
	vector(t, id, is_valid(test) && is_listed(token, text_of(jwk, "alg")), did);
}

static void
mixed_test(struct tally *t, struct json_object *group, struct json_object *test,
	const char *id)
{
	if (json_object_object_get_ex(test, "jwe", NULL))
		jwe_test(t, group, test, id);
	else
		jws_test(t, group, test, id);
}

void
run_jws(struct tally *t, struct json_object *file)
{
	each_test(t, file, jws_test);
}

void
run_jwe(struct tally *t, struct json_object *file)
{
	each_test(t, file, jwe_test);
}

void
run_mixed(struct tally *t, struct json_object *file)
{
	each_test(t, file, mixed_test);
}

/* --- examples of the RFCs ---------------------------------------------------------- */

static bool
rfc_jws(struct json_object *test)
{
	AUTO_SECRET struct secret payload = {0};
	struct json_object *jwk, *set;
	bool good;

	if (!json_object_object_get_ex(test, "key", &jwk) || jwk == NULL)
		jwk = json_object_new_object();
	else
		json_object_get(jwk);
	set = make_set(jwk, true);
	good = verify(text_of(test, "token"), set, &payload) &&
	       is_expected(&payload, test, "payload_hex");
	json_object_put(set);
	json_object_put(jwk);
	return good;
}

static bool
rfc_jwe(struct json_object *test)
{
	AUTO_SECRET struct secret plain = {0};
	struct json_object *jwk;

	return json_object_object_get_ex(test, "key", &jwk) && jwk != NULL &&
	       decrypt(text_of(test, "token"), jwk, &plain) &&
	       is_expected(&plain, test, "plaintext_hex");
}

/* Appendix C of RFC 7515: bytes to text and back. */
static bool
rfc_base64url(struct json_object *test)
{
	AUTO_SECRET struct secret bytes = hex_of(test, "octets_hex");
	AUTO_SECRET struct secret back = {0};
	AUTO_BUF struct buf text = BUF_INIT(4096);
	const char *expected = text_of(test, "base64url");

	return base64url_encode(&text, bytes.data, bytes.len) == ERR_OK &&
	       strcmp(buf_str(&text), expected) == 0 &&
	       base64url_decode(&back, expected, strlen(expected)) == ERR_OK &&
	       back.len == bytes.len && memcmp(back.data, bytes.data, back.len) == 0;
}

/* A set: public ones if a key can be used, private ones key by key as our own files. */
static bool
rfc_jwks(struct json_object *test)
{
	enum alg any;
	AUTO_JWKS struct jwks *set = NULL;
	struct json_object *jwks, *keys;
	size_t i;

	json_object_object_get_ex(test, "jwks", &jwks);
	if (strcmp(text_of(test, "kind"), "private") != 0) {
		const char *text = json_object_to_json_string(jwks);

		return jwks_parse(&set, text, strlen(text), NULL) == ERR_OK &&
		       jwks_choose(set, ALL, &any) != NULL;
	}
	json_object_object_get_ex(jwks, "keys", &keys);
	for (i = 0; i < json_object_array_length(keys); i++) {
		struct json_object *jwk = json_object_array_get_idx(keys, i);
		AUTO_KEY struct key *key = private_key(
			jwk, strcmp(text_of(jwk, "use"), "enc") == 0 ? KEY_ENC : KEY_SIG);

		if (key == NULL)
			return false;
	}
	return true;
}

/* Appendix B of RFC 7517: a certificate chain rides along, and is not looked at. */
static bool
rfc_jwk(struct json_object *test)
{
	struct json_object *jwk;

	json_object_object_get_ex(test, "jwk", &jwk);
	AUTO_KEY struct key *key = public_key(jwk, ALG_BIT(ALG_RS256));

	return key != NULL;
}

static bool
rfc_aead(struct json_object *test)
{
	AUTO_SECRET struct secret key = hex_of(test, "key_hex"),
				  iv = hex_of(test, "iv_hex");
	AUTO_SECRET struct secret aad = hex_of(test, "aad_hex"), plain = {0};
	AUTO_SECRET struct secret text = hex_of(test, "ciphertext_hex");
	AUTO_SECRET struct secret tag = hex_of(test, "tag_hex");
	struct sealed in = {{aad.data, aad.len}, {iv.data, iv.len}, {text.data, text.len},
		{tag.data, tag.len}};
	enum enc enc;

	return enc_find(&enc, text_of(test, "enc")) == ERR_OK &&
	       key.len == enc_key_len(enc) &&
	       enc_open(&plain, enc, key.data, &in) == ERR_OK &&
	       is_expected(&plain, test, "plaintext_hex");
}

/* Appendix C of RFC 7518: the derived key, by the whole of our side of the agreement. */
static bool
rfc_kdf(struct json_object *test)
{
	struct header head = {.alg = ALG_ECDH_ES};
	AUTO_SECRET struct secret expected = base64url_of(test, "derived_key");
	struct json_object *jwk;
	uint8_t cek[16];

	json_object_object_get_ex(test, "recipient", &jwk);
	AUTO_KEY struct key *key = private_key(jwk, KEY_ENC);

	json_object_object_get_ex(test, "header", &head.json);
	return key != NULL && enc_find(&head.enc, text_of(test, "enc")) == ERR_OK &&
	       expected.len == sizeof(cek) &&
	       ecdh_unwrap(cek, sizeof(cek), key, &head, NULL, 0, NULL) == ERR_OK &&
	       memcmp(cek, expected.data, sizeof(cek)) == 0;
}

static const struct {
	const char *type;
	bool (*run)(struct json_object *);
} kinds[] = {
	{"jws-compact", rfc_jws},
	{"jwt", rfc_jws},
	{"jws-json", rfc_jws},
	{"base64url", rfc_base64url},
	{"jwe-compact", rfc_jwe},
	{"jwe-json", rfc_jwe},
	{"jwe-jwt", rfc_jwe},
	{"nested-jwt", rfc_jwe},
	{"jwks", rfc_jwks},
	{"jwk", rfc_jwk},
	{"aead", rfc_aead},
	{"ecdh-es-kdf", rfc_kdf},
};

/* What the RFC calls valid and our list leaves out. */
static bool
rfc_listed(struct json_object *test)
{
	const char *enc = text_of(test, "enc"), *kind = text_of(test, "kind");
	const char *token = text_of(test, "token");

	if (token[0] != '\0')
		return is_listed(token, "");
	return strcmp(enc, "A192CBC-HS384") != 0 && strcmp(kind, "symmetric") != 0;
}

void
run_rfc(struct tally *t, struct json_object *file)
{
	struct json_object *cases, *test;
	size_t i, k, count = sizeof(kinds) / sizeof(kinds[0]);

	json_object_object_get_ex(file, "cases", &cases);
	for (i = 0; i < json_object_array_length(cases); i++) {
		test = json_object_array_get_idx(cases, i);
		for (k = 0; k < count; k++)
			if (strcmp(kinds[k].type, text_of(test, "type")) == 0)
				break;
		if (k == count) {
			printf("  %s: unknown type %s\n", t->file, text_of(test, "type"));
			t->wrong++;
			continue;
		}
		vector(t, text_of(test, "section"),
			strcmp(text_of(test, "result"), "invalid") != 0 &&
				rfc_listed(test),
			kinds[k].run(test));
	}
}

/* --- the cookbook (RFC 7520) ------------------------------------------------------- */

/* Each of the forms in which the cookbook shows one token. */
void
run_cookbook(struct tally *t, struct json_object *file)
{
	static const char *const forms[] = {"compact", "json", "json_flat"};
	struct json_object *input, *output, *jwk, *set;
	bool signing = json_object_object_get_ex(file, "signing", NULL);
	size_t i;

	json_object_object_get_ex(file, "input", &input);
	json_object_object_get_ex(file, "output", &output);
	if (!json_object_object_get_ex(input, "key", &jwk))
		jwk = NULL; /* a password */
	if (jwk != NULL && json_object_is_type(jwk, json_type_array))
		jwk = json_object_array_get_idx(jwk, 0);
	for (i = 0; i < 3; i++) {
		AUTO_SECRET struct secret out = {0};
		const char *token = text_of(output, forms[i]);
		bool good = false;

		if (token[0] == '\0')
			continue;
		if (signing && jwk != NULL) {
			set = make_set(jwk, true);
			good = verify(token, set, &out) &&
			       strcmp((char *)out.data, text_of(input, "payload")) == 0;
			json_object_put(set);
		} else if (jwk != NULL) {
			good = decrypt(token, jwk, &out) &&
			       strcmp((char *)out.data, text_of(input, "plaintext")) == 0;
		}
		/* detached content (4.5): "header..signature" has nothing to verify */
		vector(t, forms[i],
			i == 0 && is_listed(token, "") &&
				!(signing && strstr(token, "..")),
			good);
	}
}

void
run_cookbook_key(struct tally *t, struct json_object *file)
{
	struct json_object *set = make_set(file, false);
	const char *text = json_object_to_json_string(set);
	bool private = json_object_object_get_ex(file, "d", NULL);
	const char *kty = text_of(file, "kty");
	AUTO_JWKS struct jwks *keys = NULL;
	AUTO_KEY struct key *own = private ? private_key(file, KEY_SIG) : NULL;
	enum alg any;
	bool usable = jwks_parse(&keys, text, strlen(text), NULL) == ERR_OK &&
		      jwks_choose(keys, ALL, &any) != NULL;

	vector(t, "key", strcmp(kty, "RSA") == 0, private ? own != NULL : usable);
	json_object_put(set);
}

/* Section 6: a JWS (PS256) inside a JWE (RSA-OAEP, A128GCM); both layers. */
void
run_nested(struct tally *t, struct json_object *file)
{
	AUTO_SECRET struct secret inner = {0}, payload = {0};
	struct json_object *sign, *encrypt, *input, *output, *jwk, *set;

	json_object_object_get_ex(file, "encrypt", &encrypt);
	json_object_object_get_ex(encrypt, "input", &input);
	json_object_object_get_ex(encrypt, "output", &output);
	json_object_object_get_ex(input, "key", &jwk);
	vector(t, "outer", true, decrypt(text_of(output, "compact"), jwk, &inner));
	json_object_object_get_ex(file, "sign", &sign);
	json_object_object_get_ex(sign, "input", &input);
	json_object_object_get_ex(input, "key", &jwk);
	set = make_set(jwk, true);
	vector(t, "inner", true,
		inner.len > 0 && verify((char *)inner.data, set, &payload));
	json_object_put(set);
}
