/*
 * What was refused, for the system log: one line at once, then one a minute that counts,
 * for each person and each reason. However many connect, the log grows no faster.
 */
#ifndef LISTENER_REFUSALS_H
#define LISTENER_REFUSALS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define REFUSALS_ROWS 32 /* at once; what comes on top is counted together */
#define REFUSALS_EVERY_MS 60000
#define REFUSALS_LINE_MAX 160

enum refusal {
	REFUSAL_EACH, /* all places of the person are taken: a row for each uid */
	REFUSAL_ALL, /* all places are taken: these have one row for everybody */
	REFUSAL_STRANGER, /* the uid is no account's */
	REFUSAL_UNSURE, /* whether it is could not be found out in time */
	REFUSAL_HELPER, /* no helper could be reached */
	REFUSAL_KINDS
};

struct refusals {
	struct refusals_row {
		enum refusal kind;
		uid_t uid; /* the last one */
		unsigned count; /* not logged yet */
		int64_t due; /* clock_ms; 0: the row is free */
	} rows[REFUSAL_KINDS + REFUSALS_ROWS]; /* the shared ones first */
};

/* Counts one. Returns the length of the line to be logged now, 0: none. */
size_t refusals_note(struct refusals *refusals, char line[REFUSALS_LINE_MAX],
	enum refusal kind, uid_t uid, int64_t now);

/* The next line that is due, and when it is none, 0. To be called until it is none. */
size_t refusals_next(
	struct refusals *refusals, char line[REFUSALS_LINE_MAX], int64_t now);

/* When refusals_next() has something to do, INT64_MAX: never. */
int64_t refusals_due(const struct refusals *refusals);

#endif
