/* The growing byte buffer. It never leaves a copy of its content behind. */
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
buf_free(struct buf *b)
{
	if (b->data != NULL)
		explicit_bzero(b->data, b->cap);
	free(b->data);
	*b = (struct buf)BUF_INIT(b->max);
}

/* Makes room for `len` more bytes and the terminator. */
static enum err
reserve(struct buf *b, size_t len)
{
	size_t need, cap;
	char *data;

	if (b->err != ERR_OK)
		return b->err;
	if (len > b->max - b->len)
		return b->err = ERR_TOKEN_SIZE;
	need = b->len + len + 1;
	if (need <= b->cap)
		return ERR_OK;
	cap = b->cap < 128 ? 256 : b->cap * 2;
	if (cap < need)
		cap = need;
	data = malloc(cap);
	if (data == NULL)
		return b->err = ERR_NOMEM;
	if (b->data != NULL) {
		memcpy(data, b->data, b->len);
		explicit_bzero(b->data, b->cap);
		free(b->data);
	}
	b->data = data;
	b->cap = cap;
	return ERR_OK;
}

char *
buf_grow(struct buf *b, size_t len)
{
	char *at;

	if (reserve(b, len) != ERR_OK)
		return NULL;
	at = b->data + b->len;
	b->len += len;
	b->data[b->len] = '\0';
	return at;
}

void
buf_add(struct buf *b, const void *data, size_t len)
{
	char *at = buf_grow(b, len);

	if (at != NULL && len > 0)
		memcpy(at, data, len);
}

void
buf_adds(struct buf *b, const char *str)
{
	buf_add(b, str, strlen(str));
}

void
buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int len;
	char *at;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0) {
		b->err = b->err != ERR_OK ? b->err : ERR_INTERNAL;
		return;
	}
	at = buf_grow(b, (size_t)len);
	if (at == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(at, (size_t)len + 1, fmt, ap);
	va_end(ap);
}

void
buf_cut(struct buf *b, size_t len)
{
	if (len >= b->len)
		return;
	explicit_bzero(b->data + len, b->len - len);
	b->len = len;
}

enum err
buf_err(const struct buf *b)
{
	return b->err;
}

const char *
buf_str(const struct buf *b)
{
	return b->data != NULL ? b->data : "";
}

char *
buf_take(struct buf *b)
{
	char *data;

	if (b->err != ERR_OK || reserve(b, 0) != ERR_OK)
		return NULL;
	b->data[b->len] = '\0';
	data = b->data;
	*b = (struct buf)BUF_INIT(b->max);
	return data;
}
