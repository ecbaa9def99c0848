/* The provider, seen without privilege: what it says of itself, and what it takes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/privilege.h"
#include "cli/attempt.h"
#include "cli/doctor.h"
#include "jose/alg.h"
#include "jose/json.h"
#include "jose/jwks.h"

#define DISCOVERY_PATH "/.well-known/openid-configuration"
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

/* GETs a document; NULL with a finding where there is none. */
static const struct http_answer *
get(struct doctor *d, const char *topic, const char *url)
{
	const struct http_answer *answer = NULL;
	struct diag diag = {0};
	enum err e = fetch_get(&d->fetch, url, &answer, &diag);

	if (e != ERR_OK) {
		finding_error(&d->findings, topic, network_advice(e), e, &diag);
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

static const struct {
	const char *member;
	bool (*knows)(const char *name);
} algorithms[] = {
	{"id_token_signing_alg_values_supported", knows_sig},
	{"id_token_encryption_alg_values_supported", knows_wrap},
	{"id_token_encryption_enc_values_supported", knows_enc},
	{"request_object_signing_alg_values_supported", knows_sig},
	{"token_endpoint_auth_signing_alg_values_supported", knows_sig},
	{"backchannel_authentication_request_signing_alg_values_supported", knows_sig},
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

		if (json_arr_opt(metadata, algorithms[i].member, &list) != ERR_OK ||
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

/* --- documents ------------------------------------------------------------ */

static void
check_keys(struct doctor *d, struct json_object *metadata)
{
	AUTO_JWKS struct jwks *set = NULL;
	const struct http_answer *answer;
	struct diag diag = {0};
	const char *uri;
	enum err e;

	if (json_str(metadata, "jwks_uri", &uri) != ERR_OK ||
		strncmp(uri, "https://", 8) != 0) {
		finding(&d->findings, FINDING_FAULT, "issuer", NULL,
			"the discovery document has no https jwks_uri");
		return;
	}
	answer = get(d, "jwks", uri);
	if (answer == NULL)
		return;
	e = jwks_parse(&set, answer->body, answer->len, &diag);
	if (e != ERR_OK)
		finding_error(&d->findings, "jwks", NULL, e, &diag);
}

static void
check_documents(struct doctor *d)
{
	AUTO_BUF struct buf url = BUF_INIT(2048);
	AUTO_JSON struct json_object *metadata = NULL;
	const struct http_answer *answer;
	const char *issuer = d->config->provider.issuer, *said;

	buf_addf(&url, "%s%s", issuer, DISCOVERY_PATH);
	answer = get(d, "provider", buf_str(&url));
	if (answer == NULL)
		return;
	check_clock(d);
	if (json_parse(&metadata, answer->body, answer->len) != ERR_OK) {
		finding(&d->findings, FINDING_FAULT, "issuer",
			"see that [provider] issuer is right, to the letter",
			"the discovery document is not a JSON object");
		return;
	}
	if (json_str(metadata, "issuer", &said) != ERR_OK || strcmp(said, issuer) != 0)
		finding(&d->findings, FINDING_FAULT, "issuer",
			"write [provider] issuer exactly as the provider does",
			"the discovery document is of another issuer");
	check_algorithms(d, metadata);
	check_keys(d, metadata);
}

/* --- does it know us? ----------------------------------------------------- */

/* The error of that word, as the helper told it. */
static enum err
find_reason(const char *word)
{
	unsigned e;

	for (e = 0; e < ERR_COUNT; e++)
		if (strcmp(err_word((enum err)e), word) == 0)
			return (enum err)e;
	return ERR_INTERNAL;
}

static const char *
client_advice(enum err e)
{
	return e == ERR_CLIENT_REFUSED
		       ? "type: itsmectl jwks --check URL, and compare client_id and "
			 "service with what the provider gave you"
		       : network_advice(e);
}

/*
 * The first steps of a login, by the helper itself, up to the code that nobody scans:
 * proves the helper, its account, its keys and that the provider takes our signature.
 */
static void
check_client(struct doctor *d)
{
	struct attempt attempt = {
		.purpose = WIRE_PURPOSE_IDENTIFY,
		.user = "nobody",
		.service = "itsmectl",
		.config = d->path,
		.quiet = true,
	};
	struct diag diag = {0};
	enum err e = attempt_run(&attempt, &diag);

	if (e != ERR_OK)
		finding_error(&d->findings, "client", NULL, e, &diag);
	else if (attempt.shown)
		finding(&d->findings, FINDING_GOOD, "client", NULL,
			"the provider takes our key: a login can begin (%lld ms)",
			(long long)attempt.took);
	else
		finding(&d->findings, FINDING_FAULT, "client",
			client_advice(find_reason(attempt.reason)),
			"no login can begin: %s",
			attempt.message[0] != '\0' ? attempt.message : attempt.reason);
}

void
doctor_provider(struct doctor *d)
{
	struct diag diag = {0};
	enum err e;

	if (d->keys_ready)
		check_client(d);
	if (!d->fetch_ready)
		return;
	e = privilege_drop(&diag);
	if (e != ERR_OK)
		finding_error(&d->findings, "rights", NULL, e, &diag);
	else
		check_documents(d);
}
