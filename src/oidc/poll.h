/*
 * When to ask again. The rules of polling in one place: OpenID CIBA Core section 7.3
 * and 11, RFC 8628 section 3.5, HTTP's Retry-After. No clock of its own.
 *
 * The next question is due `interval` after the last answer arrived: the provider
 * counts from when it saw the question, which cannot be later, so we are never early.
 */
#ifndef OIDC_POLL_H
#define OIDC_POLL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define POLL_DEFAULT_INTERVAL 5 /* seconds, where the provider names none */
#define POLL_MAX_INTERVAL 60
#define POLL_SLOW_DOWN 5 /* seconds added by slow_down */
#define POLL_MAX_FAILURES 3 /* failures in a row that are forgiven */

struct poll {
	int64_t interval; /* ms */
	int64_t next; /* clock_ms: not before */
	int64_t expires; /* clock_ms: not from then on */
	int64_t wait; /* ms, after the last failure */
	int failures; /* in a row */
};

/*
 * Starts at `now`. `interval` in seconds: 0 where absent (then 5); negative or above
 * 60: ERR_PROVIDER_ANSWER. `expires_in` in seconds must be positive; it is cut at a day.
 */
enum err poll_start(
	struct poll *ret, int64_t now, int64_t interval, int64_t expires_in) MUST_USE;

/* "Not yet" arrived at `now`. `retry_after` in seconds (0: none) can only lengthen. */
void poll_pending(struct poll *poll, int64_t now, int retry_after);

/* "Slow down": 5 seconds more from now on. */
void poll_slow_down(struct poll *poll, int64_t now, int retry_after);

/*
 * No usable answer. True: try again at `next`, twice as late each time; false: that
 * was one too many. `timed_out`: the interval is doubled for good (RFC 8628 section
 * 3.5), up to POLL_MAX_INTERVAL.
 */
bool poll_failed(
	struct poll *poll, int64_t now, bool timed_out, int retry_after) MUST_USE;

/* The provider says that it is over: expired from `now` on. */
void poll_end(struct poll *poll, int64_t now);

/* Whether the next question would come at or after the expiry. */
bool poll_expired(const struct poll *poll) MUST_USE;

#endif
