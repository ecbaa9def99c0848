/* What this process needs from OpenSSL before the first use of anything else here. */
#ifndef JOSE_CRYPTO_H
#define JOSE_CRYPTO_H

#include "base/err.h"

/*
 * Makes OpenSSL ignore its configuration file, also for everybody else in the process:
 * call it first, before libcurl. ERR_CRYPTO if OpenSSL cannot start.
 */
enum err jose_init(void) MUST_USE;

/*
 * What OpenSSL's last error of this thread was: a phrase, or a number where OpenSSL was
 * started without one. It stays valid until the next call.
 */
const char *jose_fault(void);

#endif
