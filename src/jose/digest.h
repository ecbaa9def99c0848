/* SHA-256 (FIPS 180-4), whole and as a short name for the log. */
#ifndef JOSE_DIGEST_H
#define JOSE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define DIGEST_SHA256_SIZE 32

/* ERR_CRYPTO if OpenSSL fails; `ret` then holds nothing of use. */
enum err digest_sha256(
	uint8_t ret[DIGEST_SHA256_SIZE], const void *data, size_t len) MUST_USE;

/* The first `digits` (even, at most 64) hexadecimal digits and a NUL. */
enum err digest_sha256_hex_prefix(
	char *ret, size_t digits, const void *data, size_t len) MUST_USE;

#endif
