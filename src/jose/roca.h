/* The fingerprint of RSA keys made by a faulty chip library (CVE-2017-15361, "ROCA"). */
#ifndef JOSE_ROCA_H
#define JOSE_ROCA_H

#include <stdbool.h>

#include "base/secret.h"

/*
 * Whether the modulus has the fingerprint: it is a power of 65537 modulo each of the
 * small primes that divide the generator's primorial. By chance that is one modulus in
 * some 2·10^8; such a key can be factored, so it is refused.
 */
bool roca_suspect(const struct secret *modulus) MUST_USE;

#endif
