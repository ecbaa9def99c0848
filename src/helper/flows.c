/* Choosing a flow and making it. What a flow may do is decided before it begins. */
#include "helper/flows.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "config/address.h"
#include "helper/channel.h"
#include "itsme/policy.h"
#include "itsme/push_flow.h"
#include "itsme/qr_flow.h"
#include "jose/random.h"
#include "oidc/ciba_flow.h"
#include "oidc/device_flow.h"
#include "oidc/hint.h"

#define SCOPE_MAX (CONFIG_TEXT_MAX + sizeof(" profile"))

/* The account's first line for this issuer: several may enter, but one phone rings. */
static const struct map_pair *
find_pair(const struct setup *setup)
{
	const struct map *map = setup->map;
	size_t i;

	for (i = 0; map != NULL && i < map->count; i++)
		if (strcmp(map->pairs[i].issuer, setup->config->provider.issuer) == 0)
			return &map->pairs[i];
	return NULL;
}

/* --- choosing --------------------------------------------------------------- */

static void
add(struct flows *flows, enum config_flow flow)
{
	static const enum flows_kind kinds[] = {
		[CONFIG_FLOW_QR] = FLOWS_QR,
		[CONFIG_FLOW_PUSH] = FLOWS_PUSH,
		[CONFIG_FLOW_DEVICE] = FLOWS_DEVICE,
		[CONFIG_FLOW_CIBA] = FLOWS_CIBA,
	};

	flows->kinds[flows->count++] = kinds[flow];
}

/* What the account is called at the provider: its own login=, or the template. */
static enum err
write_hint(struct flows *flows, const char *user, struct diag *diag)
{
	const struct config *config = flows->setup->config;
	const struct map_pair *pair = flows->pair;
	const struct hint_values values = {
		.login = pair != NULL ? pair->login : NULL,
		.user = user,
		.sub = pair != NULL ? pair->sub : NULL,
	};
	const char *template = config_given(config->provider.login_hint_token);
	bool as_token = template != NULL;

	if (template == NULL)
		template = config->provider.login_hint;
	if (!as_token && values.login != NULL && strstr(template, "{login}") == NULL)
		template = "{login}";
	if (template[0] == '\0' || !hint_is_complete(template, &values))
		return ERR_OK;
	return hint_write(&flows->hint, template, &values, as_token, diag);
}

/*
 * Why an account that could be rung is not, where a caller can bring that about. Who asks
 * through a greeter, which is root's own, has no say in what it has verified.
 */
static enum err
find_withheld(const struct flows *flows, const struct wire_msg *request)
{
	bool greeter = wire_number(request, WIRE_FIELD_RUID) == 0;

	if (err_cause(flows->no_push) != CAUSE_CALLER ||
		(flows->no_push == ERR_UNPROVEN && greeter))
		return ERR_OK;
	return flows->no_push;
}

enum err
flows_hidden(const struct setup *setup, const struct wire_msg *request, enum err unproven)
{
	const struct config *config = setup->config;

	if (config->login.qr_requires == CONFIG_QR_REQUIRES_NONE ||
		address_list_has(
			config->login.qr_from, wire_text(request, WIRE_FIELD_RHOST)))
		return ERR_OK;
	return unproven;
}

bool
flows_may_have_picture(
	const struct setup *setup, const struct wire_msg *request, enum err unproven)
{
	enum config_flow wanted = setup->config->login.flow;
	enum wire_style style = wire_number(request, WIRE_FIELD_STYLE);

	if (profile_of(setup->config)->shows != CONFIG_FLOW_QR)
		return false;
	if (channel_identifies(request))
		return true;
	return (wanted == CONFIG_FLOW_AUTO || wanted == CONFIG_FLOW_QR) &&
	       style != WIRE_STYLE_UNATTENDED && style != WIRE_STYLE_PASSWORD &&
	       flows_hidden(setup, request, unproven) == ERR_OK;
}

/* Where nothing can be shown or typed, only a phone that rings is of use. */
static enum err
narrow(enum config_flow *wanted, const struct flows *flows, bool by_itself,
	struct diag *diag)
{
	const struct config *config = flows->setup->config;
	enum config_flow rings = profile_of(config)->rings;

	if (config->login.number_match == CONFIG_NUMBER_ASK)
		return diag_set(diag, ERR_CONFIG_INVALID,
			"number_match = ask: nothing can be typed with style=unattended; "
			"add number_match=show to the arguments of that line");
	if (*wanted == CONFIG_FLOW_AUTO && by_itself)
		*wanted = rings;
	if (*wanted != rings)
		return diag_set(diag, ERR_NO_PICTURE,
			"style=unattended shows no code, and no flow rings a phone: set "
			"confirm_service, or flow = push (ciba with profile = oidc)");
	return ERR_OK;
}

enum err
flows_explain_silence(enum err no_push, const struct wire_msg *request, struct diag *diag)
{
	char service[64];

	if (no_push != ERR_UNPROVEN ||
		wire_number(request, WIRE_FIELD_STYLE) != WIRE_STYLE_GREETER)
		return no_push;
	text_log(service, sizeof(service), wire_text(request, WIRE_FIELD_SERVICE));
	return diag_set(diag, no_push,
		"a login screen verifies nobody, so no phone rings for it; to allow that "
		"write push_requires = none in the section [service:%s]",
		service);
}

/* A dialog with a code, where nothing can be typed and a push would have no words. */
static enum err
narrow_to_code(enum config_flow *wanted, const struct flows *flows, struct diag *diag)
{
	const struct config *config = flows->setup->config;

	if (config->login.number_match == CONFIG_NUMBER_ASK)
		return diag_set(diag, ERR_CONFIG_INVALID,
			"number_match = ask: nothing can be typed with style=gdm; add "
			"number_match=show to the arguments of that line");
	if (*wanted == profile_of(config)->rings)
		return diag_set(diag, ERR_CONFIG_INVALID,
			"style=gdm shows a code and rings no phone: set flow = auto for "
			"this service; a push goes with gdm-password");
	*wanted = profile_of(config)->shows;
	return ERR_OK;
}

/* What the style of the host leaves of the flows that are wanted. */
static enum err
narrow_by_style(enum config_flow *wanted, const struct flows *flows,
	const struct wire_msg *request, bool by_itself, struct diag *diag)
{
	switch (wire_number(request, WIRE_FIELD_STYLE)) {
	case WIRE_STYLE_UNATTENDED:
		return narrow(wanted, flows, by_itself, diag);
	case WIRE_STYLE_GDM:
		return narrow_to_code(wanted, flows, diag);
	default:
		return ERR_OK;
	}
}

static enum err
choose(struct flows *flows, const struct wire_msg *request, struct diag *diag)
{
	const struct config *config = flows->setup->config;
	const struct profile *profile = profile_of(config);
	enum config_flow wanted = config->login.flow;
	bool can_ring = profile->hints ? flows->hint.len > 0 : flows->pair != NULL;
	bool by_itself = !profile->services ||
			 config_given(config->provider.confirm_service) != NULL;
	enum err hidden = flows_hidden(flows->setup, request, flows->unproven);
	enum err e;

	if (flows->identifies) { /* whoever it is: nobody to be rung */
		add(flows, profile->shows);
		add(flows, profile->shows);
		return ERR_OK;
	}
	e = narrow_by_style(&wanted, flows, request, by_itself, diag);
	if (e != ERR_OK)
		return e;
	if (wanted == profile->rings && !can_ring)
		return diag_set(diag, ERR_UNMAPPED_USER, "%s", profile->nobody);
	if (wanted == profile->rings && flows->no_push != ERR_OK)
		return flows_explain_silence(flows->no_push, request, diag);
	by_itself = by_itself && can_ring && wanted == CONFIG_FLOW_AUTO;
	if (wanted == profile->rings || (by_itself && flows->no_push == ERR_OK))
		add(flows, profile->rings);
	else if (by_itself)
		flows->withheld = find_withheld(flows, request);
	if (wanted != profile->rings && hidden == ERR_OK)
		add(flows, profile->shows);
	return flows->count > 0 ? ERR_OK : hidden;
}

bool
flows_has_next(const struct flows *flows, size_t i, enum err why, bool begun)
{
	bool mends = flows->identifies
			     ? why == ERR_PROVIDER_ERROR
			     : why == ERR_UNKNOWN_AT_PROVIDER ||
				       why == ERR_PROVIDER_ENDPOINT ||
				       (why == ERR_HTTP_TOO_MANY && !begun) ||
				       why == ERR_PUSH_PENDING || why == ERR_PUSH_LIMITED;

	return mends && i + 1 < flows->count;
}

/* --- making ----------------------------------------------------------------- */

static void
set_endpoints(struct client *client, const struct config *config)
{
	const char *const by_hand[ENDPOINT_COUNT] = {
		[ENDPOINT_JWKS] = config->provider.jwks_uri,
		[ENDPOINT_TOKEN] = config->provider.token_endpoint,
		[ENDPOINT_USERINFO] = config->provider.userinfo_endpoint,
		[ENDPOINT_BACKCHANNEL] =
			config->provider.backchannel_authentication_endpoint,
		[ENDPOINT_DEVICE] = config->provider.device_authorization_endpoint,
	};
	size_t i;

	for (i = 0; i < ENDPOINT_COUNT; i++)
		client->endpoints[i] = config_given(by_hand[i]);
}

static void
set_time(struct client *client, const struct config *config, int64_t deadline)
{
	client->started = clock_unix();
	client->deadline = deadline;
	client->end = client_end(deadline, config->login.timeout);
}

void
flows_begin(struct flows *flows, int64_t deadline)
{
	set_time(&flows->client, flows->setup->config, deadline);
	set_time(&flows->nameless, flows->setup->config, deadline);
}

static void
set_client(struct flows *flows, int64_t deadline)
{
	static const enum client_auth auths[] = {
		[CONFIG_AUTH_PRIVATE_KEY_JWT] = CLIENT_PRIVATE_KEY_JWT,
		[CONFIG_AUTH_SECRET_BASIC] = CLIENT_SECRET_BASIC,
		[CONFIG_AUTH_SECRET_POST] = CLIENT_SECRET_POST,
		[CONFIG_AUTH_TLS] = CLIENT_TLS,
		[CONFIG_AUTH_SELF_SIGNED_TLS] = CLIENT_TLS,
		[CONFIG_AUTH_NONE] = CLIENT_NONE,
	};
	static const enum client_audience audiences[] = {
		[CONFIG_AUDIENCE_AUTO] = CLIENT_AUDIENCE_TOKEN_ENDPOINT,
		[CONFIG_AUDIENCE_ENDPOINT] = CLIENT_AUDIENCE_ENDPOINT,
		[CONFIG_AUDIENCE_TOKEN_ENDPOINT] = CLIENT_AUDIENCE_TOKEN_ENDPOINT,
		[CONFIG_AUDIENCE_ISSUER] = CLIENT_AUDIENCE_ISSUER,
	};
	const struct setup *setup = flows->setup;
	const struct config *config = setup->config;
	const struct profile *profile = profile_of(config);

	flows->acr[0] = config_given(config->login.required_acr);
	flows->client = (struct client){
		.issuer = config->provider.issuer,
		.client_id = config->provider.client_id,
		.auth = auths[config->client.auth],
		.audience = audiences[config->client.assertion_audience],
		.signing_key = setup->signing_key,
		.secret = buf_str(&setup->client_secret),
		.decryption_keys = setup->decryption_keys,
		.decryption_count = setup->decryption_count,
		.policy = policy_of(config),
		.pinned = setup->provider_keys,
		.nonce_required = config->provider.nonce == CONFIG_NONCE_REQUIRED,
		.userinfo_as_jwt = profile->userinfo_jwt,
		.wants_userinfo = config_given(config->login.required_claims) != NULL,
		.scope = config->provider.scope,
		.acr_values = flows->acr[0],
		.acr = profile_levels(profile, flows->acr),
		.max_age = config->login.max_age,
		.timeout = config->login.timeout,
	};
	set_time(&flows->client, config, deadline);
	set_endpoints(&flows->client, config);
}

/* Whether it is one of the words, which have single blanks between them. */
static bool
has_word(const char *words, const char *word)
{
	size_t len = strlen(word);
	const char *at = words;

	while ((at = strstr(at, word)) != NULL) {
		if ((at == words || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
			return true;
		at += len;
	}
	return false;
}

/* Asks for the name, too; it is for the administrator who looks at the person. */
static enum err
want_name(struct flows *flows)
{
	flows->nameless = flows->client;
	buf_adds(&flows->scope, flows->client.scope);
	if (!has_word(flows->client.scope, "profile"))
		buf_adds(&flows->scope, " profile");
	flows->client.scope = buf_str(&flows->scope);
	flows->client.wants_userinfo = true;
	return buf_err(&flows->scope);
}

/* What the `i`th flow says and asks for. */
static const struct client *
client_of(const struct flows *flows, size_t i)
{
	return flows->identifies && i > 0 ? &flows->nameless : &flows->client;
}

enum err
flows_choose(struct flows *flows, const struct setup *setup,
	const struct wire_msg *request, int64_t deadline, struct diag *diag)
{
	enum err e;

	if (config_given(setup->config->provider.provider_keys) != NULL &&
		setup->provider_keys == NULL)
		return ERR_INTERNAL; /* setup_keys() has seen to it */
	flows->setup = setup;
	flows->pair = find_pair(setup);
	flows->hint = (struct buf)BUF_INIT(HINT_MAX);
	flows->scope = (struct buf)BUF_INIT(SCOPE_MAX);
	flows->identifies = channel_identifies(request);
	set_client(flows, deadline);
	e = random_bytes(&flows->client.seed, sizeof(flows->client.seed));
	if (e != ERR_OK)
		return e;
	if (flows->identifies) {
		e = want_name(flows);
		return e != ERR_OK ? e : choose(flows, request, diag);
	}
	e = write_hint(flows, wire_text(request, WIRE_FIELD_USER), diag);
	return e != ERR_OK ? e : choose(flows, request, diag);
}

void
flows_free(struct flows *flows)
{
	buf_free(&flows->hint);
	buf_free(&flows->scope);
}

static struct ciba_settings
ciba_settings(const struct flows *flows)
{
	static const enum ciba_signing signings[] = {
		[CONFIG_AUTO] = CIBA_SIGN_AUTO,
		[CONFIG_YES] = CIBA_SIGN,
		[CONFIG_NO] = CIBA_PLAIN,
	};
	const struct config *config = flows->setup->config;
	bool as_token = config_given(config->provider.login_hint_token) != NULL;
	const char *hint = buf_str(&flows->hint);

	return (struct ciba_settings){
		.client = &flows->client,
		.login_hint = as_token ? NULL : hint,
		.login_hint_token = as_token ? hint : NULL,
		.user_code = flows->pair != NULL ? flows->pair->code : NULL,
		.binding_message = flows->binding_message,
		.signing = signings[config->provider.signed_request],
	};
}

/* A text to be confirmed and the service that takes one go together or not at all. */
static struct itsme_settings
itsme_settings(const struct flows *flows, size_t i)
{
	const struct config *config = flows->setup->config;
	bool confirms = flows->approval_text != NULL &&
			config_given(config->provider.confirm_service) != NULL;

	return (struct itsme_settings){
		.client = client_of(flows, i),
		.service = confirms ? config->provider.confirm_service
				    : config->provider.service,
		.claims = config->login.required_claims,
		.asks_phone = config->login.log_phone == CONFIG_LOG_PHONE_YES &&
			      !flows->identifies,
		.approval_text = confirms ? flows->approval_text : NULL,
		.hint_format =
			config->provider.login_hint_token_format == CONFIG_HINT_OBJECT
				? REQUEST_HINT_OBJECT
				: REQUEST_HINT_JWT,
		.pictures = flows->pictures,
	};
}

bool
flows_rings(const struct flows *flows, size_t i)
{
	return flows->kinds[i] == FLOWS_PUSH || flows->kinds[i] == FLOWS_CIBA;
}

enum err
flows_new(struct flow **ret, const struct flows *flows, size_t i)
{
	const struct itsme_settings itsme = itsme_settings(flows, i);
	const struct ciba_settings ciba = ciba_settings(flows);
	int64_t now = clock_ms();

	switch (flows->kinds[i]) {
	case FLOWS_QR:
		return qr_flow_new(ret, &itsme, now);
	case FLOWS_PUSH:
		return push_flow_new(ret, &itsme, flows->pair->sub, now);
	case FLOWS_DEVICE:
		return device_flow_new(ret, client_of(flows, i), now);
	case FLOWS_CIBA:
		return ciba_flow_new(ret, &ciba, now);
	}
	return ERR_INTERNAL;
}
