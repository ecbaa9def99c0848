/*
 * Starting and ending a child inside a host that has children of its own.
 */
#ifndef PAM_SPAWN_H
#define PAM_SPAWN_H

#include <signal.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/launch.h"

/* A running child. */
struct spawn {
	struct launched child;
	bool holds; /* SIGCHLD, which this thread had not blocked before */
};

#define SPAWN_NONE                     \
	{                              \
		.child = LAUNCHED_NONE \
	}

/*
 * Keeps SIGCHLD back in this thread for as long as several children are started and
 * stopped; whether it was not kept back before. spawn_release() lets it come again.
 */
bool spawn_hold(void) MUST_USE;
void spawn_release(bool held);

/*
 * Starts HELPER_PATH, by launch_start() and with its errors. Until it is stopped SIGCHLD
 * is blocked: a host that takes each for one of its own children's, such as vsftpd, would
 * wait for that child for ever.
 */
enum err spawn_start(struct spawn *ret, struct diag *diag) MUST_USE;

/*
 * launch_stop(). The child's SIGCHLD goes with it; one of the host's own children comes
 * now.
 */
void spawn_stop(struct spawn *s, siginfo_t *ret_end);

#endif
