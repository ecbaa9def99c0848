/*
 * Starting and ending a program of ours, with a channel to it. It inherits nothing from
 * whoever starts it but the process group, by which a terminal's signals reach it: no
 * environment (it gets one constant variable), descriptors, limits, share of the machine,
 * signals, directory, umask, real uid, keyring or controlling terminal. The one way in
 * which module, helper and itsmectl start anything.
 */
#ifndef BASE_LAUNCH_H
#define BASE_LAUNCH_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

#define LAUNCH_CHANNEL 3 /* where the program finds its end of the channel */
#define LAUNCH_ENVIRONMENT "GNUTLS_NO_IMPLICIT_INIT=1" /* all of it */
#define LAUNCH_EXIT_MS 200 /* how long it may take to leave by itself */

/* What the channel carries: packets, whole, or a stream of bytes. */
enum launch_kind { LAUNCH_PACKETS, LAUNCH_STREAM };

/* A running program. */
struct launched {
	int channel; /* owned; -1: none */
	pid_t pid; /* to be reaped; -1: none */
};

#define LAUNCHED_NONE                    \
	{                                \
		.channel = -1, .pid = -1 \
	}

/*
 * Starts the program `path` (absolute). ERR_HELPER_UNSAFE where others may have written
 * it or a directory above it (safefile_program()), ERR_HELPER_MISSING where it is not
 * there, ERR_SYSTEM where something else keeps it from running, each with the failing
 * step in `diag`; then there is no child left. `path` is not copied, and only used here.
 */
enum err launch_start(struct launched *ret, const char *path, enum launch_kind kind,
	struct diag *diag) MUST_USE;

/*
 * Closes the channel, waits LAUNCH_EXIT_MS, kills what is still there, reaps it.
 * `ret_end` (may be NULL) tells how it ended, as waitid(2) does; all zero where somebody
 * else has reaped it first. Does nothing where nothing runs.
 */
void launch_stop(struct launched *l, siginfo_t *ret_end);

/*
 * The first that a program does that was started so: from here on a terminal's signals
 * stop it with its host. One that came before stops it now.
 */
void launched_arrive(void);

/*
 * For a program that was started so: it gets the signal when the thread that has started
 * it ends. SIGKILL ends it; SIGCONT wakes one that was stopped, so that it sees the end
 * of its channel. To be called when its ids have changed, which would undo it. False with
 * errno.
 */
bool launched_follow(int signal) MUST_USE;

/*
 * Writes the path of the program `name` in the directory that the running program was
 * started from. False: that is not known, or too long.
 */
bool launch_neighbour(char *path, size_t size, const char *name) MUST_USE;

/*
 * A channel, or with `pipe` set a pipe, whose ends are above the standard files and
 * LAUNCH_CHANNEL, and close with execve(). `pair` begins as {-1, -1}; the caller closes
 * what is in it, also where this has failed.
 */
bool launch_pair(int pair[2], enum launch_kind kind) MUST_USE;
bool launch_pipe(int pair[2]) MUST_USE;

#endif
