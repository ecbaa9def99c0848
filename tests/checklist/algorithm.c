/* N01–N09: the algorithm comes from policy and key. */
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "../unit/jose_data.h"
#include "../unit/jose_more.h"
#include "checklist.h"
#include "jose/alg_row.h"
#include "jose/key_impl.h"

/* header.claims. with no signature at all. */
static char *
unsigned_token(const char *header)
{
	AUTO_FREE char *first = forge_base64url(header, strlen(header));
	AUTO_FREE char *second = forge_base64url(DATA_CLAIMS, strlen(DATA_CLAIMS));

	return forge_text("%s.%s.", first, second);
}

void
N01(struct family *f)
{
	static const char header[] = "{\"alg\":\"none\",\"kid\":\"issuer-1\"}";

	plain(f, "signed", unsigned_token(header), ERR_TOKEN_FORM);
	nested(f, "inner", encrypted_token(NULL, unsigned_token(header)), ERR_TOKEN_FORM);
}

void
N02(struct family *f)
{
	static const char *const names[] = {"none", "None", "nOnE", "NONE", "none ", ""};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		AUTO_FREE char *header =
			forge_text("{\"alg\":\"%s\",\"kid\":\"issuer-1\"}", names[i]);

		plain(f, names[i], signed_token(header, NULL), ERR_ALG_REFUSED);
		plain(f, names[i], unsigned_token(header), ERR_TOKEN_FORM);
		nested(f, names[i], encrypted_token(NULL, signed_token(header, NULL)),
			ERR_ALG_REFUSED);
	}
}

void
N03(struct family *f)
{
	static const struct {
		const char *alg;
		enum err want;
	} cases[] = {
		{"\"x\":1", ERR_ALG_REFUSED}, {"\"alg\":null", ERR_ALG_REFUSED},
		{"\"alg\":256", ERR_ALG_REFUSED}, {"\"alg\":true", ERR_ALG_REFUSED},
		{"\"alg\":[\"RS256\"]", ERR_ALG_REFUSED},
		{"\"alg\":{\"RS256\":1}", ERR_ALG_REFUSED},
		{"\"alg\":\"RS256\\u0000\"", ERR_JSON},
		{"\"alg\":\"rs256\"", ERR_ALG_REFUSED},
		{"\"alg\":\" RS256\"", ERR_ALG_REFUSED},
		{"\"alg\":\"RS256,none\"", ERR_ALG_REFUSED},
		{"\"alg\":\"\\u0052S256\"", ERR_OK}, /* another spelling of the same */
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_FREE char *header =
			forge_text("{%s,\"kid\":\"issuer-1\"}", cases[i].alg);

		plain(f, cases[i].alg, signed_token(header, NULL), cases[i].want);
	}
}

/* A token under HMAC with these bytes as the key. */
static char *
hmac_token(const void *key, size_t len)
{
	AUTO_FREE char *input =
		unsigned_token("{\"alg\":\"HS256\",\"kid\":\"issuer-1\"}");
	AUTO_FREE char *third = NULL;
	unsigned char mac[32];

	input[strlen(input) - 1] = '\0';
	HMAC(EVP_sha256(), key, (int)len, (unsigned char *)input, strlen(input), mac,
		NULL);
	third = forge_base64url(mac, sizeof(mac));
	return forge_text("%s.%s", input, third);
}

void
N04(struct family *f)
{
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(world.issuer->pkey, &der);
	BIO *bio = BIO_new(BIO_s_mem());
	char *pem;
	long pem_len;

	PEM_write_bio_PUBKEY(bio, world.issuer->pkey);
	pem_len = BIO_get_mem_data(bio, &pem);
	plain(f, "DER", hmac_token(der, (size_t)len), ERR_ALG_REFUSED);
	plain(f, "PEM", hmac_token(pem, (size_t)pem_len), ERR_ALG_REFUSED);
	plain(f, "PEM without the last line end", hmac_token(pem, (size_t)pem_len - 1),
		ERR_ALG_REFUSED);
	plain(f, "JWK", hmac_token(DATA_ISSUER_JWK, strlen(DATA_ISSUER_JWK)),
		ERR_ALG_REFUSED);
	plain(f, "key set", hmac_token(DATA_ISSUER_JWKS, strlen(DATA_ISSUER_JWKS)),
		ERR_ALG_REFUSED);
	BIO_free(bio);
	OPENSSL_free(der);
}

void
N05(struct family *f)
{
	AUTO_FREE char *token = hmac_token("", 0);
	AUTO_CLAIMS struct claims *claims = NULL;
	AUTO_JWKS struct jwks *set = NULL;
	const struct jwt_policy policy = {.sig_algs = 0xffffffff};
	struct json_object *jwk = json_tokener_parse(DATA_ISSUER_JWKS), *keys;
	const char *text;

	json_object_object_get_ex(jwk, "keys", &keys);
	json_object_object_del(json_object_array_get_idx(keys, 0), "alg");
	text = json_object_to_json_string(jwk);
	expect(f, "key set without alg", jwks_parse(&set, text, strlen(text), NULL),
		ERR_OK);
	expect(f, "empty HMAC key",
		jwt_check(&claims, token, strlen(token), &policy, set, NULL),
		ERR_ALG_REFUSED);
	json_object_put(jwk);
}

/* A token against the keys of the algorithms that a provider must name itself. */
static void
among(struct family *f, const char *what, const struct jwks *set, char *token,
	enum err want)
{
	const struct jwt_policy policy = {.sig_algs = 0xffffffff};
	AUTO_CLAIMS struct claims *claims = NULL;
	struct diag diag = {0};

	expect(f, what, jwt_check(&claims, token, strlen(token), &policy, set, &diag),
		want);
	free(token);
}

/* The same against this one key. */
static void
with_key(struct family *f, const char *what, const char *jwk, const char *alg,
	char *token, enum err want)
{
	struct json_object *key = json_tokener_parse(jwk),
			   *root = json_object_new_object();
	struct json_object *keys = json_object_new_array();
	AUTO_JWKS struct jwks *set = NULL;
	const char *text;

	json_object_object_del(key, "d");
	json_object_object_del(key, "alg");
	if (alg != NULL)
		json_object_object_add(key, "alg", json_object_new_string(alg));
	json_object_array_add(keys, key);
	json_object_object_add(root, "keys", keys);
	text = json_object_to_json_string(root);
	if (jwks_parse(&set, text, strlen(text), NULL) != ERR_OK)
		abort();
	among(f, what, set, token, want);
	json_object_put(root);
}

/* Signed by the key as `alg`, under a header that says `name` and `kid`. */
static char *
signed_as(const struct key *key, enum alg alg, const char *name, const char *kid)
{
	AUTO_FREE char *header = forge_text("{\"alg\":\"%s\",\"kid\":\"%s\"}", name, kid);

	return forge_jws(key, alg, header, DATA_CLAIMS, strlen(DATA_CLAIMS));
}

/* A key that is open to all six of RSA: the header decides, and the signature must fit.
 */
static void
rsa_rows(struct family *f)
{
	static const enum alg algs[] = {
		ALG_RS256, ALG_RS384, ALG_RS512, ALG_PS256, ALG_PS384, ALG_PS512};
	size_t i, j;

	for (i = 0; i < 6; i++)
		for (j = 0; j < 6; j++)
			among(f, alg_name(algs[j]), world.more,
				signed_as(world.more_rsa, algs[i], alg_name(algs[j]),
					"more-rsa"),
				i == j ? ERR_OK : ERR_SIGNATURE);
	for (i = 1; i < 6; i++)
		plain(f, "signed well, by a key pinned to RS256",
			signed_as(world.issuer, algs[i], alg_name(algs[i]), "issuer-1"),
			ERR_ALG_REFUSED);
}

/* A curve does one algorithm, whatever the header or the key says. */
static void
curve_rows(struct family *f)
{
	static const char *const names[] = {
		"ES256", "ES512", "ES256K", "RS384", "EdDSA", "Ed25519", "Ed448"};
	const struct key *key = world.more_384;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		among(f, names[i], world.more,
			signed_as(key, ALG_ES384, names[i], "more-384"), ERR_ALG_REFUSED);
		with_key(f, "the key says so as well", DATA_MORE_384_JWK, names[i],
			signed_as(key, ALG_ES384, names[i], "more-384"),
			i == 1 || i == 2 || i == 6 ? ERR_ALG_REFUSED : ERR_KEY_USE);
	}
	with_key(f, "ES384 by a P-256 key", DATA_EC_JWK, NULL,
		signed_as(key, ALG_ES384, "ES384", "ec-1"), ERR_ALG_REFUSED);
	with_key(f, "ES384 by an X25519 key", DATA_X25519_JWK, NULL,
		signed_as(key, ALG_ES384, "ES384", "own-x"), ERR_KEY_USE);
	with_key(f, "EdDSA by an X25519 key", DATA_X25519_JWK, NULL,
		signed_as(key, ALG_ES384, "EdDSA", "own-x"), ERR_KEY_USE);
	with_key(f, "Ed25519 by an X25519 key that says so", DATA_X25519_JWK, "Ed25519",
		signed_as(key, ALG_ES384, "Ed25519", "own-x"), ERR_KEY_USE);
}

/* Two names of one thing: which of them key and token use is all the same. */
static void
ed25519_names(struct family *f)
{
	static const char *const names[] = {NULL, "EdDSA", "Ed25519"};
	static const char *const others[] = {"Ed448", "ed25519", "ES256", "ECDH-ES"};
	size_t i;

	for (i = 0; i < 3; i++) {
		with_key(f, "EdDSA", DATA_ED_JWK, names[i], forge_text("%s", DATA_EDDSA),
			ERR_OK);
		with_key(f, "Ed25519", DATA_MORE_ED_JWK, names[i],
			forge_text("%s", DATA_ED25519), ERR_OK);
	}
	for (i = 0; i < 4; i++) {
		with_key(f, others[i], DATA_ED_JWK, others[i],
			forge_text("%s", DATA_EDDSA), ERR_KEY_USE);
		with_key(f, others[i], DATA_MORE_ED_JWK, others[i],
			forge_text("%s", DATA_ED25519), ERR_KEY_USE);
	}
}

/* Half a signature has the length of its curve, and is not DER. */
static void
es384_lengths(struct family *f)
{
	static const size_t lengths[] = {1, 64, 95, 97, 104, 132};
	AUTO_FREE char *good = signed_as(world.more_384, ALG_ES384, "ES384", "more-384");
	size_t i;

	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		static const uint8_t bytes[132] = {0x30, 0x66};
		AUTO_FREE char *sig = forge_base64url(bytes, lengths[i]);

		among(f, "ES384, another length", world.more,
			forge_text(
				"%.*s.%s", (int)(strrchr(good, '.') - good), good, sig),
			ERR_SIGNATURE);
	}
	among(f, "control: ES384", world.more, forge_text("%s", good), ERR_OK);
}

void
N06(struct family *f)
{
	static const char *const names[] = {
		"RS384", "RS512", "PS384", "PS512", "ES256", "EdDSA", "HS256"};
	static const char ps256[] = "{\"alg\":\"PS256\",\"kid\":\"issuer-1\"}";
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		AUTO_FREE char *header =
			forge_text("{\"alg\":\"%s\",\"kid\":\"issuer-1\"}", names[i]);

		plain(f, names[i], signed_token(header, NULL), ERR_ALG_REFUSED);
	}
	plain(f, "PS256, signed well, by a key pinned to RS256",
		forge_jws(
			world.issuer, ALG_PS256, ps256, DATA_CLAIMS, strlen(DATA_CLAIMS)),
		ERR_ALG_REFUSED);
	plain(f, "control: PS256 by a PS256 key", forge_text("%s", DATA_PS256), ERR_OK);
	rsa_rows(f);
	curve_rows(f);
	ed25519_names(f);
	es384_lengths(f);
}

/* The usual token with another "alg" (and more members) in its header. */
static char *
with_key_alg(const char *alg, const char *more)
{
	struct parts parts;

	usual_parts(&parts, ENC_A128CBC_HS256);
	free(parts.header);
	parts.header =
		forge_text("{\"alg\":\"%s\",\"enc\":\"A128CBC-HS256\",\"cty\":\"JWT\","
			   "\"kid\":\"enc-1\"%s}",
			alg, more);
	return token_of(&parts);
}

/* The token of these parts, its content key encrypted as `ctx` says, which is freed. */
static char *
encrypt_key(struct parts *parts, EVP_PKEY_CTX *ctx)
{
	unsigned char ek[256];
	size_t len = sizeof(ek);

	if (EVP_PKEY_encrypt(ctx, ek, &len, parts->cek, parts->cek_len) != 1)
		abort();
	EVP_PKEY_CTX_free(ctx);
	forge_replace(&parts->ek, ek, len);
	return token_of(parts);
}

/* A content key really encrypted with PKCS#1 1.5. */
static char *
rsa1_5_token(void)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(world.enc->pkey, NULL);
	AUTO_FREE char *inside = signed_token(NULL, NULL);
	struct parts parts;

	forge_parts(&parts, world.enc, ALG_RSA_OAEP, ENC_A128CBC_HS256,
		"{\"alg\":\"RSA1_5\",\"enc\":\"A128CBC-HS256\",\"cty\":\"JWT\",\"kid\":"
		"\"enc-1\"}",
		inside);
	EVP_PKEY_encrypt_init(ctx);
	EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING);
	return encrypt_key(&parts, ctx);
}

void
N07(struct family *f)
{
	static const char *const names[] = {"A128KW", "A192KW", "A256KW", "dir",
		"A128GCMKW", "A256GCMKW", "ECDH-ES+A128KW", "ECDH-ES+A192KW",
		"ECDH-ES+A256KW", "RSA-OAEP-384", "RSA-OAEP-512", "RSA1_5", "rsa-oaep",
		""};
	size_t i;

	nested(f, "RSA1_5, encrypted well", rsa1_5_token(), ERR_ALG_REFUSED);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		nested(f, names[i], with_key_alg(names[i], ""), ERR_ALG_REFUSED);
	nested(f, "PBES2 of 2^31-1 rounds",
		with_key_alg(
			"PBES2-HS256+A128KW", ",\"p2c\":2147483647,\"p2s\":\"AAAA\""),
		ERR_ALG_REFUSED);
	nested(f, "signature algorithm", with_key_alg("RS256", ""), ERR_ALG_REFUSED);
}

void
N08(struct family *f)
{
	static const char *const members[] = {"\"enc\":\"A192GCM\"",
		"\"enc\":\"A192CBC-HS384\"", "\"enc\":\"A512GCM\"", "\"enc\":\"none\"",
		"\"enc\":\"\"", "\"enc\":null", "\"enc\":128", "\"x\":1",
		"\"enc\":\"a128cbc-hs256\""};
	size_t i;

	for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		struct parts parts;

		usual_parts(&parts, ENC_A128CBC_HS256);
		free(parts.header);
		parts.header = forge_text("{\"alg\":\"RSA-OAEP-256\",%s,\"cty\":\"JWT\","
					  "\"kid\":\"enc-1\"}",
			members[i]);
		nested(f, members[i], token_of(&parts), ERR_ENC_REFUSED);
	}
}

/* The usual token, its content key encrypted with other OAEP parameters. */
static char *
oaep_token(const char *md, const char *mgf, const char *label)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(world.enc->pkey, NULL);
	struct parts parts;

	usual_parts(&parts, ENC_A128CBC_HS256);
	if (EVP_PKEY_encrypt_init(ctx) != 1 ||
		EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) != 1 ||
		EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, md, NULL) != 1 ||
		EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, mgf, NULL) != 1)
		abort();
	if (label != NULL && EVP_PKEY_CTX_set0_rsa_oaep_label(
				     ctx, OPENSSL_strdup(label), (int)strlen(label)) != 1)
		abort();
	return encrypt_key(&parts, ctx);
}

void
N09(struct family *f)
{
	nested(f, "control: SHA-256 for both", oaep_token("SHA256", "SHA256", NULL),
		ERR_OK);
	nested(f, "MGF1 with SHA-1", oaep_token("SHA256", "SHA1", NULL), ERR_DECRYPT);
	nested(f, "hash SHA-1", oaep_token("SHA1", "SHA256", NULL), ERR_DECRYPT);
	nested(f, "RSA-OAEP under the name of RSA-OAEP-256",
		oaep_token("SHA1", "SHA1", NULL), ERR_DECRYPT);
	nested(f, "label", oaep_token("SHA256", "SHA256", "label"), ERR_DECRYPT);
}
