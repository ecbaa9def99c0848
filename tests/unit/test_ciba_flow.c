/* The CIBA flow of any provider as a script of answers. */
#include "unit.h"

#include "oidc/ciba_flow.h"
#include "script.h"

static struct ciba_settings
plain(const struct world *w)
{
	return (struct ciba_settings){.client = &w->client, .login_hint = "alice@x.org"};
}

static void
begin(struct world *w, const struct ciba_settings *settings)
{
	script_set_client(w, NULL);
	w->client.scope = "openid";
	assert_int_equal(ciba_flow_new(&w->flow, settings, w->now), ERR_OK);
}

/* The metadata with more members. */
#define OFFER(list) "{" list "," METADATA_MEMBERS "}"
#define METADATA_MEMBERS                                                              \
	"\"issuer\":\"" FIXTURE_ISSUER "\",\"jwks_uri\":\"https://op.example/jwks\"," \
	"\"token_endpoint\":\"https://op.example/t\","                                \
	"\"backchannel_authentication_endpoint\":\"https://op.example/b\""
#define SIGNS(algs) \
	"\"backchannel_authentication_request_signing_alg_values_supported\":[" algs "]"

static void
test_ciba_plain_request_is_a_form(void **state)
{
	struct world *w = *state;
	const struct ciba_settings settings = plain(w);

	begin(w, &settings);
	assert_string_equal(w->flow->name, "ciba");
	step(w, "metadata", 1000, 200, METADATA);
	step(w, "authentication", 1010, 200, STARTED);
	assert_string_equal(w->url, "https://op.example/b");
	assert_non_null(strstr(w->form,
		"scope=openid&login_hint=alice%40x.org&requested_expiry=98&client_id="));
	assert_null(strstr(w->form, "request="));
	assert_null(strstr(w->form, "max_age"));
	assert_int_equal(w->flow->address_serial, 1);
	assert_int_equal(w->flow->live_until, 21020);
	assert_null(w->flow->address);
	step(w, "keys", 1020, 200, fixture_jwks);
	step(w, "token", 4020, 400, OAUTH_ERROR("authorization_pending"));
	step_token(w, 7030, fixture_token);
	assert_ended(w, ERR_OK);
	assert_int_equal(w->flow->live_until, 0);
}

static void
test_ciba_signed_request_holds_everything(void **state)
{
	struct world *w = *state;
	struct ciba_settings settings = plain(w);
	struct json_object *claims;

	settings.binding_message = "42";
	begin(w, &settings);
	w->client.acr_values = "urn:x:2";
	w->client.max_age = 300;
	step(w, "metadata", 1000, 200, OFFER(SIGNS("\"PS256\"")));
	step(w, "authentication", 1010, 200, STARTED);
	assert_memory_equal(w->form, "request=eyJhbGciOiJQUzI1NiIs", 28); /* PS256 */
	assert_null(strstr(w->form, "login_hint="));
	assert_null(strstr(w->form, "scope="));
	claims = claims_of(w->form, "request=");
	assert_string_equal(member(claims, "iss"), FIXTURE_CLIENT);
	assert_string_equal(member(claims, "aud"), FIXTURE_ISSUER);
	assert_string_equal(member(claims, "scope"), "openid");
	assert_string_equal(member(claims, "login_hint"), "alice@x.org");
	assert_string_equal(member(claims, "binding_message"), "42");
	assert_string_equal(member(claims, "acr_values"), "urn:x:2");
	assert_true(json_object_is_type(
		json_object_object_get(claims, "requested_expiry"), json_type_int));
	assert_true(json_object_is_type(
		json_object_object_get(claims, "max_age"), json_type_int));
	assert_string_equal(member(claims, "max_age"), "300");
	assert_non_null(member(claims, "jti"));
	assert_non_null(member(claims, "exp"));
	json_object_put(claims);
}

static void
test_ciba_plain_request_asks_for_max_age(void **state)
{
	struct world *w = *state;
	const struct ciba_settings settings = plain(w);

	begin(w, &settings);
	w->client.max_age = 300;
	step(w, "metadata", 1000, 200, METADATA);
	step(w, "authentication", 1010, 200, STARTED);
	assert_non_null(strstr(w->form, "&max_age=300&"));
}

static void
test_ciba_signs_where_provider_and_key_can(void **state)
{
	static const struct {
		const char *metadata;
		enum ciba_signing signing;
		bool is_signed;
	} cases[] = {
		{METADATA, CIBA_SIGN_AUTO, false},
		{METADATA, CIBA_SIGN, true},
		{OFFER(SIGNS("\"RS256\"")), CIBA_SIGN_AUTO, true},
		{OFFER(SIGNS("\"RS256\"")), CIBA_PLAIN, false},
		{OFFER(SIGNS("\"ES256\"")), CIBA_SIGN_AUTO, false}, /* an RSA key */
		{OFFER(SIGNS("")), CIBA_SIGN_AUTO, false},
	};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ciba_settings settings = plain(w);

		settings.signing = cases[i].signing;
		w->now = 1000;
		begin(w, &settings);
		step(w, "metadata", 1000, 200, cases[i].metadata);
		step(w, "authentication", 1010, 200, STARTED);
		if ((strncmp(w->form, "request=", 8) == 0) != cases[i].is_signed)
			fail_msg("case %zu", i);
		flow_free(&w->flow);
	}
}

static void
test_ciba_request_that_cannot_be_signed_is_not_sent(void **state)
{
	static const struct {
		const char *metadata;
		bool by_hint;
	} cases[] = {
		{OFFER(SIGNS("\"ES256\"")), false},
		{OFFER(SIGNS("\"HS256\"")), false}, /* nothing that we know */
		{OFFER(SIGNS("\"ES256\"")), true},
	};
	struct world *w = *state;
	struct ciba_settings settings;
	struct http_request request;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		settings = plain(w);
		settings.signing = cases[i].by_hint ? CIBA_PLAIN : CIBA_SIGN;
		if (cases[i].by_hint)
			settings.login_hint_token = "{\"phone\":\"+32\"}";
		w->now = 1000;
		begin(w, &settings);
		step(w, "metadata", 1000, 200, cases[i].metadata);
		assert_int_equal(
			flow_ask(w->flow, FIXTURE_NOW, &request), ERR_PROVIDER_ALG);
		assert_non_null(strstr(w->flow->diag.text, "signing_key"));
		flow_free(&w->flow);
	}
}

static int64_t
number(struct json_object *json, const char *name)
{
	return json_object_get_int64(json_object_object_get(json, name));
}

/* RFC 7523 section 3, for each request anew and for whom the configuration says. */
static void
test_ciba_assertion_claims(void **state)
{
	static const struct {
		enum client_audience rule;
		const char *at_backchannel, *at_token;
	} cases[] = {
		{CLIENT_AUDIENCE_TOKEN_ENDPOINT, "https://op.example/t",
			"https://op.example/t"},
		{CLIENT_AUDIENCE_ENDPOINT, "https://op.example/b",
			"https://op.example/t"},
		{CLIENT_AUDIENCE_ISSUER, FIXTURE_ISSUER, FIXTURE_ISSUER},
	};
	struct world *w = *state;
	const struct ciba_settings settings = plain(w);
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json_object *one, *two;

		w->now = 1000;
		begin(w, &settings);
		w->client.audience = cases[i].rule;
		step(w, "metadata", 1000, 200, METADATA);
		step(w, "authentication", 1010, 200, STARTED);
		one = claims_of(w->form, "client_assertion=");
		step(w, "keys", 1020, 200, fixture_jwks);
		step(w, "token", 4020, 400, OAUTH_ERROR("authorization_pending"));
		two = claims_of(w->form, "client_assertion=");
		assert_string_equal(member(one, "iss"), FIXTURE_CLIENT);
		assert_string_equal(member(one, "sub"), FIXTURE_CLIENT);
		assert_string_equal(member(one, "aud"), cases[i].at_backchannel);
		assert_string_equal(member(two, "aud"), cases[i].at_token);
		assert_int_equal(number(one, "iat"), FIXTURE_NOW);
		assert_int_equal(number(one, "nbf"), FIXTURE_NOW);
		assert_int_equal(number(one, "exp"), FIXTURE_NOW + 60);
		assert_string_not_equal(member(one, "jti"), member(two, "jti"));
		json_object_put(one);
		json_object_put(two);
		flow_free(&w->flow);
	}
}

static void
test_ciba_login_hint_token_is_signed(void **state)
{
	struct world *w = *state;
	const struct ciba_settings settings = {
		.client = &w->client, .login_hint_token = "{\"phone\":\"+32\"}"};
	struct json_object *claims;

	begin(w, &settings);
	step(w, "metadata", 1000, 200, METADATA);
	step(w, "authentication", 1010, 200, STARTED);
	assert_null(strstr(w->form, "login_hint="));
	claims = claims_of(w->form, "login_hint_token=");
	assert_string_equal(member(claims, "phone"), "+32");
	json_object_put(claims);
}

static void
test_ciba_user_code_only_where_it_is_taken(void **state)
{
	struct world *w = *state;
	struct ciba_settings settings = plain(w);

	settings.user_code = "1234";
	begin(w, &settings);
	step(w, "metadata", 1000, 200, METADATA);
	step(w, "authentication", 1010, 200, STARTED);
	assert_null(strstr(w->form, "user_code"));
	flow_free(&w->flow);
	w->now = 1000;
	begin(w, &settings);
	step(w, "metadata", 1000, 200,
		OFFER("\"backchannel_user_code_parameter_supported\":true"));
	step(w, "authentication", 1010, 200, STARTED);
	assert_non_null(strstr(w->form, "&user_code=1234&"));
	flow_free(&w->flow);
	w->now = 1000;
	begin(w, &settings);
	step(w, "metadata", 1000, 200,
		OFFER("\"backchannel_user_code_parameter_supported\":\"false\""));
	step(w, "authentication", 1010, 200, STARTED);
	assert_null(strstr(w->form, "user_code"));
}

static void
test_ciba_binding_message_is_checked(void **state)
{
	(void)state;
	assert_true(ciba_message_is_good("aZ09-._+/!?#"));
	assert_true(ciba_message_is_good("12345678901234567890"));
	assert_false(ciba_message_is_good("123456789012345678901"));
	assert_false(ciba_message_is_good(""));
	assert_false(ciba_message_is_good("a b"));
	assert_false(ciba_message_is_good("<b>"));
	assert_false(ciba_message_is_good("\xc3\xa9"));
}

static void
test_ciba_answers_that_end_it(void **state)
{
	static const struct {
		int status;
		const char *body;
		enum err e;
	} cases[] = {
		{400, OAUTH_ERROR("unknown_user_id"), ERR_UNKNOWN_AT_PROVIDER},
		{400, OAUTH_ERROR("missing_user_code"), ERR_CLIENT_REFUSED},
		{400, OAUTH_ERROR("invalid_binding_message"), ERR_CLIENT_REFUSED},
		{403, OAUTH_ERROR("access_denied"), ERR_USER_DENIED},
		{400, "", ERR_PROVIDER_ERROR},
		/* asking again would ring again */
		{503, "", ERR_HTTP_STATUS},
		{302, "", ERR_HTTP_STATUS},
		{403, "<html>", ERR_HTTP_REFUSED},
		{200, "<html>", ERR_PROVIDER_ANSWER},
		{200, "", ERR_PROVIDER_ANSWER},
		/* whatever a limiter calls it */
		{429, "", ERR_HTTP_TOO_MANY},
		{429, OAUTH_ERROR("slow_down"), ERR_HTTP_TOO_MANY},
		{429, OAUTH_ERROR("authorization_pending"), ERR_HTTP_TOO_MANY},
		{429, OAUTH_ERROR("temporarily_unavailable"), ERR_HTTP_TOO_MANY},
		{400, OAUTH_ERROR("slow_down"), ERR_HTTP_TOO_MANY},
		{400, OAUTH_ERROR("authorization_pending"), ERR_PROVIDER_ERROR},
		{200, "{\"expires_in\":9}", ERR_PROVIDER_ANSWER},
		{200, "{\"auth_req_id\":\"a\"}", ERR_PROVIDER_ANSWER},
		{200, "{\"auth_req_id\":7,\"expires_in\":9}", ERR_PROVIDER_ANSWER},
		{200, "{\"auth_req_id\":\"a\\n\",\"expires_in\":9}", ERR_PROVIDER_ANSWER},
		{200, "{\"auth_req_id\":\"a\",\"expires_in\":-9}", ERR_PROVIDER_ANSWER},
		{200, "{\"auth_req_id\":\"a\",\"expires_in\":9,\"interval\":99}",
			ERR_PROVIDER_ANSWER},
	};
	struct world *w = *state;
	const struct ciba_settings settings = plain(w);
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		w->now = 1000;
		begin(w, &settings);
		step(w, "metadata", 1000, 200, METADATA);
		step(w, "authentication", 1010, cases[i].status, cases[i].body);
		assert_ended(w, cases[i].e);
		assert_true(w->flow->diag.text[0] != '\0');
		assert_int_equal(w->flow->address_serial, 0);
		flow_free(&w->flow);
	}
}

static void
test_ciba_answers_as_they_are_written(void **state)
{
	static const struct {
		const char *more;
		int64_t due;
	} cases[] = {
		{"\"expires_in\":\"20\",\"interval\":\"3\"", 4020},
		{"\"expires_in\":2e1,\"interval\":3.0", 4020},
		{"\"expires_in\":20,\"interval\":null", 6020},
		{"\"expires_in\":20,\"error\":null", 6020},
	};
	struct world *w = *state;
	const struct ciba_settings settings = plain(w);
	char body[256];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		w->now = 1000;
		begin(w, &settings);
		step(w, "metadata", 1000, 200, METADATA);
		snprintf(body, sizeof(body), "{\"auth_req_id\":\"a\",%s}", cases[i].more);
		step(w, "authentication", 1010, 200, body);
		if (w->flow->finished)
			fail_msg("%s: %s", body, w->flow->diag.text);
		assert_int_equal(w->flow->live_until, 21020);
		step(w, "keys", 1020, 200, fixture_jwks);
		assert_int_equal(w->flow->due, cases[i].due);
		flow_free(&w->flow);
	}
}

static void
test_ciba_expired_request_is_not_repeated(void **state)
{
	struct world *w = *state;
	const struct ciba_settings settings = plain(w);

	begin(w, &settings);
	step(w, "metadata", 1000, 200, METADATA);
	step(w, "authentication", 1010, 200, STARTED);
	step(w, "keys", 1020, 200, fixture_jwks);
	step(w, "token", 4020, 400, OAUTH_ERROR("expired_token"));
	assert_ended(w, ERR_EXPIRED);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_ciba_plain_request_is_a_form),
		TEST(test_ciba_signed_request_holds_everything),
		TEST(test_ciba_plain_request_asks_for_max_age),
		TEST(test_ciba_signs_where_provider_and_key_can),
		TEST(test_ciba_request_that_cannot_be_signed_is_not_sent),
		TEST(test_ciba_assertion_claims),
		TEST(test_ciba_login_hint_token_is_signed),
		TEST(test_ciba_user_code_only_where_it_is_taken),
		TEST(test_ciba_binding_message_is_checked),
		TEST(test_ciba_answers_that_end_it),
		TEST(test_ciba_answers_as_they_are_written),
		TEST(test_ciba_expired_request_is_not_repeated),
	};

	return cmocka_run_group_tests_name("ciba_flow", tests, NULL, NULL);
}
