/* Choosing a flow and making it. What a flow may do is decided before it begins. */
#include "helper/flows.h"

#include <string.h>

#include "base/clock.h"
#include "itsme/profile.h"
#include "itsme/push_flow.h"
#include "itsme/qr_flow.h"

/* An optional text of the configuration: NULL where it was not given. */
static const char *
given(const char *text)
{
	return text[0] != '\0' ? text : NULL;
}

/* The account's first line for this issuer: several may enter, but one phone rings. */
static const struct map_pair *
find_pair(const struct setup *setup)
{
	const struct map *map = setup->map;
	size_t i;

	for (i = 0; i < map->count; i++)
		if (strcmp(map->pairs[i].issuer, setup->config->provider.issuer) == 0)
			return &map->pairs[i];
	return NULL;
}

/* --- choosing -------------------------------------------------------------------------
 */

static void
add(struct flows *flows, enum flows_kind kind)
{
	flows->kinds[flows->count++] = kind;
}

static enum err
choose(struct flows *flows, struct diag *diag)
{
	const struct config *config = flows->setup->config;

	flows->pair = find_pair(flows->setup);
	if (config->login.flow == CONFIG_FLOW_PUSH && flows->pair == NULL)
		return diag_set(diag, ERR_UNMAPPED_USER,
			"push: the map has no sub= of this issuer for the account");
	if (config->login.flow == CONFIG_FLOW_PUSH && flows->no_push != ERR_OK)
		return flows->no_push;
	if (config->login.flow == CONFIG_FLOW_PUSH ||
		(config->login.flow == CONFIG_FLOW_AUTO && flows->pair != NULL &&
			given(config->provider.confirm_service) != NULL &&
			flows->no_push == ERR_OK))
		add(flows, FLOWS_PUSH);
	if (config->login.flow != CONFIG_FLOW_PUSH)
		add(flows, FLOWS_QR);
	return ERR_OK;
}

bool
flows_has_next(const struct flows *flows, size_t i, enum err why)
{
	return (why == ERR_UNKNOWN_AT_PROVIDER || why == ERR_PUSH_PENDING ||
		       why == ERR_PUSH_LIMITED) &&
	       i + 1 < flows->count;
}

/* --- making ---------------------------------------------------------------------------
 */

static void
set_client(struct client *client, const struct setup *setup, int64_t deadline)
{
	const struct config *config = setup->config;

	*client = (struct client){
		.issuer = config->provider.issuer,
		.client_id = config->provider.client_id,
		.auth = CLIENT_PRIVATE_KEY_JWT,
		.signing_key = setup->signing_key,
		.decryption_keys = setup->decryption_keys,
		.decryption_count = setup->decryption_count,
		.policy = itsme_jwt_policy,
		.userinfo_as_jwt = true,
		.acr_values = given(config->login.required_acr),
		.acr = itsme_acr_levels(given(config->login.required_acr)),
		.started = clock_unix(),
		.deadline = deadline,
	};
}

enum err
flows_choose(struct flows *flows, const struct setup *setup, int64_t deadline,
	struct diag *diag)
{
	flows->setup = setup;
	set_client(&flows->client, setup, deadline);
	return choose(flows, diag);
}

/* A text to be confirmed and the service that takes one go together or not at all. */
static struct itsme_settings
itsme_settings(const struct flows *flows)
{
	const struct config *config = flows->setup->config;
	bool confirms = flows->approval_text != NULL &&
			given(config->provider.confirm_service) != NULL;

	return (struct itsme_settings){
		.client = &flows->client,
		.service = confirms ? config->provider.confirm_service
				    : config->provider.service,
		.approval_text = confirms ? flows->approval_text : NULL,
		.hint_format =
			config->provider.login_hint_token_format == CONFIG_HINT_OBJECT
				? REQUEST_HINT_OBJECT
				: REQUEST_HINT_JWT,
	};
}

enum err
flows_new(struct flow **ret, const struct flows *flows, size_t i)
{
	const struct itsme_settings settings = itsme_settings(flows);
	int64_t now = clock_ms();

	switch (flows->kinds[i]) {
	case FLOWS_QR:
		return qr_flow_new(ret, &settings, now);
	case FLOWS_PUSH:
		return push_flow_new(ret, &settings, flows->pair->sub, now);
	}
	return ERR_INTERNAL;
}
