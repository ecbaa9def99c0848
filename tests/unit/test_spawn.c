/* Starting a helper that is not there: said, and nothing left behind. */
#include "unit.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "leaks.h"
#include "pam/spawn.h"
#include "safedir.h"

char place_helper[4096] = "/nonexistent/itsme-helper";

static void
test_start_missing_helper_is_an_error(void **state)
{
	struct spawn helper = SPAWN_NONE;
	struct diag diag = {0};
	int before = leaks_fds();

	(void)state;
	assert_int_equal(spawn_start(&helper, &diag), ERR_HELPER_MISSING);
	assert_string_equal(diag.text, "itsme-helper could not run "
				       "/nonexistent/itsme-helper: "
				       "No such file or directory; "
				       "install pam_itsme again");
	assert_int_equal(helper.child.channel, -1);
	assert_int_equal(helper.child.pid, -1);
	assert_int_equal(leaks_fds(), before);
	assert_false(leaks_children());
}

/* Nothing is started; that it is refused does not depend upon whether it would run. */
static void
test_start_unsafe_helper_is_an_error(void **state)
{
	struct spawn helper = SPAWN_NONE;
	struct diag diag = {0};
	char dir[3500], before[sizeof(place_helper)];
	int fds;

	(void)state;
	safedir_make(dir, sizeof(dir));
	snprintf(before, sizeof(before), "%s", place_helper);
	snprintf(place_helper, sizeof(place_helper), "%s",
		safedir_write(dir, "helper", "#!/bin/sh\n", 10, 0775));
	fds = leaks_fds();
	assert_int_equal(spawn_start(&helper, &diag), ERR_HELPER_UNSAFE);
	assert_non_null(strstr(diag.text, " is not run: "));
	assert_non_null(strstr(diag.text, "type: chmod go-w "));
	assert_int_equal(helper.child.channel, -1);
	assert_int_equal(helper.child.pid, -1);
	assert_int_equal(leaks_fds(), fds);
	assert_false(leaks_children());
	unlink(place_helper);
	rmdir(dir);
	snprintf(place_helper, sizeof(place_helper), "%s", before);
}

/* Each number of descriptors that may still be opened, up to where it works. */
static void
test_start_without_descriptors_leaks_none(void **state)
{
	struct spawn helper = SPAWN_NONE;
	struct diag diag = {0};
	struct rlimit limit, few;
	int spare, missing = 0, before = leaks_fds();
	enum err e;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	for (spare = 0; spare < 8; spare++) {
		few = limit;
		few.rlim_cur = (rlim_t)spare + 3;
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
		e = spawn_start(&helper, &diag);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
		missing += e == ERR_HELPER_MISSING;
		assert_true(e == ERR_SYSTEM || e == ERR_HELPER_MISSING);
		assert_int_equal(leaks_fds(), before);
		assert_false(leaks_children());
	}
	assert_non_null(strstr(diag.text, "No such file"));
	assert_true(missing > 0 &&
		    missing < 8); /* few descriptors are no fault of the set-up */
}

/* The host's signals are blocked around fork() alone. */
static void
test_start_leaves_the_signal_mask(void **state)
{
	struct spawn s = SPAWN_NONE;
	struct diag diag;
	sigset_t wanted, before, after;
	int i;

	(void)state;
	sigemptyset(&wanted);
	sigaddset(&wanted, SIGUSR1);
	assert_int_equal(sigprocmask(SIG_SETMASK, &wanted, &before), 0);
	assert_int_equal(spawn_start(&s, &diag), ERR_HELPER_MISSING);
	assert_int_equal(sigprocmask(SIG_SETMASK, &before, &after), 0);
	for (i = 1; i < NSIG; i++)
		assert_int_equal(sigismember(&after, i), sigismember(&wanted, i));
}

/* As Ctrl-Z does, again and again: to the whole group, the child that is not yet the
   program as well. The sender is not stopped by it, nor is this one. */
static pid_t
stop_all_the_time(void)
{
	pid_t host = getpid(), pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (getppid() == host)
			kill(0, SIGTSTP);
		_exit(0);
	}
	return pid;
}

static void __attribute__((noreturn)) start_while_stopped(void)
{
	struct spawn s = SPAWN_NONE;
	struct diag diag;
	pid_t sender;
	int i;

	setpgid(0, 0);
	signal(SIGTSTP, SIG_IGN);
	sender = stop_all_the_time();
	snprintf(place_helper, sizeof(place_helper), "/usr/bin/true");
	for (i = 0; i < 5; i++) {
		if (spawn_start(&s, &diag) != ERR_OK) {
			print_error("%s\n", diag.text);
			_exit(1);
		}
		spawn_stop(&s, NULL);
	}
	kill(sender, SIGKILL);
	_exit(0);
}

/* The host waits until its child is the program: one that is stopped before would keep
   it, deaf to everything. */
static void
test_start_is_not_held_up_by_a_stop(void **state)
{
	int64_t deadline = clock_ms() + 20000;
	siginfo_t end = {0};
	pid_t host = fork();

	(void)state;
	if (host == 0)
		start_while_stopped();
	while (end.si_pid == 0 && clock_ms() < deadline) {
		assert_int_equal(waitid(P_PID, (id_t)host, &end, WEXITED | WNOHANG), 0);
		poll(NULL, 0, 20);
	}
	if (end.si_pid == 0) {
		kill(-host, SIGKILL);
		waitpid(host, NULL, 0);
		fail_msg("a host waits for a child that was stopped");
	}
	assert_int_equal(end.si_code, CLD_EXITED);
	assert_int_equal(end.si_status, 0);
}

static void
test_stop_nothing_does_nothing(void **state)
{
	struct spawn none = SPAWN_NONE;
	siginfo_t end;

	(void)state;
	spawn_stop(&none, &end);
	assert_int_equal(end.si_code, 0);
	spawn_stop(&none, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start_missing_helper_is_an_error),
		cmocka_unit_test(test_start_unsafe_helper_is_an_error),
		cmocka_unit_test(test_start_without_descriptors_leaks_none),
		cmocka_unit_test(test_start_leaves_the_signal_mask),
		cmocka_unit_test(test_start_is_not_held_up_by_a_stop),
		cmocka_unit_test(test_stop_nothing_does_nothing),
	};

	return cmocka_run_group_tests_name("spawn", tests, NULL, NULL);
}
