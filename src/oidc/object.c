/* JSON objects, written. */
#include "oidc/object.h"

#include <inttypes.h>

#include "jose/json.h"

static void
begin_member(struct buf *json, const char *name)
{
	buf_adds(json, json->len == 0 ? "{" : ",");
	json_quote(json, name);
	buf_adds(json, ":");
}

void
object_str(struct buf *json, const char *name, const char *value)
{
	begin_member(json, name);
	json_quote(json, value);
}

void
object_int(struct buf *json, const char *name, int64_t value)
{
	begin_member(json, name);
	buf_addf(json, "%" PRId64, value);
}

void
object_raw(struct buf *json, const char *name, const char *value)
{
	begin_member(json, name);
	buf_adds(json, value);
}

void
object_end(struct buf *json)
{
	buf_adds(json, json->len == 0 ? "{}" : "}");
}
