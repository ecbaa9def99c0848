/* The device flow: one step of its own, the others are everybody's. */
#include "oidc/device_flow.h"

#include <stdlib.h>
#include <string.h>

#include "oidc/answer.h"
#include "oidc/form.h"
#include "oidc/lenient.h"
#include "oidc/steps.h"

/* --- device: the address and the code --------------------------------------- */

/*
 * nonce and max_age are no part of RFC 8628; a provider that treats the request as an
 * OpenID one puts the nonce into the ID Token, where it must be ours, and says auth_time
 * only where max_age asks for it. The others ignore both.
 */
static enum err
ask_device(struct machine *m)
{
	enum err e = steps_make_nonce(m);

	if (e != ERR_OK)
		return e;
	buf_adds(&m->url, machine_endpoint(m, ENDPOINT_DEVICE));
	form_add(&m->form, "scope", m->client->scope);
	if (m->client->acr_values != NULL)
		form_add(&m->form, "acr_values", m->client->acr_values);
	if (m->client->max_age > 0)
		form_add_int(&m->form, "max_age", m->client->max_age);
	form_add(&m->form, "nonce", buf_str(&m->nonce));
	return machine_authenticate(m);
}

/* Google, whose flow is older than RFC 8628, says verification_url. */
static enum err
take_address(char **ret, struct json_object *json, const char *uri, const char *url,
	struct diag *diag)
{
	return answer_address(
		ret, json, lenient_find(json, uri) != NULL ? uri : url, diag);
}

/* What is shown: the QR code may spare the typing, the plain address is for who types. */
static enum err
take_addresses(struct flow *flow, struct json_object *json)
{
	struct diag *diag = &flow->diag;
	enum err e = take_address(
		&flow->short_address, json, "verification_uri", "verification_url", diag);

	if (e == ERR_OK)
		e = take_address(&flow->address, json, "verification_uri_complete",
			"verification_url_complete", diag);
	if (e != ERR_OK)
		return e;
	if (flow->short_address == NULL)
		return diag_set(diag, ERR_PROVIDER_ANSWER, "verification_uri is missing");
	if (flow->address == NULL)
		flow->address = strdup(flow->short_address);
	return flow->address != NULL ? ERR_OK : ERR_NOMEM;
}

static enum err
take_user_code(struct flow *flow, struct json_object *json)
{
	AUTO_BUF struct buf code = BUF_INIT(DEVICE_USER_CODE_MAX);
	enum err e = answer_copy(&code, json, "user_code", &flow->diag);

	if (e != ERR_OK)
		return e;
	free(flow->user_code);
	flow->user_code = buf_take(&code);
	return flow->user_code != NULL ? ERR_OK : ERR_NOMEM;
}

static enum err
take_device(struct machine *m, struct json_object *json)
{
	struct diag *diag = &m->flow.diag;
	int64_t expires_in;
	enum err e = answer_copy(&m->handle, json, "device_code", diag);

	if (e == ERR_OK)
		e = lenient_int(&expires_in, json, m->flow.step, "expires_in", diag);
	if (e == ERR_OK)
		e = machine_start_poll(m, json, expires_in);
	if (e == ERR_OK)
		e = take_user_code(&m->flow, json);
	if (e == ERR_OK)
		e = take_addresses(&m->flow, json);
	if (e != ERR_OK)
		return e;
	m->flow.address_serial++;
	machine_next(m);
	return ERR_OK;
}

static const struct step device = {
	.name = "device",
	.ask = ask_device,
	.take = take_device,
	.again = true,
};

/* --- the table -------------------------------------------------------------- */

static const struct step *const steps[] = {
	&steps_metadata, &device, &steps_keys, &steps_token, &steps_userinfo, NULL};

static const struct machine_kind kind = {
	.name = "device",
	.steps = steps,
	.renew = &device,
	.endpoints = 1u << ENDPOINT_DEVICE,
	.grant_type = "urn:ietf:params:oauth:grant-type:device_code",
	.handle = "device_code",
};

enum err
device_flow_new(struct flow **ret, const struct client *client, int64_t now)
{
	struct machine *m = machine_new(sizeof(struct machine), &kind, client, now);

	if (m == NULL)
		return ERR_NOMEM;
	*ret = &m->flow;
	return ERR_OK;
}
