/*
 * The walls around a program that has done its last privileged step: which system calls
 * it may make, which files it may open, how much of the machine it may take. The
 * tables are docs/walls.md; what a program needs beside them belongs before its walls.
 *
 * Required walls (limits, no new privileges, not dumpable, the filter of system calls)
 * are raised or the program must end. Optional ones (memory that is locked, Landlock) are
 * what the kernel or a container may lack; they are named in `gaps`.
 */
#ifndef BASE_WALL_H
#define BASE_WALL_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/* Address space of each program, from which everything that it can be made to hold is. */
#define WALL_MEMORY (64u << 20)

/* Whose walls: one row of each table. */
enum wall_program {
	WALL_HELPER,
	WALL_HELPER_STORE, /* keys in a store, whose code was loaded before */
	WALL_FETCH,
	WALL_FETCH_STORE, /* the same, for the key of a certificate */
	WALL_QR, /* waits, and forks once a picture */
	WALL_PICTURE, /* that child: on top of WALL_QR */
	WALL_PROGRAMS
};

#define WALL_CHILDREN_MAX 2

/* Whom the program may end (by SIGKILL, and nobody else); 0: none. */
struct wall_children {
	pid_t pid[WALL_CHILDREN_MAX];
};

/* The optional walls that could not be raised, for the log; empty: all stand. */
struct wall_gaps {
	char text[160];
};

/*
 * What must come before a program starts others that it will have to end: from here on
 * it and they cannot reach anybody else by a signal. Once, with any rights.
 */
void wall_prepare(struct wall_gaps *gaps);

/*
 * Raises the walls of `program`, for good: after privilege_drop(), with one thread.
 * `children` may be NULL. ERR_WALL with a diag: a required one is missing, and the
 * program must end.
 */
enum err wall_raise(enum wall_program program, const struct wall_children *children,
	struct wall_gaps *gaps, struct diag *diag) MUST_USE;

/*
 * Before a long wait, of a program that holds keys: gives back memory that is free, and
 * locks the rest of the heap, so that it reaches neither a swap device nor a dump.
 */
void wall_settle(struct wall_gaps *gaps);

/* --- parts of it, one a file -------------------------------------------------------- */

/* wall_calls.c: the filter of system calls. False with errno. */
bool wall_calls(enum wall_program program, const struct wall_children *children) MUST_USE;

/* wall_files.c: Landlock's files and TCP, and whom signals and abstract sockets reach. */
void wall_files(enum wall_program program, struct wall_gaps *gaps);
void wall_scopes(struct wall_gaps *gaps);

/* One thing more that could not be raised. */
void wall_note(struct wall_gaps *gaps, const char *what);

#endif
