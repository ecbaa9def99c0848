/*
 * Putting a terminal's modes back for a host that is gone. The child never returns to the
 * host's code, makes only system calls (as any child of a threaded process must), and
 * must never outlive the host.
 */
#define _GNU_SOURCE /* setresuid */
#include "pam/guard.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/descriptors.h"

#define NAME "itsme-echo" /* as ps shows it; 15 bytes at most */

struct termios
guard_hushed(const struct termios *before)
{
	struct termios hushed = *before;

	hushed.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
	return hushed;
}

/* Field by field: the structure has holes. */
bool
guard_same(const struct termios *one, const struct termios *other)
{
	return one->c_iflag == other->c_iflag && one->c_oflag == other->c_oflag &&
	       one->c_cflag == other->c_cflag && one->c_lflag == other->c_lflag &&
	       one->c_line == other->c_line &&
	       memcmp(one->c_cc, other->c_cc, sizeof(one->c_cc)) == 0;
}

/* --- the child ---------------------------------------------------------------- */

struct watchman {
	int tty, channel;
	pid_t group; /* the host's */
	bool armed;
	struct termios before;
};

/*
 * A background process that blocks SIGTTOU may set modes. What was typed unseen would be
 * read by the shell.
 */
static void
put_back(struct watchman *w)
{
	struct termios hushed = guard_hushed(&w->before), now;

	w->armed = false;
	if (tcgetattr(w->tty, &now) != 0 || !guard_same(&now, &hushed))
		return;
	tcflush(w->tty, TCIFLUSH);
	tcsetattr(w->tty, TCSANOW, &w->before);
}

/* Takes what the host says: modes, or nothing more to do. False: the host is gone. */
static bool
listen_to(struct watchman *w)
{
	struct termios before;
	ssize_t got = recv(w->channel, &before, sizeof(before), MSG_DONTWAIT);

	if (got < 0)
		return errno == EAGAIN || errno == EINTR;
	if (got == 0)
		return false;
	w->armed = got == (ssize_t)sizeof(before);
	if (w->armed)
		w->before = before;
	return true;
}

static void
keep_watch(struct watchman *w)
{
	struct pollfd p = {.fd = w->channel, .events = POLLIN};

	for (;;) {
		poll(&p, 1, w->armed ? GUARD_STEP_MS : -1);
		if (!listen_to(w))
			break;
		if (w->armed && tcgetpgrp(w->tty) != w->group)
			put_back(w);
	}
	if (w->armed)
		put_back(w);
}

__attribute__((noreturn)) static void
become_guard(struct watchman *w)
{
	/* whatever else is open belongs to the host: pipes would stay open with it */
	descriptors_close(0, w->tty, w->channel);
	setpgid(0, 0); /* Ctrl-Z and kill -9 of the host's group are not for it */
	/* su and sudo keep the caller as real user, who could then send it signals */
	if (geteuid() == 0 && (setresgid(0, 0, 0) != 0 || setresuid(0, 0, 0) != 0))
		_exit(1);
	prctl(PR_SET_NAME, NAME, 0, 0, 0);
	keep_watch(w);
	_exit(0);
}

/* --- the parent ----------------------------------------------------------------- */

/* All signals are blocked in the child, for good. */
static pid_t
fork_quietly(struct watchman *w)
{
	sigset_t all, before;
	pid_t pid;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid == 0)
		become_guard(w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return pid;
}

bool
guard_start(struct spawn *ret, int tty)
{
	struct watchman w = {.tty = tty, .group = getpgrp()};
	AUTO_FD int ours = -1, theirs = -1;
	int pair[2] = {-1, -1};
	bool made = launch_pair(pair, LAUNCH_PACKETS);
	pid_t pid;

	ours = pair[0];
	theirs = w.channel = pair[1];
	if (!made)
		return false;
	pid = fork_quietly(&w);
	if (pid < 0)
		return false;
	*ret = (struct spawn){.child = {.channel = move_fd(&ours), .pid = pid}};
	return true;
}

static bool
tell(const struct spawn *guard, const void *word, size_t len)
{
	return guard->child.channel >= 0 &&
	       send(guard->child.channel, word, len, MSG_NOSIGNAL | MSG_DONTWAIT) ==
		       (ssize_t)len;
}

bool
guard_arm(const struct spawn *guard, const struct termios *before)
{
	return tell(guard, before, sizeof(*before));
}

void
guard_rest(const struct spawn *guard)
{
	if (!tell(guard, "", 1))
		return; /* it is gone, which is as good */
}

void
guard_stop(struct spawn *guard)
{
	spawn_stop(guard, NULL);
}
