/* The helper's side of the channel, with an itsme-fetch that does what it should not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "http/http.h"
#include "safedir.h"
#include "unit.h"

#define WAIT 20000 /* ms; more than anything here takes */

static const struct privilege_account nobody = {65534, 65534};
static char directory[4096], program[4200];

/* A copy where nobody else may write, as the launcher wants it. */
static int
set_up_all(void **state)
{
	char command[16384];

	(void)state;
	safedir_make(directory, sizeof(directory));
	snprintf(program, sizeof(program), "%s/itsme-fetch", directory);
	snprintf(command, sizeof(command), "cp %s %s && chmod 755 %s %s", FAKE_FETCH,
		program, program, directory);
	return system(command);
}

static int
tear_down_all(void **state)
{
	(void)state;
	return unlink(program) != 0 || rmdir(directory) != 0;
}

static int
set_up(void **state)
{
	const struct http_settings settings = {
		.connect_timeout = 1, .request_timeout = 1};
	static struct http *http;
	struct diag diag = {0};

	if (http_new(&http, program, &diag) != ERR_OK ||
		http_become(http, &nobody, &diag) != ERR_OK ||
		http_settle(http, &settings, &diag) != ERR_OK) {
		fprintf(stderr, "%s\n", diag.text);
		return 1;
	}
	*state = http;
	return 0;
}

static int
tear_down(void **state)
{
	struct http *http = *state;

	http_free(&http);
	return 0;
}

static enum err
start(struct http *http, const char *what)
{
	char url[128];
	const struct http_request request = {.url = url};

	snprintf(url, sizeof(url), "https://op.example/%s", what);
	return http_start(http, &request, clock_ms() + WAIT);
}

/* What became of a request. */
static enum err
ask(struct http *http, const char *what, struct diag *diag)
{
	const struct http_answer *answer = NULL;
	enum err e = start(http, what);

	if (e != ERR_OK)
		return e;
	assert_int_equal(http_wait(http, -1, clock_ms() + WAIT), HTTP_ANSWER);
	return http_answer(http, &answer, diag);
}

static void
test_http_answer_is_carried_whole(void **state)
{
	static const struct {
		const char *what;
		size_t len;
	} cases[] = {{"good", 4}, {"large", HTTP_MAX}, {"empty", 0}, {"good", 4}};
	const struct http_answer *answer;
	struct diag diag;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(start(*state, cases[i].what), ERR_OK);
		assert_int_equal(http_wait(*state, -1, clock_ms() + WAIT), HTTP_ANSWER);
		assert_int_equal(http_answer(*state, &answer, &diag), ERR_OK);
		assert_int_equal(answer->status, 200);
		assert_int_equal(answer->len, cases[i].len);
		assert_int_equal(strlen(answer->body), cases[i].len);
		assert_true(http_was_sent(*state));
		assert_string_equal(http_date(*state), "Sun, 06 Nov 1994 08:49:37 GMT");
		assert_null(http_cache_control(*state));
	}
}

/* One word it may not say is the end of it: nothing is asked of it again. */
static void
test_http_believes_no_other_word(void **state)
{
	static const char *const cases[] = {"serial", "garbage", "endless", "request",
		"flood", "gone", "killed", "status-0", "status-199", "status-600",
		"status-4294967295"};
	struct diag diag;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t began = clock_ms();

		assert_string_equal(err_word(ask(*state, cases[i], &diag)), "fetch_gone");
		assert_true(clock_ms() - began < 1000); /* at once, not by its time-out */
		assert_string_equal(err_word(start(*state, "good")), "fetch_gone");
		assert_int_equal(tear_down(state), 0);
		assert_int_equal(set_up(state), 0);
	}
}

/* What nobody asked for is no answer to what is asked next. */
static void
test_http_second_answer_is_none(void **state)
{
	struct diag diag;

	assert_int_equal(ask(*state, "twice", &diag), ERR_OK);
	assert_string_equal(err_word(ask(*state, "good", &diag)), "fetch_gone");
}

/* Nobody answers what was not sent: a phone may ring by it, whoever denies that. */
static void
test_http_answered_is_sent(void **state)
{
	struct diag diag;

	assert_int_equal(ask(*state, "denied", &diag), ERR_OK);
	assert_true(http_was_sent(*state));
	assert_int_equal(
		ask(*state, "fault-provider_unreachable", &diag), ERR_HTTP_CONNECT);
	assert_false(http_was_sent(*state));
}

/* Of all errors it may only report those of a request, and in one line of the log. */
static void
test_http_faults_have_a_list(void **state)
{
	unsigned i, taken = 0;

	for (i = 0; i < ERR_COUNT; i++) {
		char what[128];
		struct diag diag = {0};
		enum err e;

		snprintf(what, sizeof(what), "fault-%s", err_word((enum err)i));
		e = ask(*state, what, &diag);
		assert_int_not_equal(e, ERR_OK);
		if (e == ERR_FETCH)
			continue;
		taken++;
		assert_string_equal(err_word(e), err_word((enum err)i));
		assert_string_equal(diag.text, "one?two outcome?authenticated ?[2J");
	}
	assert_int_equal(taken, 17);
	assert_int_equal(ask(*state, "fault-", &(struct diag){0}), ERR_FETCH);
}

static void
test_http_bounds_retry_after(void **state)
{
	const struct http_answer *answer;
	struct diag diag;

	assert_int_equal(start(*state, "status-503"), ERR_OK);
	assert_int_equal(http_wait(*state, -1, clock_ms() + WAIT), HTTP_ANSWER);
	assert_int_equal(http_answer(*state, &answer, &diag), ERR_OK);
	assert_int_equal(answer->status, 503);
	assert_int_equal(answer->retry_after, HTTP_RETRY_MAX);
}

/* The clock is ours: whoever says nothing is not waited for for ever. */
static void
test_http_mute_one_has_its_time_and_no_more(void **state)
{
	int64_t began = clock_ms();
	struct diag diag;

	assert_string_equal(err_word(ask(*state, "mute", &diag)), "fetch_gone");
	assert_true(clock_ms() - began >= 1000 + HTTP_LATE_MS);
	assert_string_equal(diag.text, "itsme-fetch does not answer");
}

/* Waits until the program has said something. */
static void
await_word(struct http *http, int silence)
{
	int64_t end = clock_ms() + 900;

	while (http_silence(http) != silence && clock_ms() < end)
		assert_int_equal(http_wait(http, -1, clock_ms() + 5), HTTP_TIME);
}

/*
 * That the provider is silent is what itsme-fetch has seen while it ran, and never more
 * than we have: a stopped one sees nothing.
 */
static void
test_http_silence_is_what_both_have_seen(void **state)
{
	struct http *http = *state;

	assert_int_equal(start(http, "sent"), ERR_OK);
	await_word(http, 40);
	assert_int_equal(http_silence(http), 40);
	assert_true(http_was_sent(http));
	assert_int_equal(tear_down(state), 0);
	assert_int_equal(set_up(state), 0);
	http = *state;
	assert_int_equal(start(http, "unsent"), ERR_OK);
	await_word(http, -2);
	assert_in_range(http_silence(http), 0, 10000);
	assert_false(http_was_sent(http));
	assert_int_equal(tear_down(state), 0);
	assert_int_equal(set_up(state), 0);
	http = *state;
	assert_int_equal(start(http, "stopped"), ERR_OK);
	await_word(http, -1);
	assert_int_equal(http_silence(http), -1);
	assert_int_equal(tear_down(state), 0);
	assert_int_equal(set_up(state), 0);
	http = *state;
	assert_int_equal(start(http, "mute"), ERR_OK);
	assert_int_equal(http_wait(http, -1, clock_ms() + 100), HTTP_TIME);
	assert_true(http_was_sent(http)); /* for all that is known */
	assert_int_equal(http_silence(http), 0);
}

static void
test_http_start_one_at_a_time_and_in_time(void **state)
{
	const struct http_request request = {.url = "https://op.example/mute"};

	assert_int_equal(http_start(*state, &request, clock_ms()), ERR_TIMEOUT);
	assert_int_equal(start(*state, "mute"), ERR_OK);
	assert_int_equal(start(*state, "good"), ERR_INTERNAL);
}

/* A request that no table allows is not sent, and the next one is. */
static void
test_http_sends_nothing_too_large(void **state)
{
	static char form[(128 << 10) + 2];
	const struct http_request request = {
		.url = "https://op.example/good", .form = form};
	struct diag diag;

	memset(form, 'f', sizeof(form) - 1);
	assert_int_equal(
		http_start(*state, &request, clock_ms() + WAIT), ERR_PROVIDER_ANSWER);
	assert_int_equal(ask(*state, "good", &diag), ERR_OK);
}

static void
test_http_without_the_program_says_so(void **state)
{
	struct http *http = NULL;
	struct diag diag;

	(void)state;
	assert_string_equal(err_word(http_new(&http, "/nonexistent/itsme-fetch", &diag)),
		"helper_missing");
	assert_null(http);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_http_answer_is_carried_whole),
		TEST(test_http_believes_no_other_word),
		TEST(test_http_second_answer_is_none),
		TEST(test_http_answered_is_sent),
		TEST(test_http_faults_have_a_list),
		TEST(test_http_bounds_retry_after),
		TEST(test_http_mute_one_has_its_time_and_no_more),
		TEST(test_http_silence_is_what_both_have_seen),
		TEST(test_http_start_one_at_a_time_and_in_time),
		TEST(test_http_sends_nothing_too_large),
		cmocka_unit_test(test_http_without_the_program_says_so),
	};
#undef TEST

	return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
