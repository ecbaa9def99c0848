/*
 * The few forms of DER that private key files use: PKCS#8 (RFC 5958), PKCS#1 (RFC 8017
 * appendix A.1.2) and SEC 1 (RFC 5915), X25519 as RFC 8410 has it. Read here because
 * OpenSSL's own decoder takes longer to find out what a file is than the key then takes
 * to sign.
 */
#ifndef JOSE_DER_H
#define JOSE_DER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "jose/material.h"

/* Each: ERR_KEY_INVALID if the bytes are no private key of a type that we use. */
enum err der_pkcs8(struct material *ret, const uint8_t *data, size_t len) MUST_USE;
enum err der_pkcs1(struct material *ret, const uint8_t *data, size_t len) MUST_USE;
enum err der_sec1(struct material *ret, const uint8_t *data, size_t len) MUST_USE;

#endif
