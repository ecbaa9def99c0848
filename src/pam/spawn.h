/*
 * Starting and ending the helper. It inherits nothing from the host but its process
 * group and its controlling terminal.
 */
#ifndef PAM_SPAWN_H
#define PAM_SPAWN_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

#define SPAWN_CHANNEL 3 /* where the helper finds its end of the channel */
#define SPAWN_EXIT_MS 200 /* how long a helper may take to leave by itself */

/* A running helper. */
struct spawn {
	int channel; /* owned; -1: none */
	pid_t pid; /* to be reaped; -1: none */
	bool holds; /* SIGCHLD, which this thread had not blocked before */
};

#define SPAWN_NONE                       \
	{                                \
		.channel = -1, .pid = -1 \
	}

/*
 * Keeps SIGCHLD back in this thread for as long as several children are started and
 * stopped; whether it was not kept back before. spawn_release() lets it come again.
 */
bool spawn_hold(void) MUST_USE;
void spawn_release(bool held);

/*
 * Starts HELPER_PATH. ERR_HELPER_UNSAFE where others may have written it or a directory
 * above it (safefile_program()), ERR_HELPER_MISSING where it is not there, ERR_SYSTEM
 * where something else keeps it from running, both with the failing step in `diag`; then
 * there is no child left. Until it is stopped SIGCHLD is blocked: a host that takes each
 * for one of its own children's, such as vsftpd, would wait for that child for ever.
 */
enum err spawn_start(struct spawn *ret, struct diag *diag) MUST_USE;

/*
 * Closes the channel, waits SPAWN_EXIT_MS, kills what is still there, reaps it. `ret_end`
 * (may be NULL) tells how it ended, as waitid(2) does; all zero where the host has
 * reaped it first. The helper's SIGCHLD goes with it; one of the host's own children
 * comes now. Does nothing where nothing runs.
 */
void spawn_stop(struct spawn *s, siginfo_t *ret_end);

/*
 * A channel of packets, or a pipe, whose ends are above the host's standard files and
 * SPAWN_CHANNEL, and close with execve(). `pair` begins as {-1, -1}; the caller closes
 * what is in it, also where this has failed.
 */
bool spawn_pair(int pair[2], bool channel) MUST_USE;

#endif
