/* Units of keys: reading files, names, purposes, publishing, the ROCA fingerprint. */
#define _GNU_SOURCE /* memmem */
#include "unit.h"

#include <string.h>
#include <time.h>

#include "forge.h"
#include "jose/base64url.h"
#include "jose/der.h"
#include "jose/jwk.h"
#include "jose/jws.h"
#include "jose/key_impl.h"
#include "jose/key_store.h"
#include "jose/roca.h"
#include "jose/store.h"
#include "jose_data.h"
#include "jose_more.h"

#define RSA_SIGNS                                                       \
	(ALG_BIT(ALG_RS256) | ALG_BIT(ALG_PS256) | ALG_BIT(ALG_RS384) | \
		ALG_BIT(ALG_RS512) | ALG_BIT(ALG_PS384) | ALG_BIT(ALG_PS512))
#define ECDH \
	(ALG_BIT(ALG_ECDH_ES) | ALG_BIT(ALG_ECDH_ES_A128KW) | ALG_BIT(ALG_ECDH_ES_A256KW))
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
		{DATA_SIG_PEM, KEY_SIG, ERR_OK, DATA_SIG_KID, NULL, RSA_SIGNS},
		{DATA_SIG_PEM_PKCS1, KEY_SIG, ERR_OK, DATA_SIG_KID, NULL, RSA_SIGNS},
		{"text before\n" DATA_SIG_PEM "text behind\n", KEY_SIG, ERR_OK,
			DATA_SIG_KID, NULL, RSA_SIGNS},
		{DATA_EC_PEM, KEY_SIG, ERR_OK, DATA_EC_KID, NULL, ALG_BIT(ALG_ES256)},
		{DATA_EC_PEM_SEC1, KEY_ENC, ERR_OK, DATA_EC_KID, NULL, ECDH},
		{DATA_EC_JWK, KEY_ENC, ERR_OK, "ec-1", NULL, ECDH},
		{DATA_P384_PEM, KEY_SIG, ERR_OK, DATA_P384_KID, NULL, ALG_BIT(ALG_ES384)},
		{DATA_P384_PEM_SEC1, KEY_SIG, ERR_OK, DATA_P384_KID, NULL,
			ALG_BIT(ALG_ES384)},
		{DATA_P384_PEM, KEY_ENC, ERR_OK, DATA_P384_KID, NULL, ECDH},
		{DATA_P384_JWK, KEY_ENC, ERR_OK, "own-384", NULL, ECDH},
		{DATA_X25519_PEM, KEY_ENC, ERR_OK, DATA_X25519_KID, NULL, ECDH},
		{DATA_X25519_JWK, KEY_ENC, ERR_OK, "own-x", NULL, ECDH},
		{DATA_X25519_PEM, KEY_SIG, ERR_KEY_INVALID, NULL, "this type", 0},
		{DATA_X25519_JWK, KEY_SIG, ERR_KEY_INVALID, NULL, "do not allow", 0},
		{DATA_MORE_ED_JWK, KEY_ENC, ERR_KEY_INVALID, NULL, "do not allow", 0},
		{DATA_MORE_ED_JWK, KEY_SIG, ERR_KEY_INVALID, NULL, "do not allow", 0},
		{DATA_MORE_384_JWK, KEY_ENC, ERR_KEY_INVALID, NULL, "do not allow", 0},
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
		{"-----BEGIN PRIVATE KEY-----END PRIVATE KEY-----\n", KEY_SIG,
			ERR_KEY_INVALID, NULL, "no private key", 0},
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

#define KID_8 "12345678"
#define KID_64 KID_8 KID_8 KID_8 KID_8 KID_8 KID_8 KID_8 KID_8
#define KID_256 KID_64 KID_64 KID_64 KID_64

/* A JWK of our own with one member set to something else. */
static void
test_key_load_own_members_table(void **state)
{
	static const struct {
		const char *jwk, *member, *value;
		enum err expected;
	} cases[] = {
		{DATA_EC_JWK, "x-more", "1", ERR_OK},
		{DATA_EC_JWK, "d", "\"\"", ERR_KEY_INVALID},
		{DATA_ENC_JWK, "d", "\"\"", ERR_KEY_INVALID},
		{DATA_ENC_JWK, "qi", "\"\"", ERR_KEY_INVALID},
		{DATA_ENC_JWK, "d", "null", ERR_KEY_INVALID},
		{DATA_ENC_JWK, "oth", "[]", ERR_KEY_INVALID},
		{DATA_ENC_JWK, "kid", "\"" KID_256 "\"", ERR_OK},
		{DATA_ENC_JWK, "kid", "\"" KID_256 "9\"", ERR_KEY_INVALID},
		{DATA_ENC_JWK, "kid", "\"\"", ERR_KEY_INVALID},
		{DATA_ENC_JWK, "kid", "7", ERR_KEY_INVALID},
		{DATA_ENC_JWK, "key_ops", "[\"decrypt\"]", ERR_OK},
		{DATA_ENC_JWK, "key_ops", "[\"encrypt\"]", ERR_KEY_INVALID},
		{DATA_ENC_JWK, "alg", "\"RS256\"", ERR_KEY_INVALID},
		{DATA_ENC_JWK, "use", "\"both\"", ERR_KEY_INVALID},
		{DATA_P384_JWK, "crv", "\"P-256\"", ERR_KEY_INVALID},
		{DATA_P256_JWK, "crv", "\"P-384\"", ERR_KEY_INVALID},
		{DATA_P384_JWK, "kty", "\"OKP\"", ERR_KEY_INVALID},
		{DATA_X25519_JWK, "kty", "\"EC\"", ERR_KEY_INVALID},
		{DATA_X25519_JWK, "crv", "\"Ed25519\"", ERR_KEY_INVALID},
		{DATA_X25519_JWK, "crv", "\"X448\"", ERR_KEY_INVALID},
		{DATA_X25519_JWK, "d", "\"AAAA\"", ERR_KEY_INVALID},
		{DATA_X25519_JWK, "x", "\"AAAA\"", ERR_KEY_INVALID},
		{DATA_X25519_JWK, "d", "null", ERR_KEY_INVALID},
		{DATA_X25519_JWK, "alg", "\"ECDH-ES+A256KW\"", ERR_OK},
		{DATA_X25519_JWK, "alg", "\"ECDH-ES+A192KW\"", ERR_KEY_INVALID},
		{DATA_X25519_JWK, "alg", "\"EdDSA\"", ERR_KEY_INVALID},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json_object *jwk = json_tokener_parse(cases[i].jwk);
		AUTO_KEY struct key *key = NULL;
		struct diag diag = {0};
		const char *text;

		json_object_object_add(
			jwk, cases[i].member, json_tokener_parse(cases[i].value));
		text = json_object_to_json_string(jwk);
		if (key_load(&key, text, strlen(text), KEY_ENC, &diag) !=
			cases[i].expected)
			fail_msg("case %zu: %s", i, diag.text);
		assert_int_equal(diag.text[0] == '\0', cases[i].expected == ERR_OK);
		json_object_put(jwk);
	}
}

/* The same names in a key set, also for keys of a kind that we do not use. */
static void
test_jwks_names_table(void **state)
{
	static const struct {
		const char *set;
		unsigned unused, odd;
	} cases[] = {
#define FOREIGN(kid) "{\"kty\":\"AKP\",\"kid\":" kid "}"
#define SET(keys) "{\"keys\":[" keys "]}"
		{SET(FOREIGN("\"" KID_256 "\"")), 1, 0},
		{SET(FOREIGN("\"" KID_256 "9\"")), 0, 1},
		{SET(FOREIGN("\"\"")), 0, 1},
		{SET(FOREIGN("7") "," FOREIGN("[\"a\"]")), 0, 2},
		{SET(FOREIGN("null")), 1, 0},
		{SET(FOREIGN("\"a\"") "," FOREIGN("\"b\"")), 2, 0},
		{SET(FOREIGN("\"a\"") "," FOREIGN("\"a\"")), 2, 0},
		{SET("{\"kty\":\"AKP\"},{\"kty\":\"AKP\"}"), 2, 0},
		{SET(""), 0, 0},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_JWKS struct jwks *set = NULL;
		const struct jwks_counts *counts;
		struct diag diag = {0}, why;

		if (jwks_parse(&set, cases[i].set, strlen(cases[i].set), &diag) != ERR_OK)
			fail_msg("case %zu: %s", i, diag.text);
		counts = jwks_counts(set);
		jwks_explain(set, &why);
		if (counts->unused != cases[i].unused || counts->odd != cases[i].odd ||
			counts->verifying != 0)
			fail_msg("case %zu: %s", i, why.text);
		assert_int_equal(counts->keys, cases[i].unused + cases[i].odd);
		assert_int_equal(why.text[0] == '\0', counts->keys == 0);
	}
}

#define POINT                                                                           \
	"\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"-bUR0yKwT78dh-KCBe2mRbLFIzvzN0Y5RXJC" \
	"-NFMgNQ\",\"y\":\"0Th65DR9AIJ_3GpqHWIszN0CmH6fd9Wn9CLN2_FRgaM\""
#define MINUS "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAA\",\"y\":\"AAAA\""

/* What is said of those that were skipped: an odd one before one that is only not ours.
 */
static void
test_jwks_explain_table(void **state)
{
	static const struct {
		const char *set, *expected;
		unsigned verifying;
	} cases[] = {
		{SET("{" POINT "}"), "", 1},
		{SET("{" POINT ",\"use\":\"enc\"}"), "", 0},
		{SET("{" POINT ",\"x5c\":[7],\"x5t\":{},\"iat\":[]}"), "", 1},
		/* what some libraries write for every member that there could be */
		{SET("{" POINT ",\"use\":null,\"alg\":null,\"key_ops\":null,\"d\":null,"
		     "\"kid\":null,\"k\":null,\"oth\":null,\"x5c\":null}"),
			"", 1},
		{SET("{" POINT ",\"use\":\"tls\"}"),
			"1 of 1 keys skipped; key 0: its use, key_ops or alg is nothing "
			"that "
			"we do",
			0},
		{SET("{" POINT ",\"alg\":\"ES999\"},{" POINT "}"),
			"1 of 2 keys skipped; key 0: its use, key_ops or alg is nothing "
			"that "
			"we do",
			1},
		{SET("{" POINT "},{\"kty\":\"AKP\"},{\"kty\":\"oct\",\"k\":\"AA\"},7"),
			"3 of 4 keys skipped; key 2: symmetric key", 1},
		{SET("{" MINUS "},{" POINT "}"),
			"1 of 2 keys skipped; key 0: a number of the P-256 key does not "
			"have "
			"32 bytes",
			1},
		/* an encryption key is held to the same */
		{SET("{" MINUS ",\"use\":\"enc\"}"),
			"1 of 1 keys skipped; key 0: a number of the P-256 key does not "
			"have "
			"32 bytes",
			0},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_JWKS struct jwks *set = NULL;
		struct diag diag = {0}, why;

		if (jwks_parse(&set, cases[i].set, strlen(cases[i].set), &diag) != ERR_OK)
			fail_msg("case %zu: %s", i, diag.text);
		assert_string_equal(diag.text, "");
		jwks_explain(set, &why);
		if (strcmp(why.text, cases[i].expected) != 0 ||
			jwks_counts(set)->verifying != cases[i].verifying)
			fail_msg("case %zu: \"%s\", %zu verify", i, why.text,
				jwks_counts(set)->verifying);
	}
}

/* Lists of next to nothing, or of as many sound keys as fit: there is no end to them but
 * that of the text, so none may take long. */
static void
test_jwks_full_of_tiny_keys_is_cheap(void **state)
{
	static const struct {
		const char *unit;
		size_t count; /* as many as JSON_VALUES_MAX leaves, or more than enough */
	} cases[] = {
		{"{}", 5000},
		{"7", 5000},
		{"{\"kty\":\"AKP\"}", 4000},
		{"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":"
		 "\"AwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
			2000},
		{"{" POINT "}", 1600},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_BUF struct buf text = BUF_INIT(JWKS_SIZE_MAX);
		AUTO_JWKS struct jwks *set = NULL;
		struct timespec from, to;
		double ms;
		size_t n;

		buf_addf(&text, "{\"keys\":[%s", cases[i].unit);
		for (n = 1; n < cases[i].count; n++)
			buf_addf(&text, ",%s", cases[i].unit);
		buf_adds(&text, "]}");
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
		assert_int_equal(
			jwks_parse(&set, buf_str(&text), text.len, NULL), ERR_OK);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
		ms = (double)(to.tv_sec - from.tv_sec) * 1e3 +
		     (double)(to.tv_nsec - from.tv_nsec) / 1e6;
		printf("%5zu keys %-32.32s %6.1f ms\n", n, cases[i].unit, ms);
		assert_int_equal(jwks_counts(set)->keys, n);
		/* of CPU time, and generous: sanitizers are slow */
		assert_true(ms < 3000);
	}
}

static void
test_key_load_keeps_no_private_number_beside(void **state)
{
	static const char *const texts[] = {DATA_ENC_PEM, DATA_ENC_JWK, DATA_EC_PEM,
		DATA_P384_JWK, DATA_X25519_PEM, DATA_X25519_JWK};
	size_t i;
	int part;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		AUTO_KEY struct key *key = NULL;

		assert_int_equal(
			key_load(&key, texts[i], strlen(texts[i]), KEY_ENC, NULL),
			ERR_OK);
		for (part = PART_D; part < PART_COUNT; part++)
			assert_null(key->public.part[part].data);
	}
}

static void
test_key_load_size_is_limited(void **state)
{
	AUTO_BUF struct buf text = BUF_INIT(KEY_FILE_MAX + 1);
	AUTO_KEY struct key *key = NULL;

	(void)state;
	buf_adds(&text, DATA_ENC_PEM);
	while (text.len < KEY_FILE_MAX)
		buf_adds(&text, "\n");
	assert_int_equal(key_load(&key, text.data, text.len, KEY_ENC, NULL), ERR_OK);
	key_free(&key);
	buf_adds(&text, "\n");
	assert_int_equal(
		key_load(&key, text.data, text.len, KEY_ENC, NULL), ERR_KEY_INVALID);
}

/* Refused before any code is loaded for it; the stores themselves: tests/store. */
static void
test_key_store_refusals(void **state)
{
	AUTO_BUF struct buf uri = BUF_INIT(2000);
	AUTO_KEY struct key *key = NULL;
	struct diag diag = {0};

	(void)state;
	buf_adds(&uri, "pkcs11:object=sig");
	assert_true(store_is_uri(buf_str(&uri)));
	assert_false(store_is_uri("/etc/pam_itsme/keys/sig.pem"));
	assert_int_equal(
		key_store_load(&key, buf_str(&uri), KEY_ENC, &diag), ERR_KEY_INVALID);
	assert_non_null(strstr(diag.text, "must be files"));
	while (uri.len < 1024)
		buf_adds(&uri, "x");
	assert_int_equal(
		key_store_load(&key, buf_str(&uri), KEY_SIG, &diag), ERR_KEY_INVALID);
	assert_int_equal(
		key_store_load(&key, "file:/k.pem", KEY_SIG, &diag), ERR_KEY_INVALID);
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

/* Cut anywhere it is no key; with any one byte changed it is read without harm. */
static void
test_der_damaged_is_refused(void **state)
{
	AUTO_SECRET struct secret rsa = {0}, ec = {0}, p384 = {0}, x25519 = {0};
	struct secret *const keys[] = {&rsa, &ec, &p384, &x25519};
	size_t i, len;

	(void)state;
	der_of(&rsa, DATA_SIG_PEM);
	der_of(&ec, DATA_EC_PEM);
	der_of(&p384, DATA_P384_PEM);
	der_of(&x25519, DATA_X25519_PEM);
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
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

/* A PKCS#1 key of one-byte numbers, which the type's own file would not take. */
static void
test_der_pkcs1_table(void **state)
{
#define N "\x02\x01\x05"
#define KEY(version, d, end) version N N d N N N N N end
	static const struct {
		const char *der;
		size_t len;
		enum err expected;
	} cases[] = {
#define CASE(text, expected) {text, sizeof(text) - 1, expected}
		CASE("\x30\x1b" KEY("\x02\x01\x00", N, ""), ERR_OK),
		CASE("\x30\x81\x1b" KEY("\x02\x01\x00", N, ""), ERR_OK),
		CASE("\x30\x1c" KEY("\x02\x01\x00", "\x02\x02\x00\x85", ""), ERR_OK),
		/* not positive */
		CASE("\x30\x1b" KEY("\x02\x01\x00", "\x02\x01\x00", ""), ERR_KEY_INVALID),
		CASE("\x30\x1b" KEY("\x02\x01\x00", "\x02\x01\x85", ""), ERR_KEY_INVALID),
		CASE("\x30\x1a" KEY("\x02\x01\x00", "\x02\x00", ""), ERR_KEY_INVALID),
		/* of another version, another type, indefinite, with more behind it */
		CASE("\x30\x1b" KEY("\x02\x01\x01", N, ""), ERR_KEY_INVALID),
		CASE("\x30\x1c" KEY("\x02\x02\x00\x00", N, ""), ERR_KEY_INVALID),
		CASE("\x31\x1b" KEY("\x02\x01\x00", N, ""), ERR_KEY_INVALID),
		CASE("\x30\x1b" KEY("\x02\x01\x00", "\x03\x01\x05", ""), ERR_KEY_INVALID),
		CASE("\x30\x80" KEY("\x02\x01\x00", N, "\x00\x00"), ERR_KEY_INVALID),
		CASE("\x30\x85\x00\x00\x00\x00\x1b" KEY("\x02\x01\x00", N, ""),
			ERR_KEY_INVALID),
		CASE("\x30\x1e" KEY("\x02\x01\x00", N, N), ERR_KEY_INVALID),
		CASE("\x30\x1b" KEY("\x02\x01\x00", N, "\x00"), ERR_KEY_INVALID),
		CASE("\x30\x1c" KEY("\x02\x01\x00", N, ""), ERR_KEY_INVALID),
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_MATERIAL struct material m = {0};
		AUTO_FREE uint8_t *der = malloc(cases[i].len);

		memcpy(der, cases[i].der, cases[i].len);
		if (der_pkcs1(&m, der, cases[i].len) != cases[i].expected)
			fail_msg("case %zu", i);
		assert_int_equal(m.part[PART_D].len, cases[i].expected == ERR_OK ? 1 : 0);
	}
}

/* An EC key in the form that names its curve within: nothing may stand beside the name.
 */
static void
test_der_sec1_curve_stands_alone(void **state)
{
	static const uint8_t curve[] = {
		0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
	AUTO_SECRET struct secret ec = {0}, more = {0};
	AUTO_MATERIAL struct material m = {0}, none = {0};
	size_t before;

	(void)state;
	der_of(&ec, DATA_EC_PEM_SEC1);
	assert_int_equal(der_sec1(&m, ec.data, ec.len), ERR_OK);
	before = (size_t)((uint8_t *)memmem(ec.data, ec.len, curve, sizeof(curve)) -
			  ec.data) +
		 sizeof(curve);
	assert_int_equal(secret_alloc(&more, ec.len + 2), ERR_OK);
	memcpy(more.data, ec.data, before);
	memcpy(more.data + before, "\x05\x00", 2);
	memcpy(more.data + before + 2, ec.data + before, ec.len - before);
	more.data[1] = (uint8_t)(more.data[1] + 2);
	more.data[before - sizeof(curve) + 1] = 0x0c;
	assert_int_equal(der_sec1(&none, more.data, more.len), ERR_KEY_INVALID);
}

/* Every byte of the frame around the numbers of an EC key counts. */
static void
test_der_pkcs8_frame_is_exact(void **state)
{
	static const uint8_t oids[][10] = {
		{0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01}, /* id-ecPublicKey */
		{0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07}, /* P-256 */
		{0x03, 0x42, 0x00, 0x04}, /* no unused bits, an uncompressed point */
	};
	static const size_t lens[] = {7, 8, 4};
	AUTO_SECRET struct secret ec = {0};
	size_t i, j;

	(void)state;
	der_of(&ec, DATA_EC_PEM);
	for (i = 0; i < 3; i++) {
		uint8_t *at = memmem(ec.data, ec.len, oids[i], lens[i]);

		assert_non_null(at);
		for (j = 0; j < lens[i]; j++) {
			AUTO_MATERIAL struct material m = {0};

			at[j] ^= 2;
			if (der_pkcs8(&m, ec.data, ec.len) != ERR_KEY_INVALID)
				fail_msg("case %zu, byte %zu", i, j);
			at[j] ^= 2;
		}
	}
}

/* The curve that a key names within must be the one that stands outside, its own size. */
static void
test_der_curves_are_not_mixed(void **state)
{
	static const uint8_t p384[] = {0x2b, 0x81, 0x04, 0x00, 0x22};
	AUTO_SECRET struct secret der = {0}, inner = {0};
	AUTO_MATERIAL struct material none = {0};
	uint8_t *at;

	(void)state;
	der_of(&der, DATA_P384_PEM_SEC1);
	at = memmem(der.data, der.len, p384, sizeof(p384));
	assert_non_null(at);
	at[4] = 0x23; /* P-521 */
	assert_int_equal(der_sec1(&none, der.data, der.len), ERR_KEY_INVALID);
	/* a P-256 key that says P-384 outside: its own lengths do not fit */
	static const uint8_t outside[] = {0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce,
		0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22};
	der_of(&inner, DATA_EC_PEM_SEC1);
	AUTO_BUF struct buf made = BUF_INIT(512);
	const uint8_t frame[] = {0x30, 0x81,
		(uint8_t)(3 + sizeof(outside) + 2 + inner.len), 0x02, 0x01, 0x00};
	const uint8_t octets[] = {0x04, (uint8_t)inner.len};

	assert_true(inner.len < 0x80);
	buf_add(&made, frame, sizeof(frame));
	buf_add(&made, outside, sizeof(outside));
	buf_add(&made, octets, sizeof(octets));
	buf_add(&made, inner.data, inner.len);
	assert_int_equal(
		der_pkcs8(&none, (uint8_t *)made.data, made.len), ERR_KEY_INVALID);
}

/* A private key of another length, or with something behind it, is none. */
static void
test_der_x25519_table(void **state)
{
#define X25519_ALG "\x30\x05\x06\x03\x2b\x65\x6e"
#define BYTES_16 "0123456789abcdef"
	static const struct {
		const char *der;
		size_t len;
		enum err expected;
	} cases[] = {
		CASE("\x30\x2e\x02\x01\x00" X25519_ALG
		     "\x04\x22\x04\x20" BYTES_16 BYTES_16,
			ERR_OK),
		CASE("\x30\x2d\x02\x01\x00" X25519_ALG "\x04\x21\x04\x1f" BYTES_16
		     "123456789abcdef",
			ERR_KEY_INVALID),
		CASE("\x30\x2f\x02\x01\x00" X25519_ALG
		     "\x04\x23\x04\x21" BYTES_16 BYTES_16 "0",
			ERR_KEY_INVALID),
		CASE("\x30\x2f\x02\x01\x00" X25519_ALG
		     "\x04\x23\x04\x20" BYTES_16 BYTES_16 "0",
			ERR_KEY_INVALID),
		CASE("\x30\x2c\x02\x01\x00" X25519_ALG "\x04\x20" BYTES_16 BYTES_16,
			ERR_KEY_INVALID),
		/* parameters, where RFC 8410 has none; X448; Ed25519 */
		CASE("\x30\x30\x02\x01\x00\x30\x07\x06\x03\x2b\x65\x6e\x05\x00"
		     "\x04\x22\x04\x20" BYTES_16 BYTES_16,
			ERR_KEY_INVALID),
		CASE("\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x6f\x04\x22\x04"
		     "\x20" BYTES_16 BYTES_16,
			ERR_KEY_INVALID),
		CASE("\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04"
		     "\x20" BYTES_16 BYTES_16,
			ERR_KEY_INVALID),
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_MATERIAL struct material m = {0};

		if (der_pkcs8(&m, (const uint8_t *)cases[i].der, cases[i].len) !=
			cases[i].expected)
			fail_msg("case %zu", i);
		assert_int_equal(
			m.part[PART_X].len, cases[i].expected == ERR_OK ? 32 : 0);
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
	struct key *const keys[] = {
		f->stranger, f->enc, f->ec, f->own[OWN_P384], f->own[OWN_X25519]};
	const size_t count = sizeof(keys) / sizeof(keys[0]);
	static const char *const members[] = {
		"\"d\"", "\"p\"", "\"q\"", "\"dp\"", "\"dq\"", "\"qi\""};
	AUTO_BUF struct buf set = BUF_INIT(65536);
	AUTO_JWKS struct jwks *read = NULL;
	size_t i;
	enum alg alg;

	assert_int_equal(key_public_jwks(&set, keys, count), ERR_OK);
	for (i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		assert_null(strstr(buf_str(&set), members[i]));
	assert_non_null(strstr(buf_str(&set), "\"use\":\"sig\""));
	/* which of three algorithms is the provider's to choose */
	assert_non_null(strstr(buf_str(&set), "\"use\":\"enc\",\"kid\":\"ec-1\"}"));
	assert_int_equal(jwks_parse(&read, set.data, set.len, NULL), ERR_OK);
	for (i = 0; i < count; i++)
		assert_true(jwks_has(read, key_kid(keys[i])));
	assert_false(jwks_has(read, "nobody"));
	assert_string_equal(key_kid(jwks_choose(read, OAEP, &alg)), "enc-1");
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

/* What a JWK or PEM file held is the same key as PKCS#8; what has no private half is
 * none. */
static void
test_key_private_pem_is_the_same_key(void **state)
{
	static const struct {
		const char *text;
		enum key_use use;
	} cases[] = {
		{DATA_ISSUER_JWK, KEY_SIG},
		{DATA_SIG_PEM, KEY_SIG},
		{DATA_SIG_PEM_PKCS1, KEY_SIG},
		{DATA_EC_PEM_SEC1, KEY_SIG},
		{DATA_P384_JWK, KEY_SIG},
		{DATA_EC_JWK, KEY_ENC},
		{DATA_X25519_JWK, KEY_ENC},
	};
	AUTO_BUF struct buf nothing = BUF_INIT(KEY_FILE_MAX);
	const struct forge *f = *state;
	enum alg alg;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_BUF struct buf pem = BUF_INIT(KEY_FILE_MAX);
		AUTO_KEY struct key *key = NULL, *again = NULL;

		assert_int_equal(key_load(&key, cases[i].text, strlen(cases[i].text),
					 cases[i].use, NULL),
			ERR_OK);
		assert_int_equal(key_private_pem(&pem, key), ERR_OK);
		assert_int_equal(
			strncmp(buf_str(&pem), "-----BEGIN PRIVATE KEY-----\n", 28), 0);
		assert_int_equal(
			key_load(&again, buf_str(&pem), pem.len, cases[i].use, NULL),
			ERR_OK);
		assert_int_equal(EVP_PKEY_eq(key->pkey, again->pkey), 1);
		assert_int_equal(key_check(again, NULL), ERR_OK);
	}
	assert_int_equal(key_private_pem(&nothing, jwks_choose(f->set, RSA_SIGNS, &alg)),
		ERR_KEY_INVALID);
	assert_int_equal(nothing.len, 0);
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

/* The same for an X25519 key, whose halves OpenSSL 3.0 does not compare. */
static void
test_key_check_finds_halves_of_two_x25519_keys(void **state)
{
	struct json_object *jwk = json_tokener_parse(DATA_X25519_JWK);
	AUTO_KEY struct key *key = NULL, *good = NULL;
	struct diag diag = {0};
	const char *text = json_object_to_json_string(jwk);

	(void)state;
	assert_int_equal(key_load(&good, text, strlen(text), KEY_ENC, NULL), ERR_OK);
	assert_int_equal(key_check(good, NULL), ERR_OK);
	json_object_object_add(jwk, "d",
		json_object_new_string("AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA"));
	text = json_object_to_json_string(jwk);
	assert_int_equal(key_load(&key, text, strlen(text), KEY_ENC, NULL), ERR_OK);
	assert_int_equal(key_check(key, &diag), ERR_KEY_INVALID);
	assert_non_null(strstr(diag.text, "together"));
	json_object_put(jwk);
}

/* What there was before is preferred to what came later, whatever the key could do. */
static void
test_key_signs_with_the_first_that_is_offered(void **state)
{
	static const struct {
		uint32_t offered;
		enum alg alg;
	} cases[] = {
		{UINT32_MAX, ALG_RS256},
		{ALG_BIT(ALG_PS256) | ALG_BIT(ALG_RS384) | ALG_BIT(ALG_RS512), ALG_PS256},
		{ALG_BIT(ALG_PS512) | ALG_BIT(ALG_RS512), ALG_RS512},
		{ALG_BIT(ALG_PS512) | ALG_BIT(ALG_ES384), ALG_PS512},
	};
	struct forge *f = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_BUF struct buf token = BUF_INIT(8192);
		AUTO_JWS struct jws jws = {0};

		assert_int_equal(
			jws_sign_as(&token, f->stranger, cases[i].offered, NULL, "{}", 2),
			ERR_OK);
		assert_int_equal(jws_read(&jws, token.data, token.len, NULL), ERR_OK);
		assert_int_equal(jws.head.alg, cases[i].alg);
	}
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

/* Each number has the fingerprint modulo every prime but one. */
static void
test_roca_every_prime_counts(void **state)
{
	static uint8_t numbers[][13] = {
		{0x00, 0xe9, 0x24, 0x7e, 0x16, 0x35, 0x46, 0xc2, 0xbc, 0xb1, 0xf9, 0x28,
			0x18}, /* 11 */
		{0x00, 0xc5, 0x46, 0x43, 0x4d, 0xde, 0x4f, 0x91, 0x15, 0xd1, 0xab, 0x70,
			0xb2}, /* 13 */
		{0x01, 0x2d, 0xb6, 0xc1, 0x49, 0xea, 0x97, 0xce, 0xd6, 0x13, 0x7e, 0xac,
			0x5b}, /* 17 */
		{0x02, 0x1b, 0xe8, 0xb8, 0x33, 0x6d, 0xe7, 0x3c, 0x3b, 0xb7, 0x18, 0x92,
			0xbd}, /* 19 */
		{0x00, 0x45, 0x50, 0x09, 0xcf, 0x40, 0x45, 0x78, 0x2a, 0x42, 0xbf, 0xb1,
			0xfa}, /* 37 */
		{0x00, 0x30, 0x63, 0x58, 0xf6, 0x1e, 0x60, 0xcc, 0xa4, 0xbf, 0x80, 0xfe,
			0xaa}, /* 53 */
		{0x00, 0x2a, 0x0a, 0xc6, 0xff, 0xce, 0xda, 0x66, 0x43, 0x99, 0xcc, 0x67,
			0xc2}, /* 61 */
		{0x00, 0x24, 0x1e, 0xe4, 0xa9, 0x4c, 0xc2, 0xd9, 0xa9, 0xda, 0xac, 0x02,
			0x9c}, /* 71 */
		{0x00, 0x8c, 0x86, 0x36, 0xf4, 0xd6, 0x77, 0xcd, 0x0c, 0x09, 0x14, 0x6c,
			0x55}, /* 73 */
		{0x00, 0x20, 0x76, 0x7f, 0xbb, 0xcd, 0x16, 0xd0, 0x95, 0x69, 0xcb, 0x32,
			0xf4}, /* 79 */
		{0x00, 0x34, 0xe0, 0xb0, 0x64, 0x0c, 0x15, 0x53, 0xc1, 0x3a, 0xd6, 0xdc,
			0x3b}, /* 97 */
		{0x00, 0x18, 0xe6, 0x12, 0x6f, 0xbb, 0x20, 0x69, 0x4d, 0x51, 0x24, 0x8c,
			0xfc}, /* 103 */
		{0x00, 0x2f, 0xef, 0x93, 0xf1, 0x6d, 0x0c, 0x28, 0x0a, 0x16, 0x3c, 0xcc,
			0x6f}, /* 107 */
		{0x00, 0x8d, 0x2b, 0x3b, 0xe7, 0xde, 0x7f, 0x65, 0x79, 0x4d, 0x3b, 0x44,
			0xe7}, /* 109 */
		{0x00, 0x14, 0x31, 0x85, 0xe1, 0xab, 0xeb, 0xec, 0x95, 0x62, 0x0f, 0x88,
			0x84}, /* 127 */
		{0x00, 0x10, 0xfb, 0xe0, 0x7f, 0x13, 0x23, 0xab, 0xda, 0xe2, 0x94, 0xb1,
			0x8c}, /* 151 */
		{0x00, 0x10, 0x55, 0xb7, 0x4e, 0x31, 0x63, 0x87, 0xef, 0xde, 0xd0, 0x3b,
			0xe2}, /* 157 */
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		const struct secret n = {numbers[i], sizeof(numbers[i])};

		if (roca_suspect(&n))
			fail_msg("case %zu", i);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key_load_table),
		cmocka_unit_test(test_key_load_own_members_table),
		cmocka_unit_test(test_jwks_names_table),
		cmocka_unit_test(test_jwks_explain_table),
		cmocka_unit_test(test_jwks_full_of_tiny_keys_is_cheap),
		cmocka_unit_test(test_key_load_keeps_no_private_number_beside),
		cmocka_unit_test(test_key_load_size_is_limited),
		cmocka_unit_test(test_key_store_refusals),
		cmocka_unit_test(test_roca_every_prime_counts),
		cmocka_unit_test(test_der_damaged_is_refused),
		cmocka_unit_test(test_der_pkcs1_table),
		cmocka_unit_test(test_der_sec1_curve_stands_alone),
		cmocka_unit_test(test_der_pkcs8_frame_is_exact),
		cmocka_unit_test(test_der_curves_are_not_mixed),
		cmocka_unit_test(test_der_x25519_table),
		cmocka_unit_test(test_jwk_thumbprint_of_the_rfc),
		cmocka_unit_test(test_key_public_jwks_reads_back),
		cmocka_unit_test(test_key_generate_loads_and_checks),
		cmocka_unit_test(test_key_private_pem_is_the_same_key),
		cmocka_unit_test(test_key_check_finds_numbers_of_two_keys),
		cmocka_unit_test(test_key_check_finds_halves_of_two_x25519_keys),
		cmocka_unit_test(test_key_signs_with_the_first_that_is_offered),
		cmocka_unit_test(test_key_restrict_pins),
		cmocka_unit_test(test_roca_powers_are_suspect_and_keys_are_not),
	};

	return cmocka_run_group_tests(tests, forge_setup, forge_teardown);
}
