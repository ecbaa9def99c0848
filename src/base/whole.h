/*
 * All bytes of something, to or from a channel that may take or give them in pieces.
 */
#ifndef BASE_WHOLE_H
#define BASE_WHOLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Waits for all of `len` bytes. False: the channel has ended before, or fails. */
bool whole_read(int fd, void *data, size_t len) MUST_USE;

/* Waits for room for all of them. False: nobody takes them. It may raise SIGPIPE. */
bool whole_write(int fd, const void *data, size_t len) MUST_USE;

#endif
