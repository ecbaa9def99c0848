/* N10–N20: which key, and what may be one. */
#include <stdio.h>
#include <string.h>

#include <openssl/bn.h>

#include "../unit/jose_data.h"
#include "checklist.h"
#include "jose/base64url.h"
#include "jose/jwe.h"
#include "jose/jws.h"
#include "jose/keyset.h"

void
N10(struct family *f)
{
	AUTO_FREE char *name300 = repeat("k", 300), *name10k = repeat("k", 10000);
	const struct {
		const char *kid;
		enum err want;
	} cases[] = {
		{"\"x\":1", ERR_KID_MISSING},
		{"\"kid\":\"issuer-2\"", ERR_KID_UNKNOWN},
		{"\"kid\":\"ISSUER-1\"", ERR_KID_UNKNOWN},
		{"\"kid\":\"issuer-1 \"", ERR_KID_UNKNOWN},
		{"\"kid\":\"issuer-\"", ERR_KID_UNKNOWN},
		{"\"kid\":\"../../etc/passwd\"", ERR_KID_UNKNOWN},
		{"\"kid\":\"' OR '1'='1\"", ERR_KID_UNKNOWN},
		{"\"kid\":\"\\\"quoted\\\"\"", ERR_KID_UNKNOWN},
		{"\"kid\":\"issuer-1\\nuser=root outcome=authenticated\"",
			ERR_KID_UNKNOWN},
		{"\"kid\":\"\\u202eissuer-1\"", ERR_KID_UNKNOWN},
		{"\"kid\":\"\"", ERR_HEADER_REFUSED},
		{"\"kid\":1", ERR_HEADER_REFUSED},
		{"\"kid\":null", ERR_HEADER_REFUSED},
		{"\"kid\":[\"issuer-1\"]", ERR_HEADER_REFUSED},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_FREE char *header =
			forge_text("{\"alg\":\"RS256\",%s}", cases[i].kid);
		AUTO_FREE char *outer =
			forge_text("{\"alg\":\"RSA-OAEP-256\",\"enc\":"
				   "\"A128CBC-HS256\",\"cty\":\"JWT\",%s}",
				cases[i].kid);

		plain(f, cases[i].kid, signed_token(header, NULL), cases[i].want);
		nested(f, cases[i].kid, encrypted_token(outer, signed_token(NULL, NULL)),
			cases[i].want);
	}
	AUTO_FREE char *long300 =
		forge_text("{\"alg\":\"RS256\",\"kid\":\"%s\"}", name300);
	AUTO_FREE char *long10k =
		forge_text("{\"alg\":\"RS256\",\"kid\":\"%s\"}", name10k);

	plain(f, "300 bytes", signed_token(long300, NULL), ERR_HEADER_REFUSED);
	plain(f, "10 kB", signed_token(long10k, NULL), ERR_TOKEN_SIZE);
	plain(f, "kid of a key of another type",
		signed_token("{\"alg\":\"RS256\",\"kid\":\"issuer-ec\"}", NULL),
		ERR_ALG_REFUSED);
}

/* The issuer's public JWK with some members replaced; NULL deletes. */
static char *
changed_jwk(const char *base, const char *const changes[][2])
{
	static const char *const private[] = {"d", "p", "q", "dp", "dq", "qi"};
	struct json_object *jwk = json_tokener_parse(base);
	char *text;
	size_t i;

	for (i = 0; i < sizeof(private) / sizeof(private[0]); i++)
		json_object_object_del(jwk, private[i]);
	for (i = 0; changes[i][0] != NULL; i++)
		if (changes[i][1] == NULL)
			json_object_object_del(jwk, changes[i][0]);
		else
			json_object_object_add(
				jwk, changes[i][0], json_tokener_parse(changes[i][1]));
	text = forge_text("%s", json_object_to_json_string(jwk));
	json_object_put(jwk);
	return text;
}
#define CHANGED(base, ...) \
	changed_jwk(base, (const char *const[][2]){__VA_ARGS__, {NULL, NULL}})

static void
key_case(struct family *f, const char *what, char *jwk, enum err want)
{
	expect(f, what, parse_key(jwk), want);
	free(jwk);
}

void
N11(struct family *f)
{
	AUTO_FREE char *a = CHANGED(DATA_ISSUER_JWK, {NULL, NULL});
	AUTO_FREE char *b = CHANGED(DATA_EC_JWK, {"kid", "\"issuer-1\""});
	AUTO_FREE char *c = CHANGED(DATA_EC_JWK, {"kid", "\"issuer\\u002d1\""});
	AUTO_FREE char *d = CHANGED(DATA_EC_384_JWK, {"kid", "\"issuer-1\""});
	const char *second[] = {a, b, c, d};
	size_t i;

	expect(f, "control: one", parse_key(a), ERR_OK);
	for (i = 0; i < 4; i++) {
		AUTO_FREE char *set = forge_text("{\"keys\":[%s,%s]}", a, second[i]);
		AUTO_FREE char *other = forge_text("{\"keys\":[%s,%s]}", second[i], a);

		expect(f, "twice", parse_set(set), ERR_JWKS_REFUSED);
		expect(f, "twice", parse_set(other), ERR_JWKS_REFUSED);
	}
}

/* The usual signed token against a set of this one key. */
static void
token_with_key(struct family *f, const char *what, char *jwk, enum err want)
{
	AUTO_FREE char *set = forge_text("{\"keys\":[%s]}", jwk);
	AUTO_FREE char *token = signed_token(NULL, NULL);
	const struct jwt_policy policy = {.sig_algs = 0xffffffff};
	AUTO_CLAIMS struct claims *claims = NULL;
	AUTO_JWKS struct jwks *keys = NULL;

	expect(f, what, jwks_parse(&keys, set, strlen(set), NULL), ERR_OK);
	if (keys != NULL)
		expect(f, what,
			jwt_check(&claims, token, strlen(token), &policy, keys, NULL),
			want);
	free(jwk);
}

void
N12(struct family *f)
{
	AUTO_FREE char *token = encrypted_token(NULL, signed_token(NULL, NULL));
	AUTO_SECRET struct secret out = {0};
	AUTO_JWE struct jwe jwe = {0};
	AUTO_KEY struct key *key = NULL;
	AUTO_FREE char *sig = NULL;
	struct json_object *own = json_tokener_parse(DATA_ENC_JWK);

	token_with_key(f, "control", CHANGED(DATA_ISSUER_JWK, {NULL, NULL}), ERR_OK);
	token_with_key(
		f, "use enc", CHANGED(DATA_ISSUER_JWK, {"use", "\"enc\""}), ERR_KEY_USE);
	token_with_key(f, "use unheard of", CHANGED(DATA_ISSUER_JWK, {"use", "\"SIG\""}),
		ERR_KEY_USE);
	token_with_key(f, "key_ops encrypt",
		CHANGED(DATA_ISSUER_JWK, {"use", NULL}, {"key_ops", "[\"encrypt\"]"}),
		ERR_KEY_USE);
	token_with_key(f, "key_ops sign, not verify",
		CHANGED(DATA_ISSUER_JWK, {"use", NULL}, {"key_ops", "[\"sign\"]"}),
		ERR_KEY_USE);
	token_with_key(f, "key_ops empty", CHANGED(DATA_ISSUER_JWK, {"key_ops", "[]"}),
		ERR_KEY_USE);
	token_with_key(f, "control: key_ops verify",
		CHANGED(DATA_ISSUER_JWK, {"use", NULL}, {"key_ops", "[\"verify\"]"}),
		ERR_OK);
	key_case(f, "key_ops twice the same",
		CHANGED(DATA_ISSUER_JWK, {"key_ops", "[\"verify\",\"verify\"]"}),
		ERR_JWKS_REFUSED);
	key_case(f, "key_ops no array",
		CHANGED(DATA_ISSUER_JWK, {"key_ops", "\"verify\""}), ERR_JWKS_REFUSED);
	key_case(f, "use no text", CHANGED(DATA_ISSUER_JWK, {"use", "[\"sig\"]"}),
		ERR_JWKS_REFUSED);
	expect(f, "token", jwe_read(&jwe, token, strlen(token), NULL), ERR_OK);
	expect(f, "our signing key to decrypt",
		jwe_decrypt(&out, &jwe, world.stranger, 0xffffffff, 0xffffffff, NULL),
		ERR_KEY_USE);
	json_object_object_add(own, "use", json_object_new_string("sig"));
	sig = forge_text("%s", json_object_to_json_string(own));
	expect(f, "our file says sig", key_load(&key, sig, strlen(sig), KEY_ENC, NULL),
		ERR_KEY_INVALID);
	json_object_put(own);
}

void
N13(struct family *f)
{
	static const char oct[] = "{\"kty\":\"oct\",\"kid\":\"o\",\"k\":\"AAAA\"}";
	static const char bare[] = "{\"kty\":\"oct\",\"kid\":\"o\"}";
	AUTO_FREE char *rsa = CHANGED(DATA_ISSUER_JWK, {NULL, NULL});
	AUTO_FREE char *first = forge_text("{\"keys\":[%s,%s]}", oct, rsa);
	AUTO_FREE char *last = forge_text("{\"keys\":[%s,%s]}", rsa, oct);

	expect(f, "oct first", parse_set(first), ERR_JWKS_REFUSED);
	expect(f, "oct last", parse_set(last), ERR_JWKS_REFUSED);
	expect(f, "oct alone", parse_key(oct), ERR_JWKS_REFUSED);
	expect(f, "oct without its secret", parse_key(bare), ERR_JWKS_REFUSED);
}

/* The issuer's key with a modulus of `len` bytes that begins and ends so. */
static char *
with_modulus(size_t len, uint8_t first, uint8_t last)
{
	AUTO_SECRET struct secret n = {0};
	AUTO_FREE char *text = NULL, *quoted = NULL;
	size_t i;

	if (secret_alloc(&n, len) != ERR_OK)
		abort();
	for (i = 0; i < len; i++)
		n.data[i] = (uint8_t)(0x5d + 7 * i);
	if (len > 0) {
		n.data[len - 1] = last;
		n.data[0] = first;
	}
	text = forge_base64url(n.data, n.len);
	quoted = forge_text("\"%s\"", text);
	return CHANGED(DATA_ISSUER_JWK, {"n", quoted});
}

/* 65537^128: like the moduli of that generator it is a power of 65537 modulo any prime.
 */
static char *
roca_jwk(void)
{
	BIGNUM *n = BN_new(), *base = BN_new(), *power = BN_new();
	BN_CTX *ctx = BN_CTX_new();
	uint8_t bytes[257];

	BN_set_word(base, 65537);
	BN_set_word(power, 128);
	if (BN_exp(n, base, power, ctx) != 1 || BN_bn2bin(n, bytes) != sizeof(bytes))
		abort();
	BN_free(n);
	BN_free(base);
	BN_free(power);
	BN_CTX_free(ctx);
	AUTO_FREE char *text = forge_base64url(bytes, sizeof(bytes));
	AUTO_FREE char *quoted = forge_text("\"%s\"", text);

	return CHANGED(DATA_ISSUER_JWK, {"n", quoted});
}

void
N14(struct family *f)
{
	static const struct {
		const char *what;
		size_t len;
		uint8_t first, last;
		enum err want;
	} cases[] = {
		{"control: 2048 bits", 256, 0x80, 1, ERR_OK},
		{"control: 8192 bits", 1024, 0xff, 1, ERR_OK},
		{"2047 bits", 256, 0x7f, 1, ERR_JWKS_REFUSED},
		{"1024 bits", 128, 0xff, 1, ERR_JWKS_REFUSED},
		{"8193 bits", 1025, 0x01, 1, ERR_JWKS_REFUSED},
		{"16384 bits", 2048, 0xff, 1, ERR_JWKS_REFUSED},
		{"even", 256, 0xff, 2, ERR_JWKS_REFUSED},
		{"leading zero", 257, 0x00, 1, ERR_JWKS_REFUSED},
		{"zero", 1, 0x00, 0, ERR_JWKS_REFUSED},
		{"empty", 0, 0, 0, ERR_JWKS_REFUSED},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		key_case(f, cases[i].what,
			with_modulus(cases[i].len, cases[i].first, cases[i].last),
			cases[i].want);
	key_case(f, "made by the faulty generator (ROCA)", roca_jwk(), ERR_JWKS_REFUSED);
	key_case(f, "1024 bits, a real key", forge_text("%s", DATA_RSA_1024_JWK),
		ERR_JWKS_REFUSED);
	key_case(f, "n missing", CHANGED(DATA_ISSUER_JWK, {"n", NULL}), ERR_JWKS_REFUSED);
	key_case(f, "n a number", CHANGED(DATA_ISSUER_JWK, {"n", "65537"}),
		ERR_JWKS_REFUSED);
}

void
N15(struct family *f)
{
	static const struct {
		const char *what, *e;
		enum err want;
	} cases[] = {
		{"control: 65537", "\"AQAB\"", ERR_OK},
		{"control: 2^33-1", "\"Af____8\"", ERR_OK},
		{"1", "\"AQ\"", ERR_JWKS_REFUSED},
		{"0", "\"AA\"", ERR_JWKS_REFUSED},
		{"2", "\"Ag\"", ERR_JWKS_REFUSED},
		{"65536", "\"AQAA\"", ERR_JWKS_REFUSED},
		{"2^33+1", "\"AgAAAAE\"", ERR_JWKS_REFUSED},
		{"leading zero", "\"AAEAAQ\"", ERR_JWKS_REFUSED},
		{"padded", "\"AQAB=\"", ERR_JWKS_REFUSED},
		{"empty", "\"\"", ERR_JWKS_REFUSED},
		{"a number", "65537", ERR_JWKS_REFUSED},
	};
	AUTO_FREE char *huge = repeat("_", 340);
	AUTO_FREE char *quoted = forge_text("\"%sw\"", huge);
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		key_case(f, cases[i].what, CHANGED(DATA_ISSUER_JWK, {"e", cases[i].e}),
			cases[i].want);
	key_case(f, "2048 bits", CHANGED(DATA_ISSUER_JWK, {"e", quoted}),
		ERR_JWKS_REFUSED);
}

/* A coordinate of the P-256 key, with its last byte changed, cut or made longer. */
static char *
bent_coordinate(const char *name, size_t len, uint8_t add)
{
	struct json_object *jwk = json_tokener_parse(DATA_EC_JWK);
	AUTO_SECRET struct secret bytes = {0};
	AUTO_FREE char *text = NULL;
	const char *was;
	char *quoted;

	if (json_str(jwk, name, &was) != ERR_OK ||
		base64url_decode(&bytes, was, strlen(was)) != ERR_OK)
		abort();
	forge_resize(&bytes, len);
	bytes.data[len - 1] = (uint8_t)(bytes.data[len - 1] + add);
	text = forge_base64url(bytes.data, bytes.len);
	quoted = forge_text("\"%s\"", text);
	json_object_put(jwk);
	return quoted;
}

void
N16(struct family *f)
{
	AUTO_FREE char *off = bent_coordinate("x", 32, 1);
	AUTO_FREE char *off_y = bent_coordinate("y", 32, 1);
	AUTO_FREE char *shorter = bent_coordinate("x", 31, 0);
	AUTO_FREE char *longer = bent_coordinate("y", 33, 0);
	static const char zero[] = "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"";
	static const char ones[] = "\"__________________________________________8\"";

	key_case(f, "control", CHANGED(DATA_EC_JWK, {NULL, NULL}), ERR_OK);
	key_case(
		f, "x off the curve", CHANGED(DATA_EC_JWK, {"x", off}), ERR_JWKS_REFUSED);
	key_case(f, "y off the curve", CHANGED(DATA_EC_JWK, {"y", off_y}),
		ERR_JWKS_REFUSED);
	key_case(f, "(0, 0)", CHANGED(DATA_EC_JWK, {"x", zero}, {"y", zero}),
		ERR_JWKS_REFUSED);
	key_case(f, "not below the prime", CHANGED(DATA_EC_JWK, {"x", ones}),
		ERR_JWKS_REFUSED);
	key_case(f, "x of 31 bytes", CHANGED(DATA_EC_JWK, {"x", shorter}),
		ERR_JWKS_REFUSED);
	key_case(f, "y of 33 bytes", CHANGED(DATA_EC_JWK, {"y", longer}),
		ERR_JWKS_REFUSED);
	key_case(f, "y missing", CHANGED(DATA_EC_JWK, {"y", NULL}), ERR_JWKS_REFUSED);
	key_case(f, "Ed25519 of 31 bytes",
		CHANGED(DATA_ED_JWK,
			{"x", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\""}),
		ERR_JWKS_REFUSED);
	/* sound, but not ours: passed over, and then it verifies nothing */
	token_with_key(f, "another curve",
		CHANGED(DATA_EC_384_JWK, {"kid", "\"issuer-1\""}, {"crv", "\"P-521\""}),
		ERR_KEY_USE);
	token_with_key(f, "a curve that does another algorithm",
		CHANGED(DATA_EC_384_JWK, {"kid", "\"issuer-1\""}), ERR_ALG_REFUSED);
	key_case(f, "P-384 of 32 bytes", CHANGED(DATA_EC_JWK, {"crv", "\"P-384\""}),
		ERR_JWKS_REFUSED);
	key_case(f, "P-256 of 48 bytes", CHANGED(DATA_EC_384_JWK, {"crv", "\"P-256\""}),
		ERR_JWKS_REFUSED);
	key_case(f, "P-384 off the curve",
		CHANGED(DATA_EC_384_JWK, {"y", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
					       "AAAAAAAAAAAAAAAAAAA"
					       "AAAAAA\""}),
		ERR_JWKS_REFUSED);
	token_with_key(f, "ES256 for an RSA key",
		CHANGED(DATA_ISSUER_JWK, {"alg", "\"ES256\""}), ERR_KEY_USE);
	token_with_key(f, "unheard-of alg",
		CHANGED(DATA_ISSUER_JWK, {"alg", "\"RS257\""}), ERR_KEY_USE);
}

/* The usual token to our P-256 key, with this "epk". */
static char *
with_epk(const char *epk)
{
	AUTO_FREE char *inside = signed_token(NULL, NULL);
	struct parts parts;

	forge_parts(&parts, world.ec, ALG_ECDH_ES, ENC_A128GCM,
		"{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\",\"cty\":\"JWT\",\"kid\":\"ec-"
		"1\"}",
		inside);
	if (epk != NULL) {
		free(parts.header);
		parts.header =
			forge_text("{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\",\"cty\":"
				   "\"JWT\",\"kid\":\"ec-1\"%s%s}",
				epk[0] != '\0' ? ",\"epk\":" : "", epk);
	}
	return token_of(&parts);
}

/* Direct agreement leaves the second segment empty. */
static char *
with_encrypted_key(void)
{
	AUTO_FREE char *token = with_epk(NULL);
	char *second = strchr(token, '.') + 1;

	return forge_text("%.*sAAAA%s", (int)(second - token), token, second);
}

/* The information about the parties: some base64url, but no more than enough. */
static void
parties(struct family *f, const char *epk)
{
	static const struct {
		const char *name;
		size_t len;
		enum err want;
	} cases[] = {
		{"apu", 3, ERR_DECRYPT}, /* read, and not what was agreed on */
		{"apv", 3, ERR_DECRYPT},
		{"apu", 512, ERR_DECRYPT},
		{"apv", 512, ERR_DECRYPT},
		{"apu", 513, ERR_HEADER_REFUSED},
		{"apv", 513, ERR_HEADER_REFUSED},
	};
	static const char zeros[513];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_FREE char *party = forge_base64url(zeros, cases[i].len);
		AUTO_FREE char *both =
			forge_text("%s,\"%s\":\"%s\"", epk, cases[i].name, party);

		nested(f, cases[i].name, with_epk(both), cases[i].want);
	}
}

void
N17(struct family *f)
{
	AUTO_FREE char *off = bent_coordinate("x", 32, 1);
	AUTO_FREE char *cut = bent_coordinate("x", 31, 0);
	char *epk;

	nested(f, "control", with_epk(NULL), ERR_OK);
	epk = CHANGED(DATA_EC_JWK, {NULL, NULL});
	nested(f, "another sender's", with_epk(epk), ERR_DECRYPT);
	parties(f, epk);
	free(epk);
	epk = CHANGED(DATA_EC_JWK, {"x", off});
	nested(f, "off the curve", with_epk(epk), ERR_HEADER_REFUSED);
	free(epk);
	epk = CHANGED(DATA_EC_JWK, {"x", cut});
	nested(f, "short x", with_epk(epk), ERR_HEADER_REFUSED);
	free(epk);
	epk = CHANGED(DATA_ISSUER_JWK, {NULL, NULL});
	nested(f, "RSA", with_epk(epk), ERR_HEADER_REFUSED);
	free(epk);
	nested(f, "P-384", with_epk(DATA_EC_384_JWK), ERR_HEADER_REFUSED);
	nested(f, "with its private number", with_epk(DATA_EC_JWK), ERR_HEADER_REFUSED);
	nested(f, "a text", with_epk("\"AAAA\""), ERR_HEADER_REFUSED);
	nested(f, "null", with_epk("null"), ERR_HEADER_REFUSED);
	nested(f, "absent", with_epk(""), ERR_HEADER_REFUSED);
	nested(f, "an encrypted key, where there is none", with_encrypted_key(),
		ERR_TOKEN_FORM);
}

void
N18(struct family *f)
{
	AUTO_BUF struct buf set = BUF_INIT(8192);
	AUTO_FREE char *jwk = NULL;
	static const char *const members[] = {"\"jwk\":%s",
		"\"jku\":\"https://evil.test/\"", "\"x5u\":\"https://evil.test/\"",
		"\"x5c\":[\"MIIB\"]", "\"jwk\":null"};
	size_t i;

	if (key_public_jwks(&set, &world.stranger, 1) != ERR_OK)
		abort();
	/* the one key in {"keys":[…]} */
	jwk = forge_text("%.*s", (int)(set.len - strlen("{\"keys\":[]}")),
		set.data + strlen("{\"keys\":["));
	for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		AUTO_FREE char *member = i == 0 ? forge_text("\"jwk\":%s", jwk)
						: forge_text("%s", members[i]);
		AUTO_FREE char *header =
			forge_text("{\"alg\":\"RS256\",\"kid\":\"issuer-1\",%s}", member);
		AUTO_FREE char *outer = forge_text("{\"alg\":\"RSA-OAEP-256\",\"enc\":"
						   "\"A128CBC-HS256\",\"cty\":\"JWT\","
						   "\"kid\":\"enc-1\",%s}",
			member);

		plain(f, members[i],
			forge_jws(world.stranger, ALG_RS256, header, DATA_CLAIMS,
				strlen(DATA_CLAIMS)),
			ERR_HEADER_REFUSED);
		plain(f, members[i], signed_token(header, NULL), ERR_HEADER_REFUSED);
		nested(f, members[i], encrypted_token(outer, signed_token(NULL, NULL)),
			ERR_HEADER_REFUSED);
	}
}

/* A set of `count` keys with kids of their own. */
static char *
many_keys(size_t count)
{
	AUTO_BUF struct buf set = BUF_INIT(20000000);
	size_t i;

	buf_adds(&set, "{\"keys\":[");
	for (i = 0; i < count; i++)
		buf_addf(&set, "%s{\"kty\":\"EC\",\"crv\":\"P-521\",\"kid\":\"k%zu\"}",
			i > 0 ? "," : "", i);
	buf_adds(&set, "]}");
	return buf_take(&set);
}

void
N19(struct family *f)
{
	static const char *const private[] = {
		"d", "p", "q", "dp", "dq", "qi", "oth", "k"};
	AUTO_FREE char *most = many_keys(100), *more = many_keys(101);
	AUTO_FREE char *flood = many_keys(10000), *spaces = repeat(" ", 1000000);
	AUTO_FREE char *large = forge_text("{\"keys\":[]%s}", spaces);
	AUTO_FREE char *own = forge_text("{\"keys\":[%s]}", DATA_ISSUER_JWK);
	size_t i;

	expect(f, "control: 100 keys", parse_set(most), ERR_OK);
	expect(f, "101 keys", parse_set(more), ERR_JWKS_REFUSED);
	expect(f, "10,000 keys", parse_set(flood), ERR_JWKS_REFUSED);
	expect(f, "1 MB", parse_set(large), ERR_JWKS_REFUSED);
	expect(f, "a private key", parse_set(own), ERR_JWKS_REFUSED);
	for (i = 0; i < sizeof(private) / sizeof(private[0]); i++)
		key_case(f, private[i],
			CHANGED(DATA_ISSUER_JWK, {private[i], "\"AQAB\""}),
			ERR_JWKS_REFUSED);
	key_case(f, "a private member of a type unheard of",
		forge_text("{\"kty\":\"X\",\"kid\":\"x\",\"d\":\"AQAB\"}"),
		ERR_JWKS_REFUSED);
	expect(f, "HTML", parse_set("<!DOCTYPE html><html></html>"), ERR_JWKS_REFUSED);
	expect(f, "empty", parse_set(""), ERR_JWKS_REFUSED);
	expect(f, "array", parse_set("[]"), ERR_JWKS_REFUSED);
	expect(f, "no keys", parse_set("{}"), ERR_JWKS_REFUSED);
	expect(f, "keys an object", parse_set("{\"keys\":{}}"), ERR_JWKS_REFUSED);
	expect(f, "a key that is a text", parse_set("{\"keys\":[\"x\"]}"),
		ERR_JWKS_REFUSED);
	expect(f, "a key that is null", parse_set("{\"keys\":[null]}"), ERR_JWKS_REFUSED);
}

/* What a question to the key set should say. */
static void
fetches(struct family *f, const char *what, bool got, bool want)
{
	expect(f, what, got == want ? ERR_OK : ERR_INTERNAL, ERR_OK);
}

void
N20(struct family *f)
{
	AUTO_KEYSET struct keyset set = {0};
	AUTO_FREE char *token = signed_token(NULL, NULL);
	const struct jwt_policy policy = {.sig_algs = 0xffffffff};
	AUTO_CLAIMS struct claims *claims = NULL;
	const struct jwks *before;
	int64_t t = 5;

	fetches(f, "first", keyset_may_fetch(&set, ERR_OK, t), true);
	fetches(f, "first failed, at once again", keyset_may_fetch(&set, ERR_OK, t + 1),
		false);
	expect(f, "an answer that is no set", keyset_update(&set, "<html>", 6, NULL),
		ERR_JWKS_REFUSED);
	expect(f, "an answer",
		keyset_update(&set, DATA_ISSUER_JWKS, strlen(DATA_ISSUER_JWKS), NULL),
		ERR_OK);
	before = set.keys;
	fetches(f, "known kid", keyset_may_fetch(&set, ERR_OK, t + 10000000), false);
	fetches(f, "bad signature", keyset_may_fetch(&set, ERR_SIGNATURE, t + 10000000),
		false);
	fetches(f, "unknown kid too early",
		keyset_may_fetch(&set, ERR_KID_UNKNOWN, t + KEYSET_COOLDOWN_MS - 1),
		false);
	t += KEYSET_COOLDOWN_MS;
	fetches(f, "unknown kid", keyset_may_fetch(&set, ERR_KID_UNKNOWN, t), true);
	fetches(f, "second unknown kid", keyset_may_fetch(&set, ERR_KID_UNKNOWN, t + 1),
		false);
	expect(f, "refetch failed", keyset_update(&set, "{}", 2, NULL), ERR_JWKS_REFUSED);
	fetches(f, "old keys kept", set.keys == before, true);
	expect(f, "old keys verify",
		jwt_check(&claims, token, strlen(token), &policy, set.keys, NULL),
		ERR_OK);
}
