/*
 * itsmectl keys: pins the provider's keys, shows the pinned ones, and takes in new ones.
 * What comes from the network is looked at without privilege; a child that keeps the
 * rights writes the one file, and nothing but what it is handed whole.
 */
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/privilege.h"
#include "base/safefile.h"
#include "base/safewrite.h"
#include "base/whole.h"
#include "cli/call.h"
#include "cli/issuer_keys.h"
#include "cli/own_keys.h"

#define DEFAULT_FILE CONFIG_DIR "/provider-keys.json"
#define PATH_ROOM 4096

enum deed { DEED_PIN, DEED_SHOW, DEED_REFRESH };

struct keys {
	struct call *call;
	enum deed deed;
	struct config *config;
	const char *path; /* of the pinned set */
	struct buf pinned_text;
	bool is_pinned; /* there is such a file */
	struct issuer_keys pinned, published;
	struct fetch fetch;
	int writer; /* channel to the child that writes; -1: there is none */
	pid_t writer_pid;
	struct diag diag;
};

/* --- the child that writes ------------------------------------------------- */

/* What comes of writing. */
struct outcome {
	enum err e;
	struct diag diag;
};

/* All of it, without the signal for a writer who has gone. */
static bool
send_whole(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len > 0) {
		ssize_t sent = send(fd, at, len, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		at += sent;
		len -= (size_t)sent;
	}
	return true;
}

/* The child: writes what it is handed, if that comes whole, and says how it went. */
static void
serve_writing(int channel, int dir, const char *name, const char *path)
{
	static char text[JWKS_SIZE_MAX];
	const struct safewrite_owner owner = {geteuid(), getegid(), 0644};
	struct outcome outcome = {0};
	size_t len;

	if (!whole_read(channel, &len, sizeof(len)) || len > sizeof(text) ||
		!whole_read(channel, text, len))
		_exit(EXIT_NOT); /* nothing is to be written */
	outcome.e = flock(dir, LOCK_EX) == 0 ? ERR_OK : ERR_SYSTEM;
	if (outcome.e == ERR_OK)
		outcome.e = safewrite(dir, name, SAFEWRITE_REPLACE, &owner, text, len,
			path, &outcome.diag);
	_exit(send_whole(channel, &outcome, sizeof(outcome)) ? EXIT_DONE : EXIT_NOT);
}

/* While we may: the directory is looked at, and somebody stays who may write there. */
static enum err
start_writer(struct keys *k)
{
	AUTO_FD int dir = -1;
	const char *name;
	int ends[2];
	enum err e = safefile_directory(&dir, &name, k->path, &k->diag);

	if (e != ERR_OK)
		return e;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return ERR_SYSTEM;
	k->writer_pid = fork();
	if (k->writer_pid == 0) {
		close(ends[0]);
		serve_writing(ends[1], dir, name, k->path);
	}
	close(ends[1]);
	k->writer = ends[0];
	return k->writer_pid > 0 ? ERR_OK : ERR_SYSTEM;
}

static enum err
write_set(struct keys *k)
{
	const char *text = json_object_to_json_string_ext(k->published.json,
		JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
	AUTO_BUF struct buf lines = BUF_INIT(JWKS_SIZE_MAX);
	struct outcome outcome;

	buf_addf(&lines, "%s\n", text);
	if (buf_err(&lines) != ERR_OK)
		return diag_set(
			&k->diag, ERR_JWKS_REFUSED, "the set is too large to be written");
	if (!send_whole(k->writer, &lines.len, sizeof(lines.len)) ||
		!send_whole(k->writer, buf_str(&lines), lines.len) ||
		!whole_read(k->writer, &outcome, sizeof(outcome)))
		return diag_set(
			&k->diag, ERR_SYSTEM, "%.200s: cannot be written", k->path);
	k->diag = outcome.diag;
	return outcome.e;
}

static void
end_writer(struct keys *k)
{
	if (k->writer >= 0)
		close(k->writer);
	if (k->writer_pid > 0)
		waitpid(k->writer_pid, NULL, 0);
}

/* --- showing ---------------------------------------------------------------- */

static const char *
or_dash(const char *text)
{
	return text[0] != '\0' ? text : "-";
}

/* One key; `change` is "new" or "gone", "" where there is nothing to say. */
static void
show_key(struct keys *k, const struct issuer_key *key, const char *change)
{
	struct json_object *row = output_add(&k->call->out, "keys");

	output_line(&k->call->out, "%-5s%-4s %-8s kid %s\n     thumbprint %s", change,
		or_dash(key->use), or_dash(key->alg), or_dash(key->kid),
		key->thumbprint[0] != '\0' ? key->thumbprint
					   : "(none: not a key that logins could use)");
	output_put(row, "kid", key->kid);
	output_put(row, "use", key->use);
	output_put(row, "alg", key->alg);
	output_put(row, "thumbprint", key->thumbprint);
	output_put(row, "change", change);
}

static void
show_set(struct keys *k, const struct issuer_keys *set)
{
	size_t i;

	for (i = 0; i < set->count; i++)
		show_key(k, &set->keys[i], "");
}

/* What the published set has and has not; the number of differences. */
static size_t
show_difference(struct keys *k)
{
	size_t i, count = 0;

	for (i = 0; i < k->published.count; i++) {
		bool is_new = !issuer_keys_has(&k->pinned, &k->published.keys[i]);

		show_key(k, &k->published.keys[i], is_new ? "new" : "");
		count += is_new;
	}
	for (i = 0; i < k->pinned.count; i++)
		if (!issuer_keys_has(&k->published, &k->pinned.keys[i])) {
			show_key(k, &k->pinned.keys[i], "gone");
			count++;
		}
	return count;
}

/* --- the deeds -------------------------------------------------------------- */

static void
tell_written(struct keys *k)
{
	output_str(&k->call->out, "file", k->path);
	output_bool(&k->call->out, "written", true);
	output_line(&k->call->out, "written to %s", k->path);
	if (strcmp(k->config->provider.provider_keys, k->path) == 0)
		return;
	output_line(&k->call->out,
		"Compare the thumbprints with what the provider says by another way. "
		"Then "
		"write\ninto [provider] of %s:\n    provider_keys = %s",
		call_config_path(k->call), k->path);
}

static enum err
pin(struct keys *k)
{
	enum err e;

	if (k->is_pinned && show_difference(k) == 0) {
		output_line(&k->call->out, "pinned already in %s", k->path);
		return ERR_OK;
	}
	if (k->is_pinned)
		return diag_set(&k->diag, ERR_FILE_INVALID,
			"%.200s: holds other keys; see what is new: itsmectl keys "
			"refresh",
			k->path);
	show_set(k, &k->published);
	e = write_set(k);
	if (e == ERR_OK)
		tell_written(k);
	return e;
}

static enum err
refresh(struct keys *k, bool *ret_done)
{
	enum err e;

	if (show_difference(k) == 0) {
		output_line(&k->call->out, "%s holds what is published", k->path);
		return ERR_OK;
	}
	if (!issuer_keys_meet(&k->pinned, &k->published))
		output_line(&k->call->out, "None of the pinned signature keys is "
					   "published any more: ask the "
					   "provider\nbefore you believe this.");
	*ret_done = call_confirm(
		k->call, "Did you compare the new thumbprints? Pin what is published?");
	if (!*ret_done)
		return ERR_OK;
	e = write_set(k);
	if (e == ERR_OK)
		tell_written(k);
	return e;
}

/* --- the command ------------------------------------------------------------ */

/* The pinned set, where there is one: for `show` and `refresh` there must be. */
static enum err
read_pinned(struct keys *k)
{
	enum err e = issuer_keys_read(&k->pinned_text, k->path, &k->diag);

	if (e == ERR_FILE_MISSING && k->deed == DEED_PIN)
		return ERR_OK;
	if (e == ERR_FILE_MISSING)
		return diag_set(&k->diag, e,
			"%.200s: no keys are pinned; type: itsmectl keys pin", k->path);
	k->is_pinned = e == ERR_OK;
	return e;
}

/* All that takes rights, and then none are left. */
static enum err
prepare(struct keys *k)
{
	enum err e = config_load(&k->config, call_config_path(k->call), &k->diag);

	if (e != ERR_OK)
		return e;
	k->path = k->config->provider.provider_keys;
	if (k->call->count > 1)
		k->path = k->call->words[1];
	else if (k->path[0] == '\0')
		k->path = DEFAULT_FILE;
	e = read_pinned(k);
	if (e != ERR_OK || k->deed == DEED_SHOW)
		return e;
	e = fetch_certificate(&k->fetch, k->config, &k->diag);
	if (e == ERR_OK)
		e = start_writer(
			k); /* first: it is not to hold the channel to itsme-fetch */
	return e != ERR_OK ? e
			   : fetch_open(&k->fetch, k->config, k->config->provider.ca_file,
				     &k->diag);
}

static enum err
fetch_published(struct keys *k)
{
	AUTO_METADATA struct metadata metadata = {0};
	const struct http_answer *answer;
	enum err e =
		issuer_keys_fetch(&k->fetch, k->config, &metadata, &answer, &k->diag);

	if (e == ERR_OK)
		e = issuer_keys_parse(&k->published, answer->body, answer->len, &k->diag);
	if (e != ERR_OK || jwks_counts(k->published.set)->verifying > 0)
		return e;
	return diag_set(&k->diag, ERR_JWKS_REFUSED,
		"no key of the provider is usable for signatures: tell the provider");
}

static enum err
run(struct keys *k, bool *ret_done)
{
	enum err e = prepare(k);

	if (e == ERR_OK)
		e = privilege_drop(&k->diag);
	if (e == ERR_OK && k->is_pinned)
		e = issuer_keys_parse(&k->pinned, buf_str(&k->pinned_text),
			k->pinned_text.len, &k->diag);
	if (e == ERR_OK && k->deed == DEED_SHOW) {
		output_str(&k->call->out, "file", k->path);
		show_set(k, &k->pinned);
		return ERR_OK;
	}
	if (e == ERR_OK)
		e = fetch_published(k);
	if (e != ERR_OK)
		return e;
	return k->deed == DEED_PIN ? pin(k) : refresh(k, ret_done);
}

enum exit_status
command_keys(struct call *call)
{
	static const char *const deeds[] = {"pin", "show", "refresh"};
	struct keys k = {.call = call, .writer = -1};
	bool done = true;
	enum err e;

	while (k.deed <= DEED_REFRESH && strcmp(call->words[0], deeds[k.deed]) != 0)
		k.deed++;
	if (k.deed > DEED_REFRESH)
		return call_wrong(call, "keys takes pin, show or refresh");
	if (call_has(call, OPTION_YES) && k.deed != DEED_REFRESH)
		return call_wrong(call, "--yes is for refresh");
	e = run(&k, &done);
	end_writer(&k);
	fetch_free(&k.fetch);
	issuer_keys_free(&k.pinned);
	issuer_keys_free(&k.published);
	buf_free(&k.pinned_text);
	config_free(&k.config);
	return e == ERR_OK && !done ? EXIT_NOT : call_result(call, e, &k.diag);
}
