/*
 * The flow `qr`: itsme®'s user discovery by QR code, then CIBA in poll mode.
 *
 *   session          the QR code, as early as possible
 *   metadata, keys   while the person takes out the phone
 *   discovery        polled until somebody has scanned; the code may change meanwhile
 *   authentication   CIBA for whoever scanned
 *   token            polled until approved, denied or expired; then verified
 */
#ifndef ITSME_QR_FLOW_H
#define ITSME_QR_FLOW_H

#include <stddef.h>
#include <stdint.h>

#include "itsme/request.h"
#include "jose/key.h"
#include "oidc/flow.h"

/* All borrowed; must outlive the flow. */
struct qr_flow_settings {
	const char *issuer;
	const char *client_id;
	const char *service;
	enum request_hint_format hint_format;
	const char *required_acr; /* one of the names in itsme/profile.h, or NULL */
	const struct key *signing_key;
	struct key *const *decryption_keys;
	size_t decryption_count;
	int64_t deadline; /* clock_ms */
};

/* The flow at its first request, due at `now` (clock_ms). */
enum err qr_flow_new(
	struct flow **ret, const struct qr_flow_settings *settings, int64_t now) MUST_USE;

#endif
