/* What the kernel says of processes: by its texts, and of this one. */
#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/process.h"

#define STAT_START " 0 0 0 0 0 0 0 0 20 0 1 0 777 1 2" /* fields 10 to 24 */

static void
test_parse_stat_table(void **state)
{
	static const struct {
		const char *text;
		bool good;
		char state;
		pid_t session;
		int terminal;
	} cases[] = {
		{"9 (su) S 1 2 33 34816 -1 4" STAT_START, true, 'S', 33, 34816},
		{"9 (su) Z 1 2 33 0 -1 4" STAT_START, true, 'Z', 33, 0},
		/* a name that would like to be the rest of the line */
		{"9 (x) S 1 2 99 34999 -1 4) R 1 2 33 34816 -1 4" STAT_START, true, 'R',
			33, 34816},
		{"9 (a b\n)) S 1 2 33 -5 -1 4" STAT_START, true, 'S', 33, -5},
		{"9 (su) S 1 2 33 34816 -1 4", false, 0, 0, 0},
		{"9 (su) S 1 2", false, 0, 0, 0},
		{"9 (su)", false, 0, 0, 0},
		{"9 su S 1 2 33 34816 -1 4" STAT_START, false, 0, 0, 0},
		{"9 (su) S 1 2 x 34816 -1 4" STAT_START, false, 0, 0, 0},
		{"9 (su) S 1 2 -3 34816 -1 4" STAT_START, false, 0, 0, 0},
		{"9 (su) S 1 2 33x 34816 -1 4" STAT_START, false, 0, 0, 0},
		{"9 (su) S 1 2 33 99999999999 -1 4" STAT_START, false, 0, 0, 0},
		{"9 (su) S 1 2 99999999999999999999 34816 -1 4" STAT_START, false, 0, 0,
			0},
		{"", false, 0, 0, 0},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct process found = {.pid = 9};

		if (process_parse_stat(&found, cases[i].text) != cases[i].good)
			fail_msg("case %zu", i);
		if (!cases[i].good)
			continue;
		assert_int_equal(found.state, cases[i].state);
		assert_int_equal(found.session, cases[i].session);
		assert_int_equal(found.terminal, cases[i].terminal);
		assert_int_equal(found.start, 777);
	}
}

static void
test_parse_status_table(void **state)
{
	static const struct {
		const char *text;
		bool good;
		uid_t uid;
	} cases[] = {
		{"Name:\tsu\nUid:\t1000\t0\t0\t0\nGid:\t1\t1\t1\t1\n", true, 1000},
		{"Name:\tUid:\t7\t\nUid:\t0\t0\t0\t0\n", true, 0},
		{"Name:\tsu\nUid:\t4294967295\t0\t0\t0\n", false, 0},
		{"Name:\tsu\nUid:\t-1\t0\t0\t0\n", false, 0},
		{"Name:\tsu\nUid:\t1000", false, 0},
		{"Name:\tsu\nUid:\t\t0\n", false, 0},
		{"Name:\tsu\n", false, 0},
		{"", false, 0},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uid_t uid = 42;

		if (process_parse_status(&uid, cases[i].text) != cases[i].good ||
			(cases[i].good && uid != cases[i].uid))
			fail_msg("case %zu", i);
	}
}

static void
test_read_self_and_a_child_that_has_ended(void **state)
{
	struct process self, child;
	siginfo_t end;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(0);
	assert_true(pid > 0);
	assert_true(process_read(&self, getpid()));
	assert_int_equal(self.pid, getpid());
	assert_int_equal(self.ruid, getuid());
	assert_int_equal(self.session, getsid(0));
	assert_int_equal(waitid(P_PID, (id_t)pid, &end, WEXITED | WNOWAIT), 0);
	assert_true(process_read(&child, pid));
	assert_int_equal(child.state, 'Z');
	assert_true(child.start >= self.start);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_false(process_read(&child, pid));
	assert_false(process_read(&child, 0));
	assert_false(process_read(&child, -1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_stat_table),
		cmocka_unit_test(test_parse_status_table),
		cmocka_unit_test(test_read_self_and_a_child_that_has_ended),
	};

	return cmocka_run_group_tests_name("process", tests, NULL, NULL);
}
