/* Units of keys: reading files, names, purposes, publishing, the ROCA fingerprint. */
#include "unit.h"

#include <string.h>

#include "forge.h"
#include "jose/base64url.h"
#include "jose/der.h"
#include "jose/jwk.h"
#include "jose/jws.h"
#include "jose/key_impl.h"
#include "jose/roca.h"
#include "jose_data.h"

#define OAEP (ALG_BIT(ALG_RSA_OAEP) | ALG_BIT(ALG_RSA_OAEP_256))

static void
test_key_load_table(void **state)
{
	static const struct {
		const char *text;
		enum key_use use;
		enum err expected;
		const char *kid, *hint;
		uint32_t algs;
	} cases[] = {
		{DATA_ENC_PEM, KEY_ENC, ERR_OK, DATA_ENC_PEM_KID, NULL, OAEP},
		{DATA_ENC_JWK, KEY_ENC, ERR_OK, "enc-1", NULL, OAEP},
		{"\n" DATA_ENC_JWK "\n", KEY_ENC, ERR_OK, "enc-1", NULL, OAEP},
		{DATA_SIG_PEM, KEY_SIG, ERR_OK, DATA_SIG_KID, NULL,
			ALG_BIT(ALG_RS256) | ALG_BIT(ALG_PS256)},
		{DATA_SIG_PEM_PKCS1, KEY_SIG, ERR_OK, DATA_SIG_KID, NULL,
			ALG_BIT(ALG_RS256) | ALG_BIT(ALG_PS256)},
		{"text before\n" DATA_SIG_PEM "text behind\n", KEY_SIG, ERR_OK,
			DATA_SIG_KID, NULL, ALG_BIT(ALG_RS256) | ALG_BIT(ALG_PS256)},
		{DATA_EC_PEM, KEY_SIG, ERR_OK, DATA_EC_KID, NULL, ALG_BIT(ALG_ES256)},
		{DATA_EC_PEM_SEC1, KEY_ENC, ERR_OK, DATA_EC_KID, NULL,
			ALG_BIT(ALG_ECDH_ES)},
		{DATA_EC_JWK, KEY_ENC, ERR_OK, "ec-1", NULL, ALG_BIT(ALG_ECDH_ES)},
		{DATA_ISSUER_JWK, KEY_SIG, ERR_OK, "issuer-1", NULL, ALG_BIT(ALG_RS256)},
		{DATA_ISSUER_JWK, KEY_ENC, ERR_KEY_INVALID, NULL, "do not allow", 0},
		{DATA_ENC_JWK, KEY_SIG, ERR_KEY_INVALID, NULL, "do not allow", 0},
		{DATA_ED_JWK, KEY_SIG, ERR_KEY_INVALID, NULL, "do not allow", 0},
		{DATA_SIG_PEM_ENCRYPTED, KEY_SIG, ERR_KEY_INVALID, NULL, "passphrase", 0},
		{"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n"
		 "-----END RSA PRIVATE KEY-----\n",
			KEY_SIG, ERR_KEY_INVALID, NULL, "passphrase", 0},
		{DATA_RSA_1024_JWK, KEY_SIG, ERR_KEY_INVALID, NULL, "\"d\"", 0},
		{"", KEY_SIG, ERR_KEY_INVALID, NULL, "no private key", 0},
		{"{}", KEY_SIG, ERR_KEY_INVALID, NULL, "kty", 0},
		{"{", KEY_SIG, ERR_KEY_INVALID, NULL, "JSON", 0},
		{"{\"kty\":\"oct\",\"k\":\"AAAA\"}", KEY_SIG, ERR_KEY_INVALID, NULL,
			"symmetric", 0},
		{"-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n",
			KEY_SIG, ERR_KEY_INVALID, NULL, "RSA", 0},
		{"-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----\n",
			KEY_SIG, ERR_KEY_INVALID, NULL, "damaged", 0},
		{"-----BEGIN PRIVATE KEY-----\nMIIB\n", KEY_SIG, ERR_KEY_INVALID, NULL,
			"no private key", 0},
		{"-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n", KEY_SIG,
			ERR_KEY_INVALID, NULL, "no private key", 0},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_KEY struct key *key = NULL;
		struct diag diag = {0};

		if (key_load(&key, cases[i].text, strlen(cases[i].text), cases[i].use,
			    &diag) != cases[i].expected)
			fail_msg("case %zu: %s", i, diag.text);
		assert_int_equal(key != NULL, cases[i].expected == ERR_OK);
		if (key != NULL) {
			assert_string_equal(key_kid(key), cases[i].kid);
			assert_int_equal(key_algs(key), cases[i].algs);
		}
		if (cases[i].hint != NULL && strstr(diag.text, cases[i].hint) == NULL)
			fail_msg("case %zu: %s", i, diag.text);
	}
}

/* The bytes of the PKCS#8 key of the tests. */
static void
der_of(struct secret *ret, const char *pem)
{
	const char *body = strchr(pem, '\n') + 1;
	AUTO_BUF struct buf text = BUF_INIT(8192);

	for (; strncmp(body, "-----END", 8) != 0; body++)
		if (*body != '\n')
			buf_add(&text, body, 1);
	assert_int_equal(base64_decode(ret, text.data, text.len), ERR_OK);
}

/* Cut anywhere, or with any one byte changed in its frame, it is no key or the same one.
 */
static void
test_der_damaged_is_refused(void **state)
{
	AUTO_SECRET struct secret rsa = {0}, ec = {0};
	struct secret *const keys[] = {&rsa, &ec};
	size_t i, len;

	(void)state;
	der_of(&rsa, DATA_SIG_PEM);
	der_of(&ec, DATA_EC_PEM);
	for (i = 0; i < 2; i++)
		for (len = 0; len < keys[i]->len; len++) {
			AUTO_MATERIAL struct material m = {0};
			uint8_t *cut = malloc(len > 0 ? len : 1);

			memcpy(cut, keys[i]->data, len);
			assert_int_equal(der_pkcs8(&m, cut, len), ERR_KEY_INVALID);
			free(cut);
			keys[i]->data[len] ^= 0x41;
			(void)!der_pkcs8(&m, keys[i]->data, keys[i]->len);
			keys[i]->data[len] ^= 0x41;
		}
}

/* RFC 7638 section 3.1. */
static void
test_jwk_thumbprint_of_the_rfc(void **state)
{
	static const char jwk[] =
		"{\"kty\":\"RSA\",\"n\":"
		"\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbb"
		"fAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-"
		"5JsGY4Hc5"
		"n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_"
		"FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0z"
		"gdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-"
		"bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPks"
		"INHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw\",\"e\":\"AQAB\","
		"\"alg\":"
		"\"RS256\",\"kid\":\"2011-04-29\"}";
	AUTO_JSON struct json_object *obj = NULL;
	AUTO_MATERIAL struct material m = {0};
	AUTO_BUF struct buf name = BUF_INIT(100);

	(void)state;
	assert_int_equal(json_parse(&obj, jwk, strlen(jwk)), ERR_OK);
	assert_int_equal(jwk_material(&m, obj, JWK_FOREIGN, NULL), ERR_OK);
	assert_int_equal(jwk_thumbprint(&name, &m), ERR_OK);
	assert_string_equal(
		buf_str(&name), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

/* What we publish holds no private number, reads back, and verifies. */
static void
test_key_public_jwks_reads_back(void **state)
{
	struct forge *f = *state;
	struct key *const keys[] = {f->stranger, f->enc, f->ec};
	static const char *const members[] = {
		"\"d\"", "\"p\"", "\"q\"", "\"dp\"", "\"dq\"", "\"qi\""};
	AUTO_BUF struct buf set = BUF_INIT(65536);
	AUTO_JWKS struct jwks *read = NULL;
	size_t i;
	enum alg alg;

	assert_int_equal(key_public_jwks(&set, keys, 3), ERR_OK);
	for (i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		assert_null(strstr(buf_str(&set), members[i]));
	assert_non_null(strstr(buf_str(&set), "\"use\":\"sig\""));
	assert_non_null(strstr(buf_str(&set), "\"use\":\"enc\",\"kid\":\"ec-1\",\"alg\":"
					      "\"ECDH-ES\""));
	assert_int_equal(jwks_parse(&read, set.data, set.len, NULL), ERR_OK);
	for (i = 0; i < 3; i++)
		assert_non_null(jwks_find(read, key_kid(keys[i])));
	assert_null(jwks_find(read, "nobody"));
	assert_ptr_equal(jwks_choose(read, OAEP, &alg), jwks_find(read, "enc-1"));
	assert_int_equal(alg, ALG_RSA_OAEP_256);
	assert_null(jwks_choose(read, ALG_BIT(ALG_EDDSA), &alg));
}

static void
test_key_generate_loads_and_checks(void **state)
{
	static const struct {
		int bits;
		enum err expected;
	} cases[] = {
		{0, ERR_KEY_INVALID},
		{1024, ERR_KEY_INVALID},
		{2047, ERR_KEY_INVALID},
		{8193, ERR_KEY_INVALID},
		{384, ERR_KEY_INVALID},
		{256, ERR_OK},
		{2048, ERR_OK},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_BUF struct buf pem = BUF_INIT(KEY_FILE_MAX);
		AUTO_KEY struct key *key = NULL;

		assert_int_equal(
			key_generate(&pem, KEY_SIG, cases[i].bits), cases[i].expected);
		if (cases[i].expected != ERR_OK)
			continue;
		assert_int_equal(
			key_load(&key, pem.data, pem.len, KEY_SIG, NULL), ERR_OK);
		assert_int_equal(key_check(key, NULL), ERR_OK);
	}
}

/* A key whose numbers are sound one by one, but do not belong together. */
static void
test_key_check_finds_numbers_of_two_keys(void **state)
{
	struct json_object *a = json_tokener_parse(DATA_ISSUER_JWK);
	struct json_object *b = json_tokener_parse(DATA_ENC_JWK), *d;
	AUTO_KEY struct key *key = NULL;
	struct diag diag = {0};
	const char *text;

	(void)state;
	json_object_object_get_ex(b, "d", &d);
	json_object_object_add(a, "d", json_object_get(d));
	text = json_object_to_json_string(a);
	assert_int_equal(key_load(&key, text, strlen(text), KEY_SIG, NULL), ERR_OK);
	assert_int_equal(key_check(key, &diag), ERR_KEY_INVALID);
	assert_non_null(strstr(diag.text, "together"));
	json_object_put(a);
	json_object_put(b);
}

/* One algorithm left: it is what the key signs with, and what its set says. */
static void
test_key_restrict_pins(void **state)
{
	AUTO_KEY struct key *key = NULL;
	AUTO_BUF struct buf set = BUF_INIT(65536), token = BUF_INIT(8192);
	AUTO_JWS struct jws jws = {0};

	(void)state;
	assert_int_equal(
		key_load(&key, DATA_SIG_PEM, strlen(DATA_SIG_PEM), KEY_SIG, NULL),
		ERR_OK);
	assert_int_equal(key_restrict(key, ALG_BIT(ALG_ES256), NULL), ERR_KEY_INVALID);
	assert_int_equal(
		key_restrict(key, ALG_BIT(ALG_PS256) | ALG_BIT(ALG_ES256), NULL), ERR_OK);
	assert_int_equal(jws_sign(&token, key, "JWT", "{}", 2), ERR_OK);
	assert_int_equal(jws_read(&jws, token.data, token.len, NULL), ERR_OK);
	assert_int_equal(jws.head.alg, ALG_PS256);
	assert_string_equal(jws.head.typ, "JWT");
	assert_int_equal(key_public_jwks(&set, &key, 1), ERR_OK);
	assert_non_null(strstr(buf_str(&set), "\"alg\":\"PS256\""));
}

/* A power of 65537 is one modulo every prime; its successor is not. */
static void
test_roca_powers_are_suspect_and_keys_are_not(void **state)
{
	struct forge *f = *state;
	AUTO_SECRET struct secret n = {0};
	uint64_t power = 1;
	int i;

	assert_false(roca_suspect(&f->enc->public.part[PART_N]));
	assert_false(roca_suspect(&f->issuer->public.part[PART_N]));
	assert_false(roca_suspect(&f->stranger->public.part[PART_N]));
	assert_int_equal(secret_alloc(&n, 7), ERR_OK);
	power = 65537ull * 65537ull * 65537ull;
	for (i = 0; i < 7; i++)
		n.data[i] = (uint8_t)(power >> (8 * (6 - i)));
	assert_true(roca_suspect(&n));
	n.data[6]++;
	assert_false(roca_suspect(&n));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key_load_table),
		cmocka_unit_test(test_der_damaged_is_refused),
		cmocka_unit_test(test_jwk_thumbprint_of_the_rfc),
		cmocka_unit_test(test_key_public_jwks_reads_back),
		cmocka_unit_test(test_key_generate_loads_and_checks),
		cmocka_unit_test(test_key_check_finds_numbers_of_two_keys),
		cmocka_unit_test(test_key_restrict_pins),
		cmocka_unit_test(test_roca_powers_are_suspect_and_keys_are_not),
	};

	return cmocka_run_group_tests(tests, forge_setup, forge_teardown);
}
