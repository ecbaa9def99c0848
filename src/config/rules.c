/* The table of rules. */
#include "config/rules.h"

#include <string.h>

#include "config/profile.h"
#include "config/template.h"

void
rules_each(const struct config *cfg,
	void (*each)(void *arg, const char *keys, const char *what), void *arg)
{
	const struct profile *profile = profile_of(cfg);
	bool signs = cfg->client.auth == CONFIG_AUTH_PRIVATE_KEY_JWT;
	bool has_secret = cfg->client.auth == CONFIG_AUTH_SECRET_BASIC ||
			  cfg->client.auth == CONFIG_AUTH_SECRET_POST;
	bool has_certificate = cfg->client.auth == CONFIG_AUTH_TLS ||
			       cfg->client.auth == CONFIG_AUTH_SELF_SIGNED_TLS;
	bool has_key = cfg->client.signing_key[0] != '\0';
	bool has_hint = cfg->provider.login_hint[0] != '\0';
	bool has_hint_token = cfg->provider.login_hint_token[0] != '\0';
	enum config_flow flow = cfg->login.flow;
	const struct {
		bool bad;
		const char *keys, *what;
	} rules[] = {
		{cfg->provider.issuer[0] == '\0', "issuer",
			"[provider] issuer is missing; add issuer = https://…"},
		{cfg->provider.client_id[0] == '\0', "client_id",
			"[provider] client_id is missing; add client_id = …"},
		{cfg->identity.map[0] == '\0', "map",
			"[identity] map is empty; name a file"},
		{profile->services && cfg->provider.service[0] == '\0', "profile service",
			"[provider] service is missing; add service = …"},
		{profile->one_proof && !signs, "profile auth",
			"[client] auth: itsme takes private_key_jwt only"},
		{profile->one_proof &&
				cfg->client.assertion_audience != CONFIG_AUDIENCE_AUTO,
			"profile assertion_audience",
			"[client] assertion_audience: itsme leaves no choice; take it "
			"out"},
		{signs && !has_key, "auth signing_key",
			"[client] signing_key is missing; add signing_key = FILE"},
		{has_secret && cfg->client.secret_file[0] == '\0',
			"auth client_secret_file",
			"[client] client_secret_file is missing; add client_secret_file "
			"= "
			"FILE"},
		{!has_secret && cfg->client.secret_file[0] != '\0',
			"auth client_secret_file",
			"[client] client_secret_file is for auth = client_secret_… only"},
		{has_certificate && cfg->client.certificate[0] == '\0',
			"auth certificate",
			"[client] certificate is missing; add certificate = FILE"},
		{has_certificate && cfg->client.certificate_key[0] == '\0',
			"auth certificate_key",
			"[client] certificate_key is missing; add certificate_key = "
			"FILE"},
		{!has_certificate && (cfg->client.certificate[0] != '\0' ||
					     cfg->client.certificate_key[0] != '\0'),
			"auth certificate certificate_key",
			"[client] certificate and certificate_key are for auth = "
			"tls_client_auth and self_signed_tls_client_auth only"},
		{has_certificate && strncmp(cfg->provider.proxy, "https:", 6) == 0,
			"auth proxy",
			"[provider] proxy: an https: one could ask for the certificate "
			"itself; use http: or socks5h: with tls_client_auth"},
		{profile->encrypts && cfg->client.decryption_key_count == 0,
			"profile decryption_key",
			"[client] decryption_key is missing; add decryption_key = FILE"},
		{profile->encrypts && cfg->provider.id_token_encrypted == CONFIG_NO,
			"profile id_token_encrypted",
			"[provider] id_token_encrypted: itsme always encrypts"},
		{cfg->provider.id_token_encrypted == CONFIG_YES &&
				cfg->client.decryption_key_count == 0,
			"profile id_token_encrypted decryption_key",
			"[provider] id_token_encrypted needs a [client] decryption_key"},
		{!profile->hints && (has_hint || has_hint_token), "profile",
			"[provider] login_hint: itsme takes none; take it out"},
		{has_hint && has_hint_token, "login_hint",
			"[provider] login_hint and login_hint_token exclude each other"},
		{(has_hint_token || cfg->provider.signed_request == CONFIG_YES) &&
				!has_key,
			"signing_key signed_request",
			"[client] signing_key is missing: login_hint_token and "
			"signed_request need it"},
		{profile->levels != NULL && cfg->login.required_acr[0] != '\0' &&
				strchr(cfg->login.required_acr, ':') == NULL,
			"profile required_acr",
			"[login] required_acr: itsme has basic, advanced and full URIs"},
		{flow != CONFIG_FLOW_AUTO && flow != profile->rings &&
				flow != profile->shows,
			"profile flow", profile->other_flow},
		{cfg->login.text[0] != '\0' &&
				!template_has(cfg->login.text, TEMPLATE_NUMBER),
			"text", "[login] text: needs {number} in one of its lines"},
	};
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].bad)
			each(arg, rules[i].keys, rules[i].what);
}
