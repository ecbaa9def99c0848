/* The table from verdicts to PAM codes, spelled a second time, and its default. */
#include "unit.h"

#include <security/pam_modules.h>

#include "pam/outcome.h"

static const struct {
	enum verdict verdict;
	int code, ssh_code;
	bool delay, final;
} expected[] = {
	{VERDICT_REFUSED, PAM_AUTH_ERR, PAM_AUTH_ERR, true, false},
	{VERDICT_AUTHENTICATED, PAM_SUCCESS, PAM_SUCCESS, false, false},
	{VERDICT_IGNORED, PAM_IGNORE, PAM_IGNORE, false, false},
	{VERDICT_ABORTED, PAM_ABORT, PAM_ABORT, false, true},
	{VERDICT_DENIED, PAM_ABORT, PAM_MAXTRIES, true, true},
	{VERDICT_EXPIRED, PAM_ABORT, PAM_MAXTRIES, true, true},
	{VERDICT_WRONG_NUMBER, PAM_ABORT, PAM_MAXTRIES, true, true},
	{VERDICT_LIMITED, PAM_ABORT, PAM_MAXTRIES, true, true},
	{VERDICT_NOT_GOOD_ENOUGH, PAM_ABORT, PAM_MAXTRIES, true, true},
	{VERDICT_WRONG_ACCOUNT, PAM_ABORT, PAM_MAXTRIES, true, true},
	{VERDICT_BAD_TOKEN, PAM_ABORT, PAM_MAXTRIES, true, true},
	{VERDICT_UNREADABLE_QR, PAM_AUTHINFO_UNAVAIL, PAM_AUTHINFO_UNAVAIL, false, false},
	{VERDICT_NO_PICTURE, PAM_AUTHINFO_UNAVAIL, PAM_AUTHINFO_UNAVAIL, false, false},
	{VERDICT_UNAVAILABLE, PAM_AUTHINFO_UNAVAIL, PAM_AUTHINFO_UNAVAIL, false, false},
	{VERDICT_MISCONFIGURED, PAM_AUTHINFO_UNAVAIL, PAM_AUTHINFO_UNAVAIL, false, false},
	{VERDICT_NOT_INTERACTIVE, PAM_AUTHINFO_UNAVAIL, PAM_AUTHINFO_UNAVAIL, false,
		true},
};

static void
test_outcome_of_every_verdict(void **state)
{
	size_t i;

	(void)state;
	assert_int_equal(sizeof(expected) / sizeof(expected[0]), VERDICT_COUNT);
	for (i = 0; i < VERDICT_COUNT; i++) {
		const struct outcome *o = outcome_of(expected[i].verdict);

		assert_int_equal(o->verdict, expected[i].verdict);
		assert_int_equal(outcome_code(o, false), expected[i].code);
		assert_int_equal(outcome_code(o, true), expected[i].ssh_code);
		assert_int_equal(o->delay, expected[i].delay);
		assert_int_equal(o->final, expected[i].final);
	}
}

static void
test_outcome_of_unknown_values_is_refusal(void **state)
{
	const int values[] = {VERDICT_COUNT, VERDICT_COUNT + 1, 255, 1 << 30, -1};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		const struct outcome *o = outcome_of((enum verdict)values[i]);

		assert_int_equal(outcome_code(o, false), PAM_AUTH_ERR);
		assert_int_equal(outcome_code(o, true), PAM_AUTH_ERR);
	}
}

static void
test_outcome_success_stands_once(void **state)
{
	int v, admitted = 0;

	(void)state;
	for (v = -1; v <= 300; v++) {
		const struct outcome *o = outcome_of((enum verdict)v);

		admitted += outcome_code(o, false) == PAM_SUCCESS;
		admitted += outcome_code(o, true) == PAM_SUCCESS;
	}
	assert_int_equal(admitted, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outcome_of_every_verdict),
		cmocka_unit_test(test_outcome_of_unknown_values_is_refusal),
		cmocka_unit_test(test_outcome_success_stands_once),
	};

	return cmocka_run_group_tests_name("outcome", tests, NULL, NULL);
}
