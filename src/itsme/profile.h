/*
 * What is itsme®'s own and not in any standard: addresses, audiences, names of
 * authentication levels, and the algorithms of its JOSE profile.
 */
#ifndef ITSME_PROFILE_H
#define ITSME_PROFILE_H

#include "config/config.h"
#include "jose/jwt.h"

#define ITSME_SESSIONS_PATH "/user_discovery_sessions"
/* Audiences of client assertions, behind the issuer. */
#define ITSME_SESSIONS_AUD "/backchannel/authentication"
#define ITSME_TOKEN_AUD "/token"

#define ITSME_CLAIM "http://itsme.services/v2/claim/" /* before names of its own */
/* Of the phone that confirmed: a text, and an object with os, osRelease, deviceModel. */
#define ITSME_PHONE_ADDRESS ITSME_CLAIM "transaction_ip"
#define ITSME_PHONE_DEVICE ITSME_CLAIM "claim_device"
#define ITSME_ACR_BASIC ITSME_CLAIM "acr_basic"
#define ITSME_ACR_ADVANCED ITSME_CLAIM "acr_advanced"

#define ITSME_SESSION_LIFETIME 600 /* seconds that a discovery session may be polled */

/* Signed by the provider with RSA, then encrypted to one of our RSA keys. */
extern const struct jwt_policy itsme_jwt_policy;

/*
 * What is accepted of the configured provider: that, or of any other whatever we can
 * verify, signed alone or nested as the client is registered.
 */
struct jwt_policy profile_jwt_policy(const struct config *config);

/*
 * The levels that satisfy `required` (a name above), the required one first; advanced
 * satisfies basic. NULL for NULL: any level will do. Static storage.
 */
const char *const *itsme_acr_levels(const char *required);

#endif
