/* The push flow as a script of answers. */
#include "unit.h"

#include "itsme/push_flow.h"
#include "script.h"

static void
begin(struct world *w, const char *service, const char *text)
{
	const struct itsme_settings settings = {
		.client = &w->client, .service = service, .approval_text = text};

	script_set_client(w, NULL);
	assert_int_equal(
		push_flow_new(&w->flow, &settings, "subject-of-alice", w->now), ERR_OK);
}

static void
test_push_asks_the_phone_at_once(void **state)
{
	struct world *w = *state;
	struct json_object *claims, *hint;

	begin(w, "TEST_LOGIN", NULL);
	assert_string_equal(w->flow->name, "push");
	step(w, "metadata", 1000, 200, METADATA);
	assert_int_equal(w->flow->address_serial, 0);
	step(w, "authentication", 1010, 200, STARTED);
	assert_string_equal(w->url, "https://op.example/b");
	assert_null(strstr(w->form, "client_id="));
	claims = claims_of(w->form, "request=");
	assert_string_equal(member(claims, "scope"), "openid service:TEST_LOGIN");
	assert_null(member(claims, "claims"));
	hint = claims_of(member(claims, "login_hint_token"), "");
	assert_int_equal(json_object_object_length(hint), 2);
	assert_string_equal(member(hint, "type"), "subject_code");
	assert_string_equal(member(hint, "value"), "subject-of-alice");
	json_object_put(hint);
	assert_int_equal(
		json_object_get_int(json_object_object_get(claims, "requested_expiry")),
		98);
	json_object_put(claims);
	assert_int_equal(w->flow->address_serial, 1);
	assert_null(w->flow->address);
	step(w, "keys", 1020, 200, fixture_jwks);
	step(w, "token", 4020, 400, OAUTH_ERROR("authorization_pending"));
	assert_non_null(strstr(w->form, "&auth_req_id=req1&client_id=" FIXTURE_CLIENT));
	step_token(w, 7030, fixture_token);
	assert_ended(w, ERR_OK);
	assert_string_equal(w->flow->subject, "subject-of-alice");
	assert_non_null(w->flow->claims);
}

static void
test_push_asks_for_further_scopes(void **state)
{
	struct world *w = *state;
	struct json_object *claims;

	begin(w, "TEST_LOGIN", NULL);
	w->client.scope = "email openid profile";
	step(w, "metadata", 1000, 200, METADATA);
	step(w, "authentication", 1010, 200, STARTED);
	claims = claims_of(w->form, "request=");
	assert_string_equal(
		member(claims, "scope"), "openid service:TEST_LOGIN email profile");
	json_object_put(claims);
}

#define CLAIM "http://itsme.services/v2/claim/"
#define PART                                                              \
	"{\"" CLAIM "claim_approval_template_name\":{\"essential\":true," \
	"\"value\":\"free_text\"},\"" CLAIM "claim_approval_text_key\":"  \
	"{\"essential\":true,\"value\":\"<b>Log in<\\/b> as \\\"alice\\\"?\"}}"

static void
test_push_carries_the_text_to_approve(void **state)
{
	struct world *w = *state;
	struct json_object *claims, *wanted, *expected;

	begin(w, "TEST_CONFIRM", "<b>Log in</b> as \"alice\"?");
	step(w, "metadata", 1000, 200, METADATA);
	step(w, "authentication", 1010, 200, STARTED);
	claims = claims_of(w->form, "request=");
	assert_string_equal(member(claims, "scope"), "openid service:TEST_CONFIRM");
	wanted = json_object_object_get(claims, "claims");
	expected = json_tokener_parse("{\"userinfo\":" PART ",\"id_token\":" PART "}");
	assert_non_null(expected);
	assert_true(json_object_equal(wanted, expected));
	json_object_put(expected);
	json_object_put(claims);
}

static void
test_push_carries_the_longest_text(void **state)
{
	static char text[7500 * 3 + 1];
	struct world *w = *state;
	size_t i;

	for (i = 0; i < 7500; i++)
		memcpy(text + 3 * i, "\xe2\x82\xac", 3); /* the euro, three bytes */
	begin(w, "TEST_CONFIRM", text);
	step(w, "metadata", 1000, 200, METADATA);
	step(w, "authentication", 1010, 200, STARTED);
	assert_false(w->flow->finished);
}

static void
test_push_to_nobody_shows_nothing(void **state)
{
	struct world *w = *state;

	begin(w, "TEST_LOGIN", NULL);
	step(w, "metadata", 1000, 200, METADATA);
	step(w, "authentication", 1010, 400, OAUTH_ERROR("unknown_user_id"));
	assert_ended(w, ERR_UNKNOWN_AT_PROVIDER);
	assert_int_equal(w->flow->address_serial, 0);
}

static void
test_push_without_backchannel_is_refused(void **state)
{
	struct world *w = *state;

	begin(w, "TEST_LOGIN", NULL);
	step(w, "metadata", 1000, 200,
		"{\"issuer\":\"" FIXTURE_ISSUER "\",\"jwks_uri\":\"https://a/\","
		"\"token_endpoint\":\"https://a/\"}");
	assert_ended(w, ERR_PROVIDER_ENDPOINT);
	assert_non_null(strstr(
		w->flow->diag.text, "backchannel_authentication_endpoint is missing"));
}

static void
test_push_that_is_asked_twice_would_ring_twice(void **state)
{
	struct world *w = *state;

	begin(w, "TEST_LOGIN", NULL);
	step(w, "metadata", 1000, 200, METADATA);
	step(w, "authentication", 1010, 503, "");
	assert_ended(w, ERR_HTTP_STATUS);
}

static void
test_first_request_is_made_once_more(void **state)
{
	struct world *w = *state;

	begin(w, "TEST_LOGIN", NULL);
	flow_take(w->flow, 1010, FIXTURE_NOW, ERR_HTTP_CONNECT, NULL);
	assert_int_equal(w->flow->due, 2010);
	flow_take(w->flow, 2020, FIXTURE_NOW, ERR_HTTP_CONNECT, NULL);
	assert_ended(w, ERR_HTTP_CONNECT);
}

/* Too many requests: others may be let in another way, these after the wait. */
static void
test_push_that_is_limited_says_how_long(void **state)
{
	static const int waits[][2] = {{0, 0}, {7, 7}, {3600, 3600}, {100000, 3600}};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		flow_free(&w->flow);
		begin(w, "TEST_LOGIN", NULL);
		w->now = 1000;
		step(w, "metadata", w->flow->due, 200, METADATA);
		w->retry_after = waits[i][0];
		step(w, "authentication", w->flow->due, 429, OAUTH_ERROR("slow_down"));
		assert_ended(w, ERR_HTTP_TOO_MANY);
		assert_int_equal(err_verdict(w->flow->result), VERDICT_LIMITED);
		assert_int_equal(w->flow->wait, waits[i][1]);
	}
}

static void
test_keys_are_asked_for_again(void **state)
{
	struct world *w = *state;

	begin(w, "TEST_LOGIN", NULL);
	step(w, "metadata", 1000, 200, METADATA);
	step(w, "authentication", 1010, 200, STARTED);
	step(w, "keys", 1020, 503, "");
	step(w, "keys", 2030, 200, fixture_jwks);
	assert_int_equal(w->flow->due, 4020); /* no poll is early for it */
	assert_string_equal(w->flow->step, "token");
}

/* What the authentication request is answered with, and whether it may be live then. */
static void
test_push_is_live_until_the_provider_ends_it(void **state)
{
	static const struct {
		int status;
		const char *body;
		int64_t live; /* clock_ms */
	} cases[] = {
		{200, STARTED, 1020 + 20000},
		{200, "{\"auth_req_id\":\"r\",\"expires_in\":300}", 1020 + 300000},
		/* it may ring, whatever we make of the answer */
		{200, "{\"auth_req_id\":\"r\"}", 100000},
		{200, "{\"auth_req_id\":\"r\",\"expires_in\":0}", 100000},
		{200, "{\"expires_in\":20}", 100000},
		{200, "{\"auth_req_id\":\"r\",\"expires_in\":20,\"interval\":-1}",
			100000},
		{200, "", 100000},
		{200, OAUTH_ERROR("access_denied"), 100000},
		{302, "", 100000},
		{400, "", 100000},
		{400, "<html>", 100000},
		{400, "{\"error\":\"\"}", 100000},
		{400, "{\"error\":1}", 100000},
		{400, OAUTH_ERROR("authorization_pending"), 100000},
		{400, OAUTH_ERROR("slow_down"), 100000},
		{429, "", 100000},
		{500, OAUTH_ERROR("access_denied"), 100000},
		{503, "", 100000},
		/* it never rang */
		{400, OAUTH_ERROR("unknown_user_id"), 0},
		{400, OAUTH_ERROR("invalid_request"), 0},
		{401, OAUTH_ERROR("invalid_client"), 0},
		{403, OAUTH_ERROR("access_denied"), 0},
		{429, OAUTH_ERROR("too_many"), 0},
	};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		flow_free(&w->flow);
		w->now = 1000;
		begin(w, "TEST_LOGIN", NULL);
		step(w, "metadata", 1000, 200, METADATA);
		assert_int_equal(w->flow->live_until, 0);
		step(w, "authentication", 1010, cases[i].status, cases[i].body);
		if (w->flow->live_until != cases[i].live)
			fail_msg("%d %s: live until %lld", cases[i].status, cases[i].body,
				(long long)w->flow->live_until);
	}
}

/*
 * Nobody can answer in what is left, and a provider that is asked for no time at all
 * takes its own, which we would not know of.
 */
static void
test_push_rings_for_no_moment(void **state)
{
	static const struct {
		int64_t left;
		enum err e;
	} cases[] = {{10, ERR_TIMEOUT}, {999, ERR_TIMEOUT}, {4999, ERR_TIMEOUT},
		{5000, ERR_OK}};
	struct world *w = *state;
	struct http_request request;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		flow_free(&w->flow);
		w->now = 1000;
		begin(w, "TEST_LOGIN", NULL);
		step(w, "metadata", 1000, 200, METADATA);
		w->client.deadline = w->now + cases[i].left;
		assert_string_equal(err_word(flow_ask(w->flow, FIXTURE_NOW, &request)),
			err_word(cases[i].e));
		if (cases[i].e == ERR_OK)
			continue;
		assert_ended(w, cases[i].e);
		assert_int_equal(w->flow->live_until, 0);
	}
}

/* The request that rings is out, and this becomes of it. */
static void
test_push_is_live_where_nobody_knows(void **state)
{
	static const enum err faults[] = {ERR_HTTP_CONNECT, ERR_HTTP_TIMEOUT,
		ERR_HTTP_TLS, ERR_HTTP_TOO_LARGE, ERR_STOPPED, ERR_TIMEOUT};
	struct world *w = *state;
	struct http_request request;
	size_t i;

	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		flow_free(&w->flow);
		w->now = 1000;
		begin(w, "TEST_LOGIN", NULL);
		step(w, "metadata", 1000, 200, METADATA);
		assert_int_equal(flow_ask(w->flow, FIXTURE_NOW, &request), ERR_OK);
		assert_int_equal(w->flow->live_until, 100000);
		flow_take(w->flow, 1020, FIXTURE_NOW, faults[i], NULL);
		assert_ended(w, faults[i]);
		assert_int_equal(w->flow->live_until, 100000);
	}
}

/* How polling ends. */
static void
test_push_is_over_when_the_provider_says_so(void **state)
{
	static const struct {
		int status;
		const char *body;
		bool over;
	} cases[] = {
		{400, OAUTH_ERROR("authorization_pending"), false},
		{400, OAUTH_ERROR("slow_down"), false},
		{400, OAUTH_ERROR("invalid_grant"), false},
		{400, OAUTH_ERROR("invalid_client"), false},
		{500, OAUTH_ERROR("access_denied"), false},
		{502, "", false},
		{200, "{}", false},
		{200, "", false},
		{400, OAUTH_ERROR("access_denied"), true},
		{400, OAUTH_ERROR("expired_token"), true},
		{200, "{\"access_token\":\"a\"}", true},
		{200, "{\"id_token\":\"rubbish\"}", true},
		{200, "{\"id_token\":1}", true},
	};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		flow_free(&w->flow);
		w->now = 1000;
		begin(w, "TEST_LOGIN", NULL);
		step(w, "metadata", 1000, 200, METADATA);
		step(w, "authentication", 1010, 200, STARTED);
		step(w, "keys", 1020, 200, fixture_jwks);
		step(w, "token", 4020, cases[i].status, cases[i].body);
		if (w->flow->live_until != (cases[i].over ? 0 : 21020))
			fail_msg("%d %s: live until %lld", cases[i].status, cases[i].body,
				(long long)w->flow->live_until);
	}
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_push_asks_the_phone_at_once),
		TEST(test_push_asks_for_further_scopes),
		TEST(test_push_carries_the_text_to_approve),
		TEST(test_push_carries_the_longest_text),
		TEST(test_push_to_nobody_shows_nothing),
		TEST(test_push_without_backchannel_is_refused),
		TEST(test_push_that_is_asked_twice_would_ring_twice),
		TEST(test_first_request_is_made_once_more),
		TEST(test_push_that_is_limited_says_how_long),
		TEST(test_keys_are_asked_for_again),
		TEST(test_push_is_live_until_the_provider_ends_it),
		TEST(test_push_rings_for_no_moment),
		TEST(test_push_is_live_where_nobody_knows),
		TEST(test_push_is_over_when_the_provider_says_so),
	};

	return cmocka_run_group_tests_name("push_flow", tests, NULL, NULL);
}
