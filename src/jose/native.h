/* Big-endian numbers for OSSL_PARAM, whose integers have the machine's byte order. */
#ifndef JOSE_NATIVE_H
#define JOSE_NATIVE_H

#include "base/secret.h"

/* Writes from->len bytes. */
static inline void
native_number(uint8_t *to, const struct secret *from)
{
	size_t i;

	for (i = 0; i < from->len; i++)
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		to[i] = from->data[from->len - 1 - i];
#else
		to[i] = from->data[i];
#endif
}

#endif
