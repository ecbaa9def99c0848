/*
 * The flow `push`: CIBA for somebody the provider already knows to us by `sub`. The phone
 * is asked directly.
 *
 *   metadata         where to ask
 *   authentication   the phone rings
 *   keys             while the person takes out the phone
 *   token            polled until approved, denied or expired; then verified
 *   userinfo         only where something needs it
 *
 * ERR_UNKNOWN_AT_PROVIDER: the provider knows nobody by that `sub` (any more); the person
 * was shown nothing yet, so another flow may begin.
 */
#ifndef ITSME_PUSH_FLOW_H
#define ITSME_PUSH_FLOW_H

#include "itsme/authentication.h"

/* The flow at its first request, due at `now` (clock_ms). `sub` must outlive it. */
enum err push_flow_new(struct flow **ret, const struct itsme_settings *settings,
	const char *sub, int64_t now) MUST_USE;

#endif
