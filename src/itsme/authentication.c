/* itsme®'s CIBA request: everything inside the signed object, nothing beside it. */
#include "itsme/authentication.h"

#include "itsme/policy.h"
#include "oidc/form.h"
#include "oidc/steps.h"

struct machine *
authentication_machine(size_t size, const struct machine_kind *kind,
	const struct itsme_settings *settings, int64_t now)
{
	struct machine *m = machine_new(size, kind, settings->client, now);
	struct flow *flow = &m->flow;

	if (m == NULL)
		return NULL;
	buf_addf(&m->token_audience, "%s%s", settings->client->issuer, ITSME_TOKEN_AUD);
	if (buf_err(&m->token_audience) != ERR_OK)
		flow_free(&flow);
	return (struct machine *)flow;
}

enum err
authentication_ask(struct machine *m, const struct itsme_settings *settings,
	const char *hint_type, const char *hint_value)
{
	AUTO_BUF struct buf jwt = BUF_INIT(MACHINE_FORM_MAX);
	const struct client *client = m->client;
	struct request request = {
		.issuer = client->issuer,
		.client_id = client->client_id,
		.service = settings->service,
		.scope = client->scope,
		.hint_type = hint_type,
		.hint_value = hint_value,
		.hint_format = settings->hint_format,
		.acr = client->acr_values,
		.expiry = (client->deadline - m->now) / 1000,
		.claims = settings->claims,
		.asks_phone = settings->asks_phone,
		.approval_text = settings->approval_text,
	};
	enum err e = client->nonce_required ? steps_make_nonce(m) : ERR_OK;

	request.nonce = client->nonce_required ? buf_str(&m->nonce) : NULL;
	if (e == ERR_OK)
		e = request_sign(&jwt, &request, client->signing_key, m->now_unix);
	if (e != ERR_OK)
		return e;
	buf_adds(&m->url, machine_endpoint(m, ENDPOINT_BACKCHANNEL));
	form_add(&m->form, "request", buf_str(&jwt));
	return machine_prove(m, NULL);
}
