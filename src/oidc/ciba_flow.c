/*
 * The CIBA flow. The same parameters go out as a form or inside a signed object, so they
 * are written by one table.
 */
#include "oidc/ciba_flow.h"

#include <string.h>

#include "jose/jws.h"
#include "oidc/assertion.h"
#include "oidc/form.h"
#include "oidc/object.h"
#include "oidc/steps.h"

#define REQUEST_MAX (32 * 1024)
#define HINT_TOKEN_MAX (8 * 1024)

struct ciba_flow {
	struct machine machine; /* first, so that a struct machine * is one of these */
	struct ciba_settings set;
};

bool
ciba_message_is_good(const char *text)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._+/!?#";
	size_t len = strlen(text);

	return len > 0 && len <= CIBA_MESSAGE_MAX && strspn(text, allowed) == len;
}

/* --- authentication --------------------------------------------------------- */

/* The request's parameters (section 7.1); those without a value are left out. */
struct parameters {
	const char *hint_token;
	int64_t expiry;
	bool as_claims;
};

static void
add(struct buf *out, bool as_claims, const char *name, const char *value)
{
	if (value == NULL)
		return;
	if (as_claims)
		object_str(out, name, value);
	else
		form_add(out, name, value);
}

/* A number is a number in JSON, and a text in a form; 0: left out. */
static void
add_int(struct buf *out, bool as_claims, const char *name, int64_t value)
{
	if (value > 0 && as_claims)
		object_int(out, name, value);
	else if (value > 0)
		form_add_int(out, name, value);
}

static void
write_parameters(struct buf *out, const struct ciba_flow *f, const struct parameters *p)
{
	const struct client *client = f->set.client;
	bool takes_code = f->machine.metadata.takes_user_code;
	const struct {
		const char *name, *value;
	} rows[] = {
		{"scope", client->scope},
		{"login_hint", f->set.login_hint},
		{"login_hint_token", p->hint_token},
		{"binding_message", f->set.binding_message},
		{"user_code", takes_code ? f->set.user_code : NULL},
		{"acr_values", client->acr_values},
		/* OpenID Connect Core's, which CIBA does not have by itself */
		{"nonce", client->nonce_required ? buf_str(&f->machine.nonce) : NULL},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		add(out, p->as_claims, rows[i].name, rows[i].value);
	/* OpenID Connect Core's; who follows it says auth_time only where it is asked */
	add_int(out, p->as_claims, "max_age", client->max_age);
	add_int(out, p->as_claims, "requested_expiry", p->expiry);
}

/* As the provider takes requests: the same word covers the hints in them. */
static enum err
sign(struct buf *ret, struct machine *m, const char *claims, size_t len)
{
	enum err e = jws_sign_as(ret, m->client->signing_key,
		metadata_offered(&m->metadata.request_algs), NULL, claims, len);

	if (e == ERR_ALG_REFUSED)
		return diag_set(&m->flow.diag, ERR_PROVIDER_ALG,
			"the provider names no algorithm that signing_key can sign a "
			"request with; see backchannel_authentication_request_signing_"
			"alg_values_supported");
	return e;
}

/* Section 7.1.1: everything inside, with who says it, to whom, and when. */
static enum err
add_signed_request(struct ciba_flow *f, const struct parameters *p)
{
	AUTO_BUF struct buf claims = BUF_INIT(REQUEST_MAX), jwt = BUF_INIT(REQUEST_MAX);
	struct machine *m = &f->machine;
	const struct client *client = m->client;
	enum err e;

	object_str(&claims, "iss", client->client_id);
	object_str(&claims, "aud", client->issuer);
	write_parameters(&claims, f, p);
	e = assertion_stamp(&claims, m->now_unix);
	if (e == ERR_OK)
		e = sign(&jwt, m, buf_str(&claims), claims.len);
	if (e == ERR_OK)
		form_add(&m->form, "request", buf_str(&jwt));
	return e;
}

/* The hint as a token of ours, where that is what the provider wants. */
static enum err
sign_hint(struct buf *ret, struct ciba_flow *f)
{
	const char *claims = f->set.login_hint_token;

	return claims == NULL ? ERR_OK : sign(ret, &f->machine, claims, strlen(claims));
}

static bool
is_signed(const struct ciba_flow *f)
{
	uint32_t offered = f->machine.metadata.request_algs.set;
	const struct key *key = f->set.client->signing_key;

	if (f->set.signing != CIBA_SIGN_AUTO)
		return f->set.signing == CIBA_SIGN;
	return key != NULL && (offered & key_algs(key)) != 0;
}

static enum err
ask_authentication(struct machine *m)
{
	struct ciba_flow *f = (struct ciba_flow *)m;
	AUTO_BUF struct buf hint = BUF_INIT(HINT_TOKEN_MAX);
	struct parameters p = {.expiry = (m->client->deadline - m->now) / 1000};
	enum err e = sign_hint(&hint, f);

	if (e == ERR_OK && m->client->nonce_required)
		e = steps_make_nonce(m);
	if (e != ERR_OK)
		return e;
	p.hint_token = hint.len > 0 ? buf_str(&hint) : NULL;
	p.as_claims = is_signed(f);
	buf_adds(&m->url, machine_endpoint(m, ENDPOINT_BACKCHANNEL));
	if (p.as_claims)
		e = add_signed_request(f, &p);
	else
		write_parameters(&m->form, f, &p);
	return e != ERR_OK ? e : machine_authenticate(m);
}

static const struct step authentication = {
	.name = "authentication",
	.ask = ask_authentication,
	.take = steps_take_ringing,
	.rings = true,
};

/* --- the table -------------------------------------------------------------- */

static const struct step *const steps[] = {&steps_metadata, &authentication, &steps_keys,
	&steps_token, &steps_userinfo, NULL};

static const struct machine_kind ciba = {
	.name = "ciba",
	.steps = steps,
	.endpoints = 1u << ENDPOINT_BACKCHANNEL,
	.grant_type = "urn:openid:params:grant-type:ciba",
	.handle = "auth_req_id",
};

enum err
ciba_flow_new(struct flow **ret, const struct ciba_settings *settings, int64_t now)
{
	struct machine *m;

	if (settings->binding_message != NULL &&
		!ciba_message_is_good(settings->binding_message))
		return ERR_INTERNAL;
	m = machine_new(sizeof(struct ciba_flow), &ciba, settings->client, now);
	if (m == NULL)
		return ERR_NOMEM;
	((struct ciba_flow *)m)->set = *settings;
	*ret = &m->flow;
	return ERR_OK;
}
