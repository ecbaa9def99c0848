/*
 * What is itsme®'s own and not in any standard, but for what config/profile.h has: the
 * addresses, audiences and claims of its flows; and the algorithms of a profile.
 */
#ifndef ITSME_POLICY_H
#define ITSME_POLICY_H

#include "config/profile.h"
#include "jose/jwt.h"

#define ITSME_SESSIONS_PATH "/user_discovery_sessions"
/* Audiences of client assertions, behind the issuer. */
#define ITSME_SESSIONS_AUD "/backchannel/authentication"
#define ITSME_TOKEN_AUD "/token"

/* Of the phone that confirmed: a text, and an object with os, osRelease, deviceModel. */
#define ITSME_PHONE_ADDRESS ITSME_CLAIM "transaction_ip"
#define ITSME_PHONE_DEVICE ITSME_CLAIM "claim_device"

#define ITSME_SESSION_LIFETIME 600 /* seconds that a discovery session may be polled */

/*
 * What is accepted of the configured provider: the algorithms of its profile, or whatever
 * we can verify; signed alone, or nested as the profile or the client's registration
 * says.
 */
struct jwt_policy policy_of(const struct config *config);

#endif
