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

enum flows_kind { FLOWS_QR, FLOWS_PUSH };

/*
 * What may be set before flows_choose(), and what it finds. The flows borrow from it, and
 * from the setup.
 */
struct flows {
	enum err no_push; /* why no phone may be rung for this login; ERR_OK: it may */
	const char *approval_text; /* for the app to show; NULL: none */
	const struct setup *setup;
	struct client client;
	const struct map_pair *pair; /* whose phone a push rings; NULL: nobody's */
	enum flows_kind kinds[FLOWS_MAX]; /* to be tried in this order */
	size_t count;
};

/*
 * Decides which flows are tried. `flow = auto` begins with a push where the account has a
 * `sub` of the configured issuer, a Confirmation service is configured and the policy
 * allows it; the QR code follows if the provider does not know that `sub` any more, or if
 * the phone was rung often enough. `flow = push` has nothing to follow: `no_push`, or
 * ERR_UNMAPPED_USER if there is nobody to push to.
 */
enum err flows_choose(struct flows *flows, const struct setup *setup, int64_t deadline,
	struct diag *diag) MUST_USE;

/* The `i`th of them, due now. */
enum err flows_new(struct flow **ret, const struct flows *flows, size_t i) MUST_USE;

/* Whether `why`, which the `i`th ended with, is for the next one to mend. */
bool flows_has_next(const struct flows *flows, size_t i, enum err why);

#endif
