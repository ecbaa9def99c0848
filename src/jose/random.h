/* Random bytes from the kernel, and identifiers made of them. */
#ifndef JOSE_RANDOM_H
#define JOSE_RANDOM_H

#include <stddef.h>

#include "base/err.h"

/* A text of 22 base64url characters: 16 random bytes. */
#define RANDOM_ID_SIZE 23

/* Fills `data`. ERR_SYSTEM: the kernel gives none; nothing there may be used. */
enum err random_bytes(void *data, size_t len) MUST_USE;

/* An identifier that nobody can guess and that never comes twice (jti, nonce). */
enum err random_id(char ret[RANDOM_ID_SIZE]) MUST_USE;

#endif
