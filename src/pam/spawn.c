/*
 * What a host must not notice of the children that are started inside it: their SIGCHLD.
 */
#include "pam/spawn.h"

#include <pthread.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static sigset_t
only_sigchld(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	return set;
}

bool
spawn_hold(void)
{
	const sigset_t set = only_sigchld();
	sigset_t before;

	return pthread_sigmask(SIG_BLOCK, &set, &before) == 0 &&
	       sigismember(&before, SIGCHLD) == 0;
}

/* Whether a child of the host has ended and waits to be reaped. It goes on waiting. */
static bool
has_dead_child(void)
{
	siginfo_t end = {0};

	return waitid(P_ALL, 0, &end, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       end.si_pid != 0;
}

/*
 * Takes the one that `pid` (0: a child that did not become a program) has left; it may
 * stand for a child of the host as well.
 */
static void
drop_sigchld(pid_t pid)
{
	const sigset_t set = only_sigchld();
	const struct timespec now = {0};
	siginfo_t from = {0};

	if (sigtimedwait(&set, &from, &now) != SIGCHLD)
		return;
	if ((pid != 0 && from.si_pid != pid) || has_dead_child())
		kill(getpid(), SIGCHLD);
}

void
spawn_release(bool held)
{
	const sigset_t set = only_sigchld();

	if (held)
		pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

enum err
spawn_start(struct spawn *ret, struct diag *diag)
{
	struct spawn s = SPAWN_NONE;
	enum err e;

	s.holds = spawn_hold();
	e = launch_start(&s.child, HELPER_PATH, LAUNCH_PACKETS, diag);
	if (e == ERR_OK) {
		*ret = s;
		return e;
	}
	drop_sigchld(0);
	spawn_release(s.holds);
	return e;
}

void
spawn_stop(struct spawn *s, siginfo_t *ret_end)
{
	pid_t pid = s->child.pid;

	launch_stop(&s->child, ret_end);
	if (pid > 0)
		drop_sigchld(pid);
	spawn_release(s->holds);
	s->holds = false;
}
