/*
 * What stands between a caller and somebody's phone: whether it may be rung for this
 * login, how often, what it shows; and whether it has to be rung again so soon.
 */
#ifndef HELPER_STEPUP_H
#define HELPER_STEPUP_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "helper/admission.h"
#include "helper/peer.h"
#include "helper/setup.h"
#include "identity/limits.h"
#include "identity/remember.h"
#include "wire/wire.h"

struct stepup {
	const struct setup *setup; /* borrowed */
	const struct peer *peer; /* borrowed */
	const struct wire_msg *request; /* borrowed */
	struct limits limits; /* its descriptors are -1 where nothing is counted */
	struct remember_key key;
	/* REMEMBERED: a verified login of this caller still counts */
	enum admission admission;
	enum err no_push; /* why no phone may be rung; ERR_OK: it may */
	unsigned number; /* for both screens, two digits */
	char number_text[4]; /* the same */
	struct buf push_text, qr_text; /* what the phone shows */
	unsigned wait; /* seconds until another request may be made; 0: at once */
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

/* After privilege is gone: the number and the texts. */
enum err stepup_prepare(struct stepup *stepup) MUST_USE;

/* Leave to ring the phone: as limits_start() says, with `wait` set. */
enum err stepup_ring(struct stepup *stepup) MUST_USE;

/*
 * How a flow has ended: counts it, and remembers a login that was verified, never one
 * that was remembered itself. `result` is why it was not.
 */
void stepup_end(struct stepup *stepup, enum admission admission, enum err result);

void stepup_close(struct stepup *stepup);

#endif
