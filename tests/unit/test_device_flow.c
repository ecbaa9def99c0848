/* The device flow as a script of answers, and what every flow of another provider shares.
 */
#include "unit.h"

#include <stdlib.h>

#include "jose/jws.h"
#include "jose_more.h"
#include "oidc/device_flow.h"
#include "oidc/machine.h"
#include "script.h"

#define DEVICE_ANSWER(more)                                                             \
	"{\"device_code\":\"dc1\",\"user_code\":\"WDJB-MJHT\","                         \
	"\"verification_uri\":\"https://op.example/device\"," more "\"expires_in\":20," \
	"\"interval\":3}"
#define COMPLETE \
	"\"verification_uri_complete\":\"https://op.example/device?c=WDJB-MJHT\","

static void
begin(struct world *w)
{
	script_set_client(w, NULL);
	w->client.scope = "openid email";
	w->client.userinfo_as_jwt = false;
	assert_int_equal(device_flow_new(&w->flow, &w->client, w->now), ERR_OK);
}

static void
run_to_token(struct world *w)
{
	step(w, "metadata", 1000, 200, METADATA);
	step(w, "device", 1010, 200, DEVICE_ANSWER(COMPLETE));
	step(w, "keys", 1020, 200, fixture_jwks);
}

static void
test_device_login_ends_with_the_subject(void **state)
{
	struct world *w = *state;

	begin(w);
	step(w, "metadata", 1000, 200, METADATA);
	assert_string_equal(w->url, FIXTURE_ISSUER "/.well-known/openid-configuration");
	assert_int_equal(w->flow->address_serial, 0);
	step(w, "device", 1010, 200, DEVICE_ANSWER(COMPLETE));
	assert_string_equal(w->url, "https://op.example//d");
	assert_memory_equal(w->form, "scope=openid%20email&nonce=", 27);
	assert_non_null(
		strstr(w->form, "&client_id=" FIXTURE_CLIENT "&client_assertion"));
	assert_int_equal(w->flow->address_serial, 1);
	assert_string_equal(w->flow->address, "https://op.example/device?c=WDJB-MJHT");
	assert_string_equal(w->flow->short_address, "https://op.example/device");
	assert_string_equal(w->flow->user_code, "WDJB-MJHT");
	step(w, "keys", 1020, 200, fixture_jwks);
	step(w, "token", 4020, 400, OAUTH_ERROR("authorization_pending"));
	assert_non_null(strstr(w->form,
		"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&"
		"device_code=dc1&"));
	step_token(w, 7030, fixture_token);
	assert_ended(w, ERR_OK);
	assert_string_equal(w->flow->subject, "subject-of-alice");
}

static void
test_device_asks_for_max_age(void **state)
{
	struct world *w = *state;

	begin(w);
	w->client.max_age = 300;
	step(w, "metadata", 1000, 200, METADATA);
	step(w, "device", 1010, 200, DEVICE_ANSWER(COMPLETE));
	assert_non_null(strstr(w->form, "&max_age=300&nonce="));
}

static void
test_device_without_complete_address(void **state)
{
	struct world *w = *state;

	begin(w);
	step(w, "metadata", 1000, 200, METADATA);
	step(w, "device", 1010, 200, DEVICE_ANSWER("\"x\":{},"));
	assert_string_equal(w->flow->address, "https://op.example/device");
}

static void
test_device_bad_answers_are_refused(void **state)
{
#define START "{\"device_code\":\"d\",\"user_code\":\"u\",\"expires_in\":9,"
#define URI "\"verification_uri\":\"https://a/\","
	static const char *const bodies[] = {
		"{}",
		"{\"user_code\":\"u\",\"expires_in\":9,\"verification_uri\":\"https://"
		"a/\"}",
		"{\"device_code\":7,\"user_code\":\"u\",\"expires_in\":9," URI "\"x\":1}",
		"{\"device_code\":\"d\",\"user_code\":\"u\"," URI "\"x\":1}",
		"{\"device_code\":\"d\",\"user_code\":\"u\",\"expires_in\":0," URI
		"\"x\":1}",
		"{\"device_code\":\"d\",\"user_code\":\"u\",\"expires_in\":\"9s\"," URI
		"\"x\":1}",
		"{\"device_code\":\"d\",\"user_code\":\"u\",\"expires_in\":null," URI
		"\"x\":1}",
		"{\"device_code\":null,\"user_code\":\"u\",\"expires_in\":9," URI
		"\"x\":1}",
		"{\"device_code\":\"d\",\"user_code\":\"\",\"expires_in\":9," URI
		"\"x\":1}",
		"{\"device_code\":\"d\",\"user_code\":\"a\\u001b[2J\",\"expires_in\":"
		"9," URI "\"x\":1}",
		START "\"x\":1}",
		START "\"verification_uri\":\"http://a/\"}",
		START "\"verification_uri\":\"https://\"}",
		START "\"verification_uri\":\"https://a/ b\"}",
		START "\"verification_uri\":\"https://a/\\u202e\"}",
		START "\"verification_uri\":[\"https://a/\"]}",
		START URI "\"verification_uri_complete\":\"javascript:x\"}",
		START URI "\"verification_uri_complete\":7}",
		START URI "\"interval\":-1}",
		START URI "\"interval\":61}",
		START URI "\"interval\":\"61\"}",
		START URI "\"interval\":\"\"}",
		START URI "\"interval\":\"-5\"}",
		START URI "\"interval\":\"+5\"}",
		START URI "\"interval\":\" 5\"}",
		START URI "\"interval\":\"5.0\"}",
		START URI "\"interval\":\"00000000005\"}",
		START URI "\"interval\":true}",
		START URI "\"interval\":{}}",
		START URI "\"interval\":2.5}",
		START URI "\"interval\":1e300}",
		START "\"verification_uri\":null}",
		START "\"verification_url\":\"http://a/\"}",
		/* the standard's name is the one that counts */
		START "\"verification_uri\":\"http://a/\",\"verification_url\":"
		      "\"https://a/\"}",
	};
	size_t i;

	for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct world *w = *state;

		w->now = 1000;
		begin(w);
		step(w, "metadata", 1000, 200, METADATA);
		step(w, "device", 1010, 200, bodies[i]);
		if (!w->flow->finished || w->flow->result != ERR_PROVIDER_ANSWER ||
			w->flow->diag.text[0] == '\0' || w->flow->address_serial != 0)
			fail_msg("case %zu: %s", i, err_word(w->flow->result));
		flow_free(&w->flow);
	}
}

/* What providers write for a number, for nothing, and for verification_uri. */
static void
test_device_answers_as_they_are_written(void **state)
{
#define CODES "{\"device_code\":\"d\",\"user_code\":\"u\","
	static const struct {
		const char *body;
		int64_t interval, expires_in; /* ms */
		const char *address;
	} cases[] = {
		{START URI "\"interval\":\"7\"}", 7000, 9000, "https://a/"},
		{START URI "\"interval\":7.0}", 7000, 9000, "https://a/"},
		{START URI "\"interval\":0.7e1}", 7000, 9000, "https://a/"},
		{START URI "\"interval\":\"007\"}", 7000, 9000, "https://a/"},
		{START URI "\"interval\":null}", 5000, 9000, "https://a/"},
		{START URI "\"error\":null}", 5000, 9000, "https://a/"},
		{CODES URI "\"expires_in\":\"600\"}", 5000, 600000, "https://a/"},
		{CODES URI "\"expires_in\":6e2}", 5000, 600000, "https://a/"},
		{CODES URI "\"expires_in\":600.00}", 5000, 600000, "https://a/"},
		{START URI "\"verification_uri_complete\":null}", 5000, 9000,
			"https://a/"},
		{START "\"verification_url\":\"https://g/\"}", 5000, 9000, "https://g/"},
		{START "\"verification_uri\":null,\"verification_url\":\"https://g/\"}",
			5000, 9000, "https://g/"},
		{START URI "\"verification_url\":\"https://g/\"}", 5000, 9000,
			"https://a/"},
		{START URI "\"verification_url\":7}", 5000, 9000, "https://a/"},
		{START "\"verification_url\":\"https://g/\","
		       "\"verification_url_complete\":\"https://g/?u\"}",
			5000, 9000, "https://g/?u"},
	};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		w->now = 1000;
		begin(w);
		step(w, "metadata", 1000, 200, METADATA);
		step(w, "device", 1010, 200, cases[i].body);
		if (w->flow->finished)
			fail_msg("%s: %s", cases[i].body, w->flow->diag.text);
		assert_string_equal(w->flow->address, cases[i].address);
		step(w, "keys", 1020, 200, fixture_jwks);
		assert_int_equal(w->flow->due, 1020 + cases[i].interval);
		assert_int_equal(((struct machine *)w->flow)->poll.expires,
			1020 + cases[i].expires_in);
		flow_free(&w->flow);
	}
}

static void
test_device_says_which_member_it_cannot_use(void **state)
{
	static const struct {
		const char *body, *words;
	} cases[] = {
		{CODES URI "\"interval\":5}", "expires_in is missing"},
		{CODES URI "\"expires_in\":null}", "expires_in is missing"},
		{CODES URI "\"expires_in\":false}", "expires_in is not a whole number"},
		{START URI "\"interval\":[5]}", "interval is not a whole number"},
		{START "\"interval\":5}", "verification_uri is missing"},
		{START "\"verification_uri\":null}", "verification_uri is missing"},
		{"{\"device_code\":\"d\",\"user_code\":null,\"expires_in\":9," URI
		 "\"x\":1}",
			"user_code is missing"},
		{"{\"device_code\":\"d\",\"user_code\":7,\"expires_in\":9," URI
		 "\"x\":1}",
			"user_code is not a text"},
	};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		w->now = 1000;
		begin(w);
		step(w, "metadata", 1000, 200, METADATA);
		step(w, "device", 1010, 200, cases[i].body);
		assert_ended(w, ERR_PROVIDER_ANSWER);
		if (strstr(w->flow->diag.text, cases[i].words) == NULL)
			fail_msg("%s: %s", cases[i].body, w->flow->diag.text);
		flow_free(&w->flow);
	}
}

static void
test_device_oversized_texts_are_refused(void **state)
{
	static const struct {
		const char *form;
		size_t len;
	} cases[] = {
		{"{\"device_code\":\"%s\",\"user_code\":\"u\",\"expires_in\":9," URI
		 "\"x\":1}",
			4097},
		{"{\"device_code\":\"d\",\"user_code\":\"%s\",\"expires_in\":9," URI
		 "\"x\":1}",
			65},
		{START "\"verification_uri\":\"https://%s\"}", 1017},
	};
	struct world *w = *state;
	char text[5000], body[6000];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(text, 'a', cases[i].len);
		text[cases[i].len] = '\0';
		w->now = 1000;
		begin(w);
		step(w, "metadata", 1000, 200, METADATA);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(body, sizeof(body), cases[i].form, text);
#pragma GCC diagnostic pop
		step(w, "device", 1010, 200, body);
		assert_ended(w, ERR_PROVIDER_ANSWER);
		flow_free(&w->flow);
	}
}

static void
test_device_expired_code_is_followed_by_another(void **state)
{
	struct world *w = *state;
	int64_t due = 4020;

	begin(w);
	run_to_token(w); /* worthless at 1020 + 20000 */
	while (strcmp(w->flow->step, "token") == 0) {
		assert_true(due < 21020);
		step(w, "token", due, 400, OAUTH_ERROR("authorization_pending"));
		due = w->now + 3000;
	}
	assert_int_equal(w->flow->address_serial, 1);
	step(w, "device", 21020, 200, DEVICE_ANSWER(""));
	assert_int_equal(w->flow->address_serial, 2);
	/* the word of the provider counts, too */
	step(w, "token", 24030, 400, OAUTH_ERROR("expired_token"));
	step(w, "device", 24040, 200, DEVICE_ANSWER(COMPLETE));
	step_token(w, 27050, fixture_token);
	assert_ended(w, ERR_OK);
}

/* Slow keys must not lead to a question about a code that is worthless by then. */
static void
test_device_code_that_expired_meanwhile_is_not_asked_for(void **state)
{
	struct http_answer answer = {
		.status = 200, .body = fixture_jwks, .len = strlen(fixture_jwks)};
	struct http_request request;
	struct world *w = *state;

	begin(w);
	step(w, "metadata", 1000, 200, METADATA);
	step(w, "device", 1010, 200, DEVICE_ANSWER(""));
	assert_int_equal(flow_ask(w->flow, FIXTURE_NOW, &request), ERR_OK);
	flow_take(w->flow, 30000, FIXTURE_NOW, ERR_OK, &answer);
	step(w, "device", 30000, 200, DEVICE_ANSWER(""));
	assert_string_equal(w->flow->step, "token");
	assert_int_equal(w->flow->due, 33010);
}

static void
test_device_no_new_code_behind_the_deadline(void **state)
{
	struct world *w = *state;

	int64_t deadline;

	for (deadline = 21000; deadline <= 21020; deadline += 20) {
		w->now = 1000;
		begin(w);
		w->client.deadline = deadline;
		run_to_token(w); /* worthless at 1020 + 20000 */
		step(w, "token", 4020, 400, OAUTH_ERROR("slow_down"));
		step(w, "token", 12030, 400, OAUTH_ERROR("authorization_pending"));
		step(w, "token", 20040, 400, OAUTH_ERROR("authorization_pending"));
		assert_ended(w, ERR_EXPIRED);
		flow_free(&w->flow);
	}
}

static void
test_device_codes_are_bounded(void **state)
{
	struct world *w = *state;
	int64_t due = 4020;
	int i;

	begin(w);
	w->client.deadline = INT64_MAX / 2;
	run_to_token(w);
	for (i = 0; i < MACHINE_RENEWALS_MAX; i++) {
		step(w, "token", due, 400, OAUTH_ERROR("expired_token"));
		step(w, "device", due + 10, 200, DEVICE_ANSWER(""));
		due += 3020;
	}
	step(w, "token", due, 400, OAUTH_ERROR("expired_token"));
	assert_ended(w, ERR_EXPIRED);
}

static void
test_device_timeout_slows_polling_down_for_good(void **state)
{
	struct world *w = *state;

	begin(w);
	run_to_token(w);
	step(w, "token", 4020, 400, OAUTH_ERROR("authorization_pending"));
	flow_take(w->flow, 8000, FIXTURE_NOW, ERR_HTTP_TIMEOUT, NULL);
	step(w, "token", 14000, 400, OAUTH_ERROR("authorization_pending"));
	assert_int_equal(w->flow->due, 20010);
}

/* "In a row" ends with any good answer, also one to another question. */
static void
test_device_good_answer_forgives_earlier_failures(void **state)
{
	struct world *w = *state;

	begin(w);
	w->client.wants_userinfo = true;
	run_to_token(w);
	step(w, "token", 4020, 503, "");
	step(w, "token", 7030, 503, "");
	step_token(w, 13040, fixture_token);
	step(w, "userinfo", 13050, 503, "");
	step(w, "userinfo", 14060, 503, "");
	step(w, "userinfo", 16070, 200, "{\"sub\":\"subject-of-alice\"}");
	assert_ended(w, ERR_OK);
}

static void
test_device_is_asked_once_for_not_yet(void **state)
{
	struct world *w = *state;

	begin(w);
	step(w, "metadata", 1000, 200, METADATA);
	step(w, "device", 1010, 400, OAUTH_ERROR("authorization_pending"));
	assert_ended(w, ERR_PROVIDER_ERROR);
}

static void
test_device_without_endpoint_is_refused(void **state)
{
	struct world *w = *state;

	begin(w);
	step(w, "metadata", 1000, 200,
		"{\"issuer\":\"" FIXTURE_ISSUER "\",\"jwks_uri\":\"https://a/\","
		"\"token_endpoint\":\"https://a/\"}");
	assert_ended(w, ERR_PROVIDER_ENDPOINT);
}

static void
test_device_is_not_repeated_once_refused(void **state)
{
	static const struct {
		int status;
		const char *body;
		enum err e;
	} cases[] = {
		{400, OAUTH_ERROR("invalid_client"), ERR_CLIENT_REFUSED},
		{400, OAUTH_ERROR("invalid_scope"), ERR_CLIENT_REFUSED},
		{401, "", ERR_CLIENT_REFUSED},
		{400, "", ERR_PROVIDER_ERROR},
		{400, OAUTH_ERROR("invalid_request"), ERR_PROVIDER_ERROR},
		{403, "{\"message\":\"x\"}", ERR_PROVIDER_ERROR},
		{429, "", ERR_HTTP_TOO_MANY},
		{429, OAUTH_ERROR("slow_down"), ERR_HTTP_TOO_MANY},
	};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		w->now = 1000;
		begin(w);
		step(w, "metadata", 1000, 200, METADATA);
		step(w, "device", 1010, cases[i].status, cases[i].body);
		assert_ended(w, cases[i].e);
		assert_true(w->flow->diag.text[0] != '\0');
		flow_free(&w->flow);
	}
}

/* Some seconds are left to a provider that stumbles before anything is shown. */
static void
test_device_is_asked_for_again_for_some_seconds(void **state)
{
	static const struct {
		int status;
		const char *body;
		enum err e;
	} cases[] = {
		{503, "", ERR_HTTP_STATUS},
		{302, "", ERR_HTTP_STATUS},
		{403, "", ERR_HTTP_REFUSED},
		{404, "<html>", ERR_HTTP_REFUSED},
		{200, "<html>", ERR_PROVIDER_ANSWER},
		{200, "[]", ERR_PROVIDER_ANSWER},
		{200, "{\"device_code\":\"d\\u0000\"}", ERR_PROVIDER_ANSWER},
		{200, "{\"device_code\":\"d\",\"device_code\":\"e\"}",
			ERR_PROVIDER_ANSWER},
	};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		w->now = 1000;
		begin(w);
		step(w, "metadata", 1000, 200, METADATA);
		assert_int_equal(
			step_to_the_end(w, "device", cases[i].status, cases[i].body), 3);
		assert_ended(w, cases[i].e);
		assert_true(w->now < 1010 + 6000);
		flow_free(&w->flow);
	}
	w->now = 1000;
	begin(w);
	step(w, "metadata", 1000, 200, METADATA);
	w->retry_after = 7;
	step(w, "device", 1010, 503, "");
	assert_ended(w, ERR_HTTP_STATUS);
}

/* A code that ran out while the provider was away is followed by another, as always. */
static void
test_device_outage_longer_than_the_code(void **state)
{
	struct world *w = *state;

	begin(w);
	run_to_token(w); /* worthless at 1020 + 20000 */
	step_to_the_end(w, "token", 503, "");
	step(w, "device", 21020, 503, "");
	step(w, "device", 22030, 429, ""); /* the screen is not empty */
	step(w, "device", 24040, 200, DEVICE_ANSWER(COMPLETE));
	step_token(w, 27050, fixture_token);
	assert_ended(w, ERR_OK);
}

static void
test_device_interval_out_of_bounds_is_named(void **state)
{
	static const struct {
		const char *answer, *said;
		int64_t timeout;
	} cases[] = {
		{"\"expires_in\":900,\"interval\":600}",
			"device: interval is 600, allowed are 1 to 60 seconds", 0},
		{"\"expires_in\":900,\"interval\":600}",
			"device: interval is 600, allowed are 1 to 99 seconds", 100},
		{"\"expires_in\":900,\"interval\":-1}",
			"device: interval is -1, allowed are 1 to 99 seconds", 100},
		{"\"expires_in\":0,\"interval\":5}",
			"device: expires_in is 0, allowed is 1 or more", 100},
		{"\"expires_in\":900,\"interval\":90}", NULL, 100},
	};
	struct world *w = *state;
	char body[512];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		w->now = 1000;
		begin(w);
		w->client.timeout = cases[i].timeout;
		step(w, "metadata", 1000, 200, METADATA);
		snprintf(body, sizeof(body),
			"{\"device_code\":\"d\",\"user_code\":\"u\",%s%s", URI,
			cases[i].answer);
		step(w, "device", 1010, 200, body);
		if (cases[i].said != NULL) {
			assert_ended(w, ERR_PROVIDER_ANSWER);
			assert_string_equal(w->flow->diag.text, cases[i].said);
		} else {
			step(w, "keys", 1020, 200, fixture_jwks);
			assert_int_equal(w->flow->due, 91020); /* within the login */
		}
		flow_free(&w->flow);
	}
}

/* --- what is said of the provider ------------------------------------------- */

static void
test_discovery_elsewhere_where_nothing_is(void **state)
{
	struct world *w = *state;

	begin(w);
	step(w, "metadata", 1000, 404, "");
	step(w, "metadata", 1010, 200, METADATA);
	assert_string_equal(
		w->url, "https://op.example/.well-known/oauth-authorization-server/v2");
	assert_string_equal(w->flow->step, "device");
}

static void
test_discovery_nowhere_ends_the_flow(void **state)
{
	struct world *w = *state;

	begin(w);
	step(w, "metadata", 1000, 404, "");
	step(w, "metadata", 1010, 404, "");
	step(w, "metadata", 2020, 404, ""); /* once more, from the beginning */
	assert_string_equal(w->url, FIXTURE_ISSUER "/.well-known/openid-configuration");
	step(w, "metadata", 2030, 404, "");
	assert_ended(w, ERR_HTTP_REFUSED);
}

/* A provider that says so itself has no such tenant. */
static void
test_discovery_that_is_refused_is_not_asked_again(void **state)
{
	struct world *w = *state;

	begin(w);
	step(w, "metadata", 1000, 404, OAUTH_ERROR("no such realm"));
	step(w, "metadata", 1010, 404, OAUTH_ERROR("no such realm"));
	assert_ended(w, ERR_PROVIDER_ERROR);
}

/* Only what is not there may be elsewhere. */
static void
test_discovery_that_fails_ends_the_flow(void **state)
{
	static const struct {
		int status;
		enum err e;
		unsigned asked;
	} cases[] = {
		{301, ERR_HTTP_STATUS, 2},
		{400, ERR_PROVIDER_ERROR, 1},
		{401, ERR_CLIENT_REFUSED, 1},
		{403, ERR_HTTP_REFUSED, 2},
		{410, ERR_HTTP_REFUSED, 2},
		{429, ERR_HTTP_TOO_MANY, 2},
		{500, ERR_HTTP_STATUS, 2},
		{503, ERR_HTTP_STATUS, 2},
	};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		w->now = 1000;
		begin(w);
		assert_int_equal(step_to_the_end(w, "metadata", cases[i].status, ""),
			cases[i].asked);
		assert_ended(w, cases[i].e);
		flow_free(&w->flow);
	}
}

static void
test_discovery_of_an_issuer_that_ends_with_a_slash(void **state)
{
	struct world *w = *state;

	begin(w);
	w->client.issuer = "https://op.example/";
	step(w, "metadata", 1000, 404, "");
	assert_string_equal(
		w->url, "https://op.example/.well-known/openid-configuration");
	step(w, "metadata", 1010, 404, "");
	assert_string_equal(
		w->url, "https://op.example/.well-known/oauth-authorization-server");
}

static void
test_discovery_is_needless_where_all_is_set_by_hand(void **state)
{
	struct world *w = *state;

	script_set_client(w, NULL);
	w->client.scope = "openid";
	w->client.endpoints[ENDPOINT_JWKS] = "https://hand/j";
	w->client.endpoints[ENDPOINT_TOKEN] = "https://hand/t";
	w->client.endpoints[ENDPOINT_DEVICE] = "https://hand/d";
	assert_int_equal(device_flow_new(&w->flow, &w->client, w->now), ERR_OK);
	step(w, "device", 1000, 200, DEVICE_ANSWER(""));
	assert_string_equal(w->url, "https://hand/d");
	step(w, "keys", 1010, 200, fixture_jwks);
	assert_string_equal(w->url, "https://hand/j");
	step_token(w, 4010, fixture_token);
	assert_string_equal(w->url, "https://hand/t");
	assert_ended(w, ERR_OK);
}

static void
test_endpoint_set_by_hand_goes_before_the_discovered(void **state)
{
	struct world *w = *state;

	begin(w);
	w->client.endpoints[ENDPOINT_DEVICE] = "https://hand/d";
	step(w, "metadata", 1000, 200, METADATA);
	step(w, "device", 1010, 200, DEVICE_ANSWER(""));
	assert_string_equal(w->url, "https://hand/d");
}

#define OFFER(list)                                                      \
	"{\"issuer\":\"" FIXTURE_ISSUER "\",\"jwks_uri\":\"https://a\"," \
	"\"token_endpoint\":\"https://a\","                              \
	"\"device_authorization_endpoint\":\"https://a\"," list "}"

static void
test_algorithms_that_leave_nothing_are_refused_early(void **state)
{
	static const struct {
		const char *body;
		enum err e;
	} cases[] = {
		{OFFER("\"id_token_signing_alg_values_supported\":[\"HS256\",\"none\"]"),
			ERR_PROVIDER_ALG},
		{OFFER("\"id_token_signing_alg_values_supported\":[]"), ERR_PROVIDER_ALG},
		{OFFER("\"id_token_signing_alg_values_supported\":[null,256]"),
			ERR_PROVIDER_ALG},
		{OFFER("\"id_token_encryption_alg_values_supported\":[\"RSA1_5\","
		       "\"dir\"]"),
			ERR_PROVIDER_ALG},
		{OFFER("\"id_token_encryption_enc_values_supported\":[\"A192GCM\"]"),
			ERR_PROVIDER_ALG},
	};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		w->now = 1000;
		begin(w);
		step(w, "metadata", 1000, 200, cases[i].body);
		assert_ended(w, cases[i].e);
		assert_non_null(strstr(w->flow->diag.text, "nothing in id_token_"));
		flow_free(&w->flow);
	}
}

/* A provider's document is judged by what this flow takes from it. */
static void
test_discovery_of_what_the_flow_does_not_use_is_not_judged(void **state)
{
	static const char *const bodies[] = {
		OFFER("\"userinfo_endpoint\":\"http://a\""),
		OFFER("\"userinfo_endpoint\":7"),
		OFFER("\"backchannel_authentication_endpoint\":\"http://a\""),
		OFFER("\"backchannel_authentication_endpoint\":null"),
		OFFER("\"id_token_signing_alg_values_supported\":null"),
		OFFER("\"id_token_signing_alg_values_supported\":[7,null,{},"
		      "\"RS256\"]"),
		OFFER("\"id_token_encryption_alg_values_supported\":[[],"
		      "\"RSA-OAEP-256\"]"),
		OFFER("\"backchannel_authentication_request_signing_alg_values_"
		      "supported\":\"RS256\""),
		OFFER("\"backchannel_user_code_parameter_supported\":null"),
	};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		w->now = 1000;
		begin(w);
		step(w, "metadata", 1000, 200, bodies[i]);
		if (w->flow->finished)
			fail_msg("%s: %s", bodies[i], w->flow->diag.text);
		assert_string_equal(w->flow->step, "device");
		flow_free(&w->flow);
	}
}

#define LISTED(jwks, token, device)                                               \
	"{\"issuer\":\"" FIXTURE_ISSUER "\",\"jwks_uri\":" jwks                   \
	",\"token_endpoint\":" token ",\"device_authorization_endpoint\":" device \
	",\"userinfo_endpoint\":\"http://a\"}"
#define GOOD "\"https://a\""

static void
test_discovery_of_a_needed_address_that_is_none_is_said(void **state)
{
	static const struct {
		const char *body, *words;
		bool wants_userinfo;
	} cases[] = {
		{LISTED("null", GOOD, GOOD), "jwks_uri is missing", false},
		{LISTED("\"http://a\"", GOOD, GOOD), "jwks_uri is not an https", false},
		{LISTED("\"file:///etc/shadow\"", GOOD, GOOD), "jwks_uri is not an https",
			false},
		{LISTED(GOOD, "[\"https://a\"]", GOOD), "token_endpoint is not an https",
			false},
		{LISTED(GOOD, GOOD, "\"https://\""),
			"device_authorization_endpoint is not an https", false},
		{LISTED(GOOD, GOOD, GOOD), "userinfo_endpoint is not an https", true},
	};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		w->now = 1000;
		begin(w);
		w->client.wants_userinfo = cases[i].wants_userinfo;
		step(w, "metadata", 1000, 200, cases[i].body);
		assert_ended(w, ERR_PROVIDER_ENDPOINT);
		if (strstr(w->flow->diag.text, cases[i].words) == NULL)
			fail_msg("%s: %s", cases[i].body, w->flow->diag.text);
		flow_free(&w->flow);
	}
}

/* What is set by hand goes first: what the document says instead is nothing to us. */
static void
test_discovery_of_a_bad_address_that_is_set_by_hand(void **state)
{
	struct world *w = *state;

	begin(w);
	w->client.endpoints[ENDPOINT_TOKEN] = "https://hand/t";
	step(w, "metadata", 1000, 200, LISTED(GOOD, "\"http://a\"", GOOD));
	step(w, "device", 1010, 200, DEVICE_ANSWER(""));
	assert_string_equal(w->flow->step, "keys");
}

static void
test_discovery_of_a_needed_list_that_is_none_is_refused(void **state)
{
	struct world *w = *state;

	begin(w);
	step(w, "metadata", 1000, 200,
		OFFER("\"id_token_signing_alg_values_supported\":\"RS256\""));
	assert_ended(w, ERR_PROVIDER_ANSWER);
	assert_non_null(strstr(w->flow->diag.text, "is not a list"));
}

static void
test_algorithm_not_on_offer_is_refused_in_a_token(void **state)
{
	struct world *w = *state;

	script_set_client(w, NULL);
	w->client.scope = "openid";
	w->client.policy.sig_algs |= ALG_BIT(ALG_ES256);
	assert_int_equal(device_flow_new(&w->flow, &w->client, w->now), ERR_OK);
	step(w, "metadata", 1000, 200,
		OFFER("\"id_token_signing_alg_values_supported\":[\"ES256\"]"));
	step(w, "device", 1010, 200, DEVICE_ANSWER(""));
	step(w, "keys", 1020, 200, fixture_jwks);
	step_token(w, 4020, fixture_token); /* RS256 */
	assert_ended(w, ERR_ALG_REFUSED);
}

/* The newer algorithms are for providers that name them, and for no others. */
static void
test_algorithms_that_must_be_named(void **state)
{
#define NAMED(name, values) OFFER("\"id_token_" name "_values_supported\":[" values "]")
	const uint32_t usual = alg_set_default();
	const uint32_t sig = usual & alg_set_kind(ALG_SIGNS);
	const uint32_t wraps = usual & alg_set_kind(ALG_WRAPS);
	const struct {
		const char *metadata;
		uint32_t sig_algs, key_algs;
	} cases[] = {
		{NULL, sig, wraps}, /* never asked for: every address was given by hand */
		{METADATA, sig, wraps},
		{NAMED("signing_alg", "\"RS512\",\"ES384\""),
			ALG_BIT(ALG_RS512) | ALG_BIT(ALG_ES384), wraps},
		{NAMED("signing_alg", "\"RS256\",\"PS384\",\"ES512\""),
			ALG_BIT(ALG_RS256) | ALG_BIT(ALG_PS384), wraps},
		{NAMED("signing_alg", "\"Ed25519\""), ALG_BIT(ALG_EDDSA), wraps},
		{NAMED("signing_alg", "\"EdDSA\",\"Ed25519\",\"Ed448\""),
			ALG_BIT(ALG_EDDSA), wraps},
		{NAMED("encryption_alg", "\"ECDH-ES+A128KW\",\"ECDH-ES+A192KW\""), sig,
			ALG_BIT(ALG_ECDH_ES_A128KW)},
		{NAMED("encryption_alg", "\"ECDH-ES\",\"ECDH-ES+A256KW\",\"A256KW\""),
			sig, ALG_BIT(ALG_ECDH_ES) | ALG_BIT(ALG_ECDH_ES_A256KW)},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_METADATA struct metadata metadata = {0};
		struct jwt_policy policy = {.sig_algs = alg_set_kind(ALG_SIGNS),
			.key_algs = alg_set_kind(ALG_WRAPS),
			.encs = ENC_BIT(ENC_COUNT) - 1};

		if (cases[i].metadata != NULL)
			assert_int_equal(
				metadata_read(&metadata, cases[i].metadata,
					strlen(cases[i].metadata), FIXTURE_ISSUER, NULL),
				ERR_OK);
		metadata_narrow(&policy, &metadata);
		if (policy.sig_algs != cases[i].sig_algs ||
			policy.key_algs != cases[i].key_algs)
			fail_msg("case %zu", i);
		assert_int_equal(policy.encs, ENC_BIT(ENC_COUNT) - 1);
	}
}

/* A token by RS512: with metadata that names it, that does not, and
 * without any. */
static void
test_token_in_an_algorithm_that_must_be_named(void **state)
{
#define RS512(member) "\"" member "\":[\"RS512\"]"
	static const struct {
		const char *metadata; /* NULL: every address by hand */
		enum err e;
	} cases[] = {
		{OFFER(RS512("id_token_signing_alg_values_supported")), ERR_OK},
		{METADATA, ERR_ALG_REFUSED},
		{NULL, ERR_ALG_REFUSED},
	};
	static const char claims[] =
		"{\"iss\":\"" FIXTURE_ISSUER "\",\"aud\":\"" FIXTURE_CLIENT
		"\",\"sub\":\"s\",\"exp\":1700000100,"
		"\"iat\":1700000000}";
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_BUF struct buf keys = BUF_INIT(8192), token = BUF_INIT(8192);
		int64_t at = 1000;

		w->now = at;
		script_set_client(w, NULL);
		w->client.scope = "openid";
		w->client.policy =
			(struct jwt_policy){.sig_algs = alg_set_kind(ALG_SIGNS)};
		if (cases[i].metadata == NULL) {
			w->client.endpoints[ENDPOINT_JWKS] = "https://op.example/jwks";
			w->client.endpoints[ENDPOINT_TOKEN] = "https://op.example/t";
			w->client.endpoints[ENDPOINT_DEVICE] = "https://op.example/d";
		}
		assert_int_equal(device_flow_new(&w->flow, &w->client, w->now), ERR_OK);
		assert_int_equal(key_public_jwks(&keys, &w->sig, 1), ERR_OK);
		if (cases[i].metadata != NULL) {
			step(w, "metadata", at, 200, cases[i].metadata);
			at += 10;
		}
		step(w, "device", at, 200, DEVICE_ANSWER(""));
		step(w, "keys", at + 10, 200, buf_str(&keys));
		assert_int_equal(jws_sign_as(&token, w->sig, ALG_BIT(ALG_RS512), NULL,
					 claims, strlen(claims)),
			ERR_OK);
		step_token(w, w->flow->due, buf_str(&token));
		if (w->flow->result != cases[i].e)
			fail_msg("case %zu: %s", i, err_word(w->flow->result));
		flow_free(&w->flow);
	}
}

/* --- who we are ------------------------------------------------------------- */

static void
test_client_secret_basic_is_encoded_twice(void **state)
{
	struct world *w = *state;

	begin(w);
	w->client.auth = CLIENT_SECRET_BASIC;
	w->client.client_id = "my:client";
	w->client.secret = "a b%c";
	step(w, "metadata", 1000, 200, METADATA);
	step(w, "device", 1010, 200, DEVICE_ANSWER(""));
	assert_string_equal(w->user, "my%3Aclient");
	assert_string_equal(w->password, "a%20b%25c");
	assert_non_null(strstr(w->form, "&client_id=my%3Aclient"));
	assert_null(strstr(w->form, "client_assertion"));
	assert_null(strstr(w->form, "client_secret"));
	step(w, "keys", 1020, 200, fixture_jwks);
	assert_string_equal(w->user, ""); /* not for everybody */
}

static void
test_client_secret_post_and_none(void **state)
{
	struct world *w = *state;

	begin(w);
	w->client.auth = CLIENT_SECRET_POST;
	w->client.secret = "s&t";
	step(w, "metadata", 1000, 200, METADATA);
	step(w, "device", 1010, 200, DEVICE_ANSWER(""));
	assert_non_null(
		strstr(w->form, "&client_id=" FIXTURE_CLIENT "&client_secret=s%26t"));
	assert_string_equal(w->user, "");
	flow_free(&w->flow);
	w->now = 1000;
	begin(w);
	w->client.auth = CLIENT_NONE;
	step(w, "metadata", 1000, 200, METADATA);
	step(w, "device", 1010, 200, DEVICE_ANSWER(""));
	assert_string_equal(strstr(w->form, "&client_id="), "&client_id=" FIXTURE_CLIENT);
}

static void
test_assertion_that_nobody_takes_is_not_sent(void **state)
{
#define TAKES(list) OFFER("\"token_endpoint_auth_signing_alg_values_supported\":" list)
	static const char *const offers[] = {
		TAKES("[\"ES256\"]"),
		TAKES("[\"HS256\",\"none\"]"), /* nothing that we know */
		TAKES("[]"),
	};
	struct world *w = *state;
	struct http_request request;
	size_t i;

	for (i = 0; i < sizeof(offers) / sizeof(offers[0]); i++) {
		w->now = 1000;
		begin(w); /* with an RSA key */
		step(w, "metadata", 1000, 200, offers[i]);
		assert_int_equal(
			flow_ask(w->flow, FIXTURE_NOW, &request), ERR_PROVIDER_ALG);
		assert_ended(w, ERR_PROVIDER_ALG);
		assert_non_null(strstr(w->flow->diag.text, "signing_key"));
		flow_free(&w->flow);
	}
}

/* A key whose one algorithm a provider must name; nothing said is not by name. */
static void
test_assertion_in_an_algorithm_that_must_be_named(void **state)
{
	static const struct {
		const char *metadata;
		bool sent;
	} cases[] = {
		{TAKES("[\"RS256\",\"ES384\"]"), true},
		{TAKES("[\"RS256\",\"ES256\"]"), false},
		{METADATA, false},
	};
	struct world *w = *state;
	struct http_request request;
	AUTO_KEY struct key *key = NULL;
	size_t i;

	assert_int_equal(
		key_load(&key, DATA_P384_PEM, strlen(DATA_P384_PEM), KEY_SIG, NULL),
		ERR_OK);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		w->now = 1000;
		begin(w);
		w->client.signing_key = key;
		step(w, "metadata", 1000, 200, cases[i].metadata);
		assert_int_equal(flow_ask(w->flow, FIXTURE_NOW, &request),
			cases[i].sent ? ERR_OK : ERR_PROVIDER_ALG);
		if (!cases[i].sent)
			assert_non_null(strstr(w->flow->diag.text, "signing_key"));
		flow_free(&w->flow);
	}
}

static char *
assertion_part(const char *form, int part)
{
	const char *at = strstr(form, "client_assertion=") + 17;

	while (part-- > 0)
		at = strchr(at, '.') + 1;
	return strndup(at, strcspn(at, "."));
}

static void
test_assertion_is_signed_as_the_provider_wants(void **state)
{
	struct world *w = *state;
	char *head;

	begin(w);
	step(w, "metadata", 1000, 200,
		OFFER("\"token_endpoint_auth_signing_alg_values_supported\":["
		      "\"PS256\"]"));
	step(w, "device", 1010, 200, DEVICE_ANSWER(""));
	head = assertion_part(w->form, 0);
	assert_memory_equal(head, "eyJhbGciOiJQUzI1NiIs", 20); /* {"alg":"PS256", */
	free(head);
}

/* --- what else it knows ----------------------------------------------------- */

static void
begin_userinfo(struct world *w)
{
	begin(w);
	w->client.wants_userinfo = true;
	run_to_token(w);
	step_token(w, 4020, fixture_token);
}

static void
test_userinfo_of_the_same_subject_is_taken(void **state)
{
	struct world *w = *state;

	begin_userinfo(w);
	step(w, "userinfo", 4030, 200,
		" {\"sub\":\"subject-of-alice\",\"email_verified\":true}\n");
	assert_string_equal(w->url, "https://op.example/u");
	assert_string_equal(w->bearer, "a");
	assert_string_equal(w->form, "");
	assert_ended(w, ERR_OK);
	assert_true(json_object_get_boolean(
		json_object_object_get(w->flow->userinfo, "email_verified")));
}

static void
test_userinfo_bad_answers_are_refused(void **state)
{
	static const struct {
		int status;
		const char *body;
		enum err e;
	} cases[] = {
		{200, "{\"sub\":\"subject-of-bob\"}", ERR_CLAIM_SUB},
		{200, "{\"sub\":\"subject-of-alice2\"}", ERR_CLAIM_SUB},
		{200, "{\"sub\":\"subject-of-alic\"}", ERR_CLAIM_SUB},
		{200, "{\"sub\":7}", ERR_CLAIM_SUB},
		{200, "{\"sub\":\"subject-of-alice\",\"aud\":\"x\"}", ERR_CLAIM_AUD},
		{200, "{\"sub\":\"subject-of-alice\",\"iss\":\"x\"}", ERR_CLAIM_ISS},
		{200, "eyJhbGciOiJub25lIn0.e30.", ERR_ALG_REFUSED},
		{401, "", ERR_CLIENT_REFUSED},
		{403, OAUTH_ERROR("insufficient_scope"), ERR_PROVIDER_ERROR},
	};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		w->now = 1000;
		begin_userinfo(w);
		step(w, "userinfo", 4030, cases[i].status, cases[i].body);
		if (!w->flow->finished || w->flow->userinfo != NULL ||
			err_verdict(w->flow->result) != err_verdict(cases[i].e))
			fail_msg("case %zu: %s", i, err_word(w->flow->result));
		flow_free(&w->flow);
	}
}

/* A captive portal instead of UserInfo: no finding about any token. */
static void
test_userinfo_that_is_none_is_asked_for_again(void **state)
{
	static const struct {
		int status;
		const char *body;
		enum err e;
	} cases[] = {
		{200, "{\"sub\":\"subject-of-alice\"} x", ERR_PROVIDER_ANSWER},
		{200, "{\"sub\":\"a\",\"sub\":\"subject-of-alice\"}",
			ERR_PROVIDER_ANSWER},
		{200, "{\"sub\":\"subj", ERR_PROVIDER_ANSWER},
		{200, "", ERR_PROVIDER_ANSWER},
		{200, " \n", ERR_PROVIDER_ANSWER},
		{200, "null", ERR_PROVIDER_ANSWER},
		{200, "<html>a.b.c</html>", ERR_PROVIDER_ANSWER},
		{200, "eyJhbGciOiJub25lIn0.e30", ERR_PROVIDER_ANSWER},
		{302, "", ERR_HTTP_STATUS},
		{403, "<html>", ERR_HTTP_REFUSED},
		{429, "", ERR_HTTP_TOO_MANY},
		{503, "", ERR_HTTP_STATUS},
	};
	struct world *w = *state;
	size_t i, j;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (j = 0; j < 2; j++) {
			w->now = 1000;
			begin_userinfo(w);
			w->client.userinfo_as_jwt = j == 1;
			step(w, "userinfo", 4030, cases[i].status, cases[i].body);
			assert_false(w->flow->finished);
			step_to_the_end(w, "userinfo", cases[i].status, cases[i].body);
			assert_string_equal(
				err_word(w->flow->result), err_word(cases[i].e));
			assert_in_range(w->now, 4030 + 15000, 4040 + 20000);
			assert_null(w->flow->userinfo);
			flow_free(&w->flow);
		}
}

/* Whatever else an object says that is about nobody: there is nothing to verify in it. */
static void
test_userinfo_about_nobody_is_asked_for_again(void **state)
{
	static const char *const bodies[] = {"{}", "{\"email\":\"a@b\"}",
		"{\"sub\":null}", OAUTH_ERROR("temporarily_unavailable"),
		"{\"message\":\"maintenance\"}"};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		w->now = 1000;
		begin_userinfo(w);
		step(w, "userinfo", 4030, 200, bodies[i]);
		if (w->flow->finished)
			fail_msg("case %zu: %s", i, err_word(w->flow->result));
		assert_true(step_to_the_end(w, "userinfo", 200, bodies[i]) > 2);
		assert_string_equal(
			err_word(w->flow->result), err_word(ERR_PROVIDER_ANSWER));
		assert_string_equal(w->flow->diag.text, "userinfo: sub is missing");
		assert_null(w->flow->userinfo);
		flow_free(&w->flow);
	}
	w->now = 1000;
	begin_userinfo(w);
	step(w, "userinfo", w->flow->due, 200, "{}");
	step(w, "userinfo", w->flow->due, 200, "{\"sub\":\"subject-of-alice\"}");
	assert_true(w->flow->finished && w->flow->result == ERR_OK);
}

static void
test_userinfo_may_be_a_nested_token(void **state)
{
	static const struct {
		const char *token;
		enum err e;
	} cases[] = {{fixture_token, ERR_OK}, {fixture_token_wrong_aud, ERR_CLAIM_AUD}};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		w->now = 1000;
		begin_userinfo(w);
		w->client.userinfo_as_jwt = i % 2 == 0;
		step(w, "userinfo", 4030, 200, cases[i / 2].token);
		if (!w->flow->finished || w->flow->result != cases[i / 2].e)
			fail_msg("case %zu: %s", i, err_word(w->flow->result));
		assert_true((w->flow->userinfo != NULL) == (cases[i / 2].e == ERR_OK));
		flow_free(&w->flow);
	}
}

/* The provider may have rotated its keys since: they are asked for again, once. */
static void
test_userinfo_of_an_unknown_key_fetches_the_keys_once(void **state)
{
	struct world *w = *state;

	begin_userinfo(w);
	step(w, "userinfo", 4030, 200, fixture_token_new_key);
	step(w, "new_keys", 4040, 503, "");
	assert_string_equal(w->bearer, ""); /* not for everybody */
	step(w, "new_keys", w->flow->due, 200, fixture_jwks_new);
	assert_ended(w, ERR_OK);
	assert_non_null(w->flow->userinfo);
	flow_free(&w->flow);

	w->now = 1000;
	begin_userinfo(w);
	step(w, "userinfo", 4030, 200, fixture_token_new_key);
	step(w, "new_keys", 4040, 200, fixture_jwks);
	assert_true(w->flow->finished && w->flow->userinfo == NULL);
	assert_int_equal(w->flow->result, ERR_KID_UNKNOWN);
}

/* The ID Token's own fetch a moment ago does not stand in the way. */
static void
test_userinfo_keys_are_fetched_after_those_of_the_id_token(void **state)
{
	struct world *w = *state;

	begin(w);
	w->client.wants_userinfo = true;
	run_to_token(w);
	step_token(w, 4020, fixture_token_new_key);
	step(w, "new_keys", 4030, 200, fixture_jwks_new);
	step(w, "userinfo", 4040, 200, fixture_token);
	step(w, "new_keys", 4050, 200, fixture_jwks);
	assert_ended(w, ERR_OK);
}

/* --- tokens that are ours to write ------------------------------------------- */

/* The issuer has our own key here, and signs alone. `ret_nonce`: what it was sent. */
static void
begin_signed(struct world *w, char ret_nonce[64])
{
	AUTO_BUF struct buf keys = BUF_INIT(8192);
	const char *at;

	script_set_client(w, NULL);
	w->client.scope = "openid";
	w->client.userinfo_as_jwt = true;
	w->client.policy = (struct jwt_policy){.sig_algs = alg_set_kind(ALG_SIGNS)};
	w->client.started = FIXTURE_NOW;
	w->client.wants_userinfo = true;
	assert_int_equal(device_flow_new(&w->flow, &w->client, w->now), ERR_OK);
	assert_int_equal(key_public_jwks(&keys, &w->sig, 1), ERR_OK);
	step(w, "metadata", 1000, 200,
		/* that it could not encrypt to us is nothing to a client who wants none
		 */
		OFFER("\"id_token_signing_alg_values_supported\":[\"RS256\"],"
		      "\"id_token_encryption_alg_values_supported\":[\"RSA1_5\"],"
		      "\"id_token_encryption_enc_values_supported\":[\"A192GCM\"],"
		      "\"userinfo_endpoint\":\"https://a\""));
	step(w, "device", 1010, 200, DEVICE_ANSWER(""));
	at = strstr(w->form, "&nonce=") + 7;
	snprintf(ret_nonce, 64, "%.*s", (int)strcspn(at, "&"), at);
	step(w, "keys", 1020, 200, buf_str(&keys));
}

static void
sign_claims(struct buf *token, const struct world *w, uint32_t algs, const char *claims)
{
	assert_int_equal(
		jws_sign_as(token, w->sig, algs, NULL, claims, strlen(claims)), ERR_OK);
}

#define USUAL                                                       \
	"{\"iss\":\"" FIXTURE_ISSUER "\",\"aud\":\"" FIXTURE_CLIENT \
	"\",\"sub\":\"s\",\"exp\":1700000100"

static void
test_token_of_another_login_is_refused(void **state)
{
#define AUTH_REQ_ID "\"urn:openid:params:jwt:claim:auth_req_id\":"
	static const struct {
		const char *more; /* %s: the nonce that was sent */
		enum err e;
	} cases[] = {
		{",\"iat\":1700000000", ERR_OK},
		{",\"iat\":1699999940", ERR_OK},
		{",\"iat\":1699999939", ERR_CLAIM_IAT},
		{",\"iat\":1700000000,\"nonce\":\"%s\"", ERR_OK},
		{",\"iat\":1700000000,\"nonce\":\"%s.\"", ERR_CLAIM_NONCE},
		{",\"iat\":1700000000," AUTH_REQ_ID "\"dc1\"", ERR_OK},
		{",\"iat\":1700000000," AUTH_REQ_ID "\"dc2\"", ERR_CLAIM_AUTH_REQ_ID},
		/* of the access token "a", and of another */
		{",\"iat\":1700000000,\"at_hash\":\"ypeBEsobvcr6wjGzmiPcTQ\"", ERR_OK},
		{",\"iat\":1700000000,\"at_hash\":\"PiPoFgA5WUoziU9lZOGxNA\"",
			ERR_CLAIM_AT_HASH},
	};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_BUF struct buf claims = BUF_INIT(4096), token = BUF_INIT(8192);
		char nonce[64];

		w->now = 1000;
		begin_signed(w, nonce);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-extra-args"
		buf_adds(&claims, USUAL);
		buf_addf(&claims, cases[i].more, nonce);
#pragma GCC diagnostic pop
		buf_adds(&claims, "}");
		sign_claims(&token, w, ALG_BIT(ALG_RS256), buf_str(&claims));
		step_token(w, 4020, buf_str(&token));
		if (cases[i].e == ERR_OK ? strcmp(w->flow->step, "userinfo") != 0
					 : w->flow->result != cases[i].e)
			fail_msg("case %zu: %s", i, err_word(w->flow->result));
		flow_free(&w->flow);
	}
}

#define ABOUT \
	"{\"iss\":\"" FIXTURE_ISSUER "\",\"aud\":\"" FIXTURE_CLIENT "\",\"sub\":\"s\""

/* OpenID Connect Core section 5.3.2; RFC 7519 section 4.1 for when. */
static void
test_userinfo_that_is_signed_must_be_for_us_and_now(void **state)
{
	static const struct {
		const char *claims;
		enum err e;
	} cases[] = {
		{ABOUT "}", ERR_OK},
		{ABOUT ",\"exp\":1699999941,\"nbf\":1700000060,\"iat\":1700000060}",
			ERR_OK},
		{ABOUT ",\"exp\":1.7e9,\"nbf\":1699999999.5,\"iat\":17e8}", ERR_OK},
		{ABOUT ",\"iat\":1}", ERR_OK}, /* of an answer that may be kept */
		{ABOUT ",\"exp\":1699999940}", ERR_CLAIM_EXP},
		{ABOUT ",\"exp\":\"1800000000\"}", ERR_CLAIM_EXP},
		{ABOUT ",\"exp\":null}", ERR_CLAIM_EXP},
		{ABOUT ",\"nbf\":1700000061}", ERR_CLAIM_NBF},
		{ABOUT ",\"iat\":1700000061}", ERR_CLAIM_IAT},
		{ABOUT ",\"iat\":1700000060.5}", ERR_CLAIM_IAT},
		{"{\"sub\":\"s\"}", ERR_CLAIM_ISS},
		{"{\"aud\":\"" FIXTURE_CLIENT "\",\"sub\":\"s\"}", ERR_CLAIM_ISS},
		{"{\"iss\":\"" FIXTURE_ISSUER "\",\"sub\":\"s\"}", ERR_CLAIM_AUD},
		{"{\"iss\":\"" FIXTURE_ISSUER "\",\"aud\":[],\"sub\":\"s\"}",
			ERR_CLAIM_AUD},
	};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_BUF struct buf token = BUF_INIT(8192), userinfo = BUF_INIT(8192);
		char nonce[64];

		w->now = 1000;
		begin_signed(w, nonce);
		sign_claims(&token, w, ALG_BIT(ALG_RS256), USUAL ",\"iat\":1700000000}");
		sign_claims(&userinfo, w, ALG_BIT(ALG_RS256), cases[i].claims);
		step_token(w, 4020, buf_str(&token));
		step(w, "userinfo", 4030, 200, buf_str(&userinfo));
		if (!w->flow->finished || w->flow->result != cases[i].e)
			fail_msg("%s: %s", cases[i].claims, err_word(w->flow->result));
		assert_true((w->flow->userinfo != NULL) == (cases[i].e == ERR_OK));
		flow_free(&w->flow);
	}
}

/* What the provider says of its ID Tokens holds for whatever it signs. */
static void
test_userinfo_signed_otherwise_than_announced_is_refused(void **state)
{
	static const struct {
		enum alg alg;
		enum err e;
	} cases[] = {{ALG_RS256, ERR_OK}, {ALG_PS256, ERR_ALG_REFUSED}};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_BUF struct buf token = BUF_INIT(8192), userinfo = BUF_INIT(8192);
		char nonce[64];

		w->now = 1000;
		begin_signed(w, nonce);
		sign_claims(&token, w, ALG_BIT(ALG_RS256), USUAL ",\"iat\":1700000000}");
		sign_claims(&userinfo, w, ALG_BIT(cases[i].alg), ABOUT "}");
		step_token(w, 4020, buf_str(&token));
		step(w, "userinfo", 4030, 200, buf_str(&userinfo));
		assert_true(w->flow->finished);
		assert_int_equal(w->flow->result, cases[i].e);
		flow_free(&w->flow);
	}
}

/* {"alg":"RS256","kid":"nobody"} */
#define SIGNED "eyJhbGciOiJSUzI1NiIsImtpZCI6Im5vYm9keSJ9."

static void
test_userinfo_must_be_a_token_where_that_is_the_rule(void **state)
{
	static const struct {
		bool as_jwt;
		const char *body;
		enum err e;
	} cases[] = {
		{true, "{\"sub\":\"subject-of-alice\"}", ERR_PROVIDER_ANSWER},
		/* signed alone, where it should be encrypted as well; by nobody we know
		 */
		{true, SIGNED "e30.AAAA", ERR_TOKEN_NESTING},
		{false, SIGNED "e30.AAAA", ERR_KID_UNKNOWN},
	};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		w->now = 1000;
		begin_userinfo(w);
		w->client.userinfo_as_jwt = cases[i].as_jwt;
		step(w, "userinfo", 4030, 200, cases[i].body);
		if (cases[i].e == ERR_KID_UNKNOWN)
			step(w, "new_keys", 4040, 200, fixture_jwks);
		assert_true(w->flow->finished);
		if (w->flow->result != cases[i].e)
			fail_msg("case %zu: %s", i, err_word(w->flow->result));
		flow_free(&w->flow);
	}
}

static void
test_token_answers_that_contradict_are_refused(void **state)
{
	static const struct {
		const char *body;
		enum err e;
	} cases[] = {
		{"{\"access_token\":\"a\",\"token_type\":\"bearer\"}",
			ERR_ID_TOKEN_MISSING},
		{"{\"access_token\":\"a\",\"token_type\":\"DPoP\",\"id_token\":\"x\"}",
			ERR_PROVIDER_ANSWER},
		{"{\"access_token\":\"a\",\"token_type\":7,\"id_token\":\"x\"}",
			ERR_PROVIDER_ANSWER},
		{"{\"access_token\":\"\",\"id_token\":\"x\"}", ERR_PROVIDER_ANSWER},
		{"{\"access_token\":[],\"id_token\":\"x\"}", ERR_PROVIDER_ANSWER},
		{"{\"access_token\":\"a\",\"id_token\":null}", ERR_ID_TOKEN_MISSING},
		{"{\"access_token\":\"a\",\"id_token\":\"\"}", ERR_PROVIDER_ANSWER},
		{"{\"error\":\"access_denied\",\"id_token\":\"x\"}", ERR_USER_DENIED},
	};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		w->now = 1000;
		begin(w);
		run_to_token(w);
		step(w, "token", 4020, 200, cases[i].body);
		if (!w->flow->finished || w->flow->result != cases[i].e)
			fail_msg("case %zu: %s", i, err_word(w->flow->result));
		flow_free(&w->flow);
	}
}

/* What a token answer says beside the token is nothing to us, whatever its type. */
static void
test_token_answers_as_they_are_written(void **state)
{
	static const char *const more[] = {"\"token_type\":null",
		"\"token_type\":\"BeArEr\"", "\"expires_in\":\"3600\"",
		"\"expires_in\":null", "\"expires_in\":{}", "\"refresh_token\":null",
		"\"scope\":null", "\"scope\":[\"openid\"]", "\"error\":null",
		"\"error\":null,\"error_description\":null"};
	struct world *w = *state;
	char body[16384];
	size_t i;

	for (i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		w->now = 1000;
		begin(w);
		run_to_token(w);
		snprintf(body, sizeof(body),
			"{\"access_token\":\"a\",\"id_token\":\"%s\",%s}", fixture_token,
			more[i]);
		step(w, "token", 4020, 200, body);
		if (!w->flow->finished || w->flow->result != ERR_OK)
			fail_msg("%s: %s", more[i], w->flow->diag.text);
		flow_free(&w->flow);
	}
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_device_login_ends_with_the_subject),
		TEST(test_device_asks_for_max_age),
		TEST(test_device_without_complete_address),
		TEST(test_device_bad_answers_are_refused),
		TEST(test_device_answers_as_they_are_written),
		TEST(test_device_says_which_member_it_cannot_use),
		TEST(test_device_oversized_texts_are_refused),
		TEST(test_device_expired_code_is_followed_by_another),
		TEST(test_device_code_that_expired_meanwhile_is_not_asked_for),
		TEST(test_device_no_new_code_behind_the_deadline),
		TEST(test_device_codes_are_bounded),
		TEST(test_device_timeout_slows_polling_down_for_good),
		TEST(test_device_good_answer_forgives_earlier_failures),
		TEST(test_device_is_asked_once_for_not_yet),
		TEST(test_device_without_endpoint_is_refused),
		TEST(test_device_is_not_repeated_once_refused),
		TEST(test_device_is_asked_for_again_for_some_seconds),
		TEST(test_device_outage_longer_than_the_code),
		TEST(test_device_interval_out_of_bounds_is_named),
		TEST(test_discovery_elsewhere_where_nothing_is),
		TEST(test_discovery_nowhere_ends_the_flow),
		TEST(test_discovery_that_is_refused_is_not_asked_again),
		TEST(test_discovery_that_fails_ends_the_flow),
		TEST(test_discovery_of_an_issuer_that_ends_with_a_slash),
		TEST(test_discovery_is_needless_where_all_is_set_by_hand),
		TEST(test_endpoint_set_by_hand_goes_before_the_discovered),
		TEST(test_algorithms_that_leave_nothing_are_refused_early),
		TEST(test_discovery_of_what_the_flow_does_not_use_is_not_judged),
		TEST(test_discovery_of_a_needed_address_that_is_none_is_said),
		TEST(test_discovery_of_a_bad_address_that_is_set_by_hand),
		TEST(test_discovery_of_a_needed_list_that_is_none_is_refused),
		TEST(test_algorithm_not_on_offer_is_refused_in_a_token),
		TEST(test_algorithms_that_must_be_named),
		TEST(test_token_in_an_algorithm_that_must_be_named),
		TEST(test_client_secret_basic_is_encoded_twice),
		TEST(test_client_secret_post_and_none),
		TEST(test_assertion_that_nobody_takes_is_not_sent),
		TEST(test_assertion_in_an_algorithm_that_must_be_named),
		TEST(test_assertion_is_signed_as_the_provider_wants),
		TEST(test_userinfo_of_the_same_subject_is_taken),
		TEST(test_userinfo_bad_answers_are_refused),
		TEST(test_userinfo_that_is_none_is_asked_for_again),
		TEST(test_userinfo_about_nobody_is_asked_for_again),
		TEST(test_userinfo_may_be_a_nested_token),
		TEST(test_token_of_another_login_is_refused),
		TEST(test_userinfo_of_an_unknown_key_fetches_the_keys_once),
		TEST(test_userinfo_keys_are_fetched_after_those_of_the_id_token),
		TEST(test_userinfo_that_is_signed_must_be_for_us_and_now),
		TEST(test_userinfo_signed_otherwise_than_announced_is_refused),
		TEST(test_userinfo_must_be_a_token_where_that_is_the_rule),
		TEST(test_token_answers_that_contradict_are_refused),
		TEST(test_token_answers_as_they_are_written),
	};

	return cmocka_run_group_tests_name("device_flow", tests, NULL, NULL);
}
