/*
 * What the helper has set, made into what requests are sent with.
 */
#ifndef FETCH_SETTINGS_H
#define FETCH_SETTINGS_H

#include "base/err.h"
#include "fetch/transfer.h"
#include "jose/certificate.h"
#include "wire/fetch.h"

/*
 * Makes a client of a SETTINGS message, and the certificate that it shows (NULL: none),
 * which the caller frees after it. `leaves` as in struct transfer_settings. The errors of
 * transfer_new() and certificate_load().
 */
enum err settings_take(struct transfer **ret, struct certificate **ret_certificate,
	const struct fetch_msg *settings, bool (*leaves)(void *arg), void *arg,
	struct diag *diag) MUST_USE;

#endif
