/* Units of nested tokens, signatures and our own keys, over fixtures made elsewhere. */
#include "unit.h"

#include <string.h>

#include "jose/crypto.h"
#include "jose/jwe.h"
#include "jose/jws.h"
#include "jose/jwt.h"
#include "jose_data.h"

struct fixture {
	struct key *enc, *sig;
	struct jwks *issuer;
};

static const struct jwt_policy nested = {
	.sig_algs = ALG_BIT(ALG_RS256),
	.encrypted = true,
	.key_algs = ALG_BIT(ALG_RSA_OAEP) | ALG_BIT(ALG_RSA_OAEP_256),
	.encs = ENC_BIT(ENC_A128CBC_HS256),
};
static const struct jwt_policy signed_only = {.sig_algs = ALG_BIT(ALG_RS256)};

static int
setup(void **state)
{
	static struct fixture f;
	struct diag diag;

	if (jose_init() != ERR_OK ||
		key_load(&f.enc, DATA_ENC_JWK, strlen(DATA_ENC_JWK), KEY_ENC, &diag) !=
			ERR_OK ||
		key_load(&f.sig, DATA_SIG_PEM, strlen(DATA_SIG_PEM), KEY_SIG, &diag) !=
			ERR_OK ||
		jwks_parse(&f.issuer, DATA_ISSUER_JWKS, strlen(DATA_ISSUER_JWKS),
			&diag) != ERR_OK)
		return -1;
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	key_free(&f->enc);
	key_free(&f->sig);
	jwks_free(&f->issuer);
	return 0;
}

static enum err
verify(const struct fixture *f, const struct jwt_policy *policy, const char *token)
{
	AUTO_CLAIMS struct claims *claims = NULL;
	struct diag diag = {0};
	enum err e = jwt_verify(
		&claims, token, strlen(token), policy, &f->enc, 1, f->issuer, &diag);

	if (e == ERR_OK) {
		const char *sub;

		assert_int_equal(json_str(claims_json(claims), "sub", &sub), ERR_OK);
		assert_string_equal(sub, "0123456789abcdef");
		assert_int_equal(claims_alg(claims), ALG_RS256);
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
		{DATA_RS256, &signed_only, ERR_OK},
		{DATA_RS256, &nested, ERR_TOKEN_NESTING},
		{DATA_OAEP_A128CBC_HS256, &signed_only, ERR_TOKEN_NESTING},
		{DATA_BARE_IN_JWE, &nested, ERR_BASE64},
		{DATA_JWE_IN_JWE, &nested, ERR_TOKEN_NESTING},
		{"", &nested, ERR_TOKEN_FORM},
		{"....", &nested, ERR_JSON},
		{"..", &signed_only, ERR_TOKEN_FORM},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(verify(*state, cases[i].policy, cases[i].token),
			cases[i].expected);
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

static void
test_jws_sign_verifies_with_published_key(void **state)
{
	struct fixture *f = *state;
	AUTO_BUF struct buf token = BUF_INIT(TOKEN_SIZE_MAX), set = BUF_INIT(65536);
	AUTO_JWKS struct jwks *published = NULL;
	AUTO_CLAIMS struct claims *claims = NULL;
	struct diag diag;

	assert_int_equal(
		jws_sign(&token, f->sig, "JWT", DATA_CLAIMS, strlen(DATA_CLAIMS)),
		ERR_OK);
	assert_int_equal(key_public_jwks(&set, &f->sig, 1), ERR_OK);
	assert_int_equal(jwks_parse(&published, set.data, set.len, &diag), ERR_OK);
	assert_int_equal(
		jwt_check(&claims, token.data, token.len, &signed_only, published, &diag),
		ERR_OK);
	claims_free(&claims);
	assert_int_equal(
		jwt_check(&claims, token.data, token.len, &signed_only, f->issuer, &diag),
		ERR_KID_UNKNOWN);
	assert_int_equal(jws_sign(&token, f->enc, NULL, "{}", 2), ERR_KEY_USE);
}

static void
test_key_load_table(void **state)
{
	static const struct {
		const char *text;
		enum key_use use;
		enum err expected;
		const char *kid, *hint;
	} cases[] = {
		{DATA_ENC_PEM, KEY_ENC, ERR_OK, DATA_ENC_PEM_KID, NULL},
		{DATA_ENC_JWK, KEY_ENC, ERR_OK, "enc-1", NULL},
		{DATA_SIG_PEM, KEY_SIG, ERR_OK, DATA_SIG_KID, NULL},
		{"\n junk before\n" DATA_SIG_PEM, KEY_SIG, ERR_OK, DATA_SIG_KID, NULL},
		{DATA_ENC_JWK, KEY_SIG, ERR_KEY_INVALID, NULL, "do not allow"},
		{DATA_SIG_PEM_ENCRYPTED, KEY_SIG, ERR_KEY_INVALID, NULL, "passphrase"},
		{"", KEY_SIG, ERR_KEY_INVALID, NULL, "no private key"},
		{"{}", KEY_SIG, ERR_KEY_INVALID, NULL, "kty"},
		{"{", KEY_SIG, ERR_KEY_INVALID, NULL, "JSON"},
		{"-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n",
			KEY_SIG, ERR_KEY_INVALID, NULL, "RSA"},
		{"-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----\n",
			KEY_SIG, ERR_KEY_INVALID, NULL, "damaged"},
		{"-----BEGIN PRIVATE KEY-----\nMIIB\n", KEY_SIG, ERR_KEY_INVALID, NULL,
			"no private key"},
		{"-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n", KEY_SIG,
			ERR_KEY_INVALID, NULL, "no private key"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_KEY struct key *key = NULL;
		struct diag diag = {0};

		assert_int_equal(key_load(&key, cases[i].text, strlen(cases[i].text),
					 cases[i].use, &diag),
			cases[i].expected);
		if (cases[i].kid != NULL)
			assert_string_equal(key_kid(key), cases[i].kid);
		if (cases[i].hint != NULL)
			assert_non_null(strstr(diag.text, cases[i].hint));
	}
}

static void
test_key_generate_loads_and_checks(void **state)
{
	AUTO_BUF struct buf pem = BUF_INIT(KEY_FILE_MAX);
	AUTO_KEY struct key *key = NULL;
	struct diag diag;

	(void)state;
	assert_int_equal(key_generate(&pem, KEY_SIG, 1024), ERR_KEY_INVALID);
	assert_int_equal(key_generate(&pem, KEY_SIG, 2048), ERR_OK);
	assert_int_equal(key_load(&key, pem.data, pem.len, KEY_SIG, &diag), ERR_OK);
	assert_int_equal(key_check(key, &diag), ERR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_jwt_verify_table),
		cmocka_unit_test(test_jwt_verify_any_character_changed_is_refused),
		cmocka_unit_test(test_jws_sign_verifies_with_published_key),
		cmocka_unit_test(test_key_load_table),
		cmocka_unit_test(test_key_generate_loads_and_checks),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
