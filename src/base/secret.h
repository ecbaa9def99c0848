/*
 * Bytes that must not outlive their use: keys, decrypted plaintext. Wiped by the
 * destructor, compared in constant time, never printed.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clean.h"
#include "base/err.h"

struct secret {
	uint8_t *data; /* owned; `len` bytes and one NUL behind them */
	size_t len;
};

/* `len` zero bytes. ERR_NOMEM leaves `ret` untouched. */
enum err secret_alloc(struct secret *ret, size_t len) MUST_USE;

/* Wipes and releases; takes an empty secret; leaves an empty one. */
void secret_free(struct secret *s);
#define AUTO_SECRET CLEANUP(secret_free)

/* Equality in time that depends on `len` alone. */
bool secret_equal(const void *a, const void *b, size_t len) MUST_USE;

#endif
