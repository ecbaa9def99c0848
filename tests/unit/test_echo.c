/* The keyboard of a terminal while a login waits, and who gives it back. */
#define _GNU_SOURCE /* openpty */
#include "unit.h"

#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clean.h"
#include "leaks.h"
#include "pam/echo.h"
#include "pam/guard.h"

#define PATIENCE_MS 10000

static int master = -1, slave = -1;
static struct termios before;

static void
make_terminal(void)
{
	struct termios odd;

	assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
	assert_int_equal(tcgetattr(slave, &odd), 0);
	odd.c_cc[VKILL] = 24; /* so that modes made anew are not taken for these */
	odd.c_lflag |= ECHONL;
	assert_int_equal(tcsetattr(slave, TCSANOW, &odd), 0);
	assert_int_equal(tcgetattr(slave, &before), 0);
}

static void
drop_terminal(void)
{
	clean_fd(&master);
	clean_fd(&slave);
}

static struct termios
modes(void)
{
	struct termios now = {0};

	assert_int_equal(tcgetattr(slave, &now), 0);
	return now;
}

/* The modes are those, or become so. */
static bool
become(const struct termios *wanted)
{
	struct termios now;
	int i;

	for (i = 0; i < PATIENCE_MS; i++) {
		now = modes();
		if (guard_same(&now, wanted))
			return true;
		usleep(1000);
	}
	return false;
}

/* Runs `host` as the leader of a session on that terminal, as login is. */
static pid_t
start_host(int (*host)(void))
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	signal(SIGHUP, SIG_IGN);
	if (setsid() < 0 || ioctl(slave, TIOCSCTTY, 0) != 0)
		_exit(100);
	_exit(host());
}

static int
status_of(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The line of the first check that fails is what a host ends with. */
#define CHECK(condition)                        \
	do {                                    \
		if (!(condition))               \
			return __LINE__ & 0x7f; \
	} while (0)

static bool
are(const struct termios *wanted)
{
	struct termios now = {0};

	return tcgetattr(slave, &now) == 0 && guard_same(&now, wanted);
}

/* --- one login -------------------------------------------------------------------------
 */

static int
waiting_host(void)
{
	struct termios hushed = guard_hushed(&before);
	struct echo echo = ECHO_NONE;
	int descriptors = leaks_fds(), typed = 0;

	echo_open(&echo);
	CHECK(are(&hushed) && (hushed.c_lflag & ISIG) && (hushed.c_lflag & ICANON));
	CHECK(echo_keep(&echo));
	CHECK(write(master, "secret\nsec", 10) == 10);
	while (ioctl(slave, FIONREAD, &typed) == 0 && typed == 0)
		usleep(1000);
	echo_pause(&echo);
	CHECK(are(&before) && !echo_keep(&echo) && are(&before));
	CHECK(ioctl(slave, FIONREAD, &typed) == 0 && typed == 0);
	echo_resume(&echo);
	CHECK(are(&hushed));
	echo_close(&echo, true);
	CHECK(are(&before));
	CHECK(leaks_fds() == descriptors && !leaks_children());
	return 0;
}

static void
test_open_and_close_leave_nothing(void **state)
{
	(void)state;
	make_terminal();
	assert_int_equal(status_of(start_host(waiting_host)), 0);
	drop_terminal();
}

static int
host_that_need_not_wait(void)
{
	struct echo echo = ECHO_NONE;
	char line[8] = "";
	int typed = 0;

	echo_open(&echo);
	CHECK(write(master, "ls\n", 3) == 3);
	while (ioctl(slave, FIONREAD, &typed) == 0 && typed == 0)
		usleep(1000);
	echo_close(&echo, false);
	CHECK(are(&before) && read(slave, line, sizeof(line)) == 3);
	return strcmp(line, "ls\n") == 0 ? 0 : 99;
}

static void
test_close_keeps_what_was_typed_for_the_shell(void **state)
{
	(void)state;
	make_terminal();
	assert_int_equal(status_of(start_host(host_that_need_not_wait)), 0);
	drop_terminal();
}

/* --- whose the modes are
 * ------------------------------------------------------------------
 */

static int
host_with_raw_modes(void)
{
	struct termios raw = before;
	struct echo echo = ECHO_NONE;

	cfmakeraw(&raw);
	CHECK(tcsetattr(slave, TCSANOW, &raw) == 0);
	echo_open(&echo);
	CHECK(are(&raw) && echo.guard.child.pid < 0 && echo_keep(&echo));
	echo_close(&echo, true);
	CHECK(are(&raw));
	return 0;
}

/* An editor has taken the terminal meanwhile; a person has used stty. */
static int
host_with_others(void)
{
	struct termios raw = before, changed = guard_hushed(&before), wanted;
	struct echo echo = ECHO_NONE;

	echo_open(&echo);
	cfmakeraw(&raw);
	CHECK(tcsetattr(slave, TCSANOW, &raw) == 0);
	echo_close(&echo, true);
	CHECK(are(&raw) && tcsetattr(slave, TCSANOW, &before) == 0);
	echo_open(&echo);
	changed.c_cc[VKILL] = 25;
	CHECK(tcsetattr(slave, TCSANOW, &changed) == 0);
	echo_close(&echo, true);
	wanted = changed;
	wanted.c_lflag = before.c_lflag;
	CHECK(are(&wanted));
	return 0;
}

/* In the background; the kernel would stop it for setting a mode. */
static int
host_in_the_background(void)
{
	struct echo echo = ECHO_NONE;
	pid_t other = fork();

	if (other == 0) {
		setpgid(0, 0);
		pause();
		_exit(0);
	}
	setpgid(other, other);
	CHECK(tcsetpgrp(slave, other) == 0);
	echo_open(&echo);
	CHECK(!echo_keep(&echo) && are(&before));
	echo_pause(&echo);
	echo_resume(&echo);
	echo_close(&echo, true);
	CHECK(are(&before));
	kill(other, SIGKILL);
	return 0;
}

static void
test_modes_of_others_are_left_alone(void **state)
{
	int (*const table[])(void) = {
		host_with_raw_modes, host_with_others, host_in_the_background};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		int status;

		make_terminal();
		status = status_of(start_host(table[i]));
		if (status != 0)
			fail_msg("case %zu: line %d modulo 128", i, status);
		drop_terminal();
	}
}

/* --- no guard, no silence
 * ---------------------------------------------------------------
 */

static int
host_without_descriptors(void)
{
	struct rlimit limit, few;
	struct echo echo = ECHO_NONE;
	int spare, silent = 0;

	CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	for (spare = 0; spare < 6; spare++) {
		few = limit;
		few.rlim_cur = (rlim_t)slave + 1 + (rlim_t)spare;
		CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0);
		echo_open(&echo);
		CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
		CHECK(are(&before) == (echo.guard.child.pid < 0));
		silent += !are(&before);
		echo_close(&echo, true);
		CHECK(are(&before) && echo.fd < 0 && !leaks_children());
	}
	return silent > 0 && silent < spare ? 0 : 99;
}

static void
test_open_without_a_guard_is_not_silent(void **state)
{
	(void)state;
	make_terminal();
	assert_int_equal(status_of(start_host(host_without_descriptors)), 0);
	drop_terminal();
}

/* --- the guard
 * -------------------------------------------------------------------------- */

static int ready[2];

/* A program below a shell that stays, which is the session's leader. */
static int
shell_of_a_killed_host(void)
{
	struct termios hushed = guard_hushed(&before);
	pid_t host = fork();
	int status;

	if (host == 0) {
		struct echo echo = ECHO_NONE;

		echo_open(&echo);
		if (write(ready[1], "", 1) == 1)
			pause();
		_exit(0);
	}
	CHECK(read(ready[0], &status, 1) == 1 && are(&hushed));
	kill(host, SIGKILL);
	CHECK(waitpid(host, &status, 0) == host);
	CHECK(become(&before));
	return 0;
}

static void
test_guard_of_a_killed_host_puts_the_modes_back(void **state)
{
	(void)state;
	make_terminal();
	assert_int_equal(pipe(ready), 0);
	assert_int_equal(status_of(start_host(shell_of_a_killed_host)), 0);
	close(ready[0]);
	close(ready[1]);
	drop_terminal();
}

/* It holds the terminal and its channel, and takes no signal but SIGKILL. */
static int
host_of_a_guard(void)
{
	struct echo echo = ECHO_NONE;
	char path[64];
	int i;

	/* what the host has open, below what is ours and above */
	CHECK(fcntl(0, F_DUPFD, 3) > 0 && fcntl(0, F_DUPFD, 200) > 0);
	echo_open(&echo);
	CHECK(echo.guard.child.pid > 0);
	for (i = 1; i < NSIG; i++)
		if (i != SIGKILL && i != SIGSTOP)
			kill(echo.guard.child.pid, i);
	for (i = 0; i < 2 * GUARD_STEP_MS; i++)
		usleep(1000); /* long enough for any of them */
	CHECK(kill(echo.guard.child.pid, 0) == 0 && guard_arm(&echo.guard, &before));
	CHECK(getpgid(echo.guard.child.pid) == echo.guard.child.pid);
	snprintf(path, sizeof(path), "/proc/%d/fd", (int)echo.guard.child.pid);
	CHECK(leaks_count(path) == 2 + 2); /* "." and ".." */
	kill(echo.guard.child.pid, SIGKILL);
	CHECK(waitid(P_PID, (id_t)echo.guard.child.pid, &(siginfo_t){0},
		      WEXITED | WNOWAIT) == 0);
	CHECK(echo_keep(&echo) && !are(&before)); /* it is not missed */
	echo_close(&echo, true);
	CHECK(are(&before) && !leaks_children());
	return 0;
}

static void
test_guard_holds_little_and_takes_no_signal(void **state)
{
	(void)state;
	make_terminal();
	assert_int_equal(status_of(start_host(host_of_a_guard)), 0);
	drop_terminal();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open_and_close_leave_nothing),
		cmocka_unit_test(test_close_keeps_what_was_typed_for_the_shell),
		cmocka_unit_test(test_modes_of_others_are_left_alone),
		cmocka_unit_test(test_open_without_a_guard_is_not_silent),
		cmocka_unit_test(test_guard_of_a_killed_host_puts_the_modes_back),
		cmocka_unit_test(test_guard_holds_little_and_takes_no_signal),
	};

	return cmocka_run_group_tests_name("echo", tests, NULL, NULL);
}
