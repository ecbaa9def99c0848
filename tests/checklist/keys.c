/* N10–N20: which key, and what may be one. */
#include <stdio.h>
#include <string.h>

#include <openssl/bn.h>

#include "../unit/jose_data.h"
#include "checklist.h"
#include "jose/base64url.h"
#include "jose/digest.h"
#include "jose/jwe.h"
#include "jose/jws.h"
#include "jose/keyset.h"

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

/* --- sets with an odd key ------------------------------------------------------- */

#define STRANGER "{\"alg\":\"RS256\",\"kid\":\"stranger\"}"

/* The stranger's public key, under the name of `kid` or, where that is NULL, under none.
 */
static char *
stranger_jwk(const char *kid)
{
	AUTO_BUF struct buf set = BUF_INIT(8192);
	AUTO_FREE char *jwk = NULL, *name = NULL;

	if (key_public_jwks(&set, &world.stranger, 1) != ERR_OK)
		abort();
	/* the one key in {"keys":[…]} */
	jwk = forge_text("%.*s", (int)(set.len - strlen("{\"keys\":[]}")),
		set.data + strlen("{\"keys\":["));
	name = kid != NULL ? forge_text("\"%s\"", kid) : NULL;
	return CHANGED(jwk, {"kid", name});
}

/* What becomes of a token with this set. */
static enum err
check_with(const char *set, const char *token)
{
	const struct jwt_policy policy = {.sig_algs = 0xffffffff};
	AUTO_CLAIMS struct claims *claims = NULL;
	AUTO_JWKS struct jwks *keys = NULL;
	enum err e = jwks_parse(&keys, set, strlen(set), NULL);

	if (e == ERR_OK)
		e = jwt_check(&claims, token, strlen(token), &policy, keys, NULL);
	return (e == ERR_OK) == (claims != NULL) ? e : ERR_INTERNAL;
}

/* How many odd keys a set has; -1: it is refused. */
static int
count_odd(const char *set)
{
	AUTO_JWKS struct jwks *keys = NULL;

	if (jwks_parse(&keys, set, strlen(set), NULL) != ERR_OK)
		return -1;
	return (int)jwks_counts(keys)->odd;
}

/*
 * A key beside a sound one, in both orders: a token by the sound one is accepted in any
 * case, `token` (of the key in question, freed) ends with `want`. Frees the JWK.
 */
static void
beside(struct family *f, const char *what, char *jwk, char *token, int odd, enum err want)
{
	AUTO_FREE char *good = stranger_jwk("stranger");
	AUTO_FREE char *first = forge_text("{\"keys\":[%s,%s]}", jwk, good);
	AUTO_FREE char *last = forge_text("{\"keys\":[%s,%s]}", good, jwk);
	AUTO_FREE char *by_good = forge_jws(
		world.stranger, ALG_RS256, STRANGER, DATA_CLAIMS, strlen(DATA_CLAIMS));
	const char *sets[] = {first, last};
	size_t i;

	for (i = 0; i < 2; i++) {
		expect(f, what, count_odd(sets[i]) == odd ? ERR_OK : ERR_INTERNAL,
			ERR_OK);
		expect(f, what, check_with(sets[i], by_good), ERR_OK);
		expect(f, what, check_with(sets[i], token), want);
	}
	free(jwk);
	free(token);
}

/* A token under the name of the JWK, of an algorithm for its type. */
static char *
token_for(const char *jwk)
{
	struct json_object *obj = json_tokener_parse(jwk);
	AUTO_FREE char *header = NULL;
	const char *kid, *kty;

	if (json_str(obj, "kid", &kid) != ERR_OK || json_str(obj, "kty", &kty) != ERR_OK)
		abort();
	header = forge_text("{\"alg\":\"%s\",\"kid\":\"%s\"}",
		strcmp(kty, "EC") == 0 ? strstr(jwk, "P-384") != NULL ? "ES384" : "ES256"
		: strcmp(kty, "OKP") == 0 ? "EdDSA"
					  : "RS256",
		kid);
	json_object_put(obj);
	return signed_token(header, NULL);
}

/*
 * ERR_OK: the key is sound. Else it is skipped, and a token of its name ends with `want`.
 * Frees the JWK.
 */
static void
key_case(struct family *f, const char *what, char *jwk, enum err want)
{
	AUTO_FREE char *set = forge_text("{\"keys\":[%s]}", jwk);

	if (want == ERR_OK) {
		expect(f, what, count_odd(set) == 0 ? ERR_OK : ERR_INTERNAL, ERR_OK);
		free(jwk);
	} else {
		beside(f, what, jwk, token_for(jwk), 1, want);
	}
}

/* --- N10 -------------------------------------------------------------------------- */

/* Where no name is, the one key that fits is meant; of several, none is tried. */
static void
without_names(struct family *f)
{
	AUTO_FREE char *issuer = CHANGED(DATA_ISSUER_JWK, {"kid", NULL});
	AUTO_FREE char *named = CHANGED(DATA_ISSUER_JWK, {NULL, NULL});
	AUTO_FREE char *other = stranger_jwk(NULL);
	AUTO_FREE char *ps = CHANGED(other, {"alg", "\"PS256\""});
	AUTO_FREE char *enc = CHANGED(other, {"use", "\"enc\""});
	AUTO_FREE char *ec = CHANGED(DATA_EC_JWK, {"kid", NULL});
	const struct {
		const char *one, *two;
		bool kid; /* in the token */
		enum err want;
	} cases[] = {
		{issuer, NULL, false, ERR_OK},
		{named, NULL, false, ERR_OK},
		{issuer, NULL, true, ERR_OK},
		{issuer, issuer, false, ERR_OK}, /* the same one */
		{issuer, named, true, ERR_OK},
		{issuer, ps, false, ERR_OK},
		{issuer, enc, false, ERR_OK},
		{issuer, ec, false, ERR_OK},
		{issuer, other, false, ERR_KID_MISSING},
		{named, other, false, ERR_KID_MISSING},
		{issuer, other, true, ERR_KID_UNKNOWN},
		{named, other, true, ERR_OK},
		{other, NULL, false, ERR_SIGNATURE},
		{other, NULL, true, ERR_SIGNATURE},
		{ps, enc, false, ERR_KID_UNKNOWN},
		{ps, enc, true, ERR_KID_UNKNOWN},
		{ec, NULL, false, ERR_KID_UNKNOWN},
	};
	AUTO_FREE char *nameless = signed_token("{\"alg\":\"RS256\"}", NULL);
	AUTO_FREE char *token = signed_token(NULL, NULL);
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *two = cases[i].two != NULL ? cases[i].two : "7";
		AUTO_FREE char *set = forge_text("{\"keys\":[%s,%s]}", cases[i].one, two);
		AUTO_FREE char *other_way =
			forge_text("{\"keys\":[%s,%s]}", two, cases[i].one);
		const char *what = cases[i].kid ? "a name" : "no name";

		expect(f, what, check_with(set, cases[i].kid ? token : nameless),
			cases[i].want);
		expect(f, what, check_with(other_way, cases[i].kid ? token : nameless),
			cases[i].want);
	}
}

/* The same for our own keys: RSA and P-256, of which one fits, or two of RSA. */
static void
without_name_to_us(struct family *f)
{
	static const struct jwt_policy policy = {
		.sig_algs = 0xffffffff,
		.encrypted = true,
		.key_algs = 0xffffffff,
		.encs = 0xffffffff,
	};
	static const char header[] = "{\"alg\":\"RSA-OAEP-256\",\"enc\":"
				     "\"A128CBC-HS256\",\"cty\":\"JWT\"}";
	AUTO_FREE char *token = encrypted_token(header, signed_token(NULL, NULL));
	AUTO_KEY struct key *second = NULL;
	AUTO_SECRET struct secret none = {0};

	if (key_load(&second, DATA_SIG_PEM, strlen(DATA_SIG_PEM), KEY_ENC, NULL) !=
		ERR_OK)
		abort();
	struct key *const both[] = {second, world.enc}, *const same[] = {
								world.enc, world.enc};
	AUTO_SECRET struct secret out = {0};

	expect(f, "two of ours fit",
		jwt_open(&none, token, strlen(token), &policy, both, 2, NULL),
		ERR_KID_MISSING);
	expect(f, "none of ours fits",
		jwt_open(&none, token, strlen(token), &policy, &world.ec, 1, NULL),
		ERR_KID_UNKNOWN);
	expect(f, "the same twice",
		jwt_open(&out, token, strlen(token), &policy, same, 2, NULL), ERR_OK);
	nested(f, "control: one of ours fits",
		encrypted_token(header, signed_token(NULL, NULL)), ERR_OK);
	plain(f, "control: one of the issuer's fits",
		signed_token("{\"alg\":\"RS256\"}", NULL), ERR_OK);
}

void
N10(struct family *f)
{
	AUTO_FREE char *name300 = repeat("k", 300), *name10k = repeat("k", 10000);
	const struct {
		const char *kid;
		enum err want;
	} cases[] = {
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

	without_names(f);
	without_name_to_us(f);
	plain(f, "300 bytes", signed_token(long300, NULL), ERR_HEADER_REFUSED);
	plain(f, "10 kB", signed_token(long10k, NULL), ERR_TOKEN_SIZE);
	plain(f, "kid of a key of another type",
		signed_token("{\"alg\":\"RS256\",\"kid\":\"issuer-ec\"}", NULL),
		ERR_ALG_REFUSED);
}

/* Of keys of one name, those that fit the token; and then there must be one alone. */
void
N11(struct family *f)
{
	AUTO_FREE char *ours = CHANGED(DATA_ISSUER_JWK, {NULL, NULL});
	AUTO_FREE char *no_alg = CHANGED(DATA_ISSUER_JWK, {"alg", NULL}, {"use", NULL});
	AUTO_FREE char *other = stranger_jwk("issuer-1");
	const struct {
		const char *what;
		char *jwk; /* freed */
		enum err want;
	} cases[] = {
		{"other kty", CHANGED(DATA_EC_JWK, {"kid", "\"issuer-1\""}), ERR_OK},
		{"other kty, spelled otherwise",
			CHANGED(DATA_EC_JWK, {"kid", "\"issuer\\u002d1\""}), ERR_OK},
		{"a curve that is not ours",
			CHANGED(DATA_EC_384_JWK, {"kid", "\"issuer-1\""}), ERR_OK},
		{"other alg", CHANGED(other, {"alg", "\"PS256\""}), ERR_OK},
		{"alg unheard of", CHANGED(other, {"alg", "\"RS257\""}), ERR_OK},
		{"other use", CHANGED(other, {"use", "\"enc\""}), ERR_OK},
		{"key_ops of another use",
			CHANGED(other, {"use", NULL}, {"key_ops", "[\"encrypt\"]"}),
			ERR_OK},
		{"odd", CHANGED(other, {"e", "\"AQ\""}), ERR_OK},
		{"the same again", CHANGED(DATA_ISSUER_JWK, {NULL, NULL}), ERR_OK},
		{"another", CHANGED(other, {NULL, NULL}), ERR_JWKS_REFUSED},
		{"another, spelled otherwise",
			CHANGED(other, {"kid", "\"issuer\\u002d1\""}), ERR_JWKS_REFUSED},
		{"another without alg and use",
			CHANGED(other, {"alg", NULL}, {"use", NULL}), ERR_JWKS_REFUSED},
		{"another exponent", CHANGED(DATA_ISSUER_JWK, {"e", "\"Aw\""}),
			ERR_JWKS_REFUSED},
	};
	AUTO_FREE char *token = signed_token(NULL, NULL);
	AUTO_FREE char *theirs = forge_jws(
		world.stranger, ALG_RS256, HEADER, DATA_CLAIMS, strlen(DATA_CLAIMS));
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *jwk = cases[i].jwk, *what = cases[i].what;
		AUTO_FREE char *set = forge_text("{\"keys\":[%s,%s]}", ours, jwk);
		AUTO_FREE char *back = forge_text("{\"keys\":[%s,%s]}", jwk, no_alg);
		const char *sets[] = {set, back};
		size_t j;

		for (j = 0; j < 2; j++) {
			expect(f, what, check_with(sets[j], token), cases[i].want);
			/* never verified by the other one, fitting or not */
			expect(f, what, check_with(sets[j], theirs),
				cases[i].want == ERR_OK ? ERR_SIGNATURE
							: ERR_JWKS_REFUSED);
		}
		free(cases[i].jwk);
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
		ERR_KID_UNKNOWN);
	key_case(f, "key_ops no array",
		CHANGED(DATA_ISSUER_JWK, {"key_ops", "\"verify\""}), ERR_KID_UNKNOWN);
	key_case(f, "use no text", CHANGED(DATA_ISSUER_JWK, {"use", "[\"sig\"]"}),
		ERR_KID_UNKNOWN);
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

/* A symmetric key does nothing: neither a MAC made with it nor a signature of its name.
 */
void
N13(struct family *f)
{
	static const char oct[] = "{\"kty\":\"oct\",\"kid\":\"o\",\"k\":\"AAAA\"}";
	static const char bare[] = "{\"kty\":\"oct\",\"kid\":\"o\"}";
	static const char nameless[] =
		"{\"kty\":\"oct\",\"k\":\"AAAA\",\"alg\":\"HS256\"}";
	static const char hs256[] = "{\"alg\":\"HS256\",\"kid\":\"o\"}";
	static const char rs256[] = "{\"alg\":\"RS256\",\"kid\":\"o\"}";
	static const char same[] =
		"{\"kty\":\"oct\",\"kid\":\"stranger\",\"k\":\"AAAA\"}";

	beside(f, "a MAC", forge_text("%s", oct), signed_token(hs256, NULL), 1,
		ERR_ALG_REFUSED);
	beside(f, "its name", forge_text("%s", oct), signed_token(rs256, NULL), 1,
		ERR_KID_UNKNOWN);
	beside(f, "without its secret", forge_text("%s", bare), signed_token(rs256, NULL),
		1, ERR_KID_UNKNOWN);
	beside(f, "nameless", forge_text("%s", nameless),
		signed_token("{\"alg\":\"HS256\"}", NULL), 1, ERR_ALG_REFUSED);
	beside(f, "the name of the sound one", forge_text("%s", same),
		signed_token(STRANGER, NULL), 1, ERR_SIGNATURE);
	expect(f, "a symmetric secret in an RSA key",
		parse_key("{\"kty\":\"RSA\",\"kid\":\"o\",\"k\":\"AAAA\"}"),
		ERR_JWKS_REFUSED);
	expect(f, "a private number in a symmetric key",
		parse_key("{\"kty\":\"oct\",\"kid\":\"o\",\"d\":\"AAAA\"}"),
		ERR_JWKS_REFUSED);
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
		{"2047 bits", 256, 0x7f, 1, ERR_KID_UNKNOWN},
		{"1024 bits", 128, 0xff, 1, ERR_KID_UNKNOWN},
		{"8193 bits", 1025, 0x01, 1, ERR_KID_UNKNOWN},
		{"16384 bits", 2048, 0xff, 1, ERR_KID_UNKNOWN},
		{"even", 256, 0xff, 2, ERR_KID_UNKNOWN},
		{"leading zero", 257, 0x00, 1, ERR_KID_UNKNOWN},
		{"zero", 1, 0x00, 0, ERR_KID_UNKNOWN},
		{"empty", 0, 0, 0, ERR_KID_UNKNOWN},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		key_case(f, cases[i].what,
			with_modulus(cases[i].len, cases[i].first, cases[i].last),
			cases[i].want);
	key_case(f, "made by the faulty generator (ROCA)", roca_jwk(), ERR_KID_UNKNOWN);
	key_case(f, "1024 bits, a real key", forge_text("%s", DATA_RSA_1024_JWK),
		ERR_KID_UNKNOWN);
	key_case(f, "n missing", CHANGED(DATA_ISSUER_JWK, {"n", NULL}), ERR_KID_UNKNOWN);
	key_case(f, "n a number", CHANGED(DATA_ISSUER_JWK, {"n", "65537"}),
		ERR_KID_UNKNOWN);
}

/* With e = 1 the padded hash is its own signature: nobody needs a private key for it. */
static char *
token_of_exponent_1(void)
{
	static const uint8_t info[] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86,
		0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
	AUTO_FREE char *token = signed_token(NULL, NULL);
	size_t len = (size_t)(strrchr(token, '.') - token);
	uint8_t em[256] = {0, 1};

	memset(em + 2, 0xff, sizeof(em) - 2);
	em[sizeof(em) - 32 - sizeof(info) - 1] = 0;
	memcpy(em + sizeof(em) - 32 - sizeof(info), info, sizeof(info));
	if (digest_sha256(em + sizeof(em) - 32, token, len) != ERR_OK)
		abort();
	AUTO_FREE char *sig = forge_base64url(em, sizeof(em));

	return forge_text("%.*s.%s", (int)len, token, sig);
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
		{"1", "\"AQ\"", ERR_KID_UNKNOWN},
		{"0", "\"AA\"", ERR_KID_UNKNOWN},
		{"2", "\"Ag\"", ERR_KID_UNKNOWN},
		{"65536", "\"AQAA\"", ERR_KID_UNKNOWN},
		{"2^33+1", "\"AgAAAAE\"", ERR_KID_UNKNOWN},
		{"leading zero", "\"AAEAAQ\"", ERR_KID_UNKNOWN},
		{"padded", "\"AQAB=\"", ERR_KID_UNKNOWN},
		{"empty", "\"\"", ERR_KID_UNKNOWN},
		{"a number", "65537", ERR_KID_UNKNOWN},
	};
	AUTO_FREE char *huge = repeat("_", 340);
	AUTO_FREE char *quoted = forge_text("\"%sw\"", huge);
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		key_case(f, cases[i].what, CHANGED(DATA_ISSUER_JWK, {"e", cases[i].e}),
			cases[i].want);
	beside(f, "1, and what needs no private key",
		CHANGED(DATA_ISSUER_JWK, {"e", "\"AQ\""}), token_of_exponent_1(), 1,
		ERR_KID_UNKNOWN);
	key_case(
		f, "2048 bits", CHANGED(DATA_ISSUER_JWK, {"e", quoted}), ERR_KID_UNKNOWN);
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

/*
 * Ed25519 keys that verify what nobody signed, or are none: the eight points of small
 * order in all their spellings, others from the prime up, and no point at all. R = 1, S =
 * 0 is the signature of every text under the first of them.
 */
static void
ed_points(struct family *f)
{
	static const struct {
		const char *what, *x;
		enum err want;
	} cases[] = {
		{"Ed25519, order 1", "\"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"",
			ERR_KID_UNKNOWN},
		{"Ed25519, order 1, sign",
			"\"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA\"",
			ERR_KID_UNKNOWN},
		{"Ed25519, order 1, p + 1",
			"\"7v_______________________________________38\"",
			ERR_KID_UNKNOWN},
		{"Ed25519, order 1, p + 1, sign",
			"\"7v________________________________________8\"",
			ERR_KID_UNKNOWN},
		{"Ed25519, order 2", "\"7P_______________________________________38\"",
			ERR_KID_UNKNOWN},
		{"Ed25519, order 2, sign",
			"\"7P________________________________________8\"",
			ERR_KID_UNKNOWN},
		{"Ed25519, order 4", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"",
			ERR_KID_UNKNOWN},
		{"Ed25519, order 4, sign",
			"\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA\"",
			ERR_KID_UNKNOWN},
		{"Ed25519, order 4, p", "\"7f_______________________________________38\"",
			ERR_KID_UNKNOWN},
		{"Ed25519, order 4, p, sign",
			"\"7f________________________________________8\"",
			ERR_KID_UNKNOWN},
		{"Ed25519, order 8", "\"JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_AU\"",
			ERR_KID_UNKNOWN},
		{"Ed25519, order 8, sign",
			"\"JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_IU\"",
			ERR_KID_UNKNOWN},
		{"Ed25519, order 8, minus",
			"\"xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA3o\"",
			ERR_KID_UNKNOWN},
		{"Ed25519, order 8, minus, sign",
			"\"xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA_o\"",
			ERR_KID_UNKNOWN},
		{"control: Ed25519, y = 3",
			"\"AwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"", ERR_OK},
		{"control: Ed25519, y = 3, sign",
			"\"AwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA\"", ERR_OK},
		{"Ed25519, y = p + 3", "\"8P_______________________________________38\"",
			ERR_KID_UNKNOWN},
		{"Ed25519, y = p + 18", "\"_________________________________________38\"",
			ERR_KID_UNKNOWN},
		{"Ed25519, y = 2, no point",
			"\"AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"",
			ERR_KID_UNKNOWN},
		{"Ed25519, y = 7, no point",
			"\"BwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA\"",
			ERR_KID_UNKNOWN},
	};
	static const char eddsa[] = "{\"alg\":\"EdDSA\",\"kid\":\"issuer-ed\"}";
	static const uint8_t fits[64] = {1};
	AUTO_FREE char *sig = forge_base64url(fits, sizeof(fits));
	AUTO_FREE char *header = forge_base64url(eddsa, strlen(eddsa));
	AUTO_FREE char *payload = forge_base64url(DATA_CLAIMS, strlen(DATA_CLAIMS));
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		key_case(f, cases[i].what, CHANGED(DATA_ED_JWK, {"x", cases[i].x}),
			cases[i].want);
		beside(f, cases[i].what, CHANGED(DATA_ED_JWK, {"x", cases[i].x}),
			forge_text("%s.%s.%s", header, payload, sig),
			cases[i].want != ERR_OK,
			cases[i].want != ERR_OK ? cases[i].want : ERR_SIGNATURE);
	}
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
	key_case(f, "x off the curve", CHANGED(DATA_EC_JWK, {"x", off}), ERR_KID_UNKNOWN);
	key_case(f, "y off the curve", CHANGED(DATA_EC_JWK, {"y", off_y}),
		ERR_KID_UNKNOWN);
	key_case(f, "(0, 0)", CHANGED(DATA_EC_JWK, {"x", zero}, {"y", zero}),
		ERR_KID_UNKNOWN);
	key_case(f, "not below the prime", CHANGED(DATA_EC_JWK, {"x", ones}),
		ERR_KID_UNKNOWN);
	key_case(f, "x of 31 bytes", CHANGED(DATA_EC_JWK, {"x", shorter}),
		ERR_KID_UNKNOWN);
	key_case(
		f, "y of 33 bytes", CHANGED(DATA_EC_JWK, {"y", longer}), ERR_KID_UNKNOWN);
	key_case(f, "y missing", CHANGED(DATA_EC_JWK, {"y", NULL}), ERR_KID_UNKNOWN);
	key_case(f, "Ed25519 of 31 bytes",
		CHANGED(DATA_ED_JWK,
			{"x", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\""}),
		ERR_KID_UNKNOWN);
	ed_points(f);
	/* sound, but not ours: passed over, and then it verifies nothing */
	token_with_key(f, "another curve",
		CHANGED(DATA_EC_384_JWK, {"kid", "\"issuer-1\""}, {"crv", "\"P-521\""}),
		ERR_KEY_USE);
	token_with_key(f, "a curve that does another algorithm",
		CHANGED(DATA_EC_384_JWK, {"kid", "\"issuer-1\""}), ERR_ALG_REFUSED);
	key_case(f, "P-384 of 32 bytes", CHANGED(DATA_EC_JWK, {"crv", "\"P-384\""}),
		ERR_KID_UNKNOWN);
	key_case(f, "P-256 of 48 bytes", CHANGED(DATA_EC_384_JWK, {"crv", "\"P-256\""}),
		ERR_KID_UNKNOWN);
	key_case(f, "P-384 off the curve",
		CHANGED(DATA_EC_384_JWK, {"y", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
					       "AAAAAAAAAAAAAAAAAAA"
					       "AAAAAA\""}),
		ERR_KID_UNKNOWN);
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
	AUTO_FREE char *jwk = stranger_jwk("stranger");
	static const char *const members[] = {"\"jwk\":%s",
		"\"jku\":\"https://evil.test/\"", "\"x5u\":\"https://evil.test/\"",
		"\"x5c\":[\"MIIB\"]", "\"jwk\":null"};
	size_t i;

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

/* A set of `count` keys with kids of their own that nobody can use, and then `last`. */
static char *
many_keys(size_t count, const char *last)
{
	AUTO_BUF struct buf set = BUF_INIT(20000000);
	size_t i;

	buf_adds(&set, "{\"keys\":[");
	for (i = 0; i < count; i++)
		buf_addf(&set, "{\"kty\":\"EC\",\"crv\":\"P-521\",\"kid\":\"k%zu\"},", i);
	buf_addf(&set, "%s]}", last);
	return buf_take(&set);
}

/* Keys that are none beside a sound one. */
static void
odd_values(struct family *f)
{
	static const char *const odd[] = {"\"x\"", "7", "null", "true", "[]", "{}",
		"{\"kid\":\"x\"}", "{\"kty\":7}", "{\"kty\":[\"RSA\"],\"kid\":\"x\"}",
		"{\"kty\":\"RSA\"}", "{\"kty\":\"RSA\",\"n\":{},\"e\":[]}",
		"{\"kty\":\"AKP\",\"kid\":\"\"}", "{\"kty\":\"AKP\",\"kid\":7}",
		"{\"kty\":\"AKP\",\"kid\":[\"stranger\"]}", NULL};
	AUTO_FREE char *name300 = repeat("k", 300);
	AUTO_FREE char *long_kid =
		forge_text("{\"kty\":\"AKP\",\"kid\":\"%s\"}", name300);
	AUTO_FREE char *ops = repeat("\"sign\",", 5000);
	AUTO_FREE char *many_ops =
		forge_text("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":"
			   "\"7XUYvkmbZyALuoBJkP5I4mReQxTygWcxjg0TOleP_gA\","
			   "\"key_ops\":[%s\"verify\"]}",
			ops);
	size_t i;

	for (i = 0; odd[i] != NULL; i++)
		beside(f, odd[i], forge_text("%s", odd[i]), signed_token(NULL, NULL), 1,
			ERR_KID_UNKNOWN);
	beside(f, "kid of 300 bytes", forge_text("%s", long_kid),
		signed_token(NULL, NULL), 1, ERR_KID_UNKNOWN);
	beside(f, "key_ops without end", forge_text("%s", many_ops),
		signed_token("{\"alg\":\"EdDSA\"}", NULL), 1, ERR_KID_UNKNOWN);
}

void
N19(struct family *f)
{
	static const char *const private[] = {
		"d", "p", "q", "dp", "dq", "qi", "oth", "k"};
	AUTO_FREE char *good = CHANGED(DATA_ISSUER_JWK, {NULL, NULL});
	AUTO_FREE char *more = many_keys(150, good);
	AUTO_FREE char *leak = many_keys(150, DATA_ISSUER_JWK);
	AUTO_FREE char *flood = many_keys(10000, good), *spaces = repeat(" ", 1000000);
	AUTO_FREE char *large = forge_text("{\"keys\":[]%s}", spaces);
	AUTO_FREE char *own = forge_text("{\"keys\":[%s]}", DATA_ISSUER_JWK);
	AUTO_FREE char *token = signed_token(NULL, NULL);
	size_t i;

	expect(f, "the 151st key is good", check_with(more, token), ERR_OK);
	expect(f, "the 151st key is private", parse_set(leak), ERR_JWKS_REFUSED);
	expect(f, "10,000 keys", parse_set(flood), ERR_JWKS_REFUSED);
	expect(f, "1 MB", parse_set(large), ERR_JWKS_REFUSED);
	expect(f, "a private key", parse_set(own), ERR_JWKS_REFUSED);
	for (i = 0; i < sizeof(private) / sizeof(private[0]); i++) {
		AUTO_FREE char *jwk = CHANGED(DATA_ISSUER_JWK, {private[i], "\"AQAB\""});
		AUTO_FREE char *after = forge_text("{\"keys\":[%s,%s]}", good, jwk);

		expect(f, private[i], parse_key(jwk), ERR_JWKS_REFUSED);
		expect(f, private[i], parse_set(after), ERR_JWKS_REFUSED);
	}
	expect(f, "a private member of a type unheard of",
		parse_key("{\"kty\":\"X\",\"kid\":\"x\",\"d\":\"AQAB\"}"),
		ERR_JWKS_REFUSED);
	expect(f, "a private member in a key without a type",
		parse_key("{\"kid\":[],\"p\":\"AQAB\"}"), ERR_JWKS_REFUSED);
	expect(f, "HTML", parse_set("<!DOCTYPE html><html></html>"), ERR_JSON);
	expect(f, "empty", parse_set(""), ERR_JSON);
	expect(f, "array", parse_set("[]"), ERR_JSON);
	expect(f, "no keys", parse_set("{}"), ERR_JSON);
	expect(f, "keys an object", parse_set("{\"keys\":{}}"), ERR_JSON);
	expect(f, "keys null", parse_set("{\"keys\":null}"), ERR_JSON);
	expect(f, "keys twice", parse_set("{\"keys\":[],\"keys\":[]}"), ERR_JSON);
	odd_values(f);
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
		ERR_JSON);
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
	expect(f, "refetch failed", keyset_update(&set, "{}", 2, NULL), ERR_JSON);
	fetches(f, "old keys kept", set.keys == before, true);
	expect(f, "old keys verify",
		jwt_check(&claims, token, strlen(token), &policy, set.keys, NULL),
		ERR_OK);
}
