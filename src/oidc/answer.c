/* OAuth answers. The words stand in one table. */
#include "oidc/answer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "jose/json.h"
#include "oidc/lenient.h"

static const struct {
	const char *word;
	enum err e;
} words[] = {
	{"authorization_pending", ERR_PENDING},
	{"slow_down", ERR_SLOW_DOWN},
	{"access_denied", ERR_USER_DENIED},
	{"authorization_declined", ERR_USER_DENIED}, /* Microsoft's word for it */
	{"expired_token", ERR_EXPIRED},
	{"expired_login_hint_token", ERR_EXPIRED},
	{"unknown_user_id", ERR_UNKNOWN_AT_PROVIDER},
	{"invalid_client", ERR_CLIENT_REFUSED},
	{"unauthorized_client", ERR_CLIENT_REFUSED},
	{"invalid_scope", ERR_CLIENT_REFUSED},
	{"unsupported_grant_type", ERR_CLIENT_REFUSED},
	{"invalid_binding_message", ERR_CLIENT_REFUSED},
	{"missing_user_code", ERR_CLIENT_REFUSED},
	{"invalid_user_code", ERR_CLIENT_REFUSED},
	/* as a 5xx would say */
	{"server_error", ERR_HTTP_REFUSED},
	{"temporarily_unavailable", ERR_HTTP_REFUSED},
};

#define BLANKS " \t\r\n"

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

static bool
is_refused(int status)
{
	return status >= 400 && status < 500;
}

/* What a JSON object says by its status, where it has no word of its own. */
static enum err
status_err(int status)
{
	if (status == 200)
		return ERR_PROVIDER_ANSWER;
	if (status == 401)
		return ERR_CLIENT_REFUSED;
	return is_refused(status) ? ERR_PROVIDER_ERROR : ERR_HTTP_STATUS;
}

/* What a word says: none that we know is a refusal all the same. */
static enum err
word_err(const char *word)
{
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(word, words[i].word) == 0)
			return words[i].e;
	return ERR_PROVIDER_ERROR;
}

/* Whatever a limiter calls it, it says no more than "later". */
static enum err
limit_err(int status, enum err e)
{
	bool says_more = e != ERR_PROVIDER_ERROR && e != ERR_HTTP_REFUSED;

	return status != 429 || says_more ? e : ERR_HTTP_TOO_MANY;
}

/* An object that is no answer to the question: what is wrong, in its own words. */
static enum err
read_words(struct json_object *json, int status, struct diag *diag)
{
	char clean_word[64] = "", clean_text[160];
	const char *word = NULL, *text = description(json);
	enum err e = status_err(status);

	if (json_str(json, "error", &word) == ERR_OK) {
		text_log(clean_word, sizeof(clean_word), word);
		e = status == 200 || is_refused(status) ? word_err(word) : e;
	}
	text_words(clean_text, sizeof(clean_text), text);
	return diag_set(diag, limit_err(status, e), "status %d%s%s%s%s", status,
		word != NULL ? ", " : " without an error word", clean_word,
		text[0] != '\0' ? ": " : "", clean_text);
}

/*
 * What is no object. A client that is not known is told so by the status alone, at some
 * providers; whatever has a body was written by something else on the way.
 */
static enum err
read_status(int status, bool empty, struct diag *diag)
{
	enum err e = is_refused(status) ? ERR_HTTP_REFUSED : ERR_HTTP_STATUS;

	if (empty && status == 400)
		e = ERR_PROVIDER_ERROR;
	else if (empty && status == 401)
		e = ERR_CLIENT_REFUSED;
	return diag_set(diag, limit_err(status, e), "status %d, and the body is %s",
		status, empty ? "empty" : "not JSON");
}

enum err
answer_fault(int status, const char *body, size_t len, struct diag *diag)
{
	AUTO_JSON struct json_object *json = NULL;

	if (json_parse(&json, body, len) == ERR_OK)
		return read_words(json, status, diag);
	return read_status(status, strspn(body, BLANKS) == len, diag);
}

enum err
answer_read(struct json_object **ret, int status, const char *body, size_t len,
	struct diag *diag)
{
	AUTO_JSON struct json_object *json = NULL;
	enum err e;

	if (status != 200)
		return answer_fault(status, body, len, diag);
	e = json_parse(&json, body, len);
	if (e != ERR_OK)
		return diag_set(diag, ERR_PROVIDER_ANSWER,
			"status 200, but the body is refused: %s", err_word(e));
	if (lenient_find(json, "error") != NULL)
		return read_words(json, status, diag);
	*ret = MOVE(json);
	return ERR_OK;
}

bool
answer_is_object(const char *body, size_t len)
{
	AUTO_JSON struct json_object *json = NULL;

	return json_parse(&json, body, len) == ERR_OK;
}

bool
answer_is_refusal(int status, const char *body, size_t len)
{
	AUTO_JSON struct json_object *json = NULL;
	const char *word;

	return status >= 400 && status < 500 && json_parse(&json, body, len) == ERR_OK &&
	       json_str(json, "error", &word) == ERR_OK && word[0] != '\0' &&
	       strcmp(word, "authorization_pending") != 0 &&
	       strcmp(word, "slow_down") != 0;
}

enum err
answer_copy(
	struct buf *ret, struct json_object *json, const char *name, struct diag *diag)
{
	const char *text;
	enum err e = lenient_str(&text, json, name, diag);

	buf_free(ret);
	if (e != ERR_OK)
		return e;
	if (text == NULL)
		return diag_set(diag, ERR_PROVIDER_ANSWER, "%s is missing", name);
	if (text[0] == '\0' || strlen(text) > ret->max ||
		!text_is_ascii(text, strlen(text)))
		return diag_set(diag, ERR_PROVIDER_ANSWER,
			"%s is not a text of 1 to %zu printable bytes", name, ret->max);
	buf_adds(ret, text);
	return buf_err(ret);
}

enum err
answer_address(char **ret, struct json_object *json, const char *name, struct diag *diag)
{
	static const char scheme[] = "https://";
	const char *url;
	size_t len;
	enum err e = lenient_str(&url, json, name, diag);

	if (e != ERR_OK)
		return e;
	len = url != NULL ? strlen(url) : 0;
	if (url != NULL && (strncmp(url, scheme, strlen(scheme)) != 0 ||
				   len == strlen(scheme) || len > ANSWER_ADDRESS_MAX ||
				   !text_is_ascii(url, len) || strchr(url, ' ') != NULL))
		return diag_set(diag, ERR_PROVIDER_ANSWER,
			"%s is not an https address of at most %d characters", name,
			ANSWER_ADDRESS_MAX);
	free(*ret);
	*ret = url != NULL ? strdup(url) : NULL;
	return url == NULL || *ret != NULL ? ERR_OK : ERR_NOMEM;
}

enum err
answer_bearer(struct secret *ret, struct json_object *json, struct diag *diag)
{
	const char *token, *type;
	enum err e = lenient_str(&token, json, "access_token", diag);

	if (e == ERR_OK)
		e = lenient_str(&type, json, "token_type", diag);
	if (e != ERR_OK)
		return e;
	if (type != NULL && strcasecmp(type, "bearer") != 0)
		return diag_set(diag, ERR_PROVIDER_ANSWER, "token_type is not Bearer");
	secret_free(ret);
	if (token == NULL)
		return ERR_OK;
	if (token[0] == '\0' || !text_is_ascii(token, strlen(token)))
		return diag_set(diag, ERR_PROVIDER_ANSWER,
			"access_token is empty or not printable");
	e = secret_alloc(ret, strlen(token));
	if (e == ERR_OK)
		memcpy(ret->data, token, strlen(token));
	return e;
}
