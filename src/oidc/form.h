/*
 * Bodies of type application/x-www-form-urlencoded (URL Standard, section 5.2), as
 * every OAuth endpoint takes them.
 */
#ifndef OIDC_FORM_H
#define OIDC_FORM_H

#include <stdint.h>

#include "base/buf.h"

/* Appends `name=value`, with an & before it where something stands already. */
void form_add(struct buf *form, const char *name, const char *value);

/* The same with a number as the value. */
void form_add_int(struct buf *form, const char *name, int64_t value);

/* Appends `text` with everything but A–Z a–z 0–9 - . _ ~ as %XX: one path
 * segment, or one value by itself. */
void form_escape(struct buf *out, const char *text);

#endif
