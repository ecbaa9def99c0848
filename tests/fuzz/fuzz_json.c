/* The strict scan: what it takes json-c takes, and it comes out of json-c the same. */
#include "fuzz.h"

#include <string.h>

#include "base/text.h"
#include "jose/json.h"
#include "jose/json_scan.h"

/* Where a number is a time, both its sides are at it or less than a second away. */
static void
check_dates(struct json_object *obj)
{
	json_object_object_foreach(obj, name, value)
	{
		bool whole = json_object_is_type(value, json_type_int);
		bool number = whole || json_object_is_type(value, json_type_double);
		double about = number ? json_object_get_double(value) : -1;
		struct json_date date;

		if (json_date(obj, name, &date) != ERR_OK) {
			HOLDS(about <= 0 || about > 9e18);
			continue;
		}
		HOLDS(number && date.down >= 0 && date.up >= date.down &&
			date.up - date.down <= 1 && (!whole || date.up == date.down));
		HOLDS((double)date.down <= about && about <= (double)date.up);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	AUTO_JSON struct json_object *obj = NULL, *again = NULL;
	AUTO_BUF struct buf out = BUF_INIT(8 << 20);
	enum err e = json_scan(text, size);

	HOLDS(e == ERR_OK || e == ERR_JSON || e == ERR_JSON_DUPLICATE ||
		e == ERR_JSON_LIMIT);
	if (e != ERR_OK) {
		HOLDS(json_parse(&obj, text, size) == e && obj == NULL);
		return 0;
	}
	HOLDS(text_is_utf8(text, size) && memchr(text, '\0', size) == NULL);
	e = json_parse(&obj, text, size);
	HOLDS(e == (text[strspn(text, " \t\r\n")] == '{' ? ERR_OK : ERR_JSON));
	if (e != ERR_OK)
		return 0;
	HOLDS(json_write(&out, obj) == ERR_OK);
	/* json-c writes 1e300 with all its digits: longer than a number may be */
	check_dates(obj);
	e = json_parse(&again, buf_str(&out), out.len);
	HOLDS(e == ERR_JSON_LIMIT || (e == ERR_OK && json_object_equal(obj, again)));
	return 0;
}
