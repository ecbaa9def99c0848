/*
 * How often a phone may be rung. Nobody can be worn down into saying yes: one request at
 * a time for each account, a number of them in a window for each account and for each
 * address that they come from, a pause that doubles when that is used up, and one after
 * every refusal. A good login wipes the account's slate.
 *
 * What is counted is requests to phones; codes are counted by identity/codes.h. A request
 * outlives the process that made it: the phone shows it until the provider ends it. So it
 * is the request that no second one may join, whatever has become of the process.
 */
#ifndef IDENTITY_LIMITS_H
#define IDENTITY_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clean.h"
#include "base/err.h"
#include "config/config.h"
#include "identity/origins.h"
#include "identity/state.h"

#define LIMITS_PAUSE_MAX 3600 /* seconds: no pause grows beyond */
#define LIMITS_LIVE_MAX 600 /* seconds: no request is waited for longer */

/* --- the rules, without files; times are clock_boot() ---------------------------- */

/* What is kept of an account; all zero: nothing ever happened. */
struct limits_record {
	int64_t window; /* when the window began */
	int64_t blocked; /* no request before this */
	uint32_t starts; /* in the window */
	uint32_t overruns; /* windows used up in a row */
	uint32_t refusals; /* in a row */
	uint32_t live; /* a request may be live at the provider before this; 0: none is */
	char user[STATE_USER_MAX]; /* for listings */
};

/* Counts one request, or returns how many seconds it must wait (and counts nothing). */
unsigned limits_count(
	struct limits_record *record, const struct config *cfg, int64_t now);

/* Seconds until the account may be asked again; 0: now. */
unsigned limits_pause(const struct limits_record *record, int64_t now);

/* Whether that pause is one after a refusal or a wrong number. */
bool limits_is_refused(const struct limits_record *record, int64_t now);

/* Seconds for which a request may still be live at the provider; 0: none is. */
unsigned limits_live(const struct limits_record *record, int64_t now);

/* The person said no, or typed a wrong number. */
void limits_refused(struct limits_record *record, const struct config *cfg, int64_t now);

/* --- one login's view ------------------------------------------------------------- */

struct limits {
	int account, shared; /* descriptors */
	const char *user, *rhost; /* borrowed */
	const struct config *cfg; /* borrowed */
	bool pending; /* a request is ours */
	int64_t started; /* clock_boot: that request */
	uint32_t live; /* what its start has written into the record */
	struct origins_counter address; /* which that request is counted for */
	bool is_refused; /* limits_start() has found a pause after a refusal */
};

#define LIMITS_NONE               \
	{                         \
		-1, .shared = -1, \
	}

/* As root: opens what is kept in `dir`. */
enum err limits_open(struct limits *ret, const char *dir, const struct config *cfg,
	const char *user, const char *rhost, struct diag *diag) MUST_USE;

/*
 * Asks for leave to ring the account's phone by a request that lives for `seconds` at the
 * most, and counts it. ERR_PUSH_PENDING: one is live already, for `*ret_wait` seconds (0:
 * nobody knows); ERR_PUSH_LIMITED: not for the next `*ret_wait` seconds. A refusal counts
 * nothing. The account stays taken until the request has ended at the provider, which
 * limits_end() tells; else for `seconds`.
 */
enum err limits_start(
	struct limits *limits, unsigned seconds, unsigned *ret_wait) MUST_USE;

/* It rings, for `seconds` from now: what limits_start() was told was a wish. */
void limits_ring(struct limits *limits, unsigned seconds);

/* How it ended. */
struct limits_ending {
	/* ERR_OK wipes the slate; ERR_USER_DENIED and ERR_WRONG_NUMBER add to it */
	enum err result;
	unsigned live; /* seconds for which the phone may still show it; 0: it is over */
	bool is_nothing; /* no phone was ever rung: it counts no longer */
};

void limits_end(struct limits *limits, const struct limits_ending *ending);

void limits_close(struct limits *limits);
#define AUTO_LIMITS CLEANUP(limits_close)

/* --- the administrator's view ----------------------------------------------------- */

/* What is kept in an account's file, and whether its phone rings now. */
enum err limits_read(struct limits_record *ret, bool *ret_pending, int fd) MUST_USE;

/* Wipes the slate in an account's file, but for a request whose process still runs. */
enum err limits_clear(int fd) MUST_USE;

#endif
