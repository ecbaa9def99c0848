/* What an RSA key must be, wherever it is from: provider, file or store. */
#ifndef JOSE_RSA_NUMBERS_H
#define JOSE_RSA_NUMBERS_H

#include "base/err.h"
#include "base/secret.h"

#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 8192

/*
 * Whether modulus and exponent (big-endian) make a key: no leading zeros, RSA_BITS_MIN to
 * RSA_BITS_MAX, odd, an exponent of 2 to 33 bits, not the ROCA generator's.
 * ERR_JWK_REFUSED with a reason.
 */
enum err rsa_numbers_check(
	const struct secret *n, const struct secret *e, struct diag *diag) MUST_USE;

#endif
