/*
 * The flow `device`: any provider with RFC 8628. The person opens an address on a phone,
 * which a QR code holds, and approves there.
 *
 *   metadata   where to ask
 *   device     the address and the code to show
 *   keys       while the person takes out the phone
 *   token      polled until approved, denied or expired; then verified
 *   userinfo   only where something needs it
 *
 * A code that expires while time remains is followed by a new one, as another address.
 */
#ifndef OIDC_DEVICE_FLOW_H
#define OIDC_DEVICE_FLOW_H

#include "oidc/client.h"
#include "oidc/flow.h"

#define DEVICE_USER_CODE_MAX 64 /* bytes */

/* The flow at its first request, due at `now` (clock_ms). */
enum err device_flow_new(
	struct flow **ret, const struct client *client, int64_t now) MUST_USE;

#endif
