/*
 * When to ask again. The rules of polling in one place: OpenID CIBA Core section 7.3
 * and 11, RFC 8628 section 3.5, HTTP's Retry-After. No clock of its own.
 *
 * The next question is due `interval` after the last answer arrived: the provider
 * counts from when it saw the question, which cannot be later, so we are never early.
 * Every wait is longer by up to a tenth, by chance, so that logins which began together
 * do not come back together.
 */
#ifndef OIDC_POLL_H
#define OIDC_POLL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define POLL_DEFAULT_INTERVAL 5 /* seconds, where the provider names none */
#define POLL_MAX_INTERVAL 60 /* seconds that are obeyed in any case */
#define POLL_SLOW_DOWN 5 /* seconds added by slow_down */
#define POLL_FIRST_WAIT 1 /* seconds, before anything is polled */
#define POLL_WAIT 5 /* seconds up to which waits grow, or to twice the interval */

struct poll {
	int64_t interval; /* ms */
	int64_t next; /* clock_ms: not before */
	int64_t expires; /* clock_ms: not from then on */
	int64_t wait; /* ms, after the last failure */
	int failures; /* in a row */
	uint32_t seed; /* of the chance; 0: none, waits are exact */
};

/* How a question that found no usable answer is asked again. */
struct poll_fault {
	bool timed_out; /* `interval` is doubled for good (RFC 8628 section 3.5) */
	int retry_after; /* seconds, 0: none; it can only lengthen a wait */
	int64_t last; /* clock_ms: it is asked again until then */
	bool whole; /* a wait that ends behind `last` is given up, not cut */
};

/* Nothing is polled yet: something may be asked at `now`. */
void poll_init(struct poll *ret, int64_t now, uint32_t seed);

/*
 * Starts at `now`, in seconds: `interval` of 1 or more, `expires_in` of 1 or more, which
 * is cut at a day. One question is due before the expiry in any case: a provider that
 * allows none knows best whether it is over. ERR_PROVIDER_ANSWER: they are not.
 */
enum err poll_start(
	struct poll *poll, int64_t now, int64_t interval, int64_t expires_in) MUST_USE;

/*
 * "Not yet" arrived at `now`. `retry_after` in seconds (0: none) can only lengthen the
 * wait, and not beyond `last`.
 */
void poll_pending(struct poll *poll, int64_t now, int retry_after, int64_t last);

/* "Slow down": 5 seconds more from now on. */
void poll_slow_down(struct poll *poll, int64_t now, int retry_after, int64_t last);

/*
 * No usable answer. True: try again at `next`, twice as late each time up to a bound, and
 * once at `fault->last` rather than behind it; false: there is no time for that.
 */
bool poll_failed(struct poll *poll, int64_t now, const struct poll_fault *fault) MUST_USE;

/* The provider says that it is over: expired from `now` on. */
void poll_end(struct poll *poll, int64_t now);

/* Whether the next question would come at or after the expiry. */
bool poll_expired(const struct poll *poll) MUST_USE;

#endif
