/* AES key wrap (RFC 3394) of content keys, with 128 or 256 bits. */
#ifndef JOSE_AESKW_H
#define JOSE_AESKW_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define AESKW_MORE 8 /* bytes that a wrapped key has more than the key */

/*
 * Puts the unwrapped key over `cek`, which holds `cek_len` random bytes. Where it is none
 * of that length or not wrapped with `kek` they stay there, and it is ERR_OK all the
 * same, in the same time (alg_row.h). `cek_len` is a multiple of 8, at least 16 and at
 * most CEK_MAX; `kek_len` is 16 or 32. ERR_CRYPTO if OpenSSL fails.
 */
enum err aeskw_unwrap(uint8_t *cek, size_t cek_len, const uint8_t *kek, size_t kek_len,
	const uint8_t *ek, size_t ek_len) MUST_USE;

/* Writes cek_len + AESKW_MORE bytes. */
enum err aeskw_wrap(uint8_t *ret, const uint8_t *cek, size_t cek_len, const uint8_t *kek,
	size_t kek_len) MUST_USE;

#endif
