/* The dots of compact serializations (RFC 7515 section 7.1, RFC 7516 section 7.1). */
#ifndef JOSE_SEGMENTS_H
#define JOSE_SEGMENTS_H

#include <stddef.h>

#include "base/err.h"

#define JWS_SEGMENTS 3
#define JWE_SEGMENTS 5

/* The longest token that is read or written. */
#define TOKEN_SIZE_MAX 65536

struct segment {
	const char *text; /* borrowed */
	size_t len;
};

/*
 * Splits at the dots into exactly `count` segments. ERR_TOKEN_SIZE; ERR_TOKEN_NESTING
 * where it is the other serialization of the two; ERR_TOKEN_FORM for any other number.
 */
enum err segments_split(struct segment *ret, size_t count, const char *token, size_t len,
	struct diag *diag) MUST_USE;

#endif
