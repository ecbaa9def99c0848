/*
 * The CIBA request as itsme® wants it, which both of its flows make: who is meant
 * differs, and nothing else.
 */
#ifndef ITSME_AUTHENTICATION_H
#define ITSME_AUTHENTICATION_H

#include "display/qr_image.h"
#include "itsme/request.h"
#include "oidc/machine.h"

/* All borrowed; must outlive the flow. */
struct itsme_settings {
	const struct client *client;
	const char
		*service; /* service code: of type Confirmation where there is a text */
	const char *claims; /* that must be vouched for (oidc/required.h); "": none */
	bool asks_phone; /* its address and model are wanted, too */
	const char *approval_text; /* shown in the app before approving; NULL: none */
	enum request_hint_format hint_format;
	struct qr_image
		*pictures; /* what reads the code of `qr`; NULL: no flow has one */
};

/*
 * A flow of itsme®'s, as machine_new() makes it: what it proves itself for at the token
 * endpoint and at the backchannel is fixed by the API.
 */
struct machine *authentication_machine(size_t size, const struct machine_kind *kind,
	const struct itsme_settings *settings, int64_t now) MUST_USE;

/* For the `ask` of a step: asks whomever the hint names; answered by an auth_req_id. */
enum err authentication_ask(struct machine *m, const struct itsme_settings *settings,
	const char *hint_type, const char *hint_value) MUST_USE;

#define AUTHENTICATION_GRANT_TYPE "urn:openid:params:grant-type:ciba"
#define AUTHENTICATION_ENDPOINTS (1u << ENDPOINT_BACKCHANNEL)

#endif
