/* UserInfo. Nothing of it is believed before its subject is the one we verified. */
#include "oidc/userinfo.h"

#include <string.h>

#include "oidc/id_token.h"

#define BLANKS " \t\r\n"

/* Two dots make a signed token, four an encrypted one. */
static bool
is_encrypted(const char *body, size_t len)
{
	size_t i, dots = 0;

	for (i = 0; i < len; i++)
		dots += body[i] == '.';
	return dots > 2;
}

static enum err
read_token(struct json_object **ret, const char *body, size_t len,
	const struct userinfo_policy *policy, struct diag *diag)
{
	AUTO_CLAIMS struct claims *claims = NULL;
	struct jwt_policy jwt = *policy->jwt;
	enum err e;

	if (!policy->must_be_jwt)
		jwt.encrypted = is_encrypted(body, len);
	e = jwt_verify(&claims, body, len, &jwt, policy->decryption_keys,
		policy->decryption_count, policy->issuer_keys, diag);
	if (e == ERR_OK)
		*ret = json_object_get(claims_json(claims));
	return e;
}

static enum err
read_json(struct json_object **ret, const char *body, size_t len,
	const struct userinfo_policy *policy, struct diag *diag)
{
	enum err e;

	if (policy->must_be_jwt)
		return diag_set(
			diag, ERR_TOKEN_NESTING, "userinfo: not a token but bare JSON");
	e = json_parse(ret, body, len);
	return e == ERR_OK || e == ERR_NOMEM
		       ? e
		       : diag_set(diag, ERR_PROVIDER_ANSWER, "userinfo: refused, %s",
				 err_word(e));
}

static enum err
check_claims(struct json_object *json, bool is_signed,
	const struct userinfo_policy *policy, struct diag *diag)
{
	const struct id_token_policy about = {.issuer = policy->issuer,
		.client_id = policy->client_id,
		.now = policy->now,
		.not_before = policy->not_before};
	struct diag why = {0};
	const char *sub;
	enum err e;

	if (json_str(json, "sub", &sub) != ERR_OK || strcmp(sub, policy->subject) != 0)
		return diag_set(
			diag, ERR_CLAIM_SUB, "userinfo: sub is not the ID Token's");
	e = id_token_check_other(json, is_signed, &about, &why);
	return e == ERR_OK ? e : diag_set(diag, e, "userinfo: %s", why.text);
}

enum err
userinfo_read(struct json_object **ret, const char *body, size_t len,
	const struct userinfo_policy *policy, struct diag *diag)
{
	AUTO_JSON struct json_object *json = NULL;
	size_t blank = strspn(body, BLANKS);
	bool is_signed;
	enum err e;

	body += blank;
	len -= blank;
	while (len > 0 && memchr(BLANKS, body[len - 1], strlen(BLANKS)) != NULL)
		len--;
	is_signed = len == 0 || body[0] != '{';
	e = is_signed ? read_token(&json, body, len, policy, diag)
		      : read_json(&json, body, len, policy, diag);
	if (e == ERR_OK)
		e = check_claims(json, is_signed, policy, diag);
	if (e == ERR_OK)
		*ret = MOVE(json);
	return e;
}
