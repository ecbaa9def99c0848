/*
 * A growing byte buffer with a hard limit. Always NUL-terminated behind `len`, and
 * wiped when it grows or goes: tokens pass through it.
 *
 * Errors stick: after one failed append the buffer stays failed and takes nothing
 * more, so a caller may append many times and ask buf_err() once.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clean.h"
#include "base/err.h"

struct buf {
	char *data; /* owned; NULL until the first append */
	size_t len;
	size_t cap;
	size_t max; /* most bytes it may ever hold */
	enum err err;
};

/* An empty buffer that never holds more than `most` bytes. */
#define BUF_INIT(most)        \
	{                     \
		.max = (most) \
	}

/* Wipes and releases; the buffer is empty and usable again, with the same limit. */
void buf_free(struct buf *b);
#define AUTO_BUF CLEANUP(buf_free)

/* Appends. Over the limit: ERR_TOKEN_SIZE; no memory: ERR_NOMEM; both stick. */
void buf_add(struct buf *b, const void *data, size_t len);
void buf_adds(struct buf *b, const char *str);
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Room for `len` more bytes at the end, counted as held; NULL where it failed. */
char *buf_grow(struct buf *b, size_t len);

/* Forgets (and wipes) everything behind the first `len` bytes. */
void buf_cut(struct buf *b, size_t len);

/* The first error since the buffer was made, else ERR_OK. */
enum err buf_err(const struct buf *b) MUST_USE;

/* The text, "" while empty. Owned by the buffer, valid until the next append. */
const char *buf_str(const struct buf *b);

/* Takes the NUL-terminated text out; the caller frees it. NULL if the buffer failed. */
char *buf_take(struct buf *b);

#endif
