/*
 * Which flow a login takes, and what it is made of: from configuration, identity map and
 * request. The policy of choosing stands here and nowhere else.
 */
#ifndef HELPER_FLOWS_H
#define HELPER_FLOWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "helper/setup.h"
#include "oidc/client.h"
#include "oidc/flow.h"

#define FLOWS_MAX 2

enum flows_kind { FLOWS_QR, FLOWS_PUSH, FLOWS_DEVICE, FLOWS_CIBA };

/*
 * What may be set before flows_choose(), and what it finds. The flows borrow from it, and
 * from the setup.
 */
struct flows {
	enum err no_push; /* why no phone may be rung for this login; ERR_OK: it may */
	enum err unproven; /* why the caller counts as a stranger; ERR_OK: they do not */
	const char *approval_text; /* for the app to show; NULL: none */
	const char *binding_message; /* the same for CIBA; NULL: none */
	struct qr_image *pictures; /* what reads the code of FLOWS_QR */
	const struct setup *setup;
	bool identifies; /* asked who somebody is: their name is wanted as well */
	struct client client;
	struct client nameless; /* where the provider refuses to tell it */
	struct buf scope; /* of client, where that is not as configured */
	const struct map_pair *pair; /* whose phone is rung; NULL: nobody's */
	const char *acr[2]; /* of client.acr, where the profile has none */
	struct buf hint; /* for CIBA; empty: none is known */
	enum flows_kind kinds[FLOWS_MAX]; /* to be tried in this order */
	size_t count;
	enum err withheld; /* why nothing is rung that would be, by a caller's doing */
};

/*
 * Why nothing is shown that anybody could forward: a code or an address; ERR_OK: it may
 * be. Who is at the machine has no address, and is no stranger where they are the account
 * already (`unproven`, as above).
 */
enum err flows_hidden(const struct setup *setup, const struct wire_msg *request,
	enum err unproven) MUST_USE;

/*
 * Whether one of the flows may have a picture to be read, by what is known before
 * privilege is dropped: then something that reads it is to be started.
 */
bool flows_may_have_picture(
	const struct setup *setup, const struct wire_msg *request, enum err unproven);

/*
 * Decides which flows are tried. `flow = auto` begins with ringing a phone where that may
 * be and is known to work: `push` where the account has a `sub` of the configured issuer
 * and a Confirmation service is configured, `ciba` where the account has a hint. What
 * needs no knowledge follows (`qr`, `device`) if the provider knows nobody by that name
 * or takes no more requests, or if the phone was rung often enough; but it is shown to no
 * stranger where `qr_requires` demands a first factor, unless they come from an address
 * in `qr_from`: `unproven`, before anything is asked of the provider. Where only ringing
 * is wanted: `no_push`, or ERR_UNMAPPED_USER if there is nobody to ring. A request that
 * asks who somebody is rings nobody; it is made once more without asking for their name
 * if the provider refuses that. The caller releases `flows` with flows_free() in every
 * case.
 */
enum err flows_choose(struct flows *flows, const struct setup *setup,
	const struct wire_msg *request, int64_t deadline, struct diag *diag) MUST_USE;

/*
 * Says in `diag` what keeps a login screen from ringing a phone, where that is a setting;
 * returns `no_push`.
 */
enum err flows_explain_silence(
	enum err no_push, const struct wire_msg *request, struct diag *diag);

/* The login begins now and ends at `deadline`: a greeter had to wait for its person. */
void flows_begin(struct flows *flows, int64_t deadline);

/* The `i`th of them, due now. */
enum err flows_new(struct flow **ret, const struct flows *flows, size_t i) MUST_USE;

/* Whether the `i`th rings a phone. */
bool flows_rings(const struct flows *flows, size_t i);

/*
 * Whether `why`, which the `i`th ended with, is for the next one to mend; where it had
 * `begun` to show or to ring something, a limit of the provider's is not.
 */
bool flows_has_next(const struct flows *flows, size_t i, enum err why, bool begun);

void flows_free(struct flows *flows);

#endif
