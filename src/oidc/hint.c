/* Writing hints. What is put in can never become part of the form it is put into. */
#include "oidc/hint.h"

#include <string.h>

#include "jose/json.h"

/* The value of the placeholder at `text`, its length in `ret_len`; 0: there is none. */
static const char *
find_value(const char *text, const struct hint_values *values, size_t *ret_len)
{
	const struct {
		const char *name, *value;
	} places[] = {{"{login}", values->login}, {"{user}", values->user},
		{"{sub}", values->sub}};
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		*ret_len = strlen(places[i].name);
		if (strncmp(text, places[i].name, *ret_len) == 0)
			return places[i].value;
	}
	*ret_len = 0;
	return NULL;
}

bool
hint_is_complete(const char *template, const struct hint_values *values)
{
	for (; *template != '\0'; template ++) {
		size_t len;

		if (find_value(template, values, &len) == NULL && len > 0)
			return false;
	}
	return true;
}

/* The inside of a JSON string. */
static void
add_escaped(struct buf *out, const char *value)
{
	AUTO_BUF struct buf quoted = BUF_INIT(HINT_MAX);

	json_quote(&quoted, value);
	if (buf_err(&quoted) == ERR_OK)
		buf_add(out, buf_str(&quoted) + 1, quoted.len - 2);
}

static enum err
check_json(const struct buf *text, struct diag *diag)
{
	AUTO_JSON struct json_object *json = NULL;

	if (json_parse(&json, buf_str(text), text->len) == ERR_OK)
		return ERR_OK;
	return diag_set(diag, ERR_CONFIG_INVALID,
		"[provider] login_hint or login_hint_token: not a JSON object");
}

enum err
hint_write(struct buf *ret, const char *template, const struct hint_values *values,
	bool must_be_json, struct diag *diag)
{
	AUTO_BUF struct buf text = BUF_INIT(HINT_MAX);
	size_t len;
	bool is_json;

	find_value(template, values, &len);
	is_json = template[0] == '{' && len == 0;
	if (!hint_is_complete(template, values))
		return diag_set(diag, ERR_CONFIG_INVALID,
			"[provider] login_hint: the map does not say what {login} is");
	while (*template != '\0') {
		const char *value = find_value(template, values, &len);

		if (len == 0)
			buf_add(&text, template ++, 1);
		else if (is_json)
			add_escaped(&text, value);
		else
			buf_adds(&text, value);
		template += len;
	}
	if (buf_err(&text) != ERR_OK)
		return diag_set(diag, ERR_CONFIG_INVALID,
			"[provider] login_hint: longer than %d bytes", HINT_MAX);
	if ((is_json || must_be_json) && check_json(&text, diag) != ERR_OK)
		return ERR_CONFIG_INVALID;
	buf_adds(ret, buf_str(&text));
	return buf_err(ret);
}
