/* Reading what decides a login, before anything else happens. */
#include "helper/setup.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/safefile.h"
#include "base/text.h"
#include "helper/channel.h"
#include "identity/identity.h"
#include "identity/skip.h"
#include "identity/spent.h"
#include "jose/certificate.h"
#include "jose/key_store.h"
#include "jose/store.h"

#define CA_FILE_MAX (1024 * 1024)
#define ARGUMENT_MAX 4096
#define SECRET_MAX 1024

/* Calls `take` with each of the module's arguments, which come one a line. */
static enum err
each_argument(const struct wire_msg *request,
	enum err (*take)(void *arg, const char *argument, struct diag *diag), void *arg,
	struct diag *diag)
{
	const char *at = wire_text(request, WIRE_FIELD_ARGUMENTS);
	char one[ARGUMENT_MAX];
	enum err e = ERR_OK;

	while (e == ERR_OK && *at != '\0') {
		size_t len = strcspn(at, "\n");

		if (len >= sizeof(one))
			return diag_set(diag, ERR_CONFIG_INVALID,
				"an argument of pam_itsme.so is too long");
		memcpy(one, at, len);
		one[len] = '\0';
		e = take(arg, one, diag);
		at += len + (at[len] == '\n');
	}
	return e;
}

/* The last `config=` wins; copied, since the argument does not outlive the call. */
static enum err
take_path(void *arg, const char *argument, struct diag *diag)
{
	char *path = arg;
	const char *found = config_argument_path(argument);

	(void)diag;
	if (found != NULL)
		strcpy(path, found); /* shorter than the argument it points into */
	return ERR_OK;
}

static enum err
take_override(void *arg, const char *argument, struct diag *diag)
{
	return config_apply_argument(arg, argument, diag);
}

/* A file that the configuration names: what is wrong with it is wrong in its own terms.
 */
static enum err
read_file(struct buf *ret, size_t most, const char *path, mode_t forbidden,
	const struct safefile_kind *kind, struct diag *diag)
{
	*ret = (struct buf)BUF_INIT(most);
	return safefile_fault(safefile_read(ret, path, forbidden, diag), kind);
}

static enum err
read_key(struct buf *ret, const char *path, struct diag *diag)
{
	if (path[0] == '\0' || store_is_uri(path))
		return ERR_OK; /* none; or setup_keys() opens it with its own rights */
	return read_file(ret, KEY_FILE_MAX, path, 077, &safefile_key, diag);
}

/* What is no secret, but decides whom we believe and who we are. */
static enum err
read_public(struct buf *ret, size_t most, const char *path,
	const struct safefile_kind *kind, struct diag *diag)
{
	if (path[0] == '\0')
		return ERR_OK;
	return read_file(ret, most, path, 0, kind, diag);
}

/* One line, whose end does not count: that is how editors write files. */
static enum err
read_secret(struct buf *ret, const char *path, struct diag *diag)
{
	enum err e;

	if (path[0] == '\0')
		return ERR_OK;
	e = read_file(ret, SECRET_MAX, path, 077, &safefile_key, diag);
	if (e != ERR_OK)
		return e;
	while (ret->len > 0 && strchr("\r\n", ret->data[ret->len - 1]) != NULL)
		buf_cut(ret, ret->len - 1);
	if (ret->len == 0 || !text_is_ascii(buf_str(ret), ret->len))
		return diag_set(diag, ERR_KEY_INVALID,
			"%.120s: must hold the secret alone, on one line", path);
	return ERR_OK;
}

/* The provider's keys, if they are pinned, and what has been accepted by them lately. */
static enum err
read_pinned(struct setup *setup, struct diag *diag)
{
	const char *path = setup->config->provider.provider_keys;
	enum err e;

	if (path[0] == '\0')
		return ERR_OK;
	e = read_public(
		&setup->provider_keys_json, JWKS_SIZE_MAX, path, &safefile_key, diag);
	setup->tokens = -1;
	if (e == ERR_OK)
		e = spent_open(&setup->tokens, STATE_DIR, diag);
	setup->counts_tokens = e == ERR_OK;
	return e;
}

static enum err
read_keys(struct setup *setup, struct diag *diag)
{
	const struct config *config = setup->config;
	enum err e = read_key(&setup->signing_pem, config->client.signing_key, diag);
	size_t i;

	if (e == ERR_OK)
		e = read_pinned(setup, diag);
	if (e == ERR_OK)
		e = read_public(&setup->certificate_pem, CERTIFICATE_FILE_MAX,
			config->client.certificate, &safefile_key, diag);
	if (e == ERR_OK)
		e = read_key(&setup->certificate_key_pem, config->client.certificate_key,
			diag);
	for (i = 0; e == ERR_OK && i < config->client.decryption_key_count; i++)
		e = read_key(&setup->decryption_pem[i], config->client.decryption_keys[i],
			diag);
	return e;
}

/* From whatever could be read: a refusal is to be understood as well. */
static enum language
choose_language(
	const struct setup *setup, const struct wire_msg *request, const struct map *map)
{
	static const enum language of_config[] = {
		[CONFIG_LANGUAGE_AUTO] = LANGUAGE_NONE,
		[CONFIG_LANGUAGE_EN] = LANGUAGE_EN,
		[CONFIG_LANGUAGE_NL] = LANGUAGE_NL,
		[CONFIG_LANGUAGE_FR] = LANGUAGE_FR,
		[CONFIG_LANGUAGE_DE] = LANGUAGE_DE,
	};

	return language_choose(map != NULL ? map->language : LANGUAGE_NONE,
		setup->config != NULL ? of_config[setup->config->login.language]
				      : LANGUAGE_NONE,
		wire_text(request, WIRE_FIELD_LANGUAGE));
}

/* The service manager's copy of the file, by its last name; false: it has none. */
static bool
find_copy(char copy[ARGUMENT_MAX], const char *credentials, const char *path)
{
	const char *name = strrchr(path, '/');
	int len;

	if (credentials == NULL || name == NULL)
		return false;
	len = snprintf(copy, ARGUMENT_MAX, "%s%s", credentials, name);
	return len > 0 && len < ARGUMENT_MAX && access(copy, F_OK) == 0;
}

static enum err
use_copy(char **path, const char *credentials)
{
	char copy[ARGUMENT_MAX];
	char *chosen;

	if (store_is_uri(*path) || !find_copy(copy, credentials, *path))
		return ERR_OK;
	chosen = strdup(copy);
	if (chosen == NULL)
		return ERR_NOMEM;
	free(*path);
	*path = chosen;
	return ERR_OK;
}

/* Every file that the configuration names; how many there are. */
static size_t
find_paths(char **ret[SETUP_FILES], struct config *config)
{
	char **const paths[] = {&config->identity.map, &config->provider.ca_file,
		&config->provider.provider_keys, &config->client.signing_key,
		&config->client.certificate, &config->client.certificate_key,
		&config->client.secret_file};
	size_t count = sizeof(paths) / sizeof(paths[0]), i;

	memcpy(ret, paths, sizeof(paths));
	for (i = 0; i < config->client.decryption_key_count; i++)
		ret[count++] = &config->client.decryption_keys[i];
	return count;
}

static enum err
use_copies(struct config *config, const char *credentials)
{
	char **paths[SETUP_FILES];
	size_t count = find_paths(paths, config), i;
	enum err e = ERR_OK;

	for (i = 0; e == ERR_OK && i < count; i++)
		e = use_copy(paths[i], credentials);
	return e;
}

/* A greeter begins a login as soon as it stands there, and somebody may come tomorrow. */
static bool
waits_long(const struct wire_msg *request)
{
	return wire_number(request, WIRE_FIELD_STYLE) == WIRE_STYLE_GREETER;
}

/* Keeps an eye on a file that was read, if it is to be known later. */
static void
keep_eye_on(struct setup *setup, const struct wire_msg *request, const char *path,
	long long since)
{
	if (waits_long(request) && path[0] != '\0' && !store_is_uri(path))
		fresh_open(&setup->files[setup->file_count++], path, since, clock_unix());
}

static enum err
read_config(struct setup *ret, const struct wire_msg *request, struct diag *diag)
{
	char path[ARGUMENT_MAX] = CONFIG_PATH, copy[ARGUMENT_MAX];
	const long long since = clock_unix();
	enum err e = each_argument(request, take_path, path, diag);
	const char *file = find_copy(copy, ret->credentials, path) ? copy : path;

	if (e == ERR_OK)
		e = config_load(&ret->config, file, diag);
	if (e == ERR_OK)
		keep_eye_on(ret, request, file, since);
	if (e == ERR_OK)
		e = config_apply_service(
			ret->config, wire_text(request, WIRE_FIELD_SERVICE), diag);
	if (e == ERR_OK)
		e = each_argument(request, take_override, ret->config, diag);
	return e != ERR_OK ? e : use_copies(ret->config, ret->credentials);
}

/* Whether the account may ask at all, or goes past. */
static enum err
admit(struct setup *ret, const struct wire_msg *request, struct diag *diag)
{
	const char *user = wire_text(request, WIRE_FIELD_USER);
	const char *rhost = wire_text(request, WIRE_FIELD_RHOST);
	enum err e;

	if (channel_identifies(request))
		return ERR_OK; /* whoever it is: no account is asked for */
	e = skip_check(ret->config, user, rhost, diag);
	return e != ERR_OK ? e : identity_admits(&ret->map, ret->config, user, diag);
}

static enum err
read_files(struct setup *ret, const struct wire_msg *request, struct diag *diag)
{
	enum err e = read_config(ret, request, diag);

	if (e == ERR_OK)
		e = admit(ret, request, diag);
	if (e == ERR_OK)
		e = read_public(&ret->ca_pem, CA_FILE_MAX, ret->config->provider.ca_file,
			&safefile_config, diag);
	if (e == ERR_OK)
		e = read_secret(
			&ret->client_secret, ret->config->client.secret_file, diag);
	return e != ERR_OK ? e : read_keys(ret, diag);
}

static void
keep_eye_on_all(struct setup *setup, const struct wire_msg *request, long long since)
{
	char **paths[SETUP_FILES];
	size_t count = find_paths(paths, setup->config), i;

	for (i = 0; i < count; i++)
		keep_eye_on(setup, request, *paths[i], since);
}

enum err
setup_read(struct setup *ret, const struct wire_msg *request, struct diag *diag)
{
	const long long since = clock_unix();
	enum err e = read_files(ret, request, diag);

	if (e == ERR_OK)
		keep_eye_on_all(ret, request, since);
	ret->language = choose_language(ret, request, ret->map);
	ret->strangers = choose_language(ret, request, NULL);
	return e;
}

/* One key out of the bytes that were read, which are wiped, or out of its store. */
static enum err
make_key(struct key **ret, struct buf *pem, enum key_use use, const char *path,
	struct diag *diag)
{
	struct diag inner = {0};
	enum err e;

	if (path[0] == '\0')
		return ERR_OK;
	if (store_is_uri(path))
		return key_store_load(ret, path, use, diag);
	e = key_load(ret, buf_str(pem), pem->len, use, &inner);

	buf_free(pem);
	return e != ERR_OK ? diag_set(diag, e, "%.120s: %.120s", path, inner.text) : e;
}

/* Pinned keys that could verify nothing are somebody's mistake, in a file of root's. */
static enum err
make_provider_keys(struct setup *setup, struct diag *diag)
{
	const char *path = setup->config->provider.provider_keys;
	struct buf *json = &setup->provider_keys_json;
	struct diag why = {0};
	enum err e;

	if (!setup->counts_tokens)
		return ERR_OK;
	e = jwks_parse(&setup->provider_keys, buf_str(json), json->len, &why);
	buf_free(json);
	if (e == ERR_NOMEM || e == ERR_CRYPTO)
		return e;
	if (e != ERR_OK)
		return diag_set(diag, ERR_KEY_INVALID, "%.120s: %.120s", path, why.text);
	if (jwks_counts(setup->provider_keys)->verifying > 0)
		return ERR_OK;
	jwks_explain(setup->provider_keys, &why);
	return diag_set(diag, ERR_KEY_INVALID,
		"%.120s: no key in it can verify a signature%s%.90s", path,
		why.text[0] != '\0' ? "; " : "", why.text);
}

/*
 * The certificate's key is for itsme-fetch, which knows PKCS#8 alone: what the file
 * holds, and whether it may be used, is found out here. A store's is opened there.
 */
static enum err
convert_certificate_key(struct setup *setup, struct diag *diag)
{
	const char *path = setup->config->client.certificate_key;
	AUTO_KEY struct key *key = NULL;
	enum err e;

	if (path[0] == '\0' || store_is_uri(path))
		return ERR_OK;
	e = make_key(&key, &setup->certificate_key_pem, KEY_SIG, path, diag);
	if (e != ERR_OK)
		return e;
	setup->certificate_key_pem = (struct buf)BUF_INIT(KEY_FILE_MAX);
	return key_private_pem(&setup->certificate_key_pem, key);
}

enum err
setup_keys(struct setup *setup, struct diag *diag)
{
	const struct config *config = setup->config;
	enum err e;

	e = make_key(&setup->signing_key, &setup->signing_pem, KEY_SIG,
		config->client.signing_key, diag);
	if (e == ERR_OK)
		e = make_provider_keys(setup, diag);
	if (e == ERR_OK)
		e = convert_certificate_key(setup, diag);
	while (e == ERR_OK &&
		setup->decryption_count < config->client.decryption_key_count) {
		size_t i = setup->decryption_count;

		e = make_key(&setup->decryption_keys[i], &setup->decryption_pem[i],
			KEY_ENC, config->client.decryption_keys[i], diag);
		if (e == ERR_OK)
			setup->decryption_count++;
	}
	return e;
}

bool
setup_has_store(const struct setup *setup)
{
	return store_is_uri(setup->config->client.signing_key);
}

bool
setup_is_fresh(const struct setup *setup)
{
	size_t i;

	for (i = 0; i < setup->file_count; i++)
		if (!fresh_is(&setup->files[i]))
			return false;
	return setup->file_count > 0;
}

enum config_qr
setup_qr(const struct setup *setup)
{
	return setup->map != NULL && setup->map->has_qr ? setup->map->qr
							: setup->config->display.qr;
}

bool
setup_invert(const struct setup *setup)
{
	bool mapped = setup->map != NULL && setup->map->has_invert;

	return (mapped ? setup->map->invert : setup->config->display.invert) ==
	       CONFIG_INVERT_YES;
}

void
setup_free(struct setup *setup)
{
	size_t i;

	if (setup->counts_tokens && setup->tokens >= 0)
		close(setup->tokens);
	buf_free(&setup->provider_keys_json);
	jwks_free(&setup->provider_keys);
	buf_free(&setup->client_secret);
	buf_free(&setup->ca_pem);
	buf_free(&setup->signing_pem);
	key_free(&setup->signing_key);
	buf_free(&setup->certificate_pem);
	buf_free(&setup->certificate_key_pem);
	for (i = 0; i < CONFIG_KEYS_MAX; i++) {
		buf_free(&setup->decryption_pem[i]);
		key_free(&setup->decryption_keys[i]);
	}
	map_free(&setup->map);
	config_free(&setup->config);
	for (i = 0; i < setup->file_count; i++)
		fresh_close(&setup->files[i]);
	*setup = (struct setup){0};
}
