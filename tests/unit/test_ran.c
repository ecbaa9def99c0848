/* Time that a process had, and time that it did not. */
#include "unit.h"

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/ran.h"

#define STOPPED_MS 700

static void
test_ran_a_wait_of_its_own_length_is_not_lost(void **state)
{
	struct ran ran;
	int i;

	(void)state;
	ran_begin(&ran);
	for (i = 0; i < 10; i++) {
		poll(NULL, 0, 20);
		ran_waited(&ran, 20);
	}
	assert_true(ran_ms(&ran) >= 200);
	/* on a busy machine nobody is woken up in time */
	assert_true(ran_ms(&ran) <= 10 * 30);
}

static void
test_ran_a_wait_that_ends_early_counts_as_long_as_it_took(void **state)
{
	struct ran ran;

	(void)state;
	ran_begin(&ran);
	ran_waited(&ran, 60000);
	assert_true(ran_ms(&ran) < 30000);
	assert_int_equal(ran_lost_ms(&ran), 0);
}

/* A conversation of several waits has one patience: of its minute, little is left. */
static void
test_ran_poll_has_one_time_for_all_its_calls(void **state)
{
	int64_t began = clock_ms();
	struct ran ran;

	(void)state;
	ran_begin(&ran);
	ran.ran = 59900 * 1000;
	assert_int_equal(ran_poll(&ran, NULL, 0, 60000), 0);
	assert_true(ran_ms(&ran) >= 60000);
	assert_int_equal(ran_poll(&ran, NULL, 0, 60000), 0);
	assert_in_range(clock_ms() - began, 100, 30000);
}

/* What is there already is seen also where there is no time. */
static void
test_ran_poll_looks_once(void **state)
{
	struct pollfd p = {.events = POLLIN};
	struct ran ran;
	int pair[2];

	(void)state;
	assert_int_equal(pipe(pair), 0);
	assert_int_equal(write(pair[1], "x", 1), 1);
	p.fd = pair[0];
	ran_begin(&ran);
	assert_int_equal(ran_poll(&ran, &p, 1, 0), 1);
	close(pair[0]);
	close(pair[1]);
}

static void
test_ran_work_is_not_lost(void **state)
{
	struct ran ran;
	volatile unsigned sum = 0;
	unsigned i;

	(void)state;
	ran_begin(&ran);
	while (ran_ms(&ran) < 100) {
		for (i = 0; i < 1000000; i++)
			sum += i;
		ran_worked(&ran);
	}
	assert_true(ran_ms(&ran) >= 100);
}

/* Waits or works until it has run 200 ms; ends with what it lost, in tenths of seconds.
 */
static int
count_lost(bool waits)
{
	struct ran ran;

	ran_begin(&ran);
	while (ran_ms(&ran) < 200) {
		if (waits) {
			poll(NULL, 0, 20);
			ran_waited(&ran, 20);
		} else {
			ran_worked(&ran);
		}
	}
	return (int)(ran_lost_ms(&ran) / 100);
}

static void
test_ran_time_of_a_stop_is_lost(void **state)
{
	int waits, status;

	(void)state;
	for (waits = 0; waits < 2; waits++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(count_lost(waits != 0));
		assert_true(pid > 0);
		poll(NULL, 0, 50);
		kill(pid, SIGSTOP);
		assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
		poll(NULL, 0, STOPPED_MS);
		kill(pid, SIGCONT);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) >= 6);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ran_a_wait_of_its_own_length_is_not_lost),
		cmocka_unit_test(
			test_ran_a_wait_that_ends_early_counts_as_long_as_it_took),
		cmocka_unit_test(test_ran_poll_has_one_time_for_all_its_calls),
		cmocka_unit_test(test_ran_poll_looks_once),
		cmocka_unit_test(test_ran_work_is_not_lost),
		cmocka_unit_test(test_ran_time_of_a_stop_is_lost),
	};

	return cmocka_run_group_tests_name("ran", tests, NULL, NULL);
}
