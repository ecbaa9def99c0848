/*
 * One login: everything that is made for it, the flows that it takes, and how it ends.
 */
#ifndef HELPER_LOGIN_H
#define HELPER_LOGIN_H

#include <stdint.h>

#include "base/err.h"
#include "base/wall.h"
#include "display/qr_image.h"
#include "helper/admission.h"
#include "helper/channel.h"
#include "helper/flows.h"
#include "helper/pass.h"
#include "helper/peer.h"
#include "helper/setup.h"
#include "helper/stepup.h"
#include "helper/together.h"
#include "http/http.h"
#include "oidc/flow.h"

#define LOGIN_SUBJECT_DIGITS 12 /* of the subject's hash in the log */

struct login {
	int64_t started; /* clock_ms */
	struct peer peer;
	char arguments[4097]; /* what is left of a restricted peer's */
	struct channel channel;
	struct setup setup;
	struct stepup stepup;
	struct together together;
	struct pass_gate pass;
	struct wall_gaps gaps;
	struct qr_image pictures;
	struct http *http;
	struct flows flows;
	struct flow *flow;
	enum admission admission;
	char subject[LOGIN_SUBJECT_DIGITS + 1]; /* short hash, "" until verified */
};

/* When the login is over in any case (clock_ms). */
int64_t login_deadline(const struct login *login);

/*
 * Unprivileged: the network part of the login, with the pass that may stand for it.
 * `admission` says whether somebody was admitted; ERR_OK says nothing by itself.
 */
enum err login_run(struct login *login, struct diag *diag) MUST_USE;

/* Tells the module, unless it has gone, and the log. */
void login_conclude(struct login *login, enum err e, const struct diag *diag);

#endif
