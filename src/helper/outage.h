/*
 * Finding out whether the provider answers at all, where nothing may be begun there.
 */
#ifndef HELPER_OUTAGE_H
#define HELPER_OUTAGE_H

#include "base/err.h"
#include "helper/session.h"

/*
 * Fetches the discovery document, which rings nobody and begins nothing; a second time
 * where a login would forgive the first fault. Returns what
 * a login would end with because the network or the provider is away, else
 * ERR_NOT_INTERACTIVE, for it is asked where nobody can be. ERR_GONE, ERR_TIMEOUT.
 */
enum err outage_look(struct session *session, struct diag *diag) MUST_USE;

#endif
