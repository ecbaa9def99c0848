/*
 * The steps that flows share: what the provider is, what its keys are, the token and its
 * proof, and what else it knows of the person.
 */
#ifndef OIDC_STEPS_H
#define OIDC_STEPS_H

#include "oidc/machine.h"

/*
 * The discovery document, where OpenID Connect Discovery puts it or, if nothing is there,
 * where RFC 8414 does. Needless where everything the kind needs was set by hand. The
 * flow ends here where an endpoint is missing or no algorithm is left that we accept.
 */
extern const struct step steps_metadata;

/* The issuer's keys. Needless where they are pinned. */
extern const struct step steps_keys;

/* Polled until approved, denied or expired; then the ID Token is verified. */
extern const struct step steps_token;

/* Needless unless the client wants it; its subject must be the ID Token's. */
extern const struct step steps_userinfo;

/* A fresh nonce in m->nonce, for the request that is written. */
enum err steps_make_nonce(struct machine *m) MUST_USE;

/* For the `take` of an authentication request: auth_req_id, then polling for tokens. */
enum err steps_take_auth_req_id(struct machine *m, struct json_object *json) MUST_USE;

/* The same where a phone rings by it, which the person is to be told. */
enum err steps_take_ringing(struct machine *m, struct json_object *json) MUST_USE;

#endif
