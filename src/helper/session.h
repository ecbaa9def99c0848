/*
 * One login from the first request to the verdict: drives a flow, its connection and
 * the prompts from a single loop, under one deadline.
 */
#ifndef HELPER_SESSION_H
#define HELPER_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "helper/admission.h"
#include "helper/channel.h"
#include "helper/progress.h"
#include "helper/prompts.h"
#include "helper/setup.h"
#include "helper/stepup.h"
#include "http/http.h"
#include "oidc/flow.h"
#include "wire/typed.h"

/* All borrowed. */
struct session {
	struct channel *channel;
	const struct setup *setup;
	struct http *http;
	struct flow *flow;
	struct prompts prompts;
	struct progress progress; /* in the log */
	struct stepup *stepup;
	int64_t deadline; /* clock_ms */
	int64_t end; /* clock_ms: of a login whose provider stumbles */
	int64_t slowest; /* ms: of the polls that were answered well */
	unsigned columns, rows; /* of the terminal, as it is now; 0: unknown */
	enum screen_notice notice; /* beside a code */
	unsigned number; /* on both screens during a push; 0: none */
	bool asks; /* the number is not shown but asked for */
	unsigned wishes; /* of enum screen_wish, typed so far */
	enum typed wished; /* the last of them; TYPED_OTHER: none */
	enum admission admission;
	bool settled; /* memory was given back and locked */
};

/* Whether the flow's code could not be shown: then nothing is begun. */
bool session_is_blind(const struct session *session);

/*
 * Runs to the end. `admission` is VERIFIED if the flow's subject is verified AND the
 * identity map gives this account to it AND the provider vouches for all that is
 * required; ERR_OK comes with it and says nothing by itself. ERR_IDENTIFIED: the request
 * asked who somebody is, and was told. ERR_GONE: the module went away; there is nobody to
 * tell. Every other error is the reason of a refusal, with a line in `diag`.
 */
enum err session_run(struct session *session, struct diag *diag) MUST_USE;

#endif
