/*
 * itsmectl enrol, unenrol, list, whoami: who may enter which account. Who somebody is
 * comes from a login that the helper has verified, or from the administrator's own hand.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/attempt.h"
#include "cli/call.h"
#include "cli/pass.h"
#include "config/config.h"
#include "identity/account.h"
#include "identity/map_edit.h"
#include "jose/digest.h"

#define HASH_DIGITS 12 /* as in the log of logins */

/* The map as a command sees it. */
struct people {
	struct call *call;
	struct config *config;
	struct map_edit *edit;
	const char *user, *sub; /* whom it is about; NULL: everybody, any */
	unsigned number; /* of the line that was found last */
	unsigned found;
	bool known; /* the pair is in the map already */
	struct diag diag;
};

static void
people_free(struct people *p)
{
	map_edit_free(&p->edit);
	config_free(&p->config);
}

static bool
piece_is(struct map_piece p, const char *text)
{
	return p.len == strlen(text) && memcmp(p.data, text, p.len) == 0;
}

/* Whether a line is about the configured issuer. */
static bool
is_of_issuer(const struct people *p, const struct map_entry *entry)
{
	return entry->issuer.data == NULL ||
	       piece_is(entry->issuer, p->config->provider.issuer);
}

static enum err
each(struct people *p, enum err (*take)(void *, const struct map_entry *))
{
	size_t len;
	const char *text = map_edit_text(p->edit, &len);

	return map_each(text, len, p->config->identity.map, take, p, &p->diag);
}

static enum exit_status
finish(struct people *p, enum err e)
{
	enum exit_status status = call_result(p->call, e, &p->diag);

	people_free(p);
	return status;
}

/* --- who somebody is ------------------------------------------------------ */

/* The person logs in; what the helper has verified is in `ret`. */
static enum err
identify(struct people *p, struct attempt *ret, const char *user)
{
	enum err e;

	*ret = (struct attempt){
		.purpose = WIRE_PURPOSE_IDENTIFY,
		.user = user,
		.service = "itsmectl",
		.config = call_config_path(p->call),
	};
	e = attempt_run(ret, &p->diag);
	if (e == ERR_OK && ret->sub[0] == '\0')
		e = diag_set(&p->diag, ERR_CLAIM_SUB, "%s (%s)",
			ret->message[0] != '\0' ? ret->message : ret->sentence,
			ret->reason);
	if (e == ERR_OK && strcmp(ret->issuer, p->config->provider.issuer) != 0)
		e = ERR_CLAIM_ISS;
	return e;
}

/* The short name of an identity that the log of logins uses. */
static enum err
hash_identity(char hash[HASH_DIGITS + 1], const char *issuer, const char *sub)
{
	AUTO_BUF struct buf text = BUF_INIT(4096);

	buf_addf(&text, "%s\n%s", issuer, sub);
	return buf_err(&text) != ERR_OK ? buf_err(&text)
					: digest_sha256_hex_prefix(hash, HASH_DIGITS,
						  buf_str(&text), text.len);
}

/* Tells the person at the terminal whom the provider says it is. */
static enum err
introduce(struct people *p, const char *name, const char *sub)
{
	char hash[HASH_DIGITS + 1];
	enum err e = hash_identity(hash, p->config->provider.issuer, sub);

	if (e != ERR_OK)
		return e;
	if (name[0] != '\0')
		output_line(&p->call->out, "This is %s (identity %s).", name, hash);
	else
		output_line(&p->call->out,
			"This is identity %s; the provider gave no name with it.", hash);
	output_str(&p->call->out, "name", name);
	output_str(&p->call->out, "identity", hash);
	return ERR_OK;
}

/* --- enrol ---------------------------------------------------------------- */

/* Counts the account's lines of this issuer, and sees whether the pair is one of them. */
static enum err
look_for_pair(void *arg, const struct map_entry *entry)
{
	struct people *p = arg;

	if (!piece_is(entry->account, p->user) || !is_of_issuer(p, entry))
		return ERR_OK;
	p->found++;
	p->number = entry->number;
	p->known = p->known || piece_is(entry->sub, p->sub);
	return ERR_OK;
}

static enum err
change_map(struct people *p)
{
	bool replace = call_has(p->call, OPTION_REPLACE);
	enum err e = each(p, look_for_pair);

	if (e != ERR_OK)
		return e;
	if (p->known)
		return diag_set(&p->diag, ERR_MAP_INVALID,
			"%.60s has this identity already; nothing was changed", p->user);
	if (replace && p->found != 1)
		return diag_set(&p->diag, ERR_MAP_INVALID,
			"%.60s has %u identities; --replace is for exactly one (see "
			"itsmectl list, itsmectl unenrol --sub)",
			p->user, p->found);
	return replace ? map_edit_set_sub(p->edit, p->number, p->sub, &p->diag)
		       : map_edit_add(p->edit, p->user, NULL, p->sub, &p->diag);
}

/*
 * The lock is taken only now: a login takes a minute, and another administrator need
 * not wait for it.
 */
static enum err
write_map(struct people *p)
{
	const struct config *config = p->config;
	enum err e = map_edit_open(&p->edit, config->identity.map, &p->diag);

	if (e == ERR_OK)
		e = change_map(p);
	if (e == ERR_OK)
		e = map_edit_commit(p->edit, p->user, config->provider.issuer, &p->diag);
	if (e == ERR_OK)
		output_line(&p->call->out, "%s may now log in.", p->user);
	return e;
}

/* Whether the map can be changed at all, before a person is sent through a login. */
static enum err
try_map(struct people *p)
{
	enum err e = map_edit_open(&p->edit, p->config->identity.map, &p->diag);

	map_edit_free(&p->edit);
	return e;
}

static enum err
enrol(struct people *p)
{
	struct attempt attempt = {.name = ""};
	char question[512];
	enum err e = config_load(&p->config, call_config_path(p->call), &p->diag);

	if (e == ERR_OK)
		e = account_exists(p->user, &p->diag);
	if (e == ERR_OK)
		e = try_map(p);
	if (e == ERR_OK && p->sub == NULL)
		e = identify(p, &attempt, p->user);
	if (e != ERR_OK)
		return e;
	if (p->sub == NULL)
		p->sub = attempt.sub;
	e = introduce(p, attempt.name, p->sub);
	if (e != ERR_OK)
		return e;
	output_str(&p->call->out, "user", p->user);
	output_str(&p->call->out, "sub", p->sub);
	snprintf(question, sizeof(question), "May %.200s enter the account %.60s?",
		attempt.name[0] != '\0' ? attempt.name : "this identity", p->user);
	if (!call_confirm(p->call, question))
		return diag_set(&p->diag, ERR_USER_DENIED, "nothing was changed");
	return write_map(p);
}

enum exit_status
command_enrol(struct call *call)
{
	struct people p = {
		.call = call, .user = call->words[0], .sub = call->value[OPTION_SUB]};

	return finish(&p, enrol(&p));
}

/* --- unenrol -------------------------------------------------------------- */

/* The first line that is meant. */
static enum err
look_for_line(void *arg, const struct map_entry *entry)
{
	struct people *p = arg;

	if (!piece_is(entry->account, p->user) ||
		(p->sub != NULL && !piece_is(entry->sub, p->sub)))
		return ERR_OK;
	if (p->found++ == 0)
		p->number = entry->number;
	return ERR_OK;
}

static enum err
remove_lines(struct people *p)
{
	unsigned removed;
	enum err e = ERR_OK;

	for (removed = 0; e == ERR_OK; removed++) {
		p->found = 0;
		e = each(p, look_for_line);
		if (e != ERR_OK || p->found == 0)
			break;
		e = map_edit_remove(p->edit, p->number, &p->diag);
	}
	if (e == ERR_OK && removed == 0)
		e = diag_set(&p->diag, ERR_UNMAPPED_USER, "%.60s has no such identity",
			p->user);
	output_int(&p->call->out, "removed", removed);
	return e;
}

/* A pass must not outlive the enrolment, nor count again after the next one. */
static enum err
end_pass(struct people *p, enum err e)
{
	struct diag diag = {0};
	bool was = false;
	enum err ended = pass_end(&was, p->user, &diag);

	if (ended == ERR_OK && was)
		output_line(&p->call->out, "Their one-time pass is revoked.");
	if (ended == ERR_OK || e != ERR_OK)
		return e;
	return diag_set(&p->diag, ended, "their one-time pass may still count: %.180s",
		diag.text);
}

static enum err
unenrol(struct people *p)
{
	char question[256];
	enum err e = config_load(&p->config, call_config_path(p->call), &p->diag);

	snprintf(question, sizeof(question), "Take %s from the account %.60s?",
		p->sub != NULL ? "this identity" : "every identity", p->user);
	if (e != ERR_OK)
		return e;
	if (!call_confirm(p->call, question))
		return diag_set(&p->diag, ERR_USER_DENIED, "nothing was changed");
	e = map_edit_open(&p->edit, p->config->identity.map, &p->diag);
	if (e == ERR_OK)
		e = remove_lines(p);
	if (e == ERR_OK)
		e = map_edit_commit(
			p->edit, p->user, p->config->provider.issuer, &p->diag);
	if (e == ERR_OK)
		output_line(&p->call->out, "%s may not log in with %s any more.", p->user,
			p->sub != NULL ? "this identity" : "itsme");
	return end_pass(p, e);
}

enum exit_status
command_unenrol(struct call *call)
{
	struct people p = {
		.call = call, .user = call->words[0], .sub = call->value[OPTION_SUB]};

	return finish(&p, unenrol(&p));
}

/* --- list, whoami --------------------------------------------------------- */

static char *
take_piece(struct map_piece p)
{
	return strndup(p.data != NULL ? p.data : "", p.len);
}

static enum err
list_line(void *arg, const struct map_entry *entry)
{
	struct people *p = arg;
	AUTO_FREE char *account = take_piece(entry->account);
	AUTO_FREE char *sub = take_piece(entry->sub);
	AUTO_FREE char *issuer = take_piece(entry->issuer);
	char hash[HASH_DIGITS + 1];
	struct json_object *row;
	enum err e;

	if (account == NULL || sub == NULL || issuer == NULL)
		return ERR_NOMEM;
	if (p->user != NULL && strcmp(account, p->user) != 0)
		return ERR_OK;
	if (p->sub != NULL && (strcmp(sub, p->sub) != 0 || !is_of_issuer(p, entry)))
		return ERR_OK;
	e = hash_identity(
		hash, issuer[0] != '\0' ? issuer : p->config->provider.issuer, sub);
	if (e != ERR_OK)
		return e;
	p->found++;
	row = output_add(&p->call->out, "people");
	output_put(row, "account", account);
	output_put(row, "sub", sub);
	output_put(
		row, "issuer", issuer[0] != '\0' ? issuer : p->config->provider.issuer);
	output_put(row, "identity", hash);
	output_put_int(row, "line", entry->number);
	output_line(&p->call->out, "%-12s %s  %s%s%s", account, hash, sub,
		issuer[0] != '\0' ? "  " : "", issuer);
	return ERR_OK;
}

/* The edit's lock keeps a list from meeting a change; nothing is written. */
static enum err
list(struct people *p)
{
	enum err e = map_edit_open(&p->edit, p->config->identity.map, &p->diag);

	return e != ERR_OK ? e : each(p, list_line);
}

enum exit_status
command_list(struct call *call)
{
	struct people p = {.call = call, .user = call->words[0]};
	enum err e = config_load(&p.config, call_config_path(call), &p.diag);

	if (e == ERR_OK)
		e = list(&p);
	if (e == ERR_OK && p.found == 0)
		output_line(&call->out, "%s is in the map.",
			p.user != NULL ? "No such account" : "Nobody");
	return finish(&p, e);
}

enum exit_status
command_whoami(struct call *call)
{
	struct people p = {.call = call};
	struct attempt attempt;
	enum err e = config_load(&p.config, call_config_path(call), &p.diag);

	if (e == ERR_OK)
		e = identify(&p, &attempt, "nobody");
	if (e == ERR_OK)
		e = introduce(&p, attempt.name, attempt.sub);
	if (e == ERR_OK) {
		p.sub = attempt.sub;
		output_str(&call->out, "sub", attempt.sub);
		e = list(&p);
	}
	if (e == ERR_OK && p.found == 0)
		output_line(&call->out, "No account is theirs.");
	return finish(&p, e);
}
