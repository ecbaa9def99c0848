/* The files of /etc/pam_itsme, as a login would read them, and a little beyond. */
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/safefile.h"
#include "cli/doctor.h"
#include "cli/own_keys.h"
#include "config/config.h"
#include "config/setting.h"
#include "identity/map.h"
#include "identity/remember.h"
#include "jose/store.h"

#define PIN "type: itsmectl keys pin"
#define MAKES_KEYS "type: itsmectl keygen DIRECTORY"
#define CERTIFICATE_DAYS 30 /* before it ends one is warned */
#define DAY (24 * 60 * 60)

/* --- configuration -------------------------------------------------------- */

/* `remember` for a service that never spares anybody a request. */
static void
check_remember(struct doctor *d)
{
	size_t i;

	for (i = 0; i < d->config->override_count; i++) {
		const struct config_override *o = &d->config->overrides[i];

		if (strcmp(setting_table[o->setting].name, "remember") == 0 &&
			strcmp(o->value, "0") != 0 && !remember_serves(o->service))
			finding(&d->findings, FINDING_WARNING, "remember",
				"leave it out; docs/step-up.md names the services that "
				"it is for",
				"[service:%s] sets remember, which counts for nothing "
				"there: each login asks",
				o->service);
	}
}

/* One of the things that are wrong with the configuration. */
static void
tell(void *arg, const char *said)
{
	struct doctor *d = arg;

	finding(&d->findings, FINDING_FAULT, "config", NULL, "%s (%s)", said,
		err_word(ERR_CONFIG_INVALID));
}

static void
check_config(struct doctor *d)
{
	struct diag diag = {0};
	enum err e = config_load_telling(&d->config, d->path, tell, d, &diag);

	if (e == ERR_CONFIG_MISSING)
		finding_error(&d->findings, "config",
			"write it; itsmectl config --list says what may stand in it", e,
			&diag);
	else if (e != ERR_OK && e != ERR_CONFIG_INVALID)
		finding_error(&d->findings, "config", NULL, e, &diag);
	else if (e == ERR_OK)
		finding(&d->findings, FINDING_GOOD, "config", NULL,
			"%s reads well (issuer %s, client %s)", d->path,
			d->config->provider.issuer, d->config->provider.client_id);
	if (e == ERR_OK)
		check_remember(d);
}

/* --- certificates --------------------------------------------------------- */

#define NEW_CERTIFICATE                                                        \
	"have the authority issue a new one: the provider lets no machine in " \
	"without"

/* Our own, which the client that looks at the provider shows as well. */
static void
check_certificate(struct doctor *d)
{
	struct diag diag = {0};
	enum err e = fetch_certificate(&d->fetch, d->config, &diag);
	int64_t left;

	d->keys_ready = d->keys_ready && e == ERR_OK;
	if (e != ERR_OK) {
		finding_error(&d->findings, "certificate",
			e == ERR_KEY_INVALID ? NEW_CERTIFICATE : NULL, e, &diag);
		return;
	}
	left = (certificate_ends(d->fetch.certificate) - clock_unix()) / DAY;
	finding(&d->findings, left < CERTIFICATE_DAYS ? FINDING_WARNING : FINDING_GOOD,
		"certificate", left < CERTIFICATE_DAYS ? NEW_CERTIFICATE : NULL,
		"%s ends in %lld days", d->config->client.certificate, (long long)left);
}

/* Those that we trust are read by fetch_open(), while we may. */
static void
check_trust(struct doctor *d)
{
	const char *file = d->config->provider.ca_file;
	struct diag diag = {0};
	enum err e = fetch_open(&d->fetch, d->config, file, &diag);

	d->fetch_ready = e == ERR_OK;
	if (e != ERR_OK)
		finding_error(&d->findings, "ca_file", NULL, e, &diag);
	else if (file[0] != '\0')
		finding(&d->findings, FINDING_NOTE, "ca_file", NULL,
			"only the certificates in %s are trusted", file);
}

/* --- keys ----------------------------------------------------------------- */

/* One key: readable, and whole. Returns its kid, owned; NULL with a finding. */
static char *
check_key(struct doctor *d, const char *name, const char *topic, enum key_use use)
{
	AUTO_KEY struct key *key = NULL;
	AUTO_FREE char *shown = strdup(name);
	struct diag diag = {0};
	enum err e = own_keys_read(&key, name, use, &diag);

	if (shown == NULL)
		return NULL;
	output_hide(shown);
	if (e == ERR_OK && !store_is_uri(name))
		e = key_check(key, &diag);
	if (e != ERR_OK) {
		finding_error(&d->findings, topic,
			e == ERR_FILE_MISSING ? MAKES_KEYS : NULL, e, &diag);
		return NULL;
	}
	finding(&d->findings, FINDING_GOOD, topic, NULL, "%s (kid %s)", shown,
		key_kid(key));
	return strdup(key_kid(key));
}

static void
check_secret(struct doctor *d)
{
	AUTO_BUF struct buf secret = BUF_INIT(KEY_FILE_MAX);
	const char *path = d->config->client.secret_file;
	struct diag diag = {0};
	enum err e = safefile_read(&secret, path, 077, &diag);

	d->keys_ready = d->keys_ready && e == ERR_OK;
	if (e != ERR_OK)
		finding_error(&d->findings, "secret", NULL, e, &diag);
	else
		finding(&d->findings, FINDING_GOOD, "secret", NULL, "%s", path);
}

static void
check_keys(struct doctor *d)
{
	const struct config *config = d->config;
	AUTO_FREE char *sig = NULL;
	AUTO_FREE char *enc = NULL;
	AUTO_FREE char *next = NULL;
	size_t i;

	d->keys_ready = true;
	if (config->client.signing_key[0] != '\0') {
		sig = check_key(d, config->client.signing_key, "sig key", KEY_SIG);
		d->keys_ready = sig != NULL;
		snprintf(d->signing_kid, sizeof(d->signing_kid), "%s",
			sig != NULL ? sig : "");
	}
	if (config->client.next_signing_key[0] != '\0') {
		next = check_key(d, config->client.next_signing_key, "next key", KEY_SIG);
		finding(&d->findings, FINDING_NOTE, "next key",
			"24 hours after publishing it: make it the signing_key "
			"(itsmectl(8), "
			"keygen)",
			"a rotation of the signing key is under way");
	}
	for (i = 0; i < config->client.decryption_key_count; i++) {
		char *kid = check_key(
			d, config->client.decryption_keys[i], "enc key", KEY_ENC);

		d->keys_ready = d->keys_ready && kid != NULL;
		if (i == 0)
			enc = kid;
		else
			free(kid);
	}
	if (sig != NULL && enc != NULL && strcmp(sig, enc) == 0)
		finding(&d->findings, FINDING_FAULT, "keys", MAKES_KEYS,
			"one key must not both sign and decrypt");
}

/* --- the provider's keys ---------------------------------------------------- */

static void
check_pinned(struct doctor *d)
{
	AUTO_BUF struct buf text = BUF_INIT(0);
	const char *path = d->config->provider.provider_keys;
	struct diag diag = {0};
	enum err e = issuer_keys_read(&text, path, &diag);

	if (e == ERR_OK)
		e = issuer_keys_parse(&d->pinned, buf_str(&text), text.len, &diag);
	if (e != ERR_OK)
		finding_error(&d->findings, "pin", PIN, e, &diag);
	else if (jwks_counts(d->pinned.set)->verifying == 0)
		finding(&d->findings, FINDING_FAULT, "pin", PIN,
			"%s: no key in it can verify a signature", path);
	else
		finding(&d->findings, FINDING_GOOD, "pin", NULL,
			"%s has %zu keys: no others of the provider count", path,
			d->pinned.count);
}

/* --- map ------------------------------------------------------------------ */

struct accounts {
	struct doctor *d;
	unsigned count;
	char last[257];
};

static enum err
check_account(void *arg, const struct map_entry *entry)
{
	struct accounts *a = arg;
	const struct passwd *account;
	char name[257];

	a->count++;
	snprintf(
		name, sizeof(name), "%.*s", (int)entry->account.len, entry->account.data);
	if (strcmp(name, a->last) == 0)
		return ERR_OK;
	strcpy(a->last, name);
	account = getpwnam(name);
	if (account == NULL)
		finding(&a->d->findings, FINDING_WARNING, "map",
			"type: itsmectl unenrol USER, or make the account",
			"line %u: there is no account %s", entry->number, name);
	else if (account->pw_uid == 0)
		finding(&a->d->findings, FINDING_NOTE, "map", NULL, "line %u: %s is root",
			entry->number, name);
	else if (account->pw_uid < a->d->config->identity.minimum_uid)
		finding(&a->d->findings, FINDING_NOTE, "map", NULL,
			"line %u: %s is a system account (uid %u)", entry->number, name,
			(unsigned)account->pw_uid);
	return ERR_OK;
}

static void
check_map(struct doctor *d)
{
	AUTO_BUF struct buf text = BUF_INIT(MAP_MAX);
	const char *path = d->config->identity.map;
	struct accounts accounts = {.d = d};
	struct diag diag = {0};
	enum err e = safefile_read(&text, path, 077, &diag);

	if (e == ERR_OK)
		e = map_each(
			buf_str(&text), text.len, path, check_account, &accounts, &diag);
	d->mapped = accounts.count;
	if (e == ERR_OK)
		e = map_check(buf_str(&text), text.len, path, d->config->provider.issuer,
			&diag);
	if (e != ERR_OK)
		finding_error(&d->findings, "map",
			e == ERR_FILE_MISSING ? "type: itsmectl enrol USER" : NULL, e,
			&diag);
	else if (accounts.count == 0)
		finding(&d->findings, FINDING_WARNING, "map", "type: itsmectl enrol USER",
			"nobody is in %s", path);
	else
		finding(&d->findings, FINDING_GOOD, "map", NULL, "%s has %u lines", path,
			accounts.count);
}

void
doctor_files(struct doctor *d)
{
	check_config(d);
	if (d->config == NULL)
		return;
	check_keys(d);
	if (d->config->client.certificate[0] != '\0')
		check_certificate(d);
	check_trust(d);
	if (d->config->client.secret_file[0] != '\0')
		check_secret(d);
	if (d->config->provider.provider_keys[0] != '\0')
		check_pinned(d);
	check_map(d);
}
