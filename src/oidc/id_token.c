/* One function a claim; the table of steps is the whole policy. */
#include "oidc/id_token.h"

#include <string.h>

#include "base/text.h"
#include "jose/json.h"

#define AUTH_REQ_ID "urn:openid:params:jwt:claim:auth_req_id"

static enum err
check_iss(
	struct json_object *json, const struct id_token_policy *policy, struct diag *diag)
{
	const char *iss;

	if (json_str(json, "iss", &iss) == ERR_OK && strcmp(iss, policy->issuer) == 0)
		return ERR_OK;
	return diag_set(diag, ERR_CLAIM_ISS, "iss is not %s", policy->issuer);
}

static enum err
check_sub(
	struct json_object *json, const struct id_token_policy *policy, struct diag *diag)
{
	const char *sub;
	size_t len;

	(void)policy;
	if (json_str(json, "sub", &sub) != ERR_OK)
		return diag_set(diag, ERR_CLAIM_SUB, "sub is missing or not a text");
	len = strlen(sub);
	if (len == 0 || len > ID_TOKEN_SUB_MAX)
		return diag_set(diag, ERR_CLAIM_SUB, "sub has %zu bytes", len);
	for (; *sub != '\0'; sub++)
		if ((unsigned char)*sub < 0x20 || *sub == 0x7f)
			return diag_set(
				diag, ERR_CLAIM_SUB, "sub has a control character");
	return ERR_OK;
}

static bool
is_client(struct json_object *value, const struct id_token_policy *policy)
{
	return json_object_is_type(value, json_type_string) &&
	       strcmp(json_object_get_string(value), policy->client_id) == 0;
}

static enum err
check_aud(
	struct json_object *json, const struct id_token_policy *policy, struct diag *diag)
{
	struct json_object *aud = json_object_object_get(json, "aud");
	bool found = false;
	size_t i, count;

	if (is_client(aud, policy))
		return ERR_OK;
	if (!json_object_is_type(aud, json_type_array))
		return diag_set(diag, ERR_CLAIM_AUD, "aud is not %s", policy->client_id);
	count = json_object_array_length(aud);
	for (i = 0; i < count; i++) {
		struct json_object *one = json_object_array_get_idx(aud, i);

		if (!json_object_is_type(one, json_type_string))
			return diag_set(diag, ERR_CLAIM_AUD, "aud holds more than texts");
		found = found || is_client(one, policy);
	}
	if (!found)
		return diag_set(
			diag, ERR_CLAIM_AUD, "%s is not in aud", policy->client_id);
	if (count > 1 && !json_object_object_get_ex(json, "azp", NULL))
		return diag_set(diag, ERR_CLAIM_AZP, "several audiences but no azp");
	return ERR_OK;
}

static enum err
check_azp(
	struct json_object *json, const struct id_token_policy *policy, struct diag *diag)
{
	struct json_object *azp;

	if (!json_object_object_get_ex(json, "azp", &azp) || is_client(azp, policy))
		return ERR_OK;
	return diag_set(diag, ERR_CLAIM_AZP, "azp is not %s", policy->client_id);
}

static enum err
check_exp(
	struct json_object *json, const struct id_token_policy *policy, struct diag *diag)
{
	struct json_date exp;

	if (json_date(json, "exp", &exp) != ERR_OK)
		return diag_set(diag, ERR_CLAIM_EXP, "exp is missing or not a time");
	if (exp.down <= policy->now - ID_TOKEN_SKEW)
		return diag_set(diag, ERR_CLAIM_EXP,
			"expired %lld s ago; is this machine's clock right?",
			(long long)(policy->now - exp.down));
	return ERR_OK;
}

static enum err
check_iat(
	struct json_object *json, const struct id_token_policy *policy, struct diag *diag)
{
	struct json_date iat;

	if (json_date(json, "iat", &iat) != ERR_OK)
		return diag_set(diag, ERR_CLAIM_IAT, "iat is missing or not a time");
	if (iat.up > policy->now + ID_TOKEN_SKEW)
		return diag_set(diag, ERR_CLAIM_IAT,
			"issued %lld s in the future; is this machine's clock right?",
			(long long)(iat.up - policy->now));
	if (iat.down < policy->not_before - ID_TOKEN_SKEW)
		return diag_set(diag, ERR_CLAIM_IAT,
			"issued %lld s before this login began",
			(long long)(policy->not_before - iat.down));
	return ERR_OK;
}

static enum err
check_nbf(
	struct json_object *json, const struct id_token_policy *policy, struct diag *diag)
{
	struct json_date nbf = {0};

	if (json_date_opt(json, "nbf", &nbf) != ERR_OK)
		return diag_set(diag, ERR_CLAIM_NBF, "nbf is not a time");
	if (nbf.up > policy->now + ID_TOKEN_SKEW)
		return diag_set(diag, ERR_CLAIM_NBF,
			"valid only in %lld s; is this machine's clock right?",
			(long long)(nbf.up - policy->now));
	return ERR_OK;
}

static enum err
check_acr(
	struct json_object *json, const struct id_token_policy *policy, struct diag *diag)
{
	const char *acr;
	size_t i;

	if (policy->acr == NULL)
		return ERR_OK; /* whatever it is, nothing is made of it */
	if (json_str_opt(json, "acr", &acr) != ERR_OK)
		return diag_set(diag, ERR_CLAIM_ACR, "acr is not a text");
	for (i = 0; acr != NULL && policy->acr[i] != NULL; i++)
		if (strcmp(acr, policy->acr[i]) == 0)
			return ERR_OK;
	return diag_set(
		diag, ERR_CLAIM_ACR, "acr is not the required %s", policy->acr[0]);
}

/* A claim that may be missing, but must be `expected` where it is there. */
static enum err
check_equal(struct json_object *json, const char *name, const char *expected, enum err e,
	struct diag *diag)
{
	const char *found;

	if (expected == NULL)
		return ERR_OK;
	if (json_str_opt(json, name, &found) == ERR_OK &&
		(found == NULL || strcmp(found, expected) == 0))
		return ERR_OK;
	return diag_set(diag, e, "%s is not that of this login", name);
}

static enum err
check_nonce(
	struct json_object *json, const struct id_token_policy *policy, struct diag *diag)
{
	if (policy->nonce_required && !json_object_object_get_ex(json, "nonce", NULL))
		return diag_set(diag, ERR_CLAIM_NONCE,
			"nonce is missing; nonce = required is set");
	return check_equal(json, "nonce", policy->nonce, ERR_CLAIM_NONCE, diag);
}

/* A token that was made of an earlier approval says so here, if it is honest. */
static enum err
check_auth_time(
	struct json_object *json, const struct id_token_policy *policy, struct diag *diag)
{
	struct json_date at;

	if (!policy->fresh || !json_object_object_get_ex(json, "auth_time", NULL))
		return ERR_OK;
	if (json_date(json, "auth_time", &at) != ERR_OK)
		return diag_set(diag, ERR_CLAIM_AUTH_TIME, "auth_time is not a time");
	if (at.down < policy->not_before - ID_TOKEN_SKEW)
		return diag_set(diag, ERR_CLAIM_AUTH_TIME,
			"auth_time: approved %lld s before this login began",
			(long long)(policy->not_before - at.down));
	return ERR_OK;
}

static enum err
check_auth_req_id(
	struct json_object *json, const struct id_token_policy *policy, struct diag *diag)
{
	return check_equal(
		json, AUTH_REQ_ID, policy->auth_req_id, ERR_CLAIM_AUTH_REQ_ID, diag);
}

static const struct {
	const char *claim;
	enum err (*check)(
		struct json_object *, const struct id_token_policy *, struct diag *);
} checks[] = {
	{"iss", check_iss},
	{"aud", check_aud},
	{"azp", check_azp},
	{"exp", check_exp},
	{"iat", check_iat},
	{"nbf", check_nbf},
	{"sub", check_sub},
	{"acr", check_acr},
	{"auth_time", check_auth_time},
	{"nonce", check_nonce},
	{AUTH_REQ_ID, check_auth_req_id},
};

enum err
id_token_check_other(struct json_object *json, bool is_signed,
	const struct id_token_policy *policy, struct diag *diag)
{
	static const struct {
		const char *claim;
		enum err (*check)(struct json_object *, const struct id_token_policy *,
			struct diag *);
		bool must; /* be there where it is signed; else only then looked at */
	} rows[] = {
		{"iss", check_iss, true},
		{"aud", check_aud, true},
		{"exp", check_exp, false},
		{"iat", check_iat, false},
		{"nbf", check_nbf, false},
	};
	enum err e = ERR_OK;
	size_t i;

	for (i = 0; e == ERR_OK && i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool there = json_object_object_get_ex(json, rows[i].claim, NULL);

		if (rows[i].must ? there || is_signed : there && is_signed)
			e = rows[i].check(json, policy, diag);
	}
	return e;
}

enum err
id_token_check(const char **ret_sub, const struct claims *claims,
	const struct id_token_policy *policy, struct diag *diag)
{
	struct json_object *json = claims_json(claims);
	enum err e = ERR_OK;
	size_t i;

	for (i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		e = checks[i].check(json, policy, diag);
		if (e != ERR_OK)
			return e;
	}
	if (policy->access_token != NULL)
		e = claims_check_hash(claims, "at_hash", policy->access_token);
	if (e == ERR_CLAIM_AT_HASH)
		return diag_set(diag, e, "at_hash is not that of the access token");
	if (e != ERR_OK)
		return e;
	return json_str(json, "sub", ret_sub);
}

unsigned
id_token_life(const struct claims *claims, int64_t now, unsigned timeout)
{
	struct json_object *json = claims_json(claims);
	struct json_date exp, iat;
	int64_t life, begun;

	if (json_date(json, "exp", &exp) != ERR_OK ||
		json_date(json, "iat", &iat) != ERR_OK)
		return timeout; /* no login takes it */
	begun = iat.up - now + ID_TOKEN_SKEW + (int64_t)timeout;
	life = exp.up - now + ID_TOKEN_SKEW;
	life = life < begun ? life : begun;
	return life > 1 ? (unsigned)life : 1;
}

void
id_token_explain(const struct claims *claims, const struct id_token_policy *policy,
	void (*take)(void *arg, const char *claim, enum err e, const struct diag *diag),
	void *arg)
{
	size_t i;

	for (i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		struct diag diag = {0};
		enum err e = checks[i].check(claims_json(claims), policy, &diag);

		take(arg, checks[i].claim, e, &diag);
	}
}
