/*
 * The QR flow as a script of answers: no socket, no clock. Tokens and pictures come
 * from fixtures that other software made.
 */
#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "itsme/policy.h"
#include "itsme/qr_flow.h"
#include "oidc/machine.h"
#include "qr_program.h"
#include "script.h"

#define SESSION_ANSWER(qr)                                                              \
	"{\"user_discovery_session_id\":\"s/1\",\"status\":\"PENDING_USER_DISCOVERY\"," \
	"\"user_discovery_token\":{\"qr_code\":\"%s\"},\"interval\":2}",                \
		qr
#define DISCOVERED                                                               \
	"{\"user_discovery_session_id\":\"s/1\",\"status\":\"USER_DISCOVERED\"," \
	"\"user_identifier_token\":\"uit\"}"

static struct qr_image pictures = QR_IMAGE_NONE;

static void
begin(struct world *w, const char *acr)
{
	const struct itsme_settings settings = {
		.client = &w->client, .service = "TEST_LOGIN", .pictures = &pictures};

	script_set_client(w, acr);
	assert_int_equal(qr_flow_new(&w->flow, &settings, w->now), ERR_OK);
}

static void
step_session(struct world *w, const char *qr)
{
	static char body[32768];

	snprintf(body, sizeof(body), SESSION_ANSWER(qr));
	step(w, "session", 1000, 200, body);
}

/* Everything up to the scan. */
static void
run_to_token(struct world *w)
{
	step_session(w, fixture_qr_1);
	step(w, "metadata", 1010, 200, METADATA);
	step(w, "keys", 1020, 200, fixture_jwks);
	step(w, "discovery", 3010, 200, DISCOVERED);
	step(w, "authentication", 3020, 200, STARTED);
}

static void
test_whole_login_ends_with_the_subject(void **state)
{
	struct world *w = *state;

	begin(w, NULL);
	step_session(w, fixture_qr_1);
	assert_string_equal(w->url, FIXTURE_ISSUER "/user_discovery_sessions");
	assert_non_null(
		strstr(w->form, "client_id=" FIXTURE_CLIENT "&client_assertion_type="));
	assert_string_equal(w->flow->address, "https://op.example/qr?s=1&t=first");
	assert_int_equal(w->flow->address_serial, 1);
	step(w, "metadata", 1010, 200, METADATA);
	assert_string_equal(w->form, "");
	step(w, "keys", 1020, 200, fixture_jwks);
	assert_string_equal(w->url, "https://op.example/jwks");
	step(w, "discovery", 3010, 200, DISCOVERED);
	assert_string_equal(w->url, FIXTURE_ISSUER "/user_discovery_sessions/s%2F1");
	assert_true(w->flow->acknowledged);
	step(w, "authentication", 3020, 200, STARTED);
	assert_string_equal(w->url, "https://op.example/b");
	assert_memory_equal(w->form, "request=", 8);
	step(w, "token", 6030, 400, OAUTH_ERROR("authorization_pending"));
	assert_non_null(strstr(w->form, "&auth_req_id=req1&"));
	step_token(w, 9040, fixture_token);
	assert_ended(w, ERR_OK);
	assert_string_equal(w->flow->subject, "subject-of-alice");
}

static void
test_rotated_picture_is_a_new_address(void **state)
{
	static char body[32768];
	struct world *w = *state;

	begin(w, NULL);
	step_session(w, fixture_qr_1);
	step(w, "metadata", 1010, 200, METADATA);
	step(w, "keys", 1020, 200, fixture_jwks);
	snprintf(body, sizeof(body), SESSION_ANSWER(fixture_qr_1));
	step(w, "discovery", 3010, 200, body);
	assert_int_equal(w->flow->address_serial, 1);
	/* the flat form */
	snprintf(body, sizeof(body),
		"{\"status\":\"PENDING_USER_DISCOVERY\",\"qr_code\":\"%s\"}",
		fixture_qr_2);
	step(w, "discovery", 5020, 200, body);
	assert_int_equal(w->flow->address_serial, 2);
	assert_string_equal(w->flow->address, "https://op.example/qr?s=1&t=second");
}

/* In 40 seconds, with what is to stand behind the seconds; or that text, for "". */
static const char *
write_end(const char *behind)
{
	static char text[64];
	const time_t end = FIXTURE_NOW + 40;
	char seconds[32];

	if (behind[0] != '\0' && strchr("Z.+ ", behind[0]) == NULL)
		return behind;
	strftime(seconds, sizeof(seconds), "%Y-%m-%dT%H:%M:%S", gmtime(&end));
	snprintf(text, sizeof(text), "\"%s%s\"", seconds, behind);
	return text;
}

/* How long a code can be used is what the provider has said, and not of the next one. */
static void
test_end_of_a_replaced_picture(void **state)
{
	static const struct {
		const char *behind;
		bool said;
	} table[] = {{"Z", true}, {".250Z", true}, {"+00:00", false}, {"", false},
		{" Z", false}, {"\"soon\"", false}, {"40", false}, {"null", false}};
	static char body[32768];
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		w->now = 1000;
		begin(w, NULL);
		snprintf(body, sizeof(body),
			"{\"user_discovery_session_id\":\"s\",\"status\":\"PENDING_USER_"
			"DISCOVERY\",\"user_discovery_token\":{\"qr_code\":\"%s\","
			"\"expires_at\":%s},\"interval\":2}",
			fixture_qr_1, write_end(table[i].behind));
		step(w, "session", 1000, 200, body);
		assert_int_equal(w->flow->replaced_until, 0);
		step(w, "metadata", 1010, 200, METADATA);
		step(w, "keys", 1020, 200, fixture_jwks);
		snprintf(body, sizeof(body), SESSION_ANSWER(fixture_qr_2));
		step(w, "discovery", 3010, 200, body);
		assert_int_equal(w->flow->address_serial, 2);
		assert_int_equal(
			w->flow->replaced_until, table[i].said ? 1010 + 40 * 1000 : 0);
		flow_free(&w->flow);
	}
}

static void
test_broken_picture_ends_the_flow(void **state)
{
	struct world *w = *state;

	begin(w, NULL);
	step_session(w, "/9j/AAAA");
	assert_true(w->flow->finished);
	assert_int_equal(err_verdict(w->flow->result), VERDICT_UNREADABLE_QR);
}

static void
test_session_without_picture_is_refused(void **state)
{
	struct world *w = *state;

	begin(w, NULL);
	step(w, "session", 1000, 200,
		"{\"user_discovery_session_id\":\"s\",\"status\":\"PENDING_USER_"
		"DISCOVERY\"}");
	assert_ended(w, ERR_PROVIDER_ANSWER);
}

static void
test_wrong_issuer_in_metadata_is_refused(void **state)
{
	struct world *w = *state;

	begin(w, NULL);
	step_session(w, fixture_qr_1);
	step(w, "metadata", 1010, 200,
		"{\"issuer\":\"" FIXTURE_ISSUER "/\",\"jwks_uri\":\"https://a/\","
		"\"token_endpoint\":\"https://a/\"}");
	assert_ended(w, ERR_PROVIDER_ISSUER);
}

static void
test_plain_http_endpoint_is_refused(void **state)
{
	struct world *w = *state;

	begin(w, NULL);
	step_session(w, fixture_qr_1);
	step(w, "metadata", 1010, 200,
		"{\"issuer\":\"" FIXTURE_ISSUER "\",\"jwks_uri\":\"http://a/\","
		"\"token_endpoint\":\"https://a/\"}");
	assert_ended(w, ERR_PROVIDER_ENDPOINT);
	assert_non_null(strstr(w->flow->diag.text, "jwks_uri is not an https address"));
}

static void
test_slow_down_adds_5_s(void **state)
{
	struct world *w = *state;

	begin(w, NULL);
	run_to_token(w);
	step(w, "token", 6030, 400, OAUTH_ERROR("slow_down"));
	step(w, "token", 14040, 400, OAUTH_ERROR("authorization_pending"));
	assert_int_equal(w->flow->due, 22050);
}

static void
test_too_many_requests_slow_discovery_down(void **state)
{
	struct world *w = *state;

	begin(w, NULL);
	step_session(w, fixture_qr_1);
	step(w, "metadata", 1010, 200, METADATA);
	step(w, "keys", 1020, 200, fixture_jwks);
	step(w, "discovery", 3010, 429, "");
	assert_int_equal(w->flow->due, 3020 + 7000);
}

static void
test_never_polled_past_expiry(void **state)
{
	struct world *w = *state;
	int64_t due = 6030;

	begin(w, NULL);
	run_to_token(w); /* expires at 3030 + 20000 */
	while (!w->flow->finished) {
		assert_true(due < 23030);
		step(w, "token", due, 400, OAUTH_ERROR("authorization_pending"));
		due = w->now + 3000;
	}
	assert_ended(w, ERR_EXPIRED);
	assert_true(due >= 23030);
}

static void
test_error_words_end_the_flow(void **state)
{
	static const struct {
		int status;
		const char *body;
		enum err e;
	} cases[] = {
		{400, OAUTH_ERROR("access_denied"), ERR_USER_DENIED},
		{403, OAUTH_ERROR("access_denied"), ERR_USER_DENIED},
		{400, OAUTH_ERROR("expired_token"), ERR_EXPIRED},
		{401, OAUTH_ERROR("invalid_client"), ERR_CLIENT_REFUSED},
		{400, OAUTH_ERROR("invalid_grant"), ERR_PROVIDER_ERROR},
		{400, OAUTH_ERROR("something_new"), ERR_PROVIDER_ERROR},
		{400, "{\"error\":1}", ERR_PROVIDER_ERROR},
		{400, "{}", ERR_PROVIDER_ERROR},
		{400, "", ERR_PROVIDER_ERROR},
		{200, "{\"id_token\":\"a\"} ", ERR_TOKEN_FORM},
		{200, "{\"access_token\":\"a\"}", ERR_ID_TOKEN_MISSING},
		{200, "{\"id_token\":7}", ERR_PROVIDER_ANSWER},
		{200, "{\"id_token\":\"\"}", ERR_PROVIDER_ANSWER},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world *w = *state;

		begin(w, NULL);
		w->now = 1000;
		run_to_token(w);
		step(w, "token", 6030, cases[i].status, cases[i].body);
		if (!w->flow->finished || w->flow->result != cases[i].e)
			fail_msg("case %zu ended with %s", i, err_word(w->flow->result));
		flow_free(&w->flow);
		w->now = 1000;
	}
}

/* What says nothing about the login, and may be over the next time. */
static const struct passing {
	int status;
	const char *body;
	enum err e;
} passing[] = {
	{500, "", ERR_HTTP_STATUS},
	{503, OAUTH_ERROR("access_denied"), ERR_HTTP_STATUS},
	{302, OAUTH_ERROR("access_denied"), ERR_HTTP_STATUS},
	{307, "", ERR_HTTP_STATUS},
	{204, "", ERR_HTTP_STATUS},
	{403, "<html>", ERR_HTTP_REFUSED},
	{404, "", ERR_HTTP_REFUSED},
	{400, OAUTH_ERROR("temporarily_unavailable"), ERR_HTTP_REFUSED},
	{400, "{\"error\":\"access_denied\",\"error\":\"x\"}", ERR_HTTP_REFUSED},
	{200, "<html>", ERR_PROVIDER_ANSWER},
	{200, "", ERR_PROVIDER_ANSWER},
	{200, "null", ERR_PROVIDER_ANSWER},
	{200, "{}", ERR_PROVIDER_ANSWER},
	{200, "{\"id_token\":\"a", ERR_PROVIDER_ANSWER},
};

/* From the token on: 1, 2, 3 … questions are lost, and the person approves. */
static void
test_outage_is_ridden_out_while_there_is_time(void **state)
{
	struct world *w = *state;
	size_t i, faults;

	for (i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
		for (faults = 1; faults <= 4; faults++) {
			size_t n;

			w->now = 1000;
			begin(w, NULL);
			run_to_token(w);
			for (n = 0; n < faults; n++)
				step(w, "token", w->flow->due, passing[i].status,
					passing[i].body);
			assert_int_equal(w->flow->trouble, passing[i].e);
			/* 6030, 9040, then every 6 s; expired at 23030 */
			if (faults == 4) {
				assert_ended(w, passing[i].e);
			} else {
				step_token(w, w->flow->due, fixture_token);
				assert_ended(w, ERR_OK);
			}
			flow_free(&w->flow);
		}
}

#define LONG "{\"auth_req_id\":\"req1\",\"expires_in\":300,\"interval\":1}"

static void
run_to_long_token(struct world *w)
{
	w->now = 1000;
	begin(w, NULL);
	step_session(w, fixture_qr_1);
	step(w, "metadata", 1010, 200, METADATA);
	step(w, "keys", 1020, 200, fixture_jwks);
	step(w, "discovery", 3010, 200, DISCOVERED);
	step(w, "authentication", 3020, 200, LONG);
}

/* 8 seconds, and noticed soon after they are over. */
static void
test_outage_of_8_s_at_interval_1_is_ridden_out(void **state)
{
	struct world *w = *state;

	run_to_long_token(w);
	step(w, "token", 4030, 503, "");
	step(w, "token", 5040, 503, "");
	step(w, "token", 7050, 503, "");
	step(w, "token", 11060, 503, "");
	assert_true(w->flow->due < 12030 + 5000);
	step_token(w, w->flow->due, fixture_token);
	assert_ended(w, ERR_OK);
}

static void
test_outage_without_end_ends_the_login_before_its_deadline(void **state)
{
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(passing) / sizeof(passing[0]); i++) {
		run_to_long_token(w);
		step_to_the_end(w, "token", passing[i].status, passing[i].body);
		assert_ended(w, passing[i].e);
		assert_in_range(w->now, w->client.end - 8000, w->client.end);
		assert_int_equal(err_verdict(w->flow->result), VERDICT_UNAVAILABLE);
		assert_true(w->flow->diag.text[0] != '\0');
		flow_free(&w->flow);
	}
}

static void
test_outage_of_the_network_ends_the_login_before_its_deadline(void **state)
{
	static const enum err faults[] = {
		ERR_HTTP_CONNECT, ERR_HTTP_TIMEOUT, ERR_HTTP_TOO_LARGE, ERR_STOPPED};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		run_to_long_token(w);
		assert_true(fail_to_the_end(w, faults[i]) > 2);
		assert_ended(w, faults[i]);
		assert_true(w->now <= w->client.end);
		flow_free(&w->flow);
	}
}

/* A certificate that does not hold is no outage. */
static void
test_tls_is_not_asked_again(void **state)
{
	struct world *w = *state;

	run_to_long_token(w);
	assert_int_equal(fail_to_the_end(w, ERR_HTTP_TLS), 1);
	assert_ended(w, ERR_HTTP_TLS);
}

/* 300 s, an hour, for ever: one question more, shortly before the end. */
static void
test_wait_that_does_not_fit_is_cut(void **state)
{
	static const int waits[] = {100, 300, 3600, INT32_MAX};
	struct world *w = *state;
	size_t i, approved;

	for (i = 0; i < sizeof(waits) / sizeof(waits[0]); i++)
		for (approved = 0; approved < 2; approved++) {
			run_to_long_token(w);
			w->retry_after = waits[i];
			step(w, "token", 4030, 503, "");
			assert_int_equal(w->flow->due, w->client.end - MACHINE_LAST_MS);
			w->retry_after = waits[i];
			if (approved)
				step_token(w, w->flow->due, fixture_token);
			else
				step(w, "token", w->flow->due, 503, "");
			assert_ended(w, approved ? ERR_OK : ERR_HTTP_STATUS);
			flow_free(&w->flow);
		}
}

static void
test_wait_that_does_not_fit_is_cut_for_a_limit_too(void **state)
{
	struct world *w = *state;

	run_to_long_token(w);
	w->retry_after = 3600;
	step(w, "token", 4030, 429, "");
	step(w, "token", 93000, 429, "");
	assert_ended(w, ERR_HTTP_TOO_MANY);
	flow_free(&w->flow);
	/* "not yet" for as long as somebody likes */
	run_to_long_token(w);
	w->retry_after = 3600;
	step(w, "token", 4030, 400, OAUTH_ERROR("authorization_pending"));
	step_token(w, 93000, fixture_token);
	assert_ended(w, ERR_OK);
}

/* Nobody who waits for a shell waits for long. */
static void
test_keys_after_the_approval_are_asked_for_20_s(void **state)
{
	struct world *w = *state;
	size_t i;

	for (i = 0; i < 2; i++) {
		run_to_long_token(w);
		step_token(w, 4030, fixture_token_new_key);
		w->retry_after = i == 0 ? 0 : 3600;
		step(w, "new_keys", 4040, 503, "");
		step_to_the_end(w, "new_keys", 503, "");
		assert_ended(w, ERR_HTTP_STATUS);
		assert_in_range(w->now, 4040 + 15000, 4050 + 20000);
		flow_free(&w->flow);
	}
}

/* A captive portal before the keys: no finding about any token. */
static void
test_keys_that_are_none_are_asked_for_again(void **state)
{
	static const char *const bodies[] = {"<html>", "", "null",
		"{\"keys\":[{\"kty\":", "{}", "{\"keys\":{}}", "[]", "{\"error\":\"x\"}"};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		w->now = 1000;
		begin(w, NULL);
		step_session(w, fixture_qr_1);
		step(w, "metadata", 1010, 200, METADATA);
		step(w, "keys", 1020, 200, bodies[i]);
		assert_int_equal(w->flow->trouble, ERR_PROVIDER_ANSWER);
		step(w, "keys", 2030, 200, bodies[i]);
		step(w, "keys", 4040, 200, fixture_jwks);
		step(w, "discovery", 4050, 200, DISCOVERED);
		flow_free(&w->flow);
	}
}

/* The token may have been in the answer that was lost: then this is no set-up fault. */
static void
test_refusal_after_a_lost_answer_tells_of_that(void **state)
{
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(passing) / sizeof(passing[0]); i++) {
		run_to_long_token(w);
		step(w, "token", 4030, passing[i].status, passing[i].body);
		step(w, "token", 5040, 500, "");
		step(w, "token", 7050, 400, OAUTH_ERROR("invalid_grant"));
		assert_ended(w, passing[i].e);
		assert_non_null(strstr(w->flow->diag.text, "; then token: status 400"));
		flow_free(&w->flow);
	}
	run_to_long_token(w);
	step(w, "token", 4030, 500, "");
	step(w, "token", 5040, 400, OAUTH_ERROR("authorization_pending"));
	step(w, "token", 6050, 400, OAUTH_ERROR("invalid_grant"));
	assert_ended(w, ERR_PROVIDER_ERROR);
	flow_free(&w->flow);
	run_to_long_token(w); /* what is limited was not looked at */
	step(w, "token", 4030, 429, "");
	step(w, "token", w->flow->due, 400, OAUTH_ERROR("invalid_grant"));
	assert_ended(w, ERR_PROVIDER_ERROR);
}

/* Before the provider has answered well. */
static void
test_first_fault_is_forgiven_once(void **state)
{
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(passing) / sizeof(passing[0]); i++) {
		if (strcmp(passing[i].body, "{}") == 0)
			continue; /* of the token's */
		w->now = 1000;
		begin(w, NULL);
		step(w, "session", 1000, passing[i].status, passing[i].body);
		step(w, "session", 2010, passing[i].status, passing[i].body);
		assert_ended(w, passing[i].e);
		flow_free(&w->flow);
		w->now = 1000;
		begin(w, NULL);
		step(w, "session", 1000, passing[i].status, passing[i].body);
		step(w, "session", 2010, 200,
			"{\"user_discovery_session_id\":\"s\",\"qr_code\":\"\"}");
		assert_ended(w, ERR_PROVIDER_ANSWER);
		flow_free(&w->flow);
	}
}

/* What has taken its time already, or wants more than a moment. */
static void
test_first_fault_keeps_nobody_before_an_empty_screen(void **state)
{
	static const enum err faults[] = {ERR_HTTP_TIMEOUT, ERR_HTTP_TLS};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		w->now = 1000;
		begin(w, NULL);
		assert_int_equal(fail_to_the_end(w, faults[i]), 1);
		assert_ended(w, faults[i]);
		flow_free(&w->flow);
	}
	w->now = 1000;
	begin(w, NULL);
	flow_take(w->flow, 1000 + 5500, FIXTURE_NOW, ERR_HTTP_CONNECT, NULL);
	assert_ended(w, ERR_HTTP_CONNECT);
	flow_free(&w->flow);
	begin(w, NULL);
	w->retry_after = 3;
	step(w, "session", 1000, 503, "");
	step(w, "session", 4010, 503, "");
	assert_ended(w, ERR_HTTP_STATUS);
	flow_free(&w->flow);
	w->now = 1000;
	begin(w, NULL);
	w->retry_after = 30;
	step(w, "session", 1000, 503, "");
	assert_ended(w, ERR_HTTP_STATUS);
}

static void
test_session_that_is_limited_is_not_begun_again(void **state)
{
	struct world *w = *state;

	begin(w, NULL);
	w->retry_after = 2;
	step(w, "session", 1000, 429, "");
	assert_ended(w, ERR_HTTP_TOO_MANY);
	assert_int_equal(w->flow->wait, 2);
}

/* There is never nothing on the screen; nor does it lose what is there. */
static void
test_picture_of_nothing(void **state)
{
	static const char *const later[] = {
		"{\"status\":\"PENDING_USER_DISCOVERY\",\"qr_code\":\"\"}",
		"{\"status\":\"PENDING_USER_DISCOVERY\",\"qr_code\":7}",
		"{\"status\":\"PENDING_USER_DISCOVERY\",\"qr_code\":\"?\"}",
		"{\"status\":\"PENDING_USER_DISCOVERY\",\"qr_code\":\"/9j/AAAA\"}",
		"{\"status\":\"PENDING_USER_DISCOVERY\",\"user_discovery_token\":[]}",
	};
	struct world *w = *state;
	size_t i;

	begin(w, NULL);
	step_session(w, "");
	assert_ended(w, ERR_PROVIDER_ANSWER);
	assert_int_equal(w->flow->address_serial, 0);
	flow_free(&w->flow);
	w->now = 1000;
	begin(w, NULL);
	step_session(w, fixture_qr_1);
	step(w, "metadata", 1010, 200, METADATA);
	step(w, "keys", 1020, 200, fixture_jwks);
	for (i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
		step(w, "discovery", w->flow->due, 200, later[i]);
		assert_int_equal(w->flow->address_serial, 1);
		assert_string_equal(
			w->flow->address, "https://op.example/qr?s=1&t=first");
	}
	step(w, "discovery", w->flow->due, 200, DISCOVERED);
}

/* Never early, and not all at once. */
static void
test_polls_of_two_logins_drift_apart(void **state)
{
	struct world *w = *state;
	int64_t first[3] = {0}, again = 0;
	int i, login;

	for (login = 0; login < 2; login++) {
		w->now = 1000;
		script_set_client(w, NULL);
		w->client.seed = login == 0 ? 3141592653u : 2718281828u;
		assert_int_equal(
			qr_flow_new(&w->flow,
				&(const struct itsme_settings){.client = &w->client,
					.service = "S",
					.pictures = &pictures},
				w->now),
			ERR_OK);
		step_session(w, fixture_qr_1);
		step(w, "metadata", 1010, 503, "");
		assert_in_range(w->flow->due, 2020, 2120);
		assert_int_not_equal(w->flow->due, again);
		again = w->flow->due;
		step(w, "metadata", again, 200, METADATA);
		step(w, "keys", w->flow->due, 200, fixture_jwks);
		for (i = 0; i < 3; i++) {
			int64_t since = i == 0 ? 1010 : w->now;

			assert_in_range(w->flow->due - since, 2000, 2200);
			assert_true(login == 0 || w->flow->due != first[i]);
			first[i] = w->flow->due;
			step(w, "discovery", w->flow->due, 200,
				"{\"status\":\"PENDING_USER_DISCOVERY\"}");
		}
		flow_free(&w->flow);
	}
}

/* RFC 9101 and the hint inside it: whoever has scanned, and nobody else. */
static void
test_request_object_names_who_scanned(void **state)
{
	struct world *w = *state;
	struct json_object *claims, *hint;

	begin(w, ITSME_ACR_ADVANCED);
	run_to_token(w);
	claims = claims_of(w->form, "request=");
	assert_string_equal(member(claims, "iss"), FIXTURE_CLIENT);
	assert_string_equal(member(claims, "client_id"), FIXTURE_CLIENT);
	assert_string_equal(member(claims, "aud"), FIXTURE_ISSUER);
	assert_string_equal(member(claims, "scope"), "openid service:TEST_LOGIN");
	assert_string_equal(member(claims, "acr_values"), ITSME_ACR_ADVANCED);
	assert_string_equal(member(claims, "requested_expiry"), "96");
	hint = claims_of(member(claims, "login_hint_token"), "");
	assert_int_equal(json_object_object_length(hint), 2);
	assert_string_equal(member(hint, "type"), "user_identifier_token");
	assert_string_equal(member(hint, "value"), "uit");
	json_object_put(hint);
	json_object_put(claims);
	claims = claims_of(w->form, "client_assertion=");
	assert_string_equal(member(claims, "aud"), FIXTURE_ISSUER "/token");
	json_object_put(claims);
}

/* A claim that two words want is asked for once. */
static void
test_request_object_asks_for_each_claim_once(void **state)
{
	struct world *w = *state;
	const struct itsme_settings settings = {.client = &w->client,
		.service = "TEST_LOGIN",
		.claims = "claim_device.os=ANDROID email=a claim_device.rooted=false",
		.pictures = &pictures};
	struct json_object *claims, *wanted;

	script_set_client(w, NULL);
	assert_int_equal(qr_flow_new(&w->flow, &settings, w->now), ERR_OK);
	run_to_token(w);
	claims = claims_of(w->form, "request=");
	wanted = json_object_object_get(
		json_object_object_get(claims, "claims"), "id_token");
	assert_int_equal(json_object_object_length(wanted), 2);
	assert_non_null(member(wanted, ITSME_CLAIM "claim_device"));
	assert_non_null(member(wanted, "email"));
	json_object_put(claims);
}

static void
test_session_is_polled_for_600_s(void **state)
{
	struct world *w = *state;
	static char body[32768];
	int64_t due = 61010;

	begin(w, NULL);
	snprintf(body, sizeof(body),
		"{\"user_discovery_session_id\":\"s\",\"qr_code\":\"%s\",\"interval\":"
		"60}",
		fixture_qr_1);
	step(w, "session", 1000, 200, body);
	step(w, "metadata", 1010, 200, METADATA);
	step(w, "keys", 1020, 200, fixture_jwks);
	for (; !w->flow->finished; due += 60010)
		step(w, "discovery", due, 200, "{\"status\":\"PENDING_USER_DISCOVERY\"}");
	assert_ended(w, ERR_EXPIRED);
	assert_int_equal(due, 61010 + 9 * 60010); /* 10 would be at 601,100 */
}

/* null is nothing, and a number may be a text. */
static void
test_session_as_it_is_written(void **state)
{
	struct world *w = *state;
	static char body[32768];

	begin(w, NULL);
	snprintf(body, sizeof(body),
		"{\"user_discovery_session_id\":\"s\",\"user_discovery_token\":null,"
		"\"qr_code\":\"%s\",\"interval\":\"2\",\"error\":null}",
		fixture_qr_1);
	step(w, "session", 1000, 200, body);
	step(w, "metadata", 1010, 200, METADATA);
	step(w, "keys", 1020, 200, fixture_jwks);
	step(w, "discovery", 3010, 200,
		"{\"status\":\"PENDING_USER_DISCOVERY\",\"user_discovery_token\":null,"
		"\"qr_code\":null}");
	step(w, "discovery", 5020, 200, DISCOVERED);
	step(w, "authentication", 5030, 200,
		"{\"auth_req_id\":\"req1\",\"expires_in\":\"120\",\"interval\":null}");
	assert_int_equal(w->flow->due, 10040);
}

static void
test_session_says_which_member_it_cannot_use(void **state)
{
	static const struct {
		const char *body, *words;
	} cases[] = {
		{"{\"user_discovery_session_id\":\"s\",\"user_discovery_token\":7}",
			"user_discovery_token is not an object"},
		{"{\"user_discovery_session_id\":\"s\",\"qr_code\":[]}",
			"qr_code is not a text"},
		{"{\"user_discovery_session_id\":\"s\",\"qr_code\":null}", "no qr_code"},
		{"{\"user_discovery_session_id\":null}",
			"user_discovery_session_id is missing"},
	};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		w->now = 1000;
		begin(w, NULL);
		step(w, "session", 1000, 200, cases[i].body);
		assert_ended(w, ERR_PROVIDER_ANSWER);
		if (strstr(w->flow->diag.text, cases[i].words) == NULL)
			fail_msg("%s: %s", cases[i].body, w->flow->diag.text);
		flow_free(&w->flow);
	}
}

/* A slow discovery document is no reason to poll less often. */
static void
test_timeout_of_what_is_not_polled_slows_nothing_down(void **state)
{
	struct world *w = *state;
	struct http_request request;

	begin(w, NULL);
	step_session(w, fixture_qr_1);
	assert_int_equal(flow_ask(w->flow, FIXTURE_NOW, &request), ERR_OK);
	flow_take(w->flow, 2000, FIXTURE_NOW, ERR_HTTP_TIMEOUT, NULL);
	step(w, "metadata", 3000, 200, METADATA);
	step(w, "keys", 3010, 200, fixture_jwks);
	step(w, "discovery", 3020, 200, "{\"status\":\"PENDING_USER_DISCOVERY\"}");
	assert_int_equal(w->flow->due, 5030);
}

static void
test_unknown_kid_fetches_the_keys_once(void **state)
{
	struct world *w = *state;

	begin(w, NULL);
	run_to_token(w);
	step_token(w, 6030, fixture_token_new_key);
	step(w, "new_keys", 6040, 200, fixture_jwks_new);
	assert_ended(w, ERR_OK);
}

/* The phone has said yes: a stumble over the new keys must not take that back. */
static void
test_unknown_kid_fetch_of_the_keys_is_repeated_after_a_fault(void **state)
{
	struct world *w = *state;

	begin(w, NULL);
	run_to_token(w);
	step_token(w, 6030, fixture_token_new_key);
	step(w, "new_keys", 6040, 503, "");
	step(w, "new_keys", w->flow->due, 200, fixture_jwks_new);
	assert_ended(w, ERR_OK);
}

/* A set whose keys have no names. */
static char *
nameless(const char *jwks)
{
	char *text = strdup(jwks);

	memcpy(strstr(text, "\"kid\""), "\"kit\"", 5);
	return text;
}

static void
run_to_token_without_names(struct world *w)
{
	AUTO_FREE char *keys = nameless(fixture_jwks);

	begin(w, NULL);
	step_session(w, fixture_qr_1);
	step(w, "metadata", 1010, 200, METADATA);
	step(w, "keys", 1020, 200, keys);
	step(w, "discovery", 3010, 200, DISCOVERED);
	step(w, "authentication", 3020, 200, STARTED);
}

static void
test_keys_without_names_verify(void **state)
{
	struct world *w = *state;

	run_to_token_without_names(w);
	step_token(w, 6030, fixture_token);
	assert_ended(w, ERR_OK);
}

/* A token by a new key, and the fetch to which it leads. */
static void
fetch_nameless(struct world *w, const char *jwks)
{
	AUTO_FREE char *keys = nameless(jwks);

	run_to_token_without_names(w);
	step_token(w, 6030, fixture_token_new_key);
	step(w, "new_keys", 6040, 200, keys);
}

/* Where keys have no names a bad signature is all that a rotation shows: asked once. */
static void
test_rotation_without_names_fetches_the_keys_once(void **state)
{
	struct world *w = *state;

	fetch_nameless(w, fixture_jwks_new);
	assert_ended(w, ERR_OK);
}

static void
test_bad_signature_without_names_is_refused_after_one_fetch(void **state)
{
	struct world *w = *state;

	fetch_nameless(w, fixture_jwks);
	assert_ended(w, ERR_SIGNATURE);
}

/* What was skipped is said with the answer, and again only where a key is missed. */
static void
test_skipped_keys_are_told_once(void **state)
{
	static const char odd[] = "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AA\"},";
	struct world *w = *state;
	AUTO_FREE char *keys = malloc(sizeof(odd) + strlen(fixture_jwks));

	strcpy(keys, odd);
	strcat(keys, strchr(fixture_jwks, '[') + 1);
	begin(w, NULL);
	step_session(w, fixture_qr_1);
	step(w, "metadata", 1010, 200, METADATA);
	step(w, "keys", 1020, 200, keys);
	assert_string_equal(
		w->flow->diag.text, "1 of 2 keys skipped; key 0: symmetric key");
	w->flow->diag.text[0] = '\0'; /* as its driver does before each answer */
	step(w, "discovery", 3010, 200, DISCOVERED);
	step(w, "authentication", 3020, 200, STARTED);
	step_token(w, 6030, fixture_token_new_key);
	step(w, "new_keys", 6040, 200, keys);
	assert_ended(w, ERR_KID_UNKNOWN);
	assert_non_null(strstr(w->flow->diag.text, "1 of 2 keys skipped"));
}

/* A page of somebody on the way is no finding about keys: they are asked for again. */
static void
test_what_is_no_key_set_is_asked_for_again(void **state)
{
	static const struct {
		const char *body;
		enum err e;
	} cases[] = {
		{"<html>", ERR_OK},
		{"", ERR_OK},
		{"null", ERR_OK},
		{"{\"keys\":[{\"kty\":", ERR_OK},
		{"{\"error\":\"x\"}", ERR_OK},
		{"{\"keys\":[{\"kty\":\"EC\",\"d\":\"AQAB\"}]}", ERR_JWKS_REFUSED},
	};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		w->now = 1000;
		begin(w, NULL);
		step_session(w, fixture_qr_1);
		step(w, "metadata", 1010, 200, METADATA);
		step(w, "keys", 1020, 200, cases[i].body);
		if (w->flow->finished != (cases[i].e != ERR_OK))
			fail_msg("case %zu", i);
		if (w->flow->finished)
			assert_ended(w, cases[i].e);
		else
			step(w, "keys", w->flow->due, 200, fixture_jwks);
		flow_free(&w->flow);
	}
}

static void
test_unknown_kid_twice_is_refused(void **state)
{
	struct world *w = *state;

	begin(w, NULL);
	run_to_token(w);
	step_token(w, 6030, fixture_token_new_key);
	step(w, "new_keys", 6040, 200, fixture_jwks);
	assert_ended(w, ERR_KID_UNKNOWN);
}

static void
test_wrong_audience_is_refused(void **state)
{
	struct world *w = *state;

	begin(w, NULL);
	run_to_token(w);
	step_token(w, 6030, fixture_token_wrong_aud);
	assert_ended(w, ERR_CLAIM_AUD);
}

static void
test_tampered_token_is_refused(void **state)
{
	static char token[sizeof(fixture_token)];
	struct world *w = *state;
	size_t len = strlen(fixture_token);

	begin(w, NULL);
	run_to_token(w);
	memcpy(token, fixture_token, sizeof(token));
	token[len - 40] = token[len - 40] == 'A' ? 'B' : 'A';
	step_token(w, 6030, token);
	assert_true(w->flow->finished);
	assert_int_equal(err_verdict(w->flow->result), VERDICT_BAD_TOKEN);
}

static void
test_basic_level_does_not_satisfy_advanced(void **state)
{
	struct world *w = *state;

	begin(w, ITSME_ACR_ADVANCED);
	run_to_token(w);
	step_token(w, 6030, fixture_token);
	assert_ended(w, ERR_CLAIM_ACR);
	assert_int_equal(err_verdict(w->flow->result), VERDICT_NOT_GOOD_ENOUGH);
}

static void
test_advanced_level_satisfies_basic(void **state)
{
	struct world *w = *state;

	begin(w, ITSME_ACR_BASIC);
	run_to_token(w);
	step_token(w, 6030, fixture_token_advanced);
	assert_ended(w, ERR_OK);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_whole_login_ends_with_the_subject),
		TEST(test_rotated_picture_is_a_new_address),
		TEST(test_end_of_a_replaced_picture),
		TEST(test_broken_picture_ends_the_flow),
		TEST(test_session_without_picture_is_refused),
		TEST(test_wrong_issuer_in_metadata_is_refused),
		TEST(test_plain_http_endpoint_is_refused),
		TEST(test_slow_down_adds_5_s),
		TEST(test_too_many_requests_slow_discovery_down),
		TEST(test_never_polled_past_expiry),
		TEST(test_error_words_end_the_flow),
		TEST(test_outage_is_ridden_out_while_there_is_time),
		TEST(test_outage_of_8_s_at_interval_1_is_ridden_out),
		TEST(test_outage_without_end_ends_the_login_before_its_deadline),
		TEST(test_outage_of_the_network_ends_the_login_before_its_deadline),
		TEST(test_tls_is_not_asked_again),
		TEST(test_wait_that_does_not_fit_is_cut),
		TEST(test_wait_that_does_not_fit_is_cut_for_a_limit_too),
		TEST(test_keys_after_the_approval_are_asked_for_20_s),
		TEST(test_keys_that_are_none_are_asked_for_again),
		TEST(test_refusal_after_a_lost_answer_tells_of_that),
		TEST(test_first_fault_is_forgiven_once),
		TEST(test_first_fault_keeps_nobody_before_an_empty_screen),
		TEST(test_session_that_is_limited_is_not_begun_again),
		TEST(test_picture_of_nothing),
		TEST(test_polls_of_two_logins_drift_apart),
		TEST(test_request_object_names_who_scanned),
		TEST(test_request_object_asks_for_each_claim_once),
		TEST(test_session_is_polled_for_600_s),
		TEST(test_session_as_it_is_written),
		TEST(test_session_says_which_member_it_cannot_use),
		TEST(test_timeout_of_what_is_not_polled_slows_nothing_down),
		TEST(test_unknown_kid_fetches_the_keys_once),
		TEST(test_unknown_kid_fetch_of_the_keys_is_repeated_after_a_fault),
		TEST(test_unknown_kid_twice_is_refused),
		TEST(test_keys_without_names_verify),
		TEST(test_rotation_without_names_fetches_the_keys_once),
		TEST(test_bad_signature_without_names_is_refused_after_one_fetch),
		TEST(test_skipped_keys_are_told_once),
		TEST(test_what_is_no_key_set_is_asked_for_again),
		TEST(test_wrong_audience_is_refused),
		TEST(test_tampered_token_is_refused),
		TEST(test_basic_level_does_not_satisfy_advanced),
		TEST(test_advanced_level_satisfies_basic),
	};

	struct privilege_account account;
	struct diag diag = {0};
	char *program = qr_program_copy(REAL_QR, "itsme-qr");
	int failed;

	if (privilege_find(&account, &diag) != ERR_OK ||
		qr_image_open(&pictures, program, &account, &diag) != ERR_OK) {
		fprintf(stderr, "%s\n", diag.text);
		return 1;
	}
	failed = cmocka_run_group_tests_name("qr_flow", tests, NULL, NULL);
	qr_image_close(&pictures);
	free(program);
	return qr_program_remove_all() != 0 || failed != 0;
}
