/* The steps that flows share. A subject comes out of verify() and of nowhere else. */
#include "oidc/steps.h"

#include <string.h>

#include "jose/random.h"
#include "oidc/answer.h"
#include "oidc/form.h"
#include "oidc/id_token.h"
#include "oidc/lenient.h"
#include "oidc/userinfo.h"

#define BLANKS " \t\r\n"

/* --- metadata --------------------------------------------------------------- */

static enum err
ask_metadata(struct machine *m)
{
	metadata_address(&m->url, m->client->issuer, m->asked_elsewhere);
	return ERR_OK;
}

/* Something must be left of what the client accepts. */
static enum err
check_list(const struct metadata_offer *offer, uint32_t left, const char *name,
	struct diag *diag)
{
	if (offer->is_bad)
		return diag_set(
			diag, ERR_PROVIDER_ANSWER, "discovery: %s is not a list", name);
	return left != 0 ? ERR_OK
			 : diag_set(diag, ERR_PROVIDER_ALG,
				   "discovery: nothing in %s is accepted here", name);
}

static enum err
narrow_policy(struct machine *m)
{
	const struct metadata *md = &m->metadata;
	struct jwt_policy *policy = &m->policy;
	struct diag *diag = &m->flow.diag;
	enum err e;

	*policy = m->client->policy;
	metadata_narrow(policy, md);
	e = check_list(&md->id_token_algs, policy->sig_algs,
		"id_token_signing_alg_values_supported", diag);
	if (e == ERR_OK && policy->encrypted)
		e = check_list(&md->id_token_key_algs, policy->key_algs,
			"id_token_encryption_alg_values_supported", diag);
	if (e == ERR_OK && policy->encrypted)
		e = check_list(&md->id_token_encs, policy->encs,
			"id_token_encryption_enc_values_supported", diag);
	return e;
}

/* The first endpoint that the flow needs and has not; ENDPOINT_COUNT: none. */
static enum endpoint
find_missing(const struct machine *m)
{
	uint32_t needed = m->kind->endpoints | 1u << ENDPOINT_TOKEN;
	enum endpoint i;

	if (m->client->pinned == NULL)
		needed |= 1u << ENDPOINT_JWKS;
	if (m->client->wants_userinfo)
		needed |= 1u << ENDPOINT_USERINFO;
	for (i = 0; i < ENDPOINT_COUNT; i++)
		if ((needed & 1u << i) != 0 && machine_endpoint(m, i) == NULL)
			break;
	return i;
}

static bool
has_endpoints(const struct machine *m)
{
	return find_missing(m) == ENDPOINT_COUNT;
}

static enum err
refuse_missing(struct machine *m, enum endpoint missing)
{
	const char *name = metadata_endpoint_name(missing);

	if ((m->metadata.bad_endpoints & 1u << missing) != 0)
		return diag_set(&m->flow.diag, ERR_PROVIDER_ENDPOINT,
			"discovery: %s is not an https address of at most %d characters; "
			"set it by hand",
			name, ANSWER_ADDRESS_MAX);
	return diag_set(&m->flow.diag, ERR_PROVIDER_ENDPOINT,
		"discovery: %s is missing; if there is one, set it by hand", name);
}

static enum err
take_metadata(struct machine *m, const struct http_answer *answer)
{
	struct diag *diag = &m->flow.diag;
	enum endpoint missing;
	enum err e;

	if (answer->status == 404 && !m->asked_elsewhere) {
		m->asked_elsewhere = true;
		machine_detour(m, &steps_metadata);
		return ERR_OK;
	}
	e = machine_expect(m, answer);
	if (e != ERR_OK) {
		m->asked_elsewhere = false; /* it may yet be where it belongs */
		return e;
	}
	e = metadata_read(
		&m->metadata, answer->body, answer->len, m->client->issuer, diag);
	if (e == ERR_OK && m->client->auth == CLIENT_TLS)
		e = metadata_prefer_aliases(
			&m->metadata, answer->body, answer->len, diag);
	if (e == ERR_PROVIDER_ANSWER && !answer_is_object(answer->body, answer->len))
		return machine_broken(m, "discovery: not a JSON object");
	if (e != ERR_OK)
		return e;
	missing = find_missing(m);
	if (missing != ENDPOINT_COUNT)
		return refuse_missing(m, missing);
	e = narrow_policy(m);
	if (e == ERR_OK)
		machine_next(m);
	return e;
}

const struct step steps_metadata = {
	.name = "metadata",
	.ask = ask_metadata,
	.take_document = take_metadata,
	.is_needless = has_endpoints,
	.again = true,
};

/* --- keys ------------------------------------------------------------------- */

/* Those that count for this login; NULL: they have not been fetched yet. */
static const struct jwks *
issuer_keys(const struct machine *m)
{
	return m->client->pinned != NULL ? m->client->pinned : m->keys.keys;
}

/* A key that nobody has pinned is no reason to look for newer ones: it is told of. */
static enum err
name_pin(const struct machine *m, enum err e, struct diag *diag)
{
	struct diag why = *diag;

	if (m->client->pinned == NULL || e != ERR_KID_UNKNOWN)
		return e;
	return diag_set(diag, e,
		"not by a pinned key (provider_keys): %.120s; see itsmectl keys refresh",
		why.text);
}

static enum err
ask_keys(struct machine *m)
{
	buf_adds(&m->url, machine_endpoint(m, ENDPOINT_JWKS));
	return ERR_OK;
}

/* What is no key set at all is no finding about keys: it comes from somebody on the way.
 */
static enum err
update_keys(struct machine *m, const struct http_answer *answer)
{
	enum err e = machine_expect(m, answer);

	if (e == ERR_OK)
		e = keyset_update(&m->keys, answer->body, answer->len, &m->flow.diag);
	return e == ERR_JSON ? machine_broken(m,
				       "the key set is not a JSON object with \"keys\"")
			     : e;
}

static enum err
take_keys(struct machine *m, const struct http_answer *answer)
{
	enum err e = update_keys(m, answer);

	if (e != ERR_OK)
		return e;
	/* for the debug line about this answer */
	jwks_explain(m->keys.keys, &m->flow.diag);
	machine_next(m);
	return ERR_OK;
}

static bool
has_keys(const struct machine *m)
{
	return issuer_keys(m) != NULL;
}

const struct step steps_keys = {
	.name = "keys",
	.ask = ask_keys,
	.take_document = take_keys,
	.is_needless = has_keys,
	.again = true,
};

/* --- token ------------------------------------------------------------------ */

enum err
steps_take_auth_req_id(struct machine *m, struct json_object *json)
{
	enum err e = answer_copy(&m->handle, json, "auth_req_id", &m->flow.diag);
	int64_t expires_in;

	if (e == ERR_OK)
		e = lenient_int(
			&expires_in, json, m->flow.step, "expires_in", &m->flow.diag);
	if (e != ERR_OK)
		return e;
	e = machine_start_poll(m, json, expires_in);
	if (e == ERR_OK)
		machine_next(m);
	return e;
}

enum err
steps_take_ringing(struct machine *m, struct json_object *json)
{
	enum err e = steps_take_auth_req_id(m, json);

	if (e == ERR_OK) {
		m->flow.address_serial++;
		m->flow.live_until = m->poll.expires;
	}
	return e;
}

static enum err
ask_token(struct machine *m)
{
	buf_adds(&m->url, machine_endpoint(m, ENDPOINT_TOKEN));
	form_add(&m->form, "grant_type", m->kind->grant_type);
	form_add(&m->form, m->kind->handle, buf_str(&m->handle));
	return machine_authenticate(m);
}

enum err
steps_make_nonce(struct machine *m)
{
	char nonce[RANDOM_ID_SIZE];
	enum err e = random_id(nonce);

	if (e != ERR_OK)
		return e;
	buf_free(&m->nonce);
	buf_adds(&m->nonce, nonce);
	return buf_err(&m->nonce);
}

/* Whether a phone was asked by this very login: it cannot have been approved before. */
static bool
asks_phone(const struct machine *m)
{
	return strcmp(m->kind->handle, "auth_req_id") == 0;
}

/* The one place where a subject comes from: the ID Token is verified, all of it. */
static enum err
verify(struct machine *m)
{
	AUTO_CLAIMS struct claims *claims = NULL;
	const struct client *client = m->client;
	const struct id_token_policy policy = {
		.issuer = client->issuer,
		.client_id = client->client_id,
		.acr = client->acr,
		.nonce = m->nonce.len > 0 ? buf_str(&m->nonce) : NULL,
		.nonce_required = client->nonce_required,
		.fresh = client->pinned != NULL && asks_phone(m),
		.auth_req_id = buf_str(&m->handle),
		.access_token = (const char *)m->access_token.data,
		.now = m->now_unix,
		.not_before = client->started,
	};
	const char *sub;
	enum err e;

	e = jwt_check(&claims, (const char *)m->id_token.data, m->id_token.len,
		&m->policy, issuer_keys(m), &m->flow.diag);
	e = name_pin(m, e, &m->flow.diag);
	if (e == ERR_OK)
		e = id_token_check(&sub, claims, &policy, &m->flow.diag);
	if (e != ERR_OK)
		return e;
	m->flow.subject = strdup(sub);
	if (m->flow.subject == NULL)
		return ERR_NOMEM;
	m->flow.claims = MOVE(claims);
	machine_next(m);
	return ERR_OK;
}

static enum err
take_new_keys(struct machine *m, const struct http_answer *answer)
{
	enum err e = update_keys(m, answer);

	return e != ERR_OK ? e : verify(m);
}

/* The provider may have rotated since its keys were fetched. */
static const struct step new_keys = {
	.name = "new_keys",
	.ask = ask_keys,
	.take_document = take_new_keys,
	.again = true,
};

/* Tokens are there: the phone has answered, whatever we find in them. */
static bool
has_token(struct json_object *json)
{
	return lenient_find(json, "id_token") != NULL ||
	       lenient_find(json, "access_token") != NULL;
}

static enum err
take_token(struct machine *m, struct json_object *json)
{
	struct diag *diag = &m->flow.diag;
	const char *token;
	bool newer;
	enum err e;

	if (!has_token(json))
		return machine_broken(m, "token: neither a token nor an error");
	m->flow.live_until = 0;
	e = lenient_str(&token, json, "id_token", diag);
	if (e != ERR_OK)
		return e;
	if (token == NULL)
		return diag_set(diag, ERR_ID_TOKEN_MISSING,
			"the token answer has no id_token; is openid among the scopes, "
			"here and where this client is registered?");
	if (token[0] == '\0')
		return diag_set(diag, ERR_PROVIDER_ANSWER, "token: id_token is empty");
	e = answer_bearer(&m->access_token, json, diag);
	if (e == ERR_OK)
		e = jwt_open(&m->id_token, token, strlen(token), &m->policy,
			m->client->decryption_keys, m->client->decryption_count, diag);
	if (e != ERR_OK)
		return e;
	m->granted = true;
	e = verify(m);
	if (m->client->pinned != NULL)
		return e;
	newer = e != ERR_OK && jwt_wants_newer_keys(e, (const char *)m->id_token.data,
				       m->id_token.len, m->keys.keys);
	if (!keyset_may_fetch(&m->keys, newer ? ERR_KID_UNKNOWN : e, m->now))
		return e;
	machine_detour(m, &new_keys);
	return ERR_OK;
}

const struct step steps_token = {
	.name = "token",
	.ask = ask_token,
	.take = take_token,
	.again = true,
	.polled = true,
};

/* --- userinfo --------------------------------------------------------------- */

static bool
is_unwanted(const struct machine *m)
{
	return !m->client->wants_userinfo;
}

static enum err
ask_userinfo(struct machine *m)
{
	if (m->access_token.len == 0)
		return diag_set(&m->flow.diag, ERR_PROVIDER_ANSWER,
			"the token answer has no access_token for UserInfo");
	buf_adds(&m->url, machine_endpoint(m, ENDPOINT_USERINFO));
	m->bearer = (const char *)m->access_token.data;
	return ERR_OK;
}

/*
 * Whether the body has the form of a token, whatever is in it: three or five parts, none
 * of a length that base64url never has. Half a token is none.
 */
static bool
is_compact(const char *body, size_t len)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-_."
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t i, begin = 0, dots = 0;

	for (i = 0; i <= len; i++) {
		if (i < len && body[i] != '.')
			continue;
		if ((i - begin) % 4 == 1)
			return false;
		dots += i < len;
		begin = i + 1;
	}
	return (dots == 2 || dots == 4) && strspn(body, allowed) == len;
}

/* Whether it is an object without that which all UserInfo has. */
static bool
is_about_nobody(const char *body, size_t len)
{
	AUTO_JSON struct json_object *json = NULL;

	return json_parse(&json, body, len) == ERR_OK &&
	       lenient_find(json, "sub") == NULL;
}

/*
 * What is neither a token nor UserInfo comes from somebody on the way. That a token must
 * be one is no finding about one that could have been forged.
 */
static enum err
judge_userinfo(struct machine *m, const struct http_answer *answer)
{
	size_t blank = strspn(answer->body, BLANKS), len = answer->len - blank;
	const char *body = answer->body + blank;

	while (len > 0 && strchr(BLANKS, body[len - 1]) != NULL)
		len--;
	if (is_compact(body, len))
		return ERR_OK;
	if (body[0] != '{' ||
		(m->client->userinfo_as_jwt && !answer_is_object(body, len)))
		return machine_broken(m, "userinfo: neither a token nor a JSON object");
	if (m->client->userinfo_as_jwt)
		return diag_set(&m->flow.diag, ERR_PROVIDER_ANSWER,
			"userinfo: bare JSON, where it must be a token");
	return is_about_nobody(body, len) ? machine_broken(m, "userinfo: sub is missing")
					  : ERR_OK;
}

static enum err
read_userinfo(struct machine *m, const char *body, size_t len)
{
	const struct userinfo_policy policy = {
		.issuer = m->client->issuer,
		.client_id = m->client->client_id,
		.subject = m->flow.subject,
		.now = m->now_unix,
		.not_before = m->client->pinned != NULL ? m->client->started : 0,
		.jwt = &m->policy,
		.must_be_jwt = m->client->userinfo_as_jwt,
		.decryption_keys = m->client->decryption_keys,
		.decryption_count = m->client->decryption_count,
		.issuer_keys = issuer_keys(m),
	};
	enum err e = userinfo_read(&m->flow.userinfo, body, len, &policy, &m->flow.diag);

	e = name_pin(m, e, &m->flow.diag);
	if (e == ERR_OK)
		machine_next(m);
	return e;
}

static enum err
take_userinfo_keys(struct machine *m, const struct http_answer *answer)
{
	enum err e = update_keys(m, answer);

	return e != ERR_OK ? e
			   : read_userinfo(
				     m, (const char *)m->userinfo.data, m->userinfo.len);
}

/* As new_keys, but for UserInfo, which is not asked again: it lies here already. */
static const struct step userinfo_keys = {
	.name = "new_keys",
	.ask = ask_keys,
	.take_document = take_userinfo_keys,
	.again = true,
};

/* Whether it says what the keys that were pinned have never signed. */
static bool
is_unproven(const struct machine *m, const struct http_answer *answer)
{
	return m->client->pinned != NULL &&
	       answer->body[strspn(answer->body, BLANKS)] == '{';
}

/*
 * A key that is not known is looked for once, however short ago the keys were fetched:
 * the cool-down is for what strangers send, and this the provider itself gave us.
 */
static enum err
take_userinfo(struct machine *m, const struct http_answer *answer)
{
	enum err e = machine_expect(m, answer);

	if (e == ERR_OK)
		e = judge_userinfo(m, answer);
	if (e != ERR_OK)
		return e;
	if (is_unproven(m, answer)) {
		m->flow.userinfo_unproven = true;
		machine_next(m);
		return ERR_OK;
	}
	e = read_userinfo(m, answer->body, answer->len);
	m->broken = e == ERR_PROVIDER_ANSWER; /* it begins as an object, and is none */
	if (e == ERR_OK || m->client->pinned != NULL ||
		!jwt_wants_newer_keys(e, answer->body, answer->len, m->keys.keys))
		return e;
	secret_free(&m->userinfo);
	e = secret_alloc(&m->userinfo, answer->len);
	if (e != ERR_OK)
		return e;
	memcpy(m->userinfo.data, answer->body, answer->len);
	machine_detour(m, &userinfo_keys);
	return ERR_OK;
}

const struct step steps_userinfo = {
	.name = "userinfo",
	.ask = ask_userinfo,
	.take_document = take_userinfo,
	.is_needless = is_unwanted,
	.again = true,
};
