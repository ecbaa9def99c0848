/* Points of the curve of Ed25519 (RFC 8032 section 5.1), as public keys are written. */
#ifndef JOSE_EDWARDS_H
#define JOSE_EDWARDS_H

#include <stdint.h>

#include "base/err.h"

#define EDWARDS_SIZE 32 /* bytes of a point */

/*
 * Whether the bytes are a public key that means something: a point of the curve, in its
 * only spelling, and none of the eight of small order, whose signatures fit any text.
 * OpenSSL asks none of this. ERR_JWK_REFUSED with a reason; ERR_NOMEM. Public numbers:
 * nothing here runs in constant time.
 */
enum err edwards_check(const uint8_t point[EDWARDS_SIZE], struct diag *diag) MUST_USE;

#endif
