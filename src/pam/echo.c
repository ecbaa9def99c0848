/*
 * Switching a terminal's echo off and on again. It must never set a mode in the
 * background (the kernel stops a process for that), nor read what was typed.
 */
#include "pam/echo.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/clean.h"
#include "pam/guard.h"
#include "pam/terminal.h"

#define FLUSH_MAX 64 /* times: each makes room for what a long paste has kept back */

static bool
in_front(int fd)
{
	return tcgetpgrp(fd) == getpgrp();
}

/* The structure has holes, and is handed to the guard as it is. */
static bool
look(int fd, struct termios *ret)
{
	memset(ret, 0, sizeof(*ret));
	return tcgetattr(fd, ret) == 0;
}

/* Whole lines, or an end of file; in raw modes anything. */
static bool
has_typed(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) > 0 && (p.revents & POLLIN) != 0;
}

static void
discard_typed(int fd)
{
	int i = 0;

	do
		tcflush(fd, TCIFLUSH);
	while (has_typed(fd) && ++i < FLUSH_MAX);
}

/*
 * The guard knows before it is done. Without one the echo stays as it is: a host that is
 * killed would leave a shell whose typing cannot be seen.
 */
static bool
switch_off(struct echo *echo, const struct termios *now)
{
	struct termios hushed = guard_hushed(now);

	if (echo->guard.child.pid < 0 && !guard_start(&echo->guard, echo->fd))
		return false;
	if (!guard_arm(&echo->guard, now))
		return false;
	echo->before = *now;
	echo->off = tcsetattr(echo->fd, TCSANOW, &hushed) == 0;
	return echo->off;
}

/* Where somebody else has changed the modes meanwhile, theirs stay; a line that is edited
   by the terminal gets its echo back. */
static void
switch_on(struct echo *echo)
{
	struct termios hushed = guard_hushed(&echo->before), now;

	if (!echo->off || !look(echo->fd, &now))
		return;
	if (guard_same(&now, &hushed)) {
		now = echo->before;
	} else if ((now.c_lflag & ICANON) != 0) {
		now.c_lflag |= echo->before.c_lflag & (ECHO | ECHONL);
	} else {
		return;
	}
	tcsetattr(echo->fd, TCSANOW, &now);
}

void
echo_open(struct echo *ret)
{
	ret->fd = terminal_open();
	echo_keep(ret);
}

bool
echo_keep(struct echo *echo)
{
	struct termios now;

	if (echo->fd < 0 || echo->asking || !in_front(echo->fd) || !look(echo->fd, &now))
		return false;
	if ((now.c_lflag & ECHO) != 0)
		return switch_off(echo, &now);
	if (has_typed(echo->fd))
		discard_typed(echo->fd);
	/* some shells give a program that they continue the modes it was stopped with */
	if (echo->off && !guard_arm(&echo->guard, &echo->before))
		guard_stop(&echo->guard); /* somebody has killed it */
	return true;
}

void
echo_pause(struct echo *echo)
{
	echo->asking = true;
	if (echo->fd < 0 || !in_front(echo->fd))
		return;
	discard_typed(echo->fd);
	switch_on(echo);
	echo->off = false;
	guard_rest(&echo->guard);
}

void
echo_resume(struct echo *echo)
{
	echo->asking = false;
	echo_keep(echo);
}

void
echo_close(struct echo *echo, bool discard)
{
	if (echo->fd < 0)
		return;
	if (in_front(echo->fd)) {
		if (discard)
			discard_typed(echo->fd);
		switch_on(echo);
		guard_rest(&echo->guard);
	}
	guard_stop(&echo->guard);
	echo->off = false;
	clean_fd(&echo->fd);
}
