/* The request object. */
#include "itsme/request.h"

#include <string.h>

#include "itsme/policy.h"
#include "jose/jws.h"
#include "oidc/assertion.h"
#include "oidc/object.h"
#include "oidc/required.h"

#define HINT_MAX (8 * 1024)
#define SCOPE_MAX 2048
#define CLAIMS_MAX (64 * 1024) /* a text of 7,500 characters twice, escaped */
#define PART_MAX (CLAIMS_MAX / 2)

/* The hint token: exactly these two members, whichever way it is written. */
static enum err
add_hint(struct buf *claims, const struct request *r, const struct key *key)
{
	AUTO_BUF struct buf hint = BUF_INIT(HINT_MAX), jwt = BUF_INIT(HINT_MAX);
	enum err e;

	object_str(&hint, "type", r->hint_type);
	object_str(&hint, "value", r->hint_value);
	object_end(&hint);
	e = buf_err(&hint);
	if (e == ERR_OK && r->hint_format == REQUEST_HINT_JWT)
		e = jws_sign(&jwt, key, NULL, buf_str(&hint), hint.len);
	if (e != ERR_OK)
		return e;
	if (r->hint_format == REQUEST_HINT_JWT)
		object_str(claims, "login_hint_token", buf_str(&jwt));
	else
		object_raw(claims, "login_hint_token", buf_str(&hint));
	return ERR_OK;
}

/* openid and the service first; then the words that are not there yet. */
static void
write_scope(struct buf *out, const struct request *r)
{
	const char *word = r->scope != NULL ? r->scope : "";

	buf_addf(out, "openid service:%s", r->service);
	while (*word != '\0') {
		size_t len = strcspn(word, " ");

		if (len != strlen("openid") || memcmp(word, "openid", len) != 0)
			buf_addf(out, " %.*s", (int)len, word);
		word += len + (word[len] == ' ');
	}
}

/* {"essential":true,"value":…} under itsme®'s name for it. */
static void
add_essential(struct buf *part, const char *name, const char *value)
{
	AUTO_BUF struct buf wish = BUF_INIT(PART_MAX), full = BUF_INIT(SCOPE_MAX);

	object_raw(&wish, "essential", "true");
	object_str(&wish, "value", value);
	object_end(&wish);
	buf_addf(&full, "%s%s", ITSME_CLAIM, name);
	object_raw(part, buf_str(&full), buf_str(&wish));
}

/* Whether one of the words before `end` names that claim. */
static bool
is_wanted(const char *wanted, const char *end, const char *name)
{
	char one[REQUIRED_NAME_MAX];
	bool found = false;

	while (!found && (end == NULL || wanted < end) &&
		required_next(&wanted, ITSME_CLAIM, one))
		found = strcmp(name, one) == 0;
	return found;
}

/* For the log: a phone that tells neither is none the worse. */
static void
add_phone(struct buf *part, const char *wanted)
{
	static const char *const names[] = {ITSME_PHONE_ADDRESS, ITSME_PHONE_DEVICE};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!is_wanted(wanted, NULL, names[i]))
			object_raw(part, names[i], "null");
}

/* Each once, however often it is named. */
static void
add_wanted(struct buf *part, const char *wanted)
{
	char name[REQUIRED_NAME_MAX];
	const char *at = wanted, *begin;

	for (begin = at; required_next(&at, ITSME_CLAIM, name); begin = at)
		if (!is_wanted(wanted, begin, name))
			object_raw(part, name, "{\"essential\":true}");
}

/* What the app shows, and what must be vouched for: claims of both answers. */
static enum err
add_claims(struct buf *claims, const struct request *r, const char *wanted)
{
	AUTO_BUF struct buf part = BUF_INIT(PART_MAX), both = BUF_INIT(CLAIMS_MAX);

	if (r->approval_text != NULL) {
		add_essential(&part, "claim_approval_template_name", "free_text");
		add_essential(&part, "claim_approval_text_key", r->approval_text);
	}
	add_wanted(&part, wanted);
	if (r->asks_phone)
		add_phone(&part, wanted);
	object_end(&part);
	if (buf_err(&part) != ERR_OK)
		return buf_err(&part);
	object_raw(&both, "userinfo", buf_str(&part));
	object_raw(&both, "id_token", buf_str(&part));
	object_end(&both);
	object_raw(claims, "claims", buf_str(&both));
	return buf_err(&both);
}

enum err
request_sign(struct buf *out, const struct request *r, const struct key *key, int64_t now)
{
	AUTO_BUF struct buf claims = BUF_INIT(CLAIMS_MAX + 2 * HINT_MAX);
	AUTO_BUF struct buf scope = BUF_INIT(SCOPE_MAX);
	const char *wanted = r->claims != NULL ? r->claims : "";
	enum err e;

	write_scope(&scope, r);
	object_str(&claims, "iss", r->client_id);
	object_str(&claims, "client_id", r->client_id);
	object_str(&claims, "aud", r->issuer);
	object_str(&claims, "scope", buf_str(&scope));
	if (r->nonce != NULL)
		object_str(&claims, "nonce", r->nonce);
	if (r->acr != NULL)
		object_str(&claims, "acr_values", r->acr);
	if (r->expiry > 0)
		object_int(&claims, "requested_expiry", r->expiry);
	e = buf_err(&scope);
	if (e == ERR_OK)
		e = add_hint(&claims, r, key);
	if (e == ERR_OK &&
		(r->approval_text != NULL || wanted[0] != '\0' || r->asks_phone))
		e = add_claims(&claims, r, wanted);
	if (e == ERR_OK)
		e = assertion_stamp(&claims, now);
	return e != ERR_OK ? e : jws_sign(out, key, NULL, buf_str(&claims), claims.len);
}
