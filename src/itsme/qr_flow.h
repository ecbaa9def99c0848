/*
 * The flow `qr`: itsme®'s user discovery by QR code, then CIBA in poll mode.
 *
 *   session          the QR code, as early as possible
 *   metadata, keys   while the person takes out the phone
 *   discovery        polled until somebody has scanned; the code may change meanwhile
 *   authentication   CIBA for whoever scanned
 *   token            polled until approved, denied or expired; then verified
 *   userinfo         only where something needs it
 */
#ifndef ITSME_QR_FLOW_H
#define ITSME_QR_FLOW_H

#include "itsme/authentication.h"

/* The flow at its first request, due at `now` (clock_ms). */
enum err qr_flow_new(
	struct flow **ret, const struct itsme_settings *settings, int64_t now) MUST_USE;

#endif
