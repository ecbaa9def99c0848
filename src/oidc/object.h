/*
 * Writing one JSON object, member by member, into a buffer whose errors stick: the
 * claims that we sign. The first member opens the object, object_end() closes it.
 */
#ifndef OIDC_OBJECT_H
#define OIDC_OBJECT_H

#include <stdint.h>

#include "base/buf.h"

void object_str(struct buf *json, const char *name, const char *value);
void object_int(struct buf *json, const char *name, int64_t value);

/* `value` is JSON already. */
void object_raw(struct buf *json, const char *name, const char *value);

void object_end(struct buf *json);

#endif
