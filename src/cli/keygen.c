/*
 * itsmectl keygen: the key pairs of a client. A file that exists is never touched, and
 * one that could not be written whole is not there.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/safefile.h"
#include "base/safewrite.h"
#include "cli/call.h"
#include "cli/own_keys.h"
#include "config/config.h"
#include "jose/key.h"
#include "jose/store.h"

#define PEM_MAX (16 * 1024)
#define PATH_ROOM 4096
#define SUCCESSORS_MAX 100 /* in one day */
#define DEFAULT_BITS 2048

static const char *const uses[] = {[KEY_SIG] = "sig", [KEY_ENC] = "enc"};

/* A directory and the key files in it. */
struct keygen {
	struct call *call;
	char directory[PATH_ROOM]; /* absolute, without a / at its end */
	int bits;
	struct diag diag;
};

/* --- one key -------------------------------------------------------------- */

static enum err
set_path(struct keygen *k, char path[PATH_ROOM], const char *name)
{
	if (snprintf(path, PATH_ROOM, "%s/%s", k->directory, name) >= PATH_ROOM)
		return diag_set(&k->diag, ERR_FILE_INVALID, "the name is too long");
	return ERR_OK;
}

static bool
exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/* Says which key is there now, by its kid. */
static enum err
report(struct keygen *k, const char *path, enum key_use use, bool is_new)
{
	AUTO_KEY struct key *key = NULL;
	AUTO_FREE char *shown = strdup(path);
	struct json_object *row;
	enum err e = shown != NULL ? own_keys_read(&key, path, use, &k->diag) : ERR_NOMEM;

	if (e != ERR_OK)
		return e;
	output_hide(shown);
	row = output_add(&k->call->out, "keys");
	output_put(row, "file", shown);
	output_put(row, "use", uses[use]);
	output_put(row, "kid", key_kid(key));
	output_put_bool(row, "new", is_new);
	output_line(&k->call->out, "%s %s (use %s, kid %s)", is_new ? "made" : "kept",
		shown, uses[use], key_kid(key));
	return ERR_OK;
}

static enum err
make_key(struct keygen *k, const char *name, enum key_use use)
{
	const struct safewrite_owner owner = {geteuid(), getegid(), 0600};
	AUTO_BUF struct buf pem = BUF_INIT(PEM_MAX);
	AUTO_FD int dir = -1;
	char path[PATH_ROOM];
	const char *last;
	enum err e = set_path(k, path, name);

	if (e == ERR_OK)
		e = safefile_directory(&dir, &last, path, &k->diag);
	if (e == ERR_OK && exists(path)) /* do not spend seconds on a key for nothing */
		e = diag_set(&k->diag, ERR_FILE_INVALID,
			"%.200s: exists; move it away first", path);
	if (e == ERR_OK)
		e = key_generate(&pem, use, k->bits);
	if (e == ERR_OK)
		e = safewrite(dir, last, SAFEWRITE_NEW, &owner, buf_str(&pem), pem.len,
			path, &k->diag);
	return e != ERR_OK ? e : report(k, path, use, true);
}

/* --- the first pair ------------------------------------------------------- */

/* Makes what is missing: a run that was interrupted is finished by the next. */
static enum err
make_pair(struct keygen *k)
{
	char paths[2][PATH_ROOM];
	enum key_use use;
	enum err e = set_path(k, paths[KEY_SIG], "sig.pem");

	if (e == ERR_OK)
		e = set_path(k, paths[KEY_ENC], "enc.pem");
	if (e == ERR_OK && exists(paths[KEY_SIG]) && exists(paths[KEY_ENC]))
		return diag_set(&k->diag, ERR_FILE_INVALID,
			"%.200s: keys are here already; nothing was changed. For their "
			"successors type: itsmectl keygen --rotate %.200s",
			k->directory, k->directory);
	for (use = KEY_SIG; e == ERR_OK && use <= KEY_ENC; use++)
		e = exists(paths[use])
			    ? report(k, paths[use], use, false)
			    : make_key(k, use == KEY_SIG ? "sig.pem" : "enc.pem", use);
	return e;
}

/* --- successors ----------------------------------------------------------- */

/* Names that are free, such as sig-2026-11-22.pem or sig-2026-11-22.2.pem. */
static enum err
name_successors(struct keygen *k, char names[2][64])
{
	time_t now = (time_t)clock_unix();
	char day[32], path[PATH_ROOM];
	struct tm tm;
	int i;
	enum key_use use;

	if (gmtime_r(&now, &tm) == NULL ||
		strftime(day, sizeof(day), "%Y-%m-%d", &tm) == 0)
		return diag_set(&k->diag, ERR_SYSTEM, "the clock shows no date");
	for (i = 1; i <= SUCCESSORS_MAX; i++) {
		bool taken = false;

		for (use = KEY_SIG; use <= KEY_ENC; use++) {
			if (i == 1)
				snprintf(names[use], 64, "%s-%s.pem", uses[use], day);
			else
				snprintf(names[use], 64, "%s-%s.%d.pem", uses[use], day,
					i);
			if (set_path(k, path, names[use]) != ERR_OK)
				return ERR_FILE_INVALID;
			taken = taken || exists(path);
		}
		if (!taken)
			return ERR_OK;
	}
	return diag_set(&k->diag, ERR_FILE_INVALID, "%.200s: too many keys of today",
		k->directory);
}

/* What to do with them, in the order and at the times that the provider prescribes. */
static void
explain_rotation(struct keygen *k, const struct config *config, char names[2][64])
{
	const char *dir = k->directory;
	struct output *out = &k->call->out;
	size_t i;

	output_line(out, "\n1. Write into [client] of %s, replacing these keys:",
		call_config_path(k->call));
	output_line(out, "       signing_key = %s", config->client.signing_key);
	output_line(out, "       next_signing_key = %s/%s", dir, names[KEY_SIG]);
	output_line(out, "       decryption_key = %s/%s", dir, names[KEY_ENC]);
	for (i = 0; i < config->client.decryption_key_count; i++)
		output_line(out, "       decryption_key = %s",
			config->client.decryption_keys[i]);
	output_line(out, "2. Publish the new set, and see that it is there:");
	output_line(out, "       itsmectl jwks");
	output_line(out, "       itsmectl jwks --check URL");
	output_line(out,
		"3. Wait 24 hours (or the max-age of your set, if that is longer): the\n"
		"   provider may still use the old set. Answers to either key are read.");
	output_line(out, "4. Then write:");
	output_line(out, "       signing_key = %s/%s", dir, names[KEY_SIG]);
	output_line(out, "       decryption_key = %s/%s", dir, names[KEY_ENC]);
	output_line(out,
		"   without next_signing_key and the older keys; publish the set again,\n"
		"   and delete the old files.");
}

static enum err
make_successors(struct keygen *k)
{
	AUTO_CONFIG struct config *config = NULL;
	char names[2][64];
	enum err e = config_load(&config, call_config_path(k->call), &k->diag);

	if (e == ERR_OK && config->client.next_signing_key[0] != '\0')
		return diag_set(&k->diag, ERR_CONFIG_INVALID,
			"a rotation is under way: %.120s is next_signing_key; finish it "
			"first (itsmectl(8), under keygen)",
			config->client.next_signing_key);
	if (e == ERR_OK && config->client.decryption_key_count == CONFIG_KEYS_MAX)
		return diag_set(&k->diag, ERR_CONFIG_INVALID,
			"there are %d decryption keys already; remove the oldest",
			CONFIG_KEYS_MAX);
	if (e == ERR_OK)
		e = name_successors(k, names);
	if (e == ERR_OK)
		e = make_key(k, names[KEY_SIG], KEY_SIG);
	if (e == ERR_OK)
		e = make_key(k, names[KEY_ENC], KEY_ENC);
	if (e == ERR_OK)
		explain_rotation(k, config, names);
	return e;
}

/* --- a key that never leaves its store ------------------------------------ */

static void
explain_store(struct keygen *k, const char *uri)
{
	struct output *out = &k->call->out;

	output_line(out, "Make the key where it will stay, then call this again. Type:");
	if (strncmp(uri, "handle:", 7) == 0)
		output_line(out,
			"    tpm2_createprimary -C o -G rsa%d:null:null -c primary.ctx "
			"\\\n"
			"        -a 'fixedtpm|fixedparent|sensitivedataorigin|"
			"userwithauth|sign'\n"
			"    tpm2_evictcontrol -C o -c primary.ctx 0x81000001\n"
			"(Debian: tpm2-tools.)",
			k->bits);
	else
		output_line(out,
			"    pkcs11-tool --module MODULE.so --token-label TOKEN --login "
			"\\\n"
			"        --keypairgen --key-type rsa:%d --label sig --id 01 "
			"--usage-sign\n"
			"(Debian: opensc. softhsm2-util --init-token makes a token to "
			"try "
			"it with.)",
			k->bits);
	output_line(out, "The decryption key is a file in any case (docs/jose.md).");
}

/*
 * Neither the engine nor the provider that speaks PKCS#11 can make keys by URI, so the
 * store's own tool makes the key; here it is looked at, and its companion made.
 */
static enum err
use_store(struct keygen *k, const char *uri)
{
	char path[PATH_ROOM];
	enum err e = set_path(k, path, "enc.pem");

	if (e == ERR_OK && !store_is_uri(uri))
		return diag_set(&k->diag, ERR_KEY_INVALID,
			"--store takes pkcs11:… or handle:…, not a file");
	if (e == ERR_OK)
		e = report(k, uri, KEY_SIG, false);
	if (e == ERR_OK)
		return exists(path) ? report(k, path, KEY_ENC, false)
				    : make_key(k, "enc.pem", KEY_ENC);
	if (e == ERR_KEY_STORE)
		explain_store(k, uri);
	return e;
}

/* --- the command ---------------------------------------------------------- */

/* The directory with its whole path, as the checks of safefile.h want it. */
static enum err
set_directory(struct keygen *k, const char *name)
{
	AUTO_FREE char *whole = realpath(name, NULL);

	if (whole == NULL)
		return diag_set(&k->diag, errno == ENOENT ? ERR_FILE_MISSING : ERR_SYSTEM,
			"%.120s: %s%s%.120s", name, strerror(errno),
			errno == ENOENT ? "; type: install -d -m 700 " : "",
			errno == ENOENT ? name : "");
	if (strlen(whole) >= sizeof(k->directory))
		return diag_set(&k->diag, ERR_FILE_INVALID, "the name is too long");
	strcpy(k->directory, whole);
	return ERR_OK;
}

/* 0: not one of the sizes. */
static int
read_bits(const char *text)
{
	static const char *const sizes[] = {"2048", "3072", "4096"};
	size_t i;

	for (i = 0; text != NULL && i < sizeof(sizes) / sizeof(sizes[0]); i++)
		if (strcmp(text, sizes[i]) == 0)
			return 2048 + (int)i * 1024;
	return text == NULL ? DEFAULT_BITS : 0;
}

enum exit_status
command_keygen(struct call *call)
{
	struct keygen k = {.call = call, .bits = read_bits(call->value[OPTION_BITS])};
	enum err e;

	if (k.bits == 0)
		return call_wrong(call, "--bits must be 2048, 3072 or 4096");
	if (call_has(call, OPTION_ROTATE) && call_has(call, OPTION_STORE))
		return call_wrong(call, "--rotate and --store do not go together");
	e = set_directory(&k, call->words[0]);
	if (e == ERR_OK && call_has(call, OPTION_STORE))
		e = use_store(&k, call->value[OPTION_STORE]);
	else if (e == ERR_OK && call_has(call, OPTION_ROTATE))
		e = make_successors(&k);
	else if (e == ERR_OK)
		e = make_pair(&k);
	return call_result(call, e, &k.diag);
}
