/* Units of signed and nested tokens: policy, choice of keys, both steps. */
#include "unit.h"

#include <string.h>

#include "forge.h"
#include "jose/alg_row.h"
#include "jose/digest.h"
#include "jose/ec.h"
#include "jose/jwk.h"
#include "jose/jws.h"
#include "jose/key_impl.h"
#include "jose/random.h"
#include "jose_data.h"
#include "jose_more.h"

static const struct jwt_policy nested = {
	.sig_algs = ALG_BIT(ALG_RS256),
	.encrypted = true,
	.key_algs = ALG_BIT(ALG_RSA_OAEP) | ALG_BIT(ALG_RSA_OAEP_256),
	.encs = ENC_BIT(ENC_A128CBC_HS256),
};
static const struct jwt_policy plain = {.sig_algs = ALG_BIT(ALG_RS256)};
static const struct jwt_policy others = {
	.sig_algs = ALG_BIT(ALG_PS256) | ALG_BIT(ALG_ES256) | ALG_BIT(ALG_EDDSA)};

static enum err
verify(const struct forge *f, const struct jwt_policy *policy, const char *token)
{
	AUTO_CLAIMS struct claims *claims = NULL;
	struct diag diag = {0};
	const char *sub;
	enum err e = jwt_verify(
		&claims, token, strlen(token), policy, &f->enc, 1, f->set, &diag);

	if (e == ERR_OK) {
		assert_int_equal(json_str(claims_json(claims), "sub", &sub), ERR_OK);
		assert_string_equal(sub, "0123456789abcdef");
		assert_true(policy->sig_algs & ALG_BIT(claims_alg(claims)));
	} else {
		assert_null(claims);
		assert_int_not_equal(diag.text[0], '\0');
	}
	return e;
}

static void
test_jwt_verify_table(void **state)
{
	static const struct {
		const char *token;
		const struct jwt_policy *policy;
		enum err expected;
	} cases[] = {
		{DATA_OAEP_A128CBC_HS256, &nested, ERR_OK},
		{DATA_OAEP_256_A128CBC_HS256, &nested, ERR_OK},
		{DATA_OAEP_A128GCM, &nested, ERR_ENC_REFUSED},
		{DATA_ECDH_A128CBC_HS256, &nested, ERR_ALG_REFUSED},
		{DATA_RS256, &plain, ERR_OK},
		{DATA_PS256, &others, ERR_OK},
		{DATA_ES256, &others, ERR_OK},
		{DATA_EDDSA, &others, ERR_OK},
		{DATA_RS256, &others, ERR_ALG_REFUSED},
		{DATA_PS256, &plain, ERR_ALG_REFUSED},
		{DATA_ES256, &plain, ERR_ALG_REFUSED},
		{DATA_EDDSA, &plain, ERR_ALG_REFUSED},
		{DATA_RS256, &nested, ERR_TOKEN_NESTING},
		{DATA_OAEP_A128CBC_HS256, &plain, ERR_TOKEN_NESTING},
		{DATA_BARE_IN_JWE, &nested, ERR_BASE64},
		{DATA_JWE_IN_JWE, &nested, ERR_TOKEN_NESTING},
		{"", &nested, ERR_TOKEN_FORM},
		{"....", &nested, ERR_JSON},
		{"..", &plain, ERR_TOKEN_FORM},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (verify(*state, cases[i].policy, cases[i].token) != cases[i].expected)
			fail_msg("case %zu", i);
}

/* What a provider must name itself: by default none of it is taken, by name one alone. */
static void
test_jwt_check_more_algorithms_table(void **state)
{
	static const struct {
		const char *token;
		enum alg alg;
		bool by_default;
	} cases[] = {
		{DATA_RS384, ALG_RS384, false}, {DATA_RS512, ALG_RS512, false},
		{DATA_PS384, ALG_PS384, false}, {DATA_PS512, ALG_PS512, false},
		{DATA_ES384, ALG_ES384, false},
		{DATA_ED25519, ALG_EDDSA,
			true}, /* its other name is no other algorithm */
	};
	struct forge *f = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct {
			uint32_t algs;
			bool good;
		} policies[] = {
			{ALG_BIT(cases[i].alg), true},
			{~ALG_BIT(cases[i].alg), false},
			{alg_set_default(), cases[i].by_default},
		};
		size_t j;

		for (j = 0; j < sizeof(policies) / sizeof(policies[0]); j++) {
			const struct jwt_policy policy = {.sig_algs = policies[j].algs};
			AUTO_CLAIMS struct claims *claims = NULL;
			enum err e = jwt_check(&claims, cases[i].token,
				strlen(cases[i].token), &policy, f->more, NULL);

			if (e != (policies[j].good ? ERR_OK : ERR_ALG_REFUSED))
				fail_msg("case %zu, policy %zu: %s", i, j, err_word(e));
			if (e == ERR_OK)
				assert_int_equal(claims_alg(claims), cases[i].alg);
		}
	}
}

/* RFC 6979 appendix A.2.6, SHA-384: no public collection here has tokens in ES384. */
static void
test_es384_known_answer(void **state)
{
	static const char jwk[] =
		"{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":"
		"\"7DpOQVtOGaRWhhgCn0J_pdqai8SukuAuBqrlKGswDGTe-PDqkFWGYGSiVFFUgLwT\","
		"\"y\":"
		"\"gBXZty19VyROqO-awMYhiWcIpZNn-d-59UyoSz8cnbEoiyMcOuDU_nNE_SUzJkcg\"}";
	static const uint8_t good[] = {0x94, 0xed, 0xbb, 0x92, 0xa5, 0xec, 0xb8, 0xaa,
		0xd4, 0x73, 0x6e, 0x56, 0xc6, 0x91, 0x91, 0x6b, 0x3f, 0x88, 0x14, 0x06,
		0x66, 0xce, 0x9f, 0xa7, 0x3d, 0x64, 0xc4, 0xea, 0x95, 0xad, 0x13, 0x3c,
		0x81, 0xa6, 0x48, 0x15, 0x2e, 0x44, 0xac, 0xf9, 0x6e, 0x36, 0xdd, 0x1e,
		0x80, 0xfa, 0xbe, 0x46, 0x99, 0xef, 0x4a, 0xeb, 0x15, 0xf1, 0x78, 0xce,
		0xa1, 0xfe, 0x40, 0xdb, 0x26, 0x03, 0x13, 0x8f, 0x13, 0x0e, 0x74, 0x0a,
		0x19, 0x62, 0x45, 0x26, 0x20, 0x3b, 0x63, 0x51, 0xd0, 0xa3, 0xa9, 0x4f,
		0xa3, 0x29, 0xc1, 0x45, 0x78, 0x6e, 0x67, 0x9e, 0x7b, 0x82, 0xc7, 0x1a,
		0x38, 0x62, 0x8a, 0xc8};
	AUTO_JSON struct json_object *obj = NULL;
	AUTO_MATERIAL struct material m = {0};
	AUTO_KEY struct key *key = NULL;
	uint8_t sig[sizeof(good)];
	size_t i;

	(void)state;
	assert_int_equal(json_parse(&obj, jwk, strlen(jwk)), ERR_OK);
	assert_int_equal(jwk_material(&m, obj, JWK_FOREIGN, NULL), ERR_OK);
	assert_int_equal(key_new(&key, &m, ALG_BIT(ALG_ES384), NULL, NULL), ERR_OK);
	memcpy(sig, good, sizeof(sig));
	assert_int_equal(
		ec_verify(key, ALG_ES384, "sample", 6, sig, sizeof(sig)), ERR_OK);
	assert_int_equal(
		ec_verify(key, ALG_ES384, "test", 4, sig, sizeof(sig)), ERR_SIGNATURE);
	for (i = 0; i < 8 * sizeof(sig); i++) {
		sig[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_int_equal(ec_verify(key, ALG_ES384, "sample", 6, sig, sizeof(sig)),
			ERR_SIGNATURE);
		sig[i / 8] ^= (uint8_t)(1 << i % 8);
	}
}

/* One changed character anywhere is a refusal, and in a JWE's parts the same one. */
static void
test_jwt_verify_any_character_changed_is_refused(void **state)
{
	char token[] = DATA_OAEP_256_A128CBC_HS256;
	size_t len = strlen(token), i, dots = 0;
	enum err e;

	for (i = 0; i < len; i++) {
		char was = token[i];

		if (was == '.') {
			dots++;
			continue;
		}
		/* not only the last two, unused, bits of a last character */
		token[i] = was == 'A' ? 'Q' : 'A';
		e = verify(*state, &nested, token);
		assert_int_not_equal(e, ERR_OK);
		if (dots > 0 && e != ERR_BASE64)
			assert_int_equal(e, ERR_DECRYPT);
		token[i] = was;
	}
	assert_int_equal(verify(*state, &nested, token), ERR_OK);
}

/* A name of 256 bytes is one that we do not have, a longer one is none. */
static void
test_jwt_kid_lengths(void **state)
{
	static const struct {
		int len;
		enum err expected;
	} cases[] = {{256, ERR_KID_UNKNOWN}, {257, ERR_HEADER_REFUSED},
		{0, ERR_HEADER_REFUSED}};
	struct forge *f = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_FREE char *header = forge_text(
			"{\"alg\":\"RS256\",\"kid\":\"%0*d\"}", cases[i].len, 0);
		AUTO_FREE char *token = NULL;

		if (cases[i].len == 0)
			strcpy(strstr(header, "\"0\""), "\"\"}");
		token = forge_jws(f->issuer, ALG_RS256, header, "{}", 2);
		assert_int_equal(verify(f, &plain, token), cases[i].expected);
	}
}

/* A refetch repeats the second step alone. */
static void
test_jwt_check_after_new_keys(void **state)
{
	struct forge *f = *state;
	AUTO_SECRET struct secret inner = {0};
	AUTO_JWKS struct jwks *old = NULL;
	AUTO_CLAIMS struct claims *claims = NULL;
	const char *token = DATA_OAEP_A128CBC_HS256;

	assert_int_equal(jwks_parse(&old, "{\"keys\":[]}", 11, NULL), ERR_OK);
	assert_int_equal(
		jwt_open(&inner, token, strlen(token), &nested, &f->enc, 1, NULL),
		ERR_OK);
	assert_int_equal(
		jwt_check(&claims, (char *)inner.data, inner.len, &nested, old, NULL),
		ERR_KID_UNKNOWN);
	assert_null(claims);
	assert_int_equal(
		jwt_check(&claims, (char *)inner.data, inner.len, &nested, f->set, NULL),
		ERR_OK);
	assert_non_null(claims);
}

/* Rotation: the key is the one that the token names, wherever it stands. */
static void
test_jwt_open_chooses_among_several_keys(void **state)
{
	struct forge *f = *state;
	AUTO_KEY struct key *newer = NULL;
	struct key *both[2];
	AUTO_SECRET struct secret one = {0}, two = {0}, none = {0};
	const char *token = DATA_OAEP_A128CBC_HS256;

	assert_int_equal(
		key_load(&newer, DATA_EC_JWK, strlen(DATA_EC_JWK), KEY_ENC, NULL),
		ERR_OK);
	both[0] = newer;
	both[1] = f->enc;
	assert_int_equal(
		jwt_open(&one, token, strlen(token), &nested, both, 2, NULL), ERR_OK);
	both[0] = f->enc;
	both[1] = newer;
	assert_int_equal(
		jwt_open(&two, token, strlen(token), &nested, both, 2, NULL), ERR_OK);
	assert_string_equal((char *)one.data, (char *)two.data);
	assert_int_equal(jwt_open(&none, token, strlen(token), &nested, &newer, 1, NULL),
		ERR_KID_UNKNOWN);
	assert_int_equal(jwt_open(&none, token, strlen(token), &nested, NULL, 0, NULL),
		ERR_KID_UNKNOWN);
}

/*
 * When it may be worth to fetch the keys again: an unknown name, or, where names say
 * nothing, a signature by another key. Never a bad signature under a known name.
 */
static void
test_jwt_wants_newer_keys_table(void **state)
{
	static const struct {
		const char *header;
		bool nameless; /* the set's key has no kid */
		bool forged;
		enum err expected;
		bool newer;
	} cases[] = {
		{"{\"alg\":\"RS256\",\"kid\":\"issuer-1\"}", false, false, ERR_OK, false},
		{"{\"alg\":\"RS256\",\"kid\":\"issuer-1\"}", false, true, ERR_SIGNATURE,
			false},
		{"{\"alg\":\"RS256\",\"kid\":\"issuer-2\"}", false, false,
			ERR_KID_UNKNOWN, true},
		{"{\"alg\":\"RS256\",\"kid\":\"issuer-1\"}", true, false, ERR_OK, false},
		{"{\"alg\":\"RS256\",\"kid\":\"issuer-1\"}", true, true, ERR_SIGNATURE,
			true},
		{"{\"alg\":\"RS256\"}", false, false, ERR_OK, false},
		{"{\"alg\":\"RS256\"}", false, true, ERR_SIGNATURE, true},
		{"{\"alg\":\"RS256\"}", true, true, ERR_SIGNATURE, true},
		{"{\"alg\":\"ES256\"}", false, false, ERR_KID_UNKNOWN, true},
		{"{\"alg\":\"ES256\",\"kid\":\"issuer-1\"}", false, false,
			ERR_ALG_REFUSED, false},
		{"{\"alg\":\"RS256\",\"crit\":[]}", false, false, ERR_CRIT_REFUSED,
			false},
	};
	static const struct jwt_policy any = {.sig_algs = 0xffffffff};
	struct forge *f = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_FREE char *named = forge_text("%s", DATA_ISSUER_JWKS);
		AUTO_FREE char *token =
			forge_jws(cases[i].forged ? f->stranger : f->issuer, ALG_RS256,
				cases[i].header, "{}", 2);
		AUTO_JWKS struct jwks *set = NULL;
		AUTO_CLAIMS struct claims *claims = NULL;
		char *kid = strstr(named, "\"kid\"");
		struct diag diag = {0};

		if (cases[i].nameless)
			memcpy(kid, "\"kit\"", 5);
		assert_int_equal(jwks_parse(&set, named, strlen(named), &diag), ERR_OK);
		if (jwt_check(&claims, token, strlen(token), &any, set, &diag) !=
				cases[i].expected ||
			jwt_wants_newer_keys(cases[i].expected, token, strlen(token),
				set) != cases[i].newer)
			fail_msg("case %zu: %s", i, diag.text);
	}
}

static void
test_jws_sign_verifies_with_published_key(void **state)
{
	struct forge *f = *state;
	AUTO_KEY struct key *ec = NULL, *p384 = NULL;
	struct key *keys[3];
	size_t i;

	assert_int_equal(
		key_load(&ec, DATA_EC_PEM, strlen(DATA_EC_PEM), KEY_SIG, NULL), ERR_OK);
	keys[0] = f->stranger;
	keys[1] = ec;
	assert_int_equal(
		key_load(&p384, DATA_P384_PEM, strlen(DATA_P384_PEM), KEY_SIG, NULL),
		ERR_OK);
	keys[2] = p384;
	for (i = 0; i < 3; i++) {
		AUTO_BUF struct buf token = BUF_INIT(TOKEN_SIZE_MAX),
				    set = BUF_INIT(65536);
		AUTO_JWKS struct jwks *published = NULL;
		AUTO_CLAIMS struct claims *claims = NULL;
		const struct jwt_policy any = {.sig_algs = 0xffffffff};

		buf_adds(&token, "request=");
		assert_int_equal(jws_sign(&token, keys[i], "JWT", DATA_CLAIMS,
					 strlen(DATA_CLAIMS)),
			ERR_OK);
		assert_int_equal(key_public_jwks(&set, &keys[i], 1), ERR_OK);
		assert_int_equal(jwks_parse(&published, set.data, set.len, NULL), ERR_OK);
		assert_int_equal(jwt_check(&claims, token.data + 8, token.len - 8, &any,
					 published, NULL),
			ERR_OK);
		claims_free(&claims);
		assert_int_equal(jwt_check(&claims, token.data + 8, token.len - 8, &any,
					 f->set, NULL),
			ERR_KID_UNKNOWN);
	}
	AUTO_BUF struct buf none = BUF_INIT(TOKEN_SIZE_MAX), small = BUF_INIT(100);

	assert_int_equal(jws_sign(&none, f->enc, NULL, "{}", 2), ERR_KEY_USE);
	assert_int_equal(jws_sign(&small, f->stranger, NULL, "{}", 2), ERR_TOKEN_SIZE);
}

static void
test_random_id_is_fresh_and_fits(void **state)
{
	char one[RANDOM_ID_SIZE], two[RANDOM_ID_SIZE];

	(void)state;
	assert_int_equal(random_id(one), ERR_OK);
	assert_int_equal(random_id(two), ERR_OK);
	assert_int_equal(strlen(one), RANDOM_ID_SIZE - 1);
	assert_string_not_equal(one, two);
}

/* FIPS 180-4, of "abc": beginnings and ends. */
static void
test_digest_table(void **state)
{
	static const struct {
		enum digest digest;
		size_t size;
		uint8_t first, last;
	} cases[] = {
		{DIGEST_SHA256, 32, 0xba, 0xad},
		{DIGEST_SHA384, 48, 0xcb, 0xa7},
		{DIGEST_SHA512, 64, 0xdd, 0x9f},
	};
	uint8_t hash[DIGEST_SIZE_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(digest_size(cases[i].digest), cases[i].size);
		assert_int_equal(digest_make(hash, cases[i].digest, "abc", 3), ERR_OK);
		assert_int_equal(hash[0], cases[i].first);
		assert_int_equal(hash[cases[i].size - 1], cases[i].last);
	}
	assert_int_equal(digest_size(DIGEST_NONE), 0);
	assert_int_equal(digest_make(hash, DIGEST_NONE, "abc", 3), ERR_CRYPTO);
}

static void
test_digest_hex_prefix(void **state)
{
	char text[65];

	(void)state;
	assert_int_equal(digest_sha256_hex_prefix(text, 12, "abc", 3), ERR_OK);
	assert_string_equal(text, "ba7816bf8f01");
	assert_int_equal(digest_sha256_hex_prefix(text, 64, "", 0), ERR_OK);
	assert_string_equal(
		text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_int_equal(digest_sha256_hex_prefix(text, 66, "", 0), ERR_INTERNAL);
	assert_int_equal(digest_sha256_hex_prefix(text, 3, "", 0), ERR_INTERNAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_jwt_verify_table),
		cmocka_unit_test(test_jwt_check_more_algorithms_table),
		cmocka_unit_test(test_es384_known_answer),
		cmocka_unit_test(test_jwt_verify_any_character_changed_is_refused),
		cmocka_unit_test(test_jwt_kid_lengths),
		cmocka_unit_test(test_jwt_check_after_new_keys),
		cmocka_unit_test(test_jwt_open_chooses_among_several_keys),
		cmocka_unit_test(test_jwt_wants_newer_keys_table),
		cmocka_unit_test(test_jws_sign_verifies_with_published_key),
		cmocka_unit_test(test_random_id_is_fresh_and_fits),
		cmocka_unit_test(test_digest_table),
		cmocka_unit_test(test_digest_hex_prefix),
	};

	return cmocka_run_group_tests(tests, forge_setup, forge_teardown);
}
