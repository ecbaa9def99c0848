/*
 * How often codes may be shown. Each begins a session at the provider, so a stranger may
 * not have as many as they like; but strangers must not be able to lock an account's
 * owner out either, so nothing is counted for an account alone. What counts is from where
 * somebody comes.
 *
 * Who has shown a first factor (FIRST_FACTOR callers) is counted apart from those who
 * come from the same place without one.
 */
#ifndef IDENTITY_CODES_H
#define IDENTITY_CODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "config/config.h"
#include "identity/origins.h"

/* Who asks for a code. Borrowed; "" where there is none. */
struct codes_caller {
	const char *user; /* the account */
	uint32_t ruid; /* of the program's caller, as the kernel tells */
	const char *rhost;
	const char *tty;
	bool proven; /* a first factor was verified before */
};

struct codes {
	int shared; /* borrowed; -1: nothing is counted */
	unsigned window;
	bool by_machine; /* the machine's own limit is for callers like this one */
	struct origins_counter origin; /* of callers from there without a first factor */
	struct origins_counter counters[ORIGINS_COUNTERS_MAX];
};

#define CODES_NONE            \
	{                     \
		.shared = -1, \
	}

/* Before the first code. `shared` is of state_open_shared(). */
enum err codes_open(struct codes *ret, int shared, const struct config *cfg,
	const struct codes_caller *caller) MUST_USE;

/*
 * Leave to begin one, and counts it. ERR_CODE_LIMITED: not for the next `*ret_wait`
 * seconds. Any other error: it could not be counted.
 */
enum err codes_start(struct codes *codes, unsigned *ret_wait) MUST_USE;

/* How a login can have ended, for codes_end(). */
enum codes_end {
	CODES_COUNT, /* it stays counted */
	CODES_RETURN, /* no code was ever there to be seen */
	CODES_VERIFIED /* somebody is in: it counts no longer, and their origin is known
			*/
};

/* After a flow of either kind. */
void codes_end(struct codes *codes, enum codes_end end);

#endif
