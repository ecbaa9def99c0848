/* How many lines a flood of refusals leaves in the log, and what they say. */
#include "unit.h"

#include <string.h>

#include "listener/refusals.h"

static struct refusals refusals;
static char line[REFUSALS_LINE_MAX];

static int
forget(void **state)
{
	(void)state;
	refusals = (struct refusals){.rows = {{0}}};
	return 0;
}

static void
test_flood_of_one_person_is_two_lines_a_minute(void **state)
{
	int i, lines = 0;

	(void)state;
	assert_true(refusals_due(&refusals) == INT64_MAX);
	for (i = 0; i < 87; i++)
		lines += refusals_note(&refusals, line, REFUSAL_EACH, 1001, 1000 + i) > 0;
	assert_int_equal(lines, 1);
	assert_string_equal(line, "refused times=1 peer_uid=1001 reason=helper_busy: "
				  "all places of this uid are taken");
	assert_true(refusals_due(&refusals) == 1000 + REFUSALS_EVERY_MS);
	assert_int_equal(refusals_next(&refusals, line, 999 + REFUSALS_EVERY_MS), 0);
	assert_true(refusals_next(&refusals, line, 1000 + REFUSALS_EVERY_MS) > 0);
	assert_non_null(strstr(line, "times=86 peer_uid=1001 "));
	assert_int_equal(refusals_next(&refusals, line, 1000 + REFUSALS_EVERY_MS), 0);
	/* a quiet minute later all is forgotten, and the next one is said at once */
	assert_int_equal(refusals_next(&refusals, line, 1000 + 2 * REFUSALS_EVERY_MS), 0);
	assert_true(refusals_due(&refusals) == INT64_MAX);
	assert_true(refusals_note(&refusals, line, REFUSAL_EACH, 1001, 200000) > 0);
}

static void
test_each_person_has_a_line_of_their_own(void **state)
{
	(void)state;
	assert_true(refusals_note(&refusals, line, REFUSAL_EACH, 1001, 0) > 0);
	assert_true(refusals_note(&refusals, line, REFUSAL_EACH, 1002, 0) > 0);
	assert_non_null(strstr(line, "times=1 peer_uid=1002 "));
	assert_int_equal(refusals_note(&refusals, line, REFUSAL_EACH, 1001, 0), 0);
}

static void
test_many_uids_share_lines(void **state)
{
	static const enum refusal shared[] = {
		REFUSAL_ALL, REFUSAL_STRANGER, REFUSAL_UNSURE, REFUSAL_HELPER};
	size_t i;
	uid_t uid;

	(void)state;
	for (i = 0; i < sizeof(shared) / sizeof(shared[0]); i++) {
		int lines = 0;

		for (uid = 100000; uid < 165536; uid++)
			lines += refusals_note(&refusals, line, shared[i], uid, 1) > 0;
		assert_int_equal(lines, 1);
	}
	for (i = 0, uid = 1; uid < 65536; uid++)
		i += refusals_note(&refusals, line, REFUSAL_EACH, uid, 1) > 0;
	assert_int_equal(i, REFUSALS_ROWS + 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
			test_flood_of_one_person_is_two_lines_a_minute, forget),
		cmocka_unit_test_setup(test_each_person_has_a_line_of_their_own, forget),
		cmocka_unit_test_setup(test_many_uids_share_lines, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
