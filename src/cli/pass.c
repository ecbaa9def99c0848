/*
 * itsmectl pass: a one-time way in for somebody whose phone is lost. The pass is printed
 * once and kept nowhere; every one that is made or ended stands in the system log.
 */
#include "cli/pass.h"

#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/call.h"
#include "config/config.h"
#include "identity/account.h"
#include "identity/map.h"

#define HOURS 8 /* unless --hours says otherwise */
#define USES 1
#define LOGIN_UID "/proc/self/loginuid"

/* --- who does it ---------------------------------------------------------- */

/* The uid that the audit subsystem has for whoever logged in; false: it has none. */
static bool
read_login_uid(unsigned *ret)
{
	FILE *f = fopen(LOGIN_UID, "re");
	unsigned uid = (unsigned)-1; /* nobody has logged in */

	if (f == NULL)
		return false;
	if (fscanf(f, "%u", &uid) != 1)
		uid = (unsigned)-1;
	fclose(f);
	if (uid == (unsigned)-1)
		return false;
	*ret = uid;
	return true;
}

/* As the kernel and sudo tell it: for listings and the log, and nothing is decided by it.
 */
static void
name_maker(char ret[PASS_MAKER_MAX])
{
	const char *sudo = getenv("SUDO_UID");
	const struct passwd *entry;
	unsigned uid = getuid();
	char *end;

	if (!read_login_uid(&uid) && sudo != NULL && sudo[0] != '\0') {
		unsigned long claimed = strtoul(sudo, &end, 10);

		uid = *end == '\0' ? (unsigned)claimed : uid;
	}
	entry = getpwuid((uid_t)uid);
	if (entry != NULL)
		text_log(ret, PASS_MAKER_MAX, entry->pw_name);
	else
		snprintf(ret, PASS_MAKER_MAX, "uid %u", uid);
}

__attribute__((format(printf, 2, 3))) static void
log_loudly(const char *user, const char *fmt, ...)
{
	const char *sudo = getenv("SUDO_UID");
	char what[128], name[ACCOUNT_NAME_MAX], claimed[24], by[24] = "-";
	unsigned uid;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	text_log(name, sizeof(name), user);
	text_log(claimed, sizeof(claimed), sudo != NULL ? sudo : "-");
	if (read_login_uid(&uid))
		snprintf(by, sizeof(by), "%u", uid);
	openlog("itsmectl", LOG_PID, LOG_AUTHPRIV);
	syslog(LOG_WARNING, "one-time pass for %s %s; uid=%u loginuid=%s sudo_uid=%s",
		name, what, (unsigned)getuid(), by, claimed);
	closelog();
}

/* --- what others use ------------------------------------------------------ */

enum err
pass_end(bool *ret_was, const char *user, struct diag *diag)
{
	AUTO_FD int fd = -1;
	enum err e;

	*ret_was = false;
	if (geteuid() != 0)
		return ERR_OK; /* passes are root's: whoever is not root has made none */
	e = state_find(&fd, STATE_DIR, user, diag);
	if (e != ERR_OK || fd < 0)
		return e;
	e = pass_revoke(ret_was, fd, clock_boot());
	if (e == ERR_OK && *ret_was)
		log_loudly(user, "revoked");
	return e;
}

struct each {
	void (*take)(void *arg, const struct pass *pass);
	void *arg;
};

static enum err
take_one(void *arg, int fd)
{
	const struct each *each = arg;
	struct pass pass = {.uses = 0};
	enum err e = pass_read(&pass, fd);

	if (e == ERR_OK && pass_is_live(&pass, clock_boot()))
		each->take(each->arg, &pass);
	return e;
}

enum err
pass_each_live(
	void (*take)(void *arg, const struct pass *pass), void *arg, struct diag *diag)
{
	struct each each = {take, arg};

	return state_each(STATE_DIR, take_one, &each, diag);
}

static int64_t
unix_end(int64_t until)
{
	return clock_unix() + until - clock_boot();
}

void
pass_until(char ret[PASS_TIME_MAX], const struct pass *pass)
{
	const time_t end = (time_t)unix_end(pass->until);
	struct tm local;

	ret[0] = '\0';
	if (localtime_r(&end, &local) != NULL)
		strftime(ret, PASS_TIME_MAX, "%Y-%m-%d %H:%M %z", &local);
}

/* --- the command ---------------------------------------------------------- */

struct listing {
	struct call *call;
	unsigned count;
};

static void
list_one(void *arg, const struct pass *pass)
{
	struct listing *listing = arg;
	struct json_object *row = output_add(&listing->call->out, "passes");
	char until[PASS_TIME_MAX];

	listing->count++;
	pass_until(until, pass);
	output_line(&listing->call->out, "%-24s until %s, uses left: %u, made by %s",
		pass->user, until, (unsigned)pass->uses, pass->maker);
	output_put(row, "user", pass->user);
	output_put_int(row, "uses", pass->uses);
	output_put_int(row, "until", unix_end(pass->until));
	output_put(row, "maker", pass->maker);
}

static enum exit_status
list(struct call *call)
{
	struct listing listing = {.call = call};
	struct diag diag = {0};
	enum err e = pass_each_live(list_one, &listing, &diag);

	if (e == ERR_OK && listing.count == 0)
		output_line(&call->out, "There is no one-time pass.");
	return call_result(call, e, &diag);
}

static enum exit_status
revoke_one(struct call *call)
{
	const char *user = call->words[0];
	struct diag diag = {0};
	bool was;
	enum err e = pass_end(&was, user, &diag);

	if (e != ERR_OK)
		return call_result(call, e, &diag);
	output_line(&call->out,
		was ? "%s: the one-time pass is revoked" : "%s has no one-time pass",
		user);
	output_str(&call->out, "user", user);
	output_bool(&call->out, "revoked", was);
	return EXIT_DONE;
}

/* Whether the account may have one: it exists, is enrolled, and is not root unasked. */
static enum err
check_account(struct call *call, const char *user, uid_t *ret_uid, struct diag *diag)
{
	AUTO_CONFIG struct config *config = NULL;
	AUTO_MAP struct map *map = NULL;
	struct account account = {.uid = 0};
	enum err e = account_exists(user, diag);

	if (e == ERR_OK)
		e = account_find(&account, user);
	if (e == ERR_OK)
		e = config_load(&config, call_config_path(call), diag);
	if (e == ERR_OK)
		e = map_load(
			&map, config->identity.map, user, config->provider.issuer, diag);
	if (e != ERR_OK)
		return e;
	if (map->count == 0)
		return diag_set(diag, ERR_UNMAPPED_USER,
			"%.60s is not enrolled; a pass stands for a phone, not for an "
			"enrolment; type: itsmectl enrol %.60s",
			user, user);
	if (account.uid == 0 && !call_has(call, OPTION_ROOT))
		return diag_set(diag, ERR_ROOT_USER,
			"%.60s is root; a pass for it needs --root", user);
	*ret_uid = account.uid;
	return ERR_OK;
}

/* What the person at the terminal is told; the pass stands here and nowhere else. */
static void
tell(struct call *call, const struct pass_terms *terms, const char *text, unsigned hours,
	bool replaced)
{
	const struct pass shown = {.until = terms->until};
	char until[PASS_TIME_MAX];

	pass_until(until, &shown);
	if (replaced)
		output_line(&call->out, "The pass that %s had before ends with this one.",
			terms->user);
	if (terms->uid == 0)
		output_tagged(
			&call->out, PAINT_YELLOW, "warning", " %s is root", terms->user);
	output_line(&call->out, "%s", text);
	output_line(&call->out,
		"It lets %s in until %s, or the next start of the machine; times: %u.",
		terms->user, until, terms->uses);
	output_line(&call->out,
		"Say it by voice to somebody whom you know by their voice; never send it "
		"by mail or chat.");
	output_str(&call->out, "user", terms->user);
	output_str(&call->out, "pass", text);
	output_int(&call->out, "hours", hours);
	output_int(&call->out, "uses", terms->uses);
	output_int(&call->out, "until", unix_end(terms->until));
	output_bool(&call->out, "replaced", replaced);
	output_bool(&call->out, "root", terms->uid == 0);
}

static enum err
make(struct call *call, unsigned hours, unsigned uses, struct diag *diag)
{
	const char *user = call->words[0];
	char text[PASS_SIZE], maker[PASS_MAKER_MAX];
	int64_t now = clock_boot();
	struct pass_terms terms = {.user = user,
		.maker = maker,
		.until = now + (int64_t)hours * 3600,
		.uses = uses};
	AUTO_FD int fd = -1;
	bool replaced = false;
	enum err e = check_account(call, user, &terms.uid, diag);

	name_maker(maker);
	if (e == ERR_OK)
		e = state_open(&fd, STATE_DIR, user, diag);
	if (e == ERR_OK)
		e = pass_draw(text);
	if (e == ERR_OK)
		e = pass_make(&replaced, fd, &terms, text, now);
	if (e == ERR_OK) {
		log_loudly(user, "made: hours=%u uses=%u%s", hours, uses,
			replaced ? ", in the place of another" : "");
		tell(call, &terms, text, hours, replaced);
	}
	explicit_bzero(text, sizeof(text));
	return e;
}

/* A number from 1 to `most`; `ret` keeps what it holds where the option is not given. */
static bool
read_number(unsigned *ret, const struct call *call, enum option option, unsigned most)
{
	const char *text = call->value[option];
	unsigned n = 0;

	if (text == NULL)
		return true;
	if (strspn(text, "0123456789") != strlen(text) || strlen(text) > 2)
		return false;
	n = (unsigned)atoi(text);
	*ret = n;
	return n >= 1 && n <= most;
}

enum exit_status
command_pass(struct call *call)
{
	unsigned hours = HOURS, uses = USES;
	bool makes = call_has(call, OPTION_HOURS) || call_has(call, OPTION_USES) ||
		     call_has(call, OPTION_ROOT);
	struct diag diag = {0};

	if (!read_number(&hours, call, OPTION_HOURS, PASS_HOURS_MAX))
		return call_wrong(call, "--hours takes a number from 1 to 72");
	if (!read_number(&uses, call, OPTION_USES, PASS_USES_MAX))
		return call_wrong(call, "--uses takes a number from 1 to 10");
	if (makes && call_has(call, OPTION_REVOKE))
		return call_wrong(call, "--revoke goes with no other option of a pass");
	if (call->count == 0 && (makes || call_has(call, OPTION_REVOKE)))
		return call_wrong(call, "whose pass is missing: USER");
	if (geteuid() != 0)
		return call_result(call,
			diag_set(&diag, ERR_PRIVILEGE, "one-time passes are for root"),
			&diag);
	if (call->count == 0)
		return list(call);
	if (call_has(call, OPTION_REVOKE))
		return revoke_one(call);
	return call_result(call, make(call, hours, uses, &diag), &diag);
}
