/* The bridge to json-c. No text reaches json-c that json_scan() has not passed. */
#include "jose/json.h"

#include <string.h>

#include "jose/decimal.h"
#include "jose/json_scan.h"

enum err
json_parse(struct json_object **ret, const char *text, size_t len)
{
	struct json_tokener *tokener;
	struct json_object *obj;
	enum err e = json_scan(text, len);

	if (e != ERR_OK)
		return e;
	if (text[strspn(text, " \t\r\n")] != '{')
		return ERR_JSON;
	tokener = json_tokener_new_ex(JSON_DEPTH_MAX + 1);
	if (tokener == NULL)
		return ERR_NOMEM;
	/* not its strict mode, where 0.18 refuses any letter beyond ASCII; the scanner
	   has been strict already */
	obj = json_tokener_parse_ex(tokener, text, (int)len);
	json_tokener_free(tokener);
	if (obj == NULL)
		return ERR_NOMEM;
	*ret = obj;
	return ERR_OK;
}

/* The member of that type; ERR_OK with NULL where it is absent. */
static enum err
member(struct json_object *obj, const char *name, enum json_type type,
	struct json_object **ret)
{
	struct json_object *value;

	*ret = NULL;
	if (!json_object_object_get_ex(obj, name, &value))
		return ERR_OK;
	if (!json_object_is_type(value, type))
		return ERR_JSON_MEMBER;
	*ret = value;
	return ERR_OK;
}

enum err
json_str_opt(struct json_object *obj, const char *name, const char **ret)
{
	struct json_object *value;
	enum err e = member(obj, name, json_type_string, &value);

	if (e != ERR_OK)
		return e;
	*ret = value != NULL ? json_object_get_string(value) : NULL;
	return ERR_OK;
}

enum err
json_str(struct json_object *obj, const char *name, const char **ret)
{
	const char *value;
	enum err e = json_str_opt(obj, name, &value);

	if (e != ERR_OK || value == NULL)
		return ERR_JSON_MEMBER;
	*ret = value;
	return ERR_OK;
}

enum err
json_int_opt(struct json_object *obj, const char *name, int64_t *ret)
{
	struct json_object *value;
	enum err e = member(obj, name, json_type_int, &value);

	if (e == ERR_OK && value != NULL)
		*ret = json_object_get_int64(value);
	return e;
}

enum err
json_int(struct json_object *obj, const char *name, int64_t *ret)
{
	struct json_object *value;
	enum err e = member(obj, name, json_type_int, &value);

	if (e != ERR_OK || value == NULL)
		return ERR_JSON_MEMBER;
	*ret = json_object_get_int64(value);
	return ERR_OK;
}

/* json-c keeps the text of what it makes a double of. */
static enum err
read_date(struct json_object *value, struct json_date *ret)
{
	struct json_date date;
	const char *text;
	enum err e;

	if (!json_object_is_type(value, json_type_int) &&
		!json_object_is_type(value, json_type_double))
		return ERR_JSON_MEMBER;
	text = json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN);
	if (text == NULL)
		return ERR_NOMEM;
	e = decimal_read(&date.down, &date.up, text);
	if (e == ERR_OK)
		*ret = date;
	return e;
}

enum err
json_date_opt(struct json_object *obj, const char *name, struct json_date *ret)
{
	struct json_object *value;

	return json_object_object_get_ex(obj, name, &value) ? read_date(value, ret)
							    : ERR_OK;
}

enum err
json_date(struct json_object *obj, const char *name, struct json_date *ret)
{
	struct json_object *value;

	return json_object_object_get_ex(obj, name, &value) ? read_date(value, ret)
							    : ERR_JSON_MEMBER;
}

static enum err
container_opt(struct json_object *obj, const char *name, enum json_type type,
	struct json_object **ret)
{
	struct json_object *value;
	enum err e = member(obj, name, type, &value);

	if (e == ERR_OK && value != NULL)
		*ret = value;
	return e;
}

static enum err
container(struct json_object *obj, const char *name, enum json_type type,
	struct json_object **ret)
{
	struct json_object *value = NULL;
	enum err e = container_opt(obj, name, type, &value);

	if (e != ERR_OK || value == NULL)
		return ERR_JSON_MEMBER;
	*ret = value;
	return ERR_OK;
}

enum err
json_obj_opt(struct json_object *obj, const char *name, struct json_object **ret)
{
	return container_opt(obj, name, json_type_object, ret);
}

enum err
json_obj(struct json_object *obj, const char *name, struct json_object **ret)
{
	return container(obj, name, json_type_object, ret);
}

enum err
json_arr_opt(struct json_object *obj, const char *name, struct json_object **ret)
{
	return container_opt(obj, name, json_type_array, ret);
}

enum err
json_arr(struct json_object *obj, const char *name, struct json_object **ret)
{
	return container(obj, name, json_type_array, ret);
}

enum err
json_write(struct buf *out, struct json_object *obj)
{
	const char *text = json_object_to_json_string_ext(
		obj, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);

	if (text == NULL)
		return ERR_NOMEM;
	buf_adds(out, text);
	return buf_err(out);
}

void
json_quote(struct buf *out, const char *str)
{
	buf_add(out, "\"", 1);
	for (; *str != '\0'; str++) {
		if (*str == '"' || *str == '\\')
			buf_addf(out, "\\%c", *str);
		else if ((unsigned char)*str < 0x20)
			buf_addf(out, "\\u%04x", (unsigned)*str);
		else
			buf_add(out, str, 1);
	}
	buf_add(out, "\"", 1);
}
