/*
 * base64url without padding (RFC 7515 section 2, RFC 4648 section 5) and, for pictures
 * and PEM, base64 with padding (RFC 4648 section 4). One text for one value: unused bits
 * must be zero, and no byte outside the alphabet is ever skipped.
 */
#ifndef JOSE_BASE64URL_H
#define JOSE_BASE64URL_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"

/* Length of the text for `len` bytes. */
#define BASE64URL_LEN(len) (((len)*4 + 2) / 3)

/* Appends the text of `len` bytes. Also returns what buf_err(out) says afterwards. */
enum err base64url_encode(struct buf *out, const void *data, size_t len);

/* Decodes. ERR_BASE64 or ERR_NOMEM; the caller frees `ret`. Empty text is an empty value.
 */
enum err base64url_decode(struct secret *ret, const char *text, size_t len) MUST_USE;
enum err base64_decode(struct secret *ret, const char *text, size_t len) MUST_USE;

#endif
