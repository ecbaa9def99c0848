/* Each rule of the ID Token's claims, one row a rule. */
#include "unit.h"

#include <string.h>

#include "fixtures/fixtures.h"
#include "jose/jwks.h"
#include "jose/jws.h"
#include "jose/key.h"
#include "oidc/id_token.h"

static const struct jwt_policy plain = {.sig_algs = ALG_BIT(ALG_RS256)};
static struct key *key;
static struct jwks *jwks;

static int
set_up(void **state)
{
	AUTO_BUF struct buf set = BUF_INIT(8192);
	struct diag diag;

	(void)state;
	if (key_load(&key, fixture_sig_pem, strlen(fixture_sig_pem), KEY_SIG, &diag) !=
			ERR_OK ||
		key_public_jwks(&set, &key, 1) != ERR_OK)
		return -1;
	return jwks_parse(&jwks, buf_str(&set), set.len, &diag) == ERR_OK ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	key_free(&key);
	jwks_free(&jwks);
	return 0;
}

/* The outcome for these claims, signed and verified as a provider's would be. */
static enum err
check_for(const char *json, struct id_token_policy policy)
{
	AUTO_BUF struct buf token = BUF_INIT(8192);
	AUTO_CLAIMS struct claims *claims = NULL;
	struct diag diag = {0};
	const char *sub = NULL;
	enum err e;

	policy.issuer = "https://op.example";
	policy.client_id = "me";
	policy.now = 1000000;
	assert_int_equal(jws_sign(&token, key, NULL, json, strlen(json)), ERR_OK);
	e = jwt_verify(&claims, buf_str(&token), token.len, &plain, NULL, 0, jwks, &diag);
	assert_string_equal(err_word(e), "ok");
	e = id_token_check(&sub, claims, &policy, &diag);
	if (e == ERR_OK)
		assert_non_null(sub);
	else
		assert_true(diag.text[0] != '\0' && sub == NULL);
	return e;
}

static enum err
check(const char *json, const char *const *acr)
{
	return check_for(json, (struct id_token_policy){.acr = acr});
}

#define ISS "\"iss\":\"https://op.example\","
#define SUB "\"sub\":\"s\","
#define AUD "\"aud\":\"me\","
#define TIMES "\"iat\":999990,\"exp\":1000100"
#define LONG_50 "12345678901234567890123456789012345678901234567890"
#define LONG_250 LONG_50 LONG_50 LONG_50 LONG_50 LONG_50

static const struct {
	const char *json;
	enum err e;
} cases[] = {
	{"{" ISS SUB AUD TIMES "}", ERR_OK},
	/* iss */
	{"{" SUB AUD TIMES "}", ERR_CLAIM_ISS},
	{"{\"iss\":\"https://op.example/\"," SUB AUD TIMES "}", ERR_CLAIM_ISS},
	{"{\"iss\":\"HTTPS://op.example\"," SUB AUD TIMES "}", ERR_CLAIM_ISS},
	{"{\"iss\":[\"https://op.example\"]," SUB AUD TIMES "}", ERR_CLAIM_ISS},
	{"{\"iss\":null," SUB AUD TIMES "}", ERR_CLAIM_ISS},
	/* aud and azp */
	{"{" ISS SUB TIMES "}", ERR_CLAIM_AUD},
	{"{" ISS SUB TIMES ",\"aud\":\"Me\"}", ERR_CLAIM_AUD},
	{"{" ISS SUB TIMES ",\"aud\":\"me2\"}", ERR_CLAIM_AUD},
	{"{" ISS SUB TIMES ",\"aud\":[]}", ERR_CLAIM_AUD},
	{"{" ISS SUB TIMES ",\"aud\":[\"me\"]}", ERR_OK},
	{"{" ISS SUB TIMES ",\"aud\":[\"you\"]}", ERR_CLAIM_AUD},
	{"{" ISS SUB TIMES ",\"aud\":{\"me\":1}}", ERR_CLAIM_AUD},
	{"{" ISS SUB TIMES ",\"aud\":[\"me\",7],\"azp\":\"me\"}", ERR_CLAIM_AUD},
	{"{" ISS SUB TIMES ",\"aud\":[\"me\",\"you\"]}", ERR_CLAIM_AZP},
	{"{" ISS SUB TIMES ",\"aud\":[\"me\",\"you\"],\"azp\":\"me\"}", ERR_OK},
	{"{" ISS SUB TIMES ",\"aud\":[\"you\",\"me\"],\"azp\":\"you\"}", ERR_CLAIM_AZP},
	{"{" ISS SUB AUD TIMES ",\"azp\":\"you\"}", ERR_CLAIM_AZP},
	{"{" ISS SUB AUD TIMES ",\"azp\":null}", ERR_CLAIM_AZP},
	/* exp: 60 s of skew and not one more */
	{"{" ISS SUB AUD "\"iat\":1,\"exp\":999941}", ERR_OK},
	{"{" ISS SUB AUD "\"iat\":1,\"exp\":999940}", ERR_CLAIM_EXP},
	{"{" ISS SUB AUD "\"iat\":1}", ERR_CLAIM_EXP},
	{"{" ISS SUB AUD "\"iat\":1,\"exp\":\"1000100\"}", ERR_CLAIM_EXP},
	{"{" ISS SUB AUD "\"iat\":1,\"exp\":1000100.5}", ERR_OK},
	{"{" ISS SUB AUD "\"iat\":1,\"exp\":1.0001e6}", ERR_OK},
	{"{" ISS SUB AUD "\"iat\":1,\"exp\":10001E+2}", ERR_OK},
	{"{" ISS SUB AUD "\"iat\":1,\"exp\":10001000e-1}", ERR_OK},
	{"{" ISS SUB AUD "\"iat\":1,\"exp\":1e10}", ERR_OK},
	/* rounded down: what is left of a second counts no more */
	{"{" ISS SUB AUD "\"iat\":1,\"exp\":999940.999999}", ERR_CLAIM_EXP},
	{"{" ISS SUB AUD "\"iat\":1,\"exp\":999940.99999999999999999}", ERR_CLAIM_EXP},
	{"{" ISS SUB AUD "\"iat\":1,\"exp\":999941.0}", ERR_OK},
	{"{" ISS SUB AUD "\"iat\":1,\"exp\":1e19}", ERR_CLAIM_EXP},
	{"{" ISS SUB AUD "\"iat\":1,\"exp\":-0}", ERR_CLAIM_EXP},
	{"{" ISS SUB AUD "\"iat\":1,\"exp\":0e0}", ERR_CLAIM_EXP},
	{"{" ISS SUB AUD "\"iat\":1,\"exp\":-1e6}", ERR_CLAIM_EXP},
	{"{" ISS SUB AUD "\"iat\":1,\"exp\":\"1.0001e6\"}", ERR_CLAIM_EXP},
	{"{" ISS SUB AUD "\"iat\":1,\"exp\":null}", ERR_CLAIM_EXP},
	{"{" ISS SUB AUD "\"iat\":1,\"exp\":-9223372036854775808}", ERR_CLAIM_EXP},
	{"{" ISS SUB AUD "\"iat\":1,\"exp\":true}", ERR_CLAIM_EXP},
	/* iat */
	{"{" ISS SUB AUD "\"exp\":1000100}", ERR_CLAIM_IAT},
	{"{" ISS SUB AUD "\"exp\":1000100,\"iat\":1000060}", ERR_OK},
	{"{" ISS SUB AUD "\"exp\":1000100,\"iat\":1000061}", ERR_CLAIM_IAT},
	{"{" ISS SUB AUD "\"exp\":1000100,\"iat\":-1}", ERR_CLAIM_IAT},
	{"{" ISS SUB AUD "\"exp\":1000100,\"iat\":\"1\"}", ERR_CLAIM_IAT},
	{"{" ISS SUB AUD "\"exp\":1000100,\"iat\":1000000.25}", ERR_OK},
	{"{" ISS SUB AUD "\"exp\":1000100,\"iat\":1e6}", ERR_OK},
	{"{" ISS SUB AUD "\"exp\":1000100,\"iat\":-0}", ERR_OK},
	{"{" ISS SUB AUD "\"exp\":1000100,\"iat\":-0.0e5}", ERR_OK},
	{"{" ISS SUB AUD "\"exp\":1000100,\"iat\":1000060.0}", ERR_OK},
	{"{" ISS SUB AUD "\"exp\":1000100,\"iat\":1000060.000001}", ERR_CLAIM_IAT},
	{"{" ISS SUB AUD "\"exp\":1000100,\"iat\":-0.5}", ERR_CLAIM_IAT},
	{"{" ISS SUB AUD "\"exp\":1000100,\"iat\":null}", ERR_CLAIM_IAT},
	/* nbf */
	{"{" ISS SUB AUD TIMES ",\"nbf\":1000060}", ERR_OK},
	{"{" ISS SUB AUD TIMES ",\"nbf\":1000061}", ERR_CLAIM_NBF},
	{"{" ISS SUB AUD TIMES ",\"nbf\":\"0\"}", ERR_CLAIM_NBF},
	{"{" ISS SUB AUD TIMES ",\"nbf\":-1}", ERR_CLAIM_NBF},
	{"{" ISS SUB AUD TIMES ",\"nbf\":0}", ERR_OK},
	{"{" ISS SUB AUD TIMES ",\"nbf\":999999.5}", ERR_OK},
	{"{" ISS SUB AUD TIMES ",\"nbf\":10e5}", ERR_OK},
	{"{" ISS SUB AUD TIMES ",\"nbf\":1000060.5}", ERR_CLAIM_NBF},
	{"{" ISS SUB AUD TIMES ",\"nbf\":null}", ERR_CLAIM_NBF},
	/* sub */
	{"{" ISS AUD TIMES "}", ERR_CLAIM_SUB},
	{"{" ISS AUD TIMES ",\"sub\":\"\"}", ERR_CLAIM_SUB},
	{"{" ISS AUD TIMES ",\"sub\":1}", ERR_CLAIM_SUB},
	{"{" ISS AUD TIMES ",\"sub\":\"a\\nb\"}", ERR_CLAIM_SUB},
	{"{" ISS AUD TIMES ",\"sub\":\"a\\u007fb\"}", ERR_CLAIM_SUB},
	{"{" ISS AUD TIMES ",\"sub\":\"" LONG_250 "12345\"}", ERR_OK},
	{"{" ISS AUD TIMES ",\"sub\":\"" LONG_250 "123456\"}", ERR_CLAIM_SUB},
};

static void
test_claims_table(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum err e = check(cases[i].json, NULL);

		if (e != cases[i].e)
			fail_msg("%s: %s", cases[i].json, err_word(e));
	}
}

/* Signed and verified as above; its life, for logins of 600 seconds at most. */
static unsigned
life_of(const char *json)
{
	AUTO_BUF struct buf token = BUF_INIT(8192);
	AUTO_CLAIMS struct claims *claims = NULL;
	struct diag diag = {0};

	assert_int_equal(jws_sign(&token, key, NULL, json, strlen(json)), ERR_OK);
	assert_int_equal(jwt_verify(&claims, buf_str(&token), token.len, &plain, NULL, 0,
				 jwks, &diag),
		ERR_OK);
	return id_token_life(claims, 1000000, 600);
}

static void
test_life_ends_with_the_last_login_that_takes_it(void **state)
{
	(void)state;
	assert_int_equal(life_of("{\"iat\":999990,\"exp\":1000100}"), 160);
	assert_int_equal(life_of("{\"iat\":999990.5,\"exp\":1000100.5}"), 161);
	assert_int_equal(life_of("{\"iat\":999990,\"exp\":9000000}"), 650);
	assert_int_equal(life_of("{\"iat\":1000060,\"exp\":9000000}"), 720);
	assert_int_equal(life_of("{\"iat\":1,\"exp\":2}"), 1);
	assert_int_equal(life_of("{}"), 600);
}

static void
test_acr_must_be_one_of_the_wanted(void **state)
{
	static const char *const wanted[] = {"basic", "advanced", NULL};

	(void)state;
	assert_int_equal(
		check("{" ISS SUB AUD TIMES ",\"acr\":\"basic\"}", wanted), ERR_OK);
	assert_int_equal(
		check("{" ISS SUB AUD TIMES ",\"acr\":\"advanced\"}", wanted), ERR_OK);
	assert_int_equal(
		check("{" ISS SUB AUD TIMES ",\"acr\":\"basi\"}", wanted), ERR_CLAIM_ACR);
	assert_int_equal(check("{" ISS SUB AUD TIMES "}", wanted), ERR_CLAIM_ACR);
	assert_int_equal(check("{" ISS SUB AUD TIMES ",\"acr\":[\"basic\"]}", wanted),
		ERR_CLAIM_ACR);
	assert_int_equal(
		check("{" ISS SUB AUD TIMES ",\"acr\":null}", wanted), ERR_CLAIM_ACR);
	assert_int_equal(check("{" ISS SUB AUD TIMES ",\"acr\":7}", NULL), ERR_OK);
}

/* What a login knows of itself is looked for where the token has it. */
static void
test_claims_of_this_login_table(void **state)
{
	static const struct {
		const char *json;
		struct id_token_policy policy;
		enum err e;
	} logins[] = {
		/* iat: as old as the login, with 60 s of skew and not one more */
		{"{" ISS SUB AUD "\"exp\":1000100,\"iat\":999840}",
			{.not_before = 999900}, ERR_OK},
		{"{" ISS SUB AUD "\"exp\":1000100,\"iat\":999839}",
			{.not_before = 999900}, ERR_CLAIM_IAT},
		/* nonce */
		{"{" ISS SUB AUD TIMES "}", {.nonce = "n"}, ERR_OK},
		{"{" ISS SUB AUD TIMES ",\"nonce\":\"n\"}", {.nonce = "n"}, ERR_OK},
		{"{" ISS SUB AUD TIMES ",\"nonce\":\"N\"}", {.nonce = "n"},
			ERR_CLAIM_NONCE},
		{"{" ISS SUB AUD TIMES ",\"nonce\":null}", {.nonce = "n"},
			ERR_CLAIM_NONCE},
		{"{" ISS SUB AUD TIMES ",\"nonce\":\"n\"}", {.nonce = NULL}, ERR_OK},
		{"{" ISS SUB AUD TIMES "}", {.nonce = "n", .nonce_required = true},
			ERR_CLAIM_NONCE},
		{"{" ISS SUB AUD TIMES ",\"nonce\":\"n\"}",
			{.nonce = "n", .nonce_required = true}, ERR_OK},
		{"{" ISS SUB AUD TIMES ",\"nonce\":\"N\"}",
			{.nonce = "n", .nonce_required = true}, ERR_CLAIM_NONCE},
		/* auth_time: as iat, where an approval belongs to this very login */
		{"{" ISS SUB AUD TIMES "}", {.fresh = true, .not_before = 999900},
			ERR_OK},
		{"{" ISS SUB AUD TIMES ",\"auth_time\":999840}",
			{.fresh = true, .not_before = 999900}, ERR_OK},
		{"{" ISS SUB AUD TIMES ",\"auth_time\":999839}",
			{.fresh = true, .not_before = 999900}, ERR_CLAIM_AUTH_TIME},
		{"{" ISS SUB AUD TIMES ",\"auth_time\":\"999900\"}",
			{.fresh = true, .not_before = 999900}, ERR_CLAIM_AUTH_TIME},
		{"{" ISS SUB AUD TIMES ",\"auth_time\":1}", {.not_before = 999900},
			ERR_OK},
		/* auth_req_id */
		{"{" ISS SUB AUD TIMES ",\"urn:openid:params:jwt:claim:auth_req_id\":"
		 "\"r\"}",
			{.auth_req_id = "r"}, ERR_OK},
		{"{" ISS SUB AUD TIMES ",\"urn:openid:params:jwt:claim:auth_req_id\":"
		 "\"s\"}",
			{.auth_req_id = "r"}, ERR_CLAIM_AUTH_REQ_ID},
		/* at_hash: the example of OpenID Connect Core, appendix A.3 */
		{"{" ISS SUB AUD TIMES ",\"at_hash\":\"77QmUPtjPfzWtF2AnpK9RQ\"}",
			{.access_token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"},
			ERR_OK},
		{"{" ISS SUB AUD TIMES ",\"at_hash\":\"77QmUPtjPfzWtF2AnpK9RQ\"}",
			{.access_token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Z"},
			ERR_CLAIM_AT_HASH},
		{"{" ISS SUB AUD TIMES ",\"at_hash\":\"\"}", {.access_token = "a"},
			ERR_CLAIM_AT_HASH},
		{"{" ISS SUB AUD TIMES "}", {.access_token = "a"}, ERR_OK},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(logins) / sizeof(logins[0]); i++) {
		enum err e = check_for(logins[i].json, logins[i].policy);

		if (e != logins[i].e)
			fail_msg("%s: %s", logins[i].json, err_word(e));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_claims_table),
		cmocka_unit_test(test_claims_of_this_login_table),
		cmocka_unit_test(test_life_ends_with_the_last_login_that_takes_it),
		cmocka_unit_test(test_acr_must_be_one_of_the_wanted),
	};

	return cmocka_run_group_tests_name("id_token", tests, set_up, tear_down);
}
