/*
 * What a check has found: one finding a line, each fault with what to type.
 */
#ifndef CLI_FINDINGS_H
#define CLI_FINDINGS_H

#include "cli/output.h"

/* name, word in the JSON, tag for a person, its colour */
#define FINDING_LIST(X)                          \
	X(GOOD, "ok", "ok     ", GREEN)          \
	X(NOTE, "note", "note   ", PLAIN)        \
	X(WARNING, "warning", "warning", YELLOW) \
	X(FAULT, "fault", "FAULT  ", RED)

enum finding_level {
#define FINDING_ENUM(name, word, tag, paint) FINDING_##name,
	FINDING_LIST(FINDING_ENUM)
#undef FINDING_ENUM
		FINDING_COUNT
};

struct findings {
	struct output *out;
	unsigned count[FINDING_COUNT];
};

/* Says what was found, on one line whatever is in it; `advice` is what to do about it,
 * NULL where nothing is. */
void finding(struct findings *f, enum finding_level level, const char *topic,
	const char *advice, const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* A fault as an error with its line tells it. */
void finding_error(struct findings *f, const char *topic, const char *advice, enum err e,
	const struct diag *diag);

/* The line that closes a check, and whether it found no fault. */
bool findings_end(struct findings *f);

#endif
