/*
 * What the log has of a login before it ends: when a code was shown or a phone rung, and
 * for whom; when it was scanned, when confirmed, and by which phone. It is how a defender
 * finds a code that was shown to one person and scanned by another.
 */
#ifndef HELPER_PROGRESS_H
#define HELPER_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "helper/channel.h"
#include "oidc/flow.h"

/* `channel` and `factor` (as struct stepup has it) are borrowed; the rest begins as 0. */
struct progress {
	struct channel *channel;
	const char *factor;
	const char *flow; /* name of the one that is told of */
	int64_t begun; /* clock_ms: first shown, or rung; 0: not yet */
	bool scanned;
};

/* The person is shown what there is to do for the flow; one line for each flow. */
void progress_shown(struct progress *p, const struct flow *flow, int64_t now);

/* Looks whether the code has been scanned meanwhile. */
void progress_look(struct progress *p, const struct flow *flow, int64_t now);

/* The flow has a verified subject, whoever that is. */
void progress_confirmed(const struct progress *p, const struct flow *flow, int64_t now);

#endif
