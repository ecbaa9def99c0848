/*
 * Several logins of one caller at once, where `remember` would spare them one after the
 * other: the first goes on, the others wait for it and share how it ends.
 */
#ifndef HELPER_TOGETHER_H
#define HELPER_TOGETHER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "helper/channel.h"
#include "helper/stepup.h"

#define TOGETHER_LOOK_MS 50 /* between two looks at whether it is our turn */

struct together {
	bool has_turn; /* others may be waiting for us */
};

/*
 * Without privilege, before anything is shown or asked. Waits while another login of the
 * same caller goes on, until `deadline` (clock_ms): ERR_TIMEOUT, or ERR_GONE where the
 * module leaves. ERR_OK: `stepup->admission` is REMEMBERED if the other one was let in,
 * else this login goes on by itself. Any other error is the refusal that the other one
 * ended with. Returns at once where callers cannot be told apart, where nothing is
 * remembered, and where the other one was stopped.
 */
enum err together_begin(struct together *ret, struct stepup *stepup,
	struct channel *channel, int64_t deadline) MUST_USE;

/* How the login has ended; to be told before the module is. */
void together_end(
	const struct together *together, const struct stepup *stepup, enum err result);

#endif
