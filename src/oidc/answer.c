/* OAuth answers. The words stand in one table. */
#include "oidc/answer.h"

#include <string.h>

#include "base/text.h"
#include "jose/json.h"

static const struct {
	const char *word;
	enum err e;
} words[] = {
	{"authorization_pending", ERR_PENDING},
	{"slow_down", ERR_SLOW_DOWN},
	{"access_denied", ERR_USER_DENIED},
	{"expired_token", ERR_EXPIRED},
	{"expired_login_hint_token", ERR_EXPIRED},
	{"unknown_user_id", ERR_UNKNOWN_AT_PROVIDER},
	{"invalid_client", ERR_CLIENT_REFUSED},
	{"unauthorized_client", ERR_CLIENT_REFUSED},
	{"invalid_scope", ERR_CLIENT_REFUSED},
};

/* The error's own text; some answers carry it under `detail`. */
static const char *
description(struct json_object *json)
{
	static const char *const names[] = {"error_description", "detail"};
	const char *text;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (json_str_opt(json, names[i], &text) == ERR_OK && text != NULL)
			return text;
	return "";
}

static enum err
error_word(struct json_object *json, int status, struct diag *diag)
{
	char clean_word[64], clean_text[160];
	const char *word, *text = description(json);
	enum err e = ERR_PROVIDER_ERROR;
	size_t i;

	if (json_str(json, "error", &word) != ERR_OK)
		return diag_set(
			diag, ERR_HTTP_STATUS, "status %d without an error word", status);
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(word, words[i].word) == 0)
			e = words[i].e;
	text_clean(clean_word, sizeof(clean_word), word, strlen(word));
	text_clean(clean_text, sizeof(clean_text), text, strlen(text));
	return diag_set(diag, e, "status %d, %s: %s", status, clean_word, clean_text);
}

enum err
answer_read(struct json_object **ret, int status, const char *body, size_t len,
	struct diag *diag)
{
	AUTO_JSON struct json_object *json = NULL;
	enum err e = json_parse(&json, body, len);

	if (status == 200) {
		if (e != ERR_OK)
			return diag_set(diag, ERR_PROVIDER_ANSWER,
				"status 200, but the body is refused: %s", err_word(e));
		*ret = MOVE(json);
		return ERR_OK;
	}
	if (status >= 400 && status < 500 && e == ERR_OK &&
		json_object_object_get_ex(json, "error", NULL))
		return error_word(json, status, diag);
	if (status == 401)
		return diag_set(diag, ERR_CLIENT_REFUSED, "status 401");
	if (status == 429)
		return diag_set(diag, ERR_HTTP_TOO_MANY, "status 429");
	return diag_set(diag, ERR_HTTP_STATUS, "status %d", status);
}
