/*
 * What stands between a caller and somebody's phone: whether it may be rung for this
 * login, how often, what it shows; and whether it has to be rung again so soon. And how
 * often somebody may have a code shown.
 */
#ifndef HELPER_STEPUP_H
#define HELPER_STEPUP_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "helper/admission.h"
#include "helper/peer.h"
#include "helper/setup.h"
#include "identity/codes.h"
#include "identity/limits.h"
#include "identity/remember.h"
#include "oidc/flow.h"
#include "wire/wire.h"

struct stepup {
	const struct setup *setup; /* borrowed */
	const struct peer *peer; /* borrowed */
	const struct wire_msg *request; /* borrowed */
	struct limits limits; /* its descriptors are -1 where nothing is counted */
	struct codes codes; /* likewise */
	struct remember_key key;
	/* REMEMBERED: a verified login of this caller still counts */
	enum admission admission;
	const char *factor; /* the first factor, for the log: what it is, or "none" */
	enum err unproven; /* ERR_UNPROVEN: none, or why nobody knows; ERR_OK: `factor` */
	enum err no_push; /* why no phone may be rung; ERR_OK: it may */
	bool asks; /* the number is not shown here but has to be typed in */
	unsigned number; /* for the phone and, unless asked for, this screen */
	char number_text[8]; /* the same */
	struct buf text; /* what the phone shows */
	unsigned wait; /* seconds until another request may be made; 0: at once */
	enum err uncounted; /* why something could not be counted; ERR_OK: it was */
};

/*
 * As root: opens what is kept of the account, and decides. `setup`, `peer` and `request`
 * must outlive it. An error is a fault that the login must not go on with; a push that
 * may not be made is none. The caller closes in every case.
 */
enum err stepup_open(struct stepup *ret, const struct setup *setup,
	const struct peer *peer, const struct wire_msg *request,
	struct diag *diag) MUST_USE;

/* Whether a login of this caller counts by now: sets the admission to REMEMBERED. */
enum err stepup_recall(struct stepup *stepup) MUST_USE;

/*
 * After privilege is gone: the number and the text. The number has two digits where it is
 * shown, four where it is asked for: there it is what keeps a guess out.
 */
enum err stepup_prepare(struct stepup *stepup) MUST_USE;

/* The text once more, as it is now: a greeter had to wait for its person. */
enum err stepup_write_text(struct stepup *stepup) MUST_USE;

/*
 * Leave to begin a flow, which is counted. `rings`: as limits_start() says, for a request
 * that lives until `deadline` (clock_ms) at the most. Else as codes_start() says. `wait`
 * is set by both. Where counting fails, `uncounted` says why: then no phone is rung, but
 * a code may be shown, so that nobody is locked out by our bookkeeping.
 */
enum err stepup_start(struct stepup *stepup, bool rings, int64_t deadline) MUST_USE;

/* The phone rings: keeps until when, whatever becomes of this process. */
void stepup_rings(struct stepup *stepup, const struct flow *flow);

/*
 * How a flow has ended: counts it, and remembers a login that was verified, never one
 * that was remembered itself. `result` is why it was not.
 */
void stepup_end(struct stepup *stepup, const struct flow *flow, enum admission admission,
	enum err result);

void stepup_close(struct stepup *stepup);

#endif
