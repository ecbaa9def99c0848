/*
 * The flow `ciba`: any provider with OpenID CIBA Core 1.0 in poll mode.
 *
 *   metadata         where to ask, and whether to sign
 *   authentication   the phone rings
 *   keys             while the person takes out the phone
 *   token            polled until approved, denied or expired; then verified
 *   userinfo         only where something needs it
 *
 * ERR_UNKNOWN_AT_PROVIDER: nobody is known by that hint. ERR_PROVIDER_ENDPOINT: the
 * provider has no CIBA. In both cases the person was shown nothing yet.
 */
#ifndef OIDC_CIBA_FLOW_H
#define OIDC_CIBA_FLOW_H

#include "oidc/client.h"
#include "oidc/flow.h"

#define CIBA_MESSAGE_MAX 20 /* bytes of a binding message */

enum ciba_signing {
	CIBA_SIGN_AUTO, /* where the provider says that it can, and we can too */
	CIBA_SIGN,
	CIBA_PLAIN
};

/* All borrowed; must outlive the flow. Exactly one of the hints is there. */
struct ciba_settings {
	const struct client *client;
	const char *login_hint;
	const char *login_hint_token; /* claims in JSON: signed afresh, as a JWT */
	const char *user_code; /* sent where the provider takes one; NULL: none */
	const char *binding_message; /* shown on both sides; NULL: none */
	enum ciba_signing signing;
};

/*
 * Whether providers agree to show it: 1 to CIBA_MESSAGE_MAX letters, digits and
 * . _ + / ! ? # - (OpenID CIBA Core section 7.1 asks for plain, and real ones for this).
 */
bool ciba_message_is_good(const char *text);

/* The flow at its first request, due at `now` (clock_ms). ERR_INTERNAL: a bad message. */
enum err ciba_flow_new(
	struct flow **ret, const struct ciba_settings *settings, int64_t now) MUST_USE;

#endif
