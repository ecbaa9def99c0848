/* The provider, seen without privilege: what it says of itself, and what it takes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/privilege.h"
#include "cli/attempt.h"
#include "cli/doctor.h"
#include "cli/doctor_keys.h"
#include "cli/own_keys.h"
#include "cli/published.h"
#include "config/profile.h"
#include "config/setting.h"
#include "jose/alg.h"
#include "jose/json.h"
#include "jose/jwks.h"

#define REFRESH                                                                    \
	"compare its thumbprint with what the provider says, then type: itsmectl " \
	"keys refresh"
#define SKEW_FAULT 60 /* seconds that the claims of tokens forgive */
#define SKEW_WARNING 10

/* --- reach and clock ------------------------------------------------------ */

/* What to do about a fault of the network, by its kind. */
static const char *
network_advice(enum err e)
{
	switch (e) {
	case ERR_HTTP_CONNECT:
		return "see that this machine may reach the provider (DNS, firewall), or "
		       "set "
		       "[provider] proxy";
	case ERR_HTTP_TLS:
		return "see the clock and ca-certificates, or set [provider] ca_file";
	case ERR_HTTP_TIMEOUT:
		return "see the network, or raise [provider] request_timeout";
	default:
		return NULL;
	}
}

static void
check_clock(struct doctor *d)
{
	int64_t theirs = fetch_date(&d->fetch), skew;

	if (theirs < 0)
		return;
	skew = clock_unix() - theirs;
	if (llabs(skew) >= SKEW_WARNING)
		finding(&d->findings,
			llabs(skew) >= SKEW_FAULT ? FINDING_FAULT : FINDING_WARNING,
			"clock", "type: timedatectl set-ntp true",
			"this machine's clock is %lld s %s the provider's", llabs(skew),
			skew > 0 ? "ahead of" : "behind");
	else
		finding(&d->findings, FINDING_GOOD, "clock", NULL,
			"within %d s of the provider's", SKEW_WARNING);
}

/* What came of a GET: the answer, or NULL with a finding. */
static const struct http_answer *
judge(struct doctor *d, const char *topic, const char *url, enum err e,
	const struct http_answer *answer, const struct diag *diag)
{
	if (e != ERR_OK) {
		finding_error(&d->findings, topic, network_advice(e), e, diag);
		return NULL;
	}
	if (answer->status != 200) {
		finding(&d->findings, FINDING_FAULT, topic,
			"see that [provider] issuer is right, to the letter",
			"%s answers with status %d", url, answer->status);
		return NULL;
	}
	finding(&d->findings, FINDING_GOOD, topic, NULL, "%s in %lld ms", url,
		(long long)d->fetch.took);
	return answer;
}

/* --- algorithms ----------------------------------------------------------- */

static bool
knows_sig(const char *name)
{
	enum alg alg;

	return alg_find(&alg, ALG_SIGNS, name) == ERR_OK;
}

static bool
knows_wrap(const char *name)
{
	enum alg alg;

	return alg_find(&alg, ALG_WRAPS, name) == ERR_OK;
}

static bool
knows_enc(const char *name)
{
	enum enc enc;

	return enc_find(&enc, name) == ERR_OK;
}

static bool
always(const struct config *config)
{
	(void)config;
	return true;
}

static bool
is_encrypted(const struct config *config)
{
	return config->provider.id_token_encrypted == CONFIG_YES ||
	       (config->provider.id_token_encrypted == CONFIG_AUTO &&
		       config->client.decryption_key_count > 0);
}

static bool
signs_itself(const struct config *config)
{
	return config->client.auth == CONFIG_AUTH_PRIVATE_KEY_JWT;
}

static bool
signs_requests(const struct config *config)
{
	return profile_of(config)->signs || config->provider.signed_request == CONFIG_YES;
}

/* A list without anything of ours is a fault only where a login would need it. */
static const struct {
	const char *member;
	bool (*knows)(const char *name);
	bool (*needed)(const struct config *config);
} algorithms[] = {
	{"id_token_signing_alg_values_supported", knows_sig, always},
	{"id_token_encryption_alg_values_supported", knows_wrap, is_encrypted},
	{"id_token_encryption_enc_values_supported", knows_enc, is_encrypted},
	{"token_endpoint_auth_signing_alg_values_supported", knows_sig, signs_itself},
	{"backchannel_authentication_request_signing_alg_values_supported", knows_sig,
		signs_requests},
};

/* Those of the list that we do as well, with blanks between. */
static void
common(struct buf *ret, struct json_object *list, bool (*knows)(const char *))
{
	size_t i;

	for (i = 0; i < json_object_array_length(list); i++) {
		struct json_object *one = json_object_array_get_idx(list, i);
		const char *name = json_object_get_string(one);

		if (json_object_is_type(one, json_type_string) && knows(name))
			buf_addf(ret, "%s%s", ret->len > 0 ? " " : "", name);
	}
}

static void
check_algorithms(struct doctor *d, struct json_object *metadata)
{
	size_t i;

	for (i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++) {
		AUTO_BUF struct buf names = BUF_INIT(1024);
		struct json_object *list = NULL;

		if (!algorithms[i].needed(d->config) ||
			json_arr_opt(metadata, algorithms[i].member, &list) != ERR_OK ||
			list == NULL)
			continue;
		common(&names, list, algorithms[i].knows);
		if (names.len == 0)
			finding(&d->findings, FINDING_FAULT, "alg",
				"ask the provider for one that docs/jose.md lists",
				"no algorithm in common in %s", algorithms[i].member);
		else
			finding(&d->findings, FINDING_GOOD, "alg", NULL, "%s: %s",
				algorithms[i].member, buf_str(&names));
	}
}

/* Whether the provider lists our way to prove who we are; it need not have a list. */
static void
check_method(struct doctor *d, struct json_object *metadata)
{
	static const char member[] = "token_endpoint_auth_methods_supported";
	AUTO_BUF struct buf method = BUF_INIT(100);
	struct json_object *list = NULL;
	size_t i;

	setting_write(&method, d->config, &setting_table[setting_find("client", "auth")]);
	if (json_arr_opt(metadata, member, &list) != ERR_OK || list == NULL)
		return;
	for (i = 0; i < json_object_array_length(list); i++) {
		struct json_object *one = json_object_array_get_idx(list, i);

		if (json_object_is_type(one, json_type_string) &&
			strcmp(json_object_get_string(one), buf_str(&method)) == 0)
			return;
	}
	finding(&d->findings, FINDING_WARNING, "auth",
		"ask the provider, or choose a method that it lists", "%s is not in %s",
		buf_str(&method), member);
}

/* --- documents ------------------------------------------------------------ */

/* What was skipped because it is of no use to us alone is no news. */
static void
look_at_keys(struct doctor *d, const struct jwks *set)
{
	const struct jwks_counts *counts = jwks_counts(set);
	struct diag why;

	jwks_explain(set, &why);
	if (counts->verifying == 0)
		finding(&d->findings, FINDING_FAULT, "jwks",
			"no ID Token can be verified: tell the provider",
			"no key of the provider is usable for signatures%s%s",
			why.text[0] != '\0' ? ": " : "", why.text);
	else if (counts->odd > 0)
		finding(&d->findings, FINDING_NOTE, "jwks", NULL, "%s", why.text);
}

/* A login believes the pinned keys; what is published tells that they grow stale. */
static void
compare_pinned(struct doctor *d, const struct issuer_keys *published)
{
	const struct issuer_keys *pinned = &d->pinned;
	size_t i, differ = 0;

	if (pinned->count == 0)
		return; /* none are, or that was told already */
	for (i = 0; i < published->count; i++)
		if (!issuer_keys_has(pinned, &published->keys[i])) {
			differ++;
			finding(&d->findings, FINDING_WARNING, "pin", REFRESH,
				"the provider publishes another key, %.100s (%.10s): a "
				"rotation is under way",
				published->keys[i].kid, published->keys[i].use);
		}
	for (i = 0; i < pinned->count; i++)
		if (!issuer_keys_has(published, &pinned->keys[i])) {
			differ++;
			finding(&d->findings, FINDING_WARNING, "pin", REFRESH,
				"the pinned key %.100s (%.10s) is not published any more",
				pinned->keys[i].kid, pinned->keys[i].use);
		}
	if (differ == 0)
		finding(&d->findings, FINDING_GOOD, "pin", NULL,
			"the published keys are the pinned ones");
	else if (!issuer_keys_meet(pinned, published))
		finding(&d->findings, FINDING_FAULT, "pin", REFRESH,
			"none of the pinned signature keys is published: every login is "
			"refused");
}

static void
check_keys(struct doctor *d, const char *uri)
{
	AUTO_ISSUER_KEYS struct issuer_keys published = {0};
	const struct http_answer *answer = NULL;
	struct diag diag = {0};
	enum err e;

	if (strncmp(uri, "https://", 8) != 0) {
		finding(&d->findings, FINDING_FAULT, "issuer", NULL,
			"the discovery document has no https jwks_uri");
		return;
	}
	e = fetch_get(&d->fetch, uri, &answer, &diag);
	answer = judge(d, "jwks", uri, e, answer, &diag);
	if (answer == NULL)
		return;
	e = issuer_keys_parse(&published, answer->body, answer->len, &diag);
	if (e != ERR_OK) {
		finding_error(&d->findings, "jwks", NULL, e, &diag);
		return;
	}
	look_at_keys(d, published.set);
	compare_pinned(d, &published);
}

/* Whether a login asks for no discovery document: what it needs was set by hand. */
static bool
is_set_by_hand(const struct config *config)
{
	return (config->provider.jwks_uri[0] != '\0' ||
		       config->provider.provider_keys[0] != '\0') &&
	       config->provider.token_endpoint[0] != '\0' &&
	       (config->provider.device_authorization_endpoint[0] != '\0' ||
		       config->provider.backchannel_authentication_endpoint[0] != '\0');
}

/* Reads the discovery document; what it says of its keys, owned by it. NULL: no more. */
static const char *
check_metadata(struct doctor *d, struct json_object **ret)
{
	AUTO_BUF struct buf url = BUF_INIT(2048);
	const struct http_answer *answer = NULL;
	const char *issuer = d->config->provider.issuer, *said, *uri = "";
	struct diag diag = {0};
	enum err e = fetch_metadata(&d->fetch, issuer, &url, &answer, &diag);

	answer = judge(d, "provider", buf_str(&url), e, answer, &diag);
	if (answer == NULL)
		return NULL;
	check_clock(d);
	if (json_parse(ret, answer->body, answer->len) != ERR_OK) {
		finding(&d->findings, FINDING_FAULT, "issuer",
			"see that [provider] issuer is right, to the letter",
			"the discovery document is not a JSON object");
		return NULL;
	}
	if (json_str(*ret, "issuer", &said) != ERR_OK || strcmp(said, issuer) != 0)
		finding(&d->findings, FINDING_FAULT, "issuer",
			"write [provider] issuer exactly as the provider does",
			"the discovery document is of another issuer");
	check_algorithms(d, *ret);
	check_method(d, *ret);
	return json_str(*ret, "jwks_uri", &uri) == ERR_OK ? uri : "";
}

static void
check_documents(struct doctor *d)
{
	AUTO_JSON struct json_object *metadata = NULL;
	const char *uri = d->config->provider.jwks_uri, *said;

	if (is_set_by_hand(d->config)) {
		finding(&d->findings, FINDING_NOTE, "provider", NULL,
			"its addresses are set by hand: no login asks for its document");
		if (uri[0] != '\0') { /* else pinned keys alone are known */
			check_keys(d, uri);
			check_clock(d);
		}
		return;
	}
	said = check_metadata(d, &metadata);
	if (said != NULL)
		check_keys(d, uri[0] != '\0' ? uri : said);
}

/* --- does it know us? ----------------------------------------------------- */

static const char *
client_advice(const struct doctor *d, enum err e)
{
	if (e != ERR_CLIENT_REFUSED)
		return network_advice(e);
	return d->fetch.certificate != NULL
		       ? "see that client_id is right, that the certificate's subject is "
			 "registered for it, and that its authority is trusted there"
		       : "type: itsmectl jwks --check URL, and compare client_id and "
			 "service with what the provider gave you";
}

/*
 * The first steps of a login, by the helper itself, up to the code that nobody scans:
 * proves the helper, its account, its keys and that the provider takes our signature.
 */
static enum err
try_login(struct attempt *attempt, const char *config, struct diag *diag)
{
	*attempt = (struct attempt){
		.purpose = WIRE_PURPOSE_IDENTIFY,
		.user = "nobody",
		.service = "itsmectl",
		.config = config,
		.quiet = true,
	};
	return attempt_run(attempt, diag);
}

/* Whether the provider takes a signature by the decryption key. */
static bool
takes_swapped_keys(const char *path)
{
	struct attempt attempt;
	struct diag diag = {0};
	char swapped[64];
	bool taken = doctor_keys_swap(path, swapped, sizeof(swapped)) &&
		     try_login(&attempt, swapped, &diag) == ERR_OK && attempt.shown;

	if (swapped[0] != '\0')
		unlink(swapped);
	return taken;
}

/* Why the provider refuses us, where it can be found out. */
static void
check_refusal(struct doctor *d, const char *message)
{
	if (strstr(message, "invalid_scope") != NULL)
		finding(&d->findings, FINDING_FAULT, "scope",
			"write [provider] scope and service as the provider gave them "
			"to you",
			"the provider does not give this client the scope that is asked "
			"for");
	else if (!signs_itself(d->config))
		return; /* no key of ours was looked at */
	else if (takes_swapped_keys(d->path))
		finding(&d->findings, FINDING_FAULT, "keys",
			"exchange [client] signing_key and decryption_key, or publish "
			"the set that itsmectl jwks prints",
			"the sig and enc keys are swapped: the provider takes a "
			"signature by the decryption_key");
	else
		finding(&d->findings, FINDING_FAULT, "keys",
			"publish the set that itsmectl jwks prints, compare it with: "
			"itsmectl check --published URL, and see that client_id is right",
			"the provider does not take a signature by our key %s: it is not "
			"published where the provider looks, or client_id is another's",
			d->signing_kid);
}

static void
check_client(struct doctor *d)
{
	struct attempt attempt;
	struct diag diag = {0};
	enum err e = try_login(&attempt, d->path, &diag), reason;

	if (e != ERR_OK) {
		finding_error(&d->findings, "client", NULL, e, &diag);
		return;
	}
	if (attempt.shown) {
		finding(&d->findings, FINDING_GOOD, "client", NULL,
			"the provider takes our %s: a login can begin (%lld ms)",
			d->fetch.certificate != NULL ? "certificate" : "key",
			(long long)attempt.took);
		return;
	}
	reason = err_find(attempt.reason);
	finding(&d->findings, FINDING_FAULT, "client", client_advice(d, reason),
		"no login can begin: %s",
		attempt.message[0] != '\0' ? attempt.message : attempt.reason);
	if (reason == ERR_CLIENT_REFUSED)
		check_refusal(d, attempt.message);
}

/* --- what is published ---------------------------------------------------- */

static void
check_published(struct doctor *d, const struct own_keys *keys)
{
	AUTO_BUF struct buf set = BUF_INIT(PUBLISHED_MAX);
	enum err e = own_keys_publish(&set, keys);

	if (e != ERR_OK)
		finding(&d->findings, FINDING_FAULT, "published", NULL, "%s",
			err_word(e));
	else
		published_check(&d->findings, &d->published, d->published_url,
			buf_str(&set), keys);
}

/* What it takes to look at what is published, while we may read it. */
static bool
open_published(struct doctor *d, struct own_keys *keys)
{
	struct diag diag = {0};
	enum err e;

	if (d->published_url == NULL || !d->keys_ready)
		return false;
	e = own_keys_load(keys, d->config, &diag);
	if (e == ERR_OK)
		e = fetch_open(&d->published, d->config, d->published_ca_file, &diag);
	if (e != ERR_OK)
		finding_error(&d->findings, "published", NULL, e, &diag);
	return e == ERR_OK;
}

/* --- service codes -------------------------------------------------------- */

void
doctor_services(struct doctor *d)
{
	const struct config *config = d->config;

	if (!profile_of(config)->services)
		return;
	finding(&d->findings, FINDING_NOTE, "service",
		"type: itsmectl test USER, and scan",
		"service = %s: not tested, since the provider sees it only once somebody "
		"scans",
		config->provider.service);
	if (config->provider.confirm_service[0] != '\0')
		finding(&d->findings, FINDING_NOTE, "service",
			"type: itsmectl test USER, with flow = push",
			"confirm_service = %s: not tested, since that would ring "
			"somebody's phone",
			config->provider.confirm_service);
}

void
doctor_provider(struct doctor *d)
{
	AUTO_OWN_KEYS struct own_keys keys = {0};
	struct diag diag = {0};
	bool published;
	enum err e;

	if (d->keys_ready)
		check_client(d);
	published = open_published(d, &keys);
	if (!d->fetch_ready && !published)
		return;
	e = privilege_drop(&diag);
	if (e != ERR_OK)
		finding_error(&d->findings, "rights", NULL, e, &diag);
	if (e == ERR_OK && d->fetch_ready)
		check_documents(d);
	if (e == ERR_OK && published)
		check_published(d, &keys);
}
