/*
 * The way from an error to PAM's codes: every error of the list, each pair of verdict and
 * cause, and the default. Who may fall back is spelled a second time here, error by
 * error.
 */
#include "unit.h"

#include <security/pam_modules.h>

#include "pam/outcome.h"

/* Outages that the helper met, and set-ups that no caller can bring about: no others. */
static const enum err fall_back[] = {
	ERR_OTHER_SERVICE,
	ERR_SILENT,
	ERR_SERVICE_UNKNOWN,
	ERR_NO_DIALOG,
	ERR_HELPER_MISSING,
	ERR_HELPER_UNSAFE,
	ERR_SOCKET,
	ERR_SOCKET_OWNER,
	ERR_CONFIG_MISSING,
	ERR_CONFIG_UNSAFE,
	ERR_CONFIG_INVALID,
	ERR_KEY_MISSING,
	ERR_KEY_UNSAFE,
	ERR_KEY_INVALID,
	ERR_MAP_MISSING,
	ERR_MAP_UNSAFE,
	ERR_MAP_INVALID,
	ERR_STATE_UNSAFE,
	ERR_HTTP_CONNECT,
	ERR_HTTP_TLS,
	ERR_HTTP_TIMEOUT,
	ERR_HTTP_TOO_LARGE,
	ERR_HTTP_STATUS,
	ERR_PROVIDER_ANSWER,
	ERR_PROVIDER_ISSUER,
	ERR_PROVIDER_ENDPOINT,
	ERR_QR_IMAGE,
	ERR_QR_UNREADABLE,
	ERR_QR_PAYLOAD,
	ERR_NO_PICTURE,
};

/* What everything else becomes, by verdict: local hosts, sshd, sudo, login, a
   greeter with a code of its own. */
static const struct {
	enum verdict verdict;
	int codes[OUTCOME_HOSTS];
	bool delay, final;
} refusals[] = {
#define ALL(code)                            \
	{                                    \
		code, code, code, code, code \
	}
#define NO_MORE                                                                     \
	{                                                                           \
		PAM_PERM_DENIED, PAM_MAXTRIES, PAM_CRED_INSUFFICIENT, PAM_MAXTRIES, \
			PAM_AUTH_ERR                                                \
	}
	{VERDICT_REFUSED, ALL(PAM_AUTH_ERR), true, false},
	{VERDICT_AUTHENTICATED, ALL(PAM_SUCCESS), false, false},
	{VERDICT_IGNORED, ALL(PAM_IGNORE), false, false},
	{VERDICT_ABORTED,
		{PAM_PERM_DENIED, PAM_ABORT, PAM_AUTH_ERR, PAM_MAXTRIES, PAM_AUTH_ERR},
		false, true},
	{VERDICT_DENIED, NO_MORE, true, true},
	{VERDICT_EXPIRED, NO_MORE, true, true},
	{VERDICT_WRONG_NUMBER, NO_MORE, true, true},
	{VERDICT_LIMITED, NO_MORE, true, true},
	{VERDICT_NOT_GOOD_ENOUGH, NO_MORE, true, true},
	{VERDICT_WRONG_ACCOUNT, NO_MORE, true, true},
	{VERDICT_BAD_TOKEN, NO_MORE, true, true},
	{VERDICT_UNREADABLE_QR, ALL(PAM_AUTH_ERR), false, false},
	{VERDICT_NO_PICTURE, ALL(PAM_AUTH_ERR), false, false},
	{VERDICT_UNAVAILABLE, ALL(PAM_AUTH_ERR), false, false},
	{VERDICT_MISCONFIGURED, ALL(PAM_AUTH_ERR), false, false},
	{VERDICT_NOT_INTERACTIVE,
		{PAM_AUTH_ERR, PAM_AUTH_ERR, PAM_CRED_INSUFFICIENT, PAM_MAXTRIES,
			PAM_AUTH_ERR},
		false, true},
#undef ALL
#undef NO_MORE
};

static bool
may_fall_back(enum err e)
{
	size_t i;

	for (i = 0; i < sizeof(fall_back) / sizeof(fall_back[0]); i++)
		if (fall_back[i] == e)
			return true;
	return false;
}

static void
test_outcome_of_every_error(void **state)
{
	size_t fell = 0;
	int e;

	(void)state;
	assert_int_equal(sizeof(refusals) / sizeof(refusals[0]), VERDICT_COUNT);
	for (e = 0; e < ERR_COUNT; e++) {
		enum verdict verdict = err_verdict((enum err)e);
		const struct outcome *o =
			outcome_of(verdict, err_cause((enum err)e), false);
		bool falls =
			outcome_code(o, OUTCOME_LOCAL, false) == PAM_AUTHINFO_UNAVAIL;
		int h;

		if (falls != may_fall_back((enum err)e))
			fail_msg("%s falls back: %d", err_word((enum err)e), falls);
		for (h = 0; h < OUTCOME_HOSTS; h++)
			assert_int_equal(falls, outcome_code(o, (enum outcome_host)h,
							false) == PAM_AUTHINFO_UNAVAIL);
		fell += falls;
		if (falls)
			continue;
		assert_int_equal(refusals[verdict].verdict, verdict);
		for (h = 0; h < OUTCOME_HOSTS; h++)
			assert_int_equal(outcome_code(o, (enum outcome_host)h, false),
				refusals[verdict].codes[h]);
		assert_int_equal(o->delay, refusals[verdict].delay);
		assert_int_equal(o->final, refusals[verdict].final);
	}
	assert_int_equal(fell, sizeof(fall_back) / sizeof(fall_back[0]));
}

static void
test_outcome_of_what_a_caller_or_person_does_never_falls_back(void **state)
{
	static const int causes[] = {
		CAUSE_CALLER, CAUSE_PERSON, CAUSE_COUNT, CAUSE_COUNT + 1, 255, -1};
	size_t i;
	int v, h;

	(void)state;
	for (v = -1; v <= VERDICT_COUNT; v++)
		for (i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
			const struct outcome *o =
				outcome_of((enum verdict)v, (enum cause)causes[i], false);

			for (h = 0; h < OUTCOME_HOSTS; h++)
				assert_int_not_equal(
					outcome_code(o, (enum outcome_host)h, false),
					PAM_AUTHINFO_UNAVAIL);
		}
}

static void
test_outcome_of_unknown_values_is_refusal(void **state)
{
	const int values[] = {VERDICT_COUNT, VERDICT_COUNT + 1, 255, 1 << 30, -1};
	size_t i;
	int c, h;

	(void)state;
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		for (c = 0; c <= CAUSE_COUNT; c++) {
			const struct outcome *o =
				outcome_of((enum verdict)values[i], (enum cause)c, c % 2);

			for (h = 0; h < OUTCOME_HOSTS; h++)
				assert_int_equal(
					outcome_code(o, (enum outcome_host)h, false),
					PAM_AUTH_ERR);
		}
}

static void
test_outcome_success_is_authenticated_alone(void **state)
{
	int v, c, h;

	(void)state;
	for (v = -1; v <= 300; v++)
		for (c = -1; c <= 10; c++) {
			const struct outcome *o =
				outcome_of((enum verdict)v, (enum cause)c, c % 2);

			for (h = 0; h < OUTCOME_HOSTS; h++)
				assert_int_equal(outcome_code(o, (enum outcome_host)h,
							 false) == PAM_SUCCESS,
					v == VERDICT_AUTHENTICATED);
		}
}

/* Whoever answers by itself would at sshd's next try as well; nothing else has changed.
 */
static void
test_outcome_of_a_program_that_was_asked_is_final(void **state)
{
	int v, c;

	(void)state;
	for (v = -1; v <= VERDICT_COUNT; v++)
		for (c = -1; c <= CAUSE_COUNT; c++) {
			const struct outcome *asked =
				outcome_of((enum verdict)v, (enum cause)c, true);

			if (v != VERDICT_NOT_INTERACTIVE) {
				assert_ptr_equal(asked, outcome_of((enum verdict)v,
								(enum cause)c, false));
				continue;
			}
			assert_int_equal(
				outcome_code(asked, OUTCOME_SSH, false), PAM_MAXTRIES);
			assert_int_equal(
				outcome_code(asked, OUTCOME_LOCAL, false), PAM_AUTH_ERR);
			assert_true(asked->final);
			assert_false(asked->delay);
		}
}

/* "Critical error - immediate abort" is for nobody who can read it. */
static void
test_outcome_is_called_critical_nowhere(void **state)
{
	int e, h, asked;

	(void)state;
	for (e = 0; e < ERR_COUNT; e++)
		for (asked = 0; asked < 2; asked++)
			for (h = 0; h < OUTCOME_HOSTS; h++)
				if (h != OUTCOME_SSH || e != ERR_GONE) /* has left */
					assert_int_not_equal(
						outcome_code(
							outcome_of(
								err_verdict((enum err)e),
								err_cause((enum err)e),
								asked),
							(enum outcome_host)h, asked),
						PAM_ABORT);
}

/* sudo comes back after these four; what is final may be none of them. */
static void
test_outcome_of_what_is_final_ends_sudo(void **state)
{
	static const int again[] = {
		PAM_AUTH_ERR, PAM_AUTHINFO_UNAVAIL, PAM_MAXTRIES, PAM_PERM_DENIED};
	size_t i;
	int v;

	(void)state;
	for (v = 0; v < VERDICT_COUNT; v++) {
		const struct outcome *o =
			outcome_of((enum verdict)v, CAUSE_PERSON, false);

		/* after Ctrl-C it looks for the signal, and ends with one line less */
		for (i = 0; o->final && v != VERDICT_ABORTED && i < 4; i++)
			assert_int_not_equal(
				outcome_code(o, OUTCOME_SUDO, false), again[i]);
	}
}

/* Once a code stands there, any other code would leave it there, dead. */
static void
test_dialog_that_has_shown_a_code_begins_again(void **state)
{
	int e;

	(void)state;
	for (e = 0; e < ERR_COUNT; e++) {
		const struct outcome *o = outcome_of(
			err_verdict((enum err)e), err_cause((enum err)e), true);

		assert_int_equal(outcome_code(o, OUTCOME_DIALOG, true), PAM_AUTH_ERR);
	}
	assert_int_equal(outcome_code(outcome_of(VERDICT_AUTHENTICATED, 0, true),
				 OUTCOME_DIALOG, true),
		PAM_SUCCESS);
}

static void
test_host_by_its_service(void **state)
{
	static const struct {
		const char *service;
		enum outcome_host host;
	} table[] = {
		{"sudo", OUTCOME_SUDO},
		{"sudo-i", OUTCOME_SUDO},
		{"sudo-operators", OUTCOME_SUDO},
		{"sudoku", OUTCOME_LOCAL},
		{"login", OUTCOME_LOGIN},
		{"remote", OUTCOME_LOGIN},
		{"su", OUTCOME_LOCAL},
		{"su-l", OUTCOME_LOCAL},
		{"doas", OUTCOME_LOCAL},
		{"gdm-password", OUTCOME_LOCAL},
		{"", OUTCOME_LOCAL},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(outcome_host(table[i].service, false), table[i].host);
		assert_int_equal(outcome_host(table[i].service, true), OUTCOME_SSH);
	}
}

/* What a host that comes back is told without asking again, and for how long. */
static void
test_lasts_as_long_as_nobody_was_asked(void **state)
{
	int v, h;

	(void)state;
	for (v = 0; v < VERDICT_COUNT; v++)
		for (h = 0; h < OUTCOME_HOSTS; h++) {
			const struct outcome *o =
				outcome_of((enum verdict)v, CAUSE_NETWORK, false);
			int64_t lasts = outcome_lasts(o, (enum outcome_host)h);

			if (h == OUTCOME_SSH || v == VERDICT_AUTHENTICATED)
				assert_int_equal(lasts, 0);
			else if (o->final)
				assert_int_equal(lasts, INT64_MAX);
			else if (h != OUTCOME_SUDO)
				assert_int_equal(lasts, 0);
			else if (v == VERDICT_REFUSED)
				assert_int_equal(lasts, INT64_MAX);
			else
				assert_in_range(lasts, 1, 2000);
		}
}

static void
test_find_by_its_word(void **state)
{
	int e;

	(void)state;
	for (e = 0; e < ERR_COUNT; e++) {
		enum err found = err_find(err_word((enum err)e));

		/* two may share a word, where nobody is to see which it was */
		assert_string_equal(err_word(found), err_word((enum err)e));
		assert_int_equal(err_cause(found), err_cause((enum err)e));
	}
	assert_int_equal(err_find("nonsense"), ERR_INTERNAL);
	assert_int_equal(err_find(""), ERR_INTERNAL);
	assert_int_equal(err_cause((enum err)9999), CAUSE_CALLER);
	assert_int_equal(err_cause((enum err) - 1), CAUSE_CALLER);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outcome_of_every_error),
		cmocka_unit_test(
			test_outcome_of_what_a_caller_or_person_does_never_falls_back),
		cmocka_unit_test(test_outcome_of_unknown_values_is_refusal),
		cmocka_unit_test(test_outcome_success_is_authenticated_alone),
		cmocka_unit_test(test_outcome_of_a_program_that_was_asked_is_final),
		cmocka_unit_test(test_outcome_is_called_critical_nowhere),
		cmocka_unit_test(test_outcome_of_what_is_final_ends_sudo),
		cmocka_unit_test(test_dialog_that_has_shown_a_code_begins_again),
		cmocka_unit_test(test_host_by_its_service),
		cmocka_unit_test(test_lasts_as_long_as_nobody_was_asked),
		cmocka_unit_test(test_find_by_its_word),
	};

	return cmocka_run_group_tests_name("outcome", tests, NULL, NULL);
}
