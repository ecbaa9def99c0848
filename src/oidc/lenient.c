/* What may be missing, and what is meant as a number. */
#include "oidc/lenient.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct json_object *
lenient_find(struct json_object *json, const char *name)
{
	return json_object_object_get(json, name); /* NULL is json-c's null, too */
}

enum err
lenient_str(
	const char **ret, struct json_object *json, const char *name, struct diag *diag)
{
	struct json_object *value = lenient_find(json, name);

	if (value != NULL && !json_object_is_type(value, json_type_string))
		return diag_set(diag, ERR_PROVIDER_ANSWER, "%s is not a text", name);
	*ret = value != NULL ? json_object_get_string(value) : NULL;
	return ERR_OK;
}

static bool
read_digits(int64_t *ret, const char *text)
{
	size_t len = strlen(text);

	if (len == 0 || len > LENIENT_DIGITS_MAX || strspn(text, "0123456789") != len)
		return false;
	*ret = strtoll(text, NULL, 10);
	return true;
}

static bool
read_whole(int64_t *ret, struct json_object *json, const char *name)
{
	struct json_date around;
	const char *text;

	if (json_int(json, name, ret) == ERR_OK)
		return true;
	if (json_str(json, name, &text) == ERR_OK)
		return read_digits(ret, text);
	if (json_date(json, name, &around) != ERR_OK || around.down != around.up)
		return false;
	*ret = around.down;
	return true;
}

enum err
lenient_int_opt(int64_t *ret, struct json_object *json, const char *where,
	const char *name, struct diag *diag)
{
	if (lenient_find(json, name) == NULL || read_whole(ret, json, name))
		return ERR_OK;
	return diag_set(
		diag, ERR_PROVIDER_ANSWER, "%s: %s is not a whole number", where, name);
}

enum err
lenient_int(int64_t *ret, struct json_object *json, const char *where, const char *name,
	struct diag *diag)
{
	if (lenient_find(json, name) == NULL)
		return diag_set(
			diag, ERR_PROVIDER_ANSWER, "%s: %s is missing", where, name);
	return lenient_int_opt(ret, json, where, name, diag);
}
