/* Signals that wait: which, for how long, and that none of them is lost. */
#include "unit.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pam/hold.h"

/* As in a host at a terminal, whatever this was started with. */
static void
restore_signals(void)
{
	static const int signals[] = {SIGINT, SIGQUIT, SIGHUP};
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		signal(signals[i], SIG_DFL);
		sigaddset(&set, signals[i]);
	}
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static int *went_on; /* shared: whether the child was there after its signal */

/* The signal that `run` ends with in a process of its own; 0: it exits with 0. */
static int
ending(void (*run)(void))
{
	int status = -1;
	pid_t pid;

	*went_on = 0;
	pid = fork();
	if (pid == 0) {
		restore_signals();
		run();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

static bool
is_pending(int number)
{
	sigset_t pending;

	sigpending(&pending);
	return sigismember(&pending, number) == 1;
}

static void
get_interrupted(void)
{
	struct hold hold;

	hold_begin(&hold, true);
	raise(SIGINT);
	*went_on = is_pending(SIGINT);
	hold_end(&hold);
	_exit(101);
}

static void
get_interrupted_at_a_question(void)
{
	struct hold hold;

	hold_begin(&hold, true);
	hold_pause(&hold);
	raise(SIGQUIT);
	*went_on = 1;
	_exit(101);
}

static void
get_interrupted_after_a_question(void)
{
	struct hold hold;

	hold_begin(&hold, true);
	hold_pause(&hold);
	hold_resume(&hold);
	raise(SIGQUIT);
	*went_on = is_pending(SIGQUIT);
	hold_end(&hold);
	_exit(101);
}

static void
get_interrupted_where_none_is_wanted(void)
{
	struct hold hold;

	hold_begin(&hold, false);
	raise(SIGQUIT);
	*went_on = 1;
	_exit(101);
}

static void
get_hung_up(void)
{
	struct hold hold;

	hold_begin(&hold, true);
	raise(SIGHUP);
	*went_on = 1;
	_exit(101);
}

static void
test_what_is_held_comes_at_the_end(void **state)
{
	static const struct {
		void (*run)(void);
		int signal, held;
	} table[] = {
		{get_interrupted, SIGINT, 1},
		{get_interrupted_at_a_question, SIGQUIT, 0},
		{get_interrupted_after_a_question, SIGQUIT, 1},
		{get_hung_up, SIGHUP, 0},
		{get_interrupted_where_none_is_wanted, SIGQUIT, 0},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(ending(table[i].run), table[i].signal);
		assert_int_equal(*went_on, table[i].held);
	}
}

static int caught;

static void catch (int number)
{
	caught = number;
}

static void
catch_all(int number, siginfo_t *info, void *context)
{
	(void)info;
	(void)context;
	caught = number;
}

/* One that is ignored means nothing, and would be pending if it were blocked. */
static void
leave_an_ignored_one(void)
{
	struct hold hold;

	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, catch);
	hold_begin(&hold, true);
	raise(SIGINT);
	if (is_pending(SIGINT))
		_exit(100);
	raise(SIGQUIT);
	if (caught != SIGQUIT)
		_exit(101);
}

static void
leave_one_with_a_handler_of_three_arguments(void)
{
	const struct sigaction action = {
		.sa_sigaction = catch_all, .sa_flags = SA_SIGINFO};
	struct hold hold;

	sigaction(SIGQUIT, &action, NULL);
	hold_begin(&hold, true);
	raise(SIGQUIT);
	if (caught != SIGQUIT)
		_exit(100);
}

static void
leave_a_blocked_one(void)
{
	sigset_t quit, now;
	struct hold hold;

	sigemptyset(&quit);
	sigaddset(&quit, SIGQUIT);
	sigprocmask(SIG_BLOCK, &quit, NULL);
	hold_begin(&hold, true);
	raise(SIGQUIT);
	hold_pause(&hold);
	hold_end(&hold);
	if (!is_pending(SIGQUIT)) /* it was the host that had blocked it */
		_exit(100);
	sigprocmask(SIG_BLOCK, NULL, &now);
	if (sigismember(&now, SIGINT) == 1)
		_exit(101);
}

static void
test_what_the_host_sees_to_is_left_to_it(void **state)
{
	(void)state;
	assert_int_equal(ending(leave_an_ignored_one), 0);
	assert_int_equal(ending(leave_one_with_a_handler_of_three_arguments), 0);
	assert_int_equal(ending(leave_a_blocked_one), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_held_comes_at_the_end),
		cmocka_unit_test(test_what_the_host_sees_to_is_left_to_it),
	};

	went_on = mmap(NULL, sizeof(*went_on), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (went_on == MAP_FAILED)
		return 1;
	return cmocka_run_group_tests_name("hold", tests, NULL, NULL);
}
