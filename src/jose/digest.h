/* SHA-2 (FIPS 180-4), whole and as a short name for the log. */
#ifndef JOSE_DIGEST_H
#define JOSE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum digest { DIGEST_NONE, DIGEST_SHA256, DIGEST_SHA384, DIGEST_SHA512, DIGEST_COUNT };

#define DIGEST_SHA256_SIZE 32
#define DIGEST_SIZE_MAX 64

/* Bytes of a hash; 0 for DIGEST_NONE. */
size_t digest_size(enum digest digest);

/*
 * Hashes; `ret` gets digest_size() bytes. ERR_CRYPTO if OpenSSL fails or there is no such
 * digest; `ret` then holds nothing of use.
 */
enum err digest_make(uint8_t ret[DIGEST_SIZE_MAX], enum digest digest, const void *data,
	size_t len) MUST_USE;
enum err digest_sha256(
	uint8_t ret[DIGEST_SHA256_SIZE], const void *data, size_t len) MUST_USE;

/* The first `digits` (even, at most 64) hexadecimal digits of SHA-256 and a NUL. */
enum err digest_sha256_hex_prefix(
	char *ret, size_t digits, const void *data, size_t len) MUST_USE;

#endif
