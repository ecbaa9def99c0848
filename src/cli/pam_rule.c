/* Reading a line of a PAM file, and what stands in a control. */
#include "cli/pam_rule.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LINE_MOST 2048

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* --- controls ---------------------------------------------------------------------- */

/* What pam.conf(5) says that each word stands for. */
static const struct {
	const char *word, *stands_for;
} controls[] = {
	{"required", "[success=ok new_authtok_reqd=ok ignore=ignore default=bad]"},
	{"requisite", "[success=ok new_authtok_reqd=ok ignore=ignore default=die]"},
	{"sufficient", "[success=done new_authtok_reqd=done default=ignore]"},
	{"optional", "[success=ok new_authtok_reqd=ok default=ignore]"},
};

static const char *const actions[] = {
	[PAM_ACTION_IGNORE] = "ignore",
	[PAM_ACTION_OK] = "ok",
	[PAM_ACTION_DONE] = "done",
	[PAM_ACTION_BAD] = "bad",
	[PAM_ACTION_DIE] = "die",
	[PAM_ACTION_RESET] = "reset",
};

static const char *const results[] = {"success", "open_err", "symbol_err", "service_err",
	"system_err", "buf_err", "perm_denied", "auth_err", "cred_insufficient",
	"authinfo_unavail", "user_unknown", "maxtries", "new_authtok_reqd",
	"acct_expired", "session_err", "cred_unavail", "cred_expired", "cred_err",
	"no_module_data", "conv_err", "authtok_err", "authtok_recover_err",
	"authtok_lock_busy", "authtok_disable_aging", "try_again", "ignore", "abort",
	"authtok_expired", "module_unknown", "bad_item", "conv_again", "incomplete",
	"default"};

/* One of the words, by its length. */
static size_t
find_word(const char *const *words, size_t count, const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strlen(words[i]) == len && strncmp(text, words[i], len) == 0)
			break;
	return i;
}

/* The "result=action" at `*at`, and past it; false: there is none that is understood. */
static bool
next_pair(size_t *ret_result, struct pam_action *ret, const char **at)
{
	size_t len = strcspn(*at, "=] \t"), i;

	*ret_result = find_word(results, COUNT(results), *at, len);
	*at += len + strspn(*at + len, " \t");
	if (*ret_result == COUNT(results) || **at != '=')
		return false;
	*at += 1 + strspn(*at + 1, " \t");
	len = strcspn(*at, "] \t");
	i = find_word(actions, COUNT(actions), *at, len);
	*ret = (struct pam_action){(enum pam_action_kind)i, 0};
	if (i == COUNT(actions)) {
		*ret = (struct pam_action){PAM_ACTION_JUMP, strtoul(*at, NULL, 10)};
		if (ret->jump == 0 || strspn(*at, "0123456789") != len)
			return false;
	}
	*at += len + strspn(*at + len, " \t");
	return true;
}

/* The pairs of a control, without its bracket. */
static const char *
pairs_of(const struct pam_rule *rule)
{
	const char *control = rule->control;
	size_t i;

	for (i = 0; i < COUNT(controls); i++)
		if (strcasecmp(control, controls[i].word) == 0)
			control = controls[i].stands_for;
	control += control[0] == '[';
	return control + strspn(control, " \t");
}

struct pam_action
pam_rule_action(const struct pam_rule *rule, const char *result)
{
	struct pam_action action = {PAM_ACTION_BAD, 0}, found;
	const char *at = pairs_of(rule);
	size_t i;

	while (next_pair(&i, &found, &at)) {
		if (strcmp(results[i], result) == 0)
			return found;
		if (strcmp(results[i], "default") == 0)
			action = found;
	}
	return action;
}

bool
pam_rule_suffices(const struct pam_rule *rule)
{
	return pam_rule_action(rule, "success").kind == PAM_ACTION_DONE;
}

size_t
pam_rule_longest_jump(const struct pam_rule *rule)
{
	struct pam_action found;
	const char *at = pairs_of(rule);
	size_t i, most = 0;

	while (next_pair(&i, &found, &at))
		if (found.jump > most)
			most = found.jump;
	return most;
}

/* Whether libpam takes it for a control. */
static bool
is_control(const struct pam_rule *rule)
{
	const char *at = pairs_of(rule);
	struct pam_action found;
	size_t i;

	if (rule->control[0] != '[' && at == rule->control)
		return false; /* no word of those */
	while (*at != ']')
		if (!next_pair(&i, &found, &at))
			return false;
	return true;
}

/* --- lines ------------------------------------------------------------------------- */

/* Copies the next word, or a whole [ … ]; false at the end of the line. */
static bool
next_word(struct pam_rule *rule, char *to, size_t size, const char **at)
{
	size_t len;

	*at += strspn(*at, " \t");
	if (**at == '\0')
		return false;
	len = **at == '[' ? strcspn(*at, "]") + 1 : strcspn(*at, " \t");
	if (len > strlen(*at))
		len = strlen(*at);
	snprintf(to, size, "%.*s", (int)len, *at);
	rule->cut = rule->cut || len >= size;
	*at += len;
	return true;
}

/* Appends a line to the text before it, without comment and end; whether one follows. */
static bool
append(char text[LINE_MOST], const char *line, size_t len)
{
	size_t had = strlen(text), end = 0;
	bool more;

	while (end < len && line[end] != '#' && line[end] != '\n')
		end++;
	while (end > 0 && isspace((unsigned char)line[end - 1]))
		end--;
	more = end > 0 && line[end - 1] == '\\';
	snprintf(text + had, LINE_MOST - had, "%.*s%s", (int)(more ? end - 1 : end), line,
		more ? " " : "");
	return more;
}

/* The words of the line; false: there are none. */
static bool
parse(struct pam_rule *rule, const char *at)
{
	static const char *const types[] = {"auth", "account", "password", "session"};
	size_t i;

	if (!next_word(rule, rule->type, sizeof(rule->type), &at))
		return false;
	if (strcmp(rule->type, "@include") == 0) {
		rule->broken = !next_word(rule, rule->module, sizeof(rule->module), &at);
		return true;
	}
	if (rule->type[0] == '-') {
		rule->optional = true;
		memmove(rule->type, rule->type + 1, strlen(rule->type));
	}
	for (i = 0; i < COUNT(types) && !pam_rule_is_of(rule, types[i]); i++)
		;
	if (i == COUNT(types)) /* libpam lets it fail as a rule of auth */
		strcpy(rule->type, types[0]);
	rule->broken = !next_word(rule, rule->control, sizeof(rule->control), &at) ||
		       !next_word(rule, rule->module, sizeof(rule->module), &at) ||
		       i == COUNT(types);
	at += strspn(at, " \t");
	snprintf(rule->arguments, sizeof(rule->arguments), "%s", at);
	rule->cut = rule->cut || strlen(at) >= sizeof(rule->arguments);
	if (!rule->broken && pam_rule_include(rule) == PAM_INCLUDE_NONE)
		rule->broken = !is_control(rule);
	return true;
}

bool
pam_line_next(struct pam_line *ret, const char **at)
{
	char text[LINE_MOST] = "";
	bool more = **at != '\0';

	*ret = (struct pam_line){.text = *at};
	while (more && **at != '\0') {
		size_t len = strcspn(*at, "\n");

		len += (*at)[len] == '\n';
		more = append(text, *at, len);
		*at += len;
		ret->len += len;
		ret->lines++;
	}
	ret->is_rule = parse(&ret->rule, text);
	ret->rule.cut = ret->rule.cut || strlen(text) == LINE_MOST - 1;
	return ret->len > 0;
}

/* --- rules ------------------------------------------------------------------------- */

bool
pam_rule_is_of(const struct pam_rule *rule, const char *type)
{
	return strcasecmp(rule->type, type) == 0;
}

bool
pam_rule_is_auth(const struct pam_rule *rule)
{
	return pam_rule_is_of(rule, "auth");
}

enum pam_include
pam_rule_include(const struct pam_rule *rule)
{
	if (strcmp(rule->type, "@include") == 0)
		return PAM_INCLUDE_ALL;
	if (strcasecmp(rule->control, "include") == 0)
		return PAM_INCLUDE_TYPE;
	return strcasecmp(rule->control, "substack") == 0 ? PAM_INCLUDE_SUBSTACK
							  : PAM_INCLUDE_NONE;
}

const char *
pam_rule_module(const struct pam_rule *rule)
{
	const char *slash = strrchr(rule->module, '/');

	return slash != NULL ? slash + 1 : rule->module;
}

bool
pam_rule_is_itsme(const struct pam_rule *rule)
{
	return strcmp(pam_rule_module(rule), "pam_itsme.so") == 0;
}

bool
pam_rule_names_itsme(const struct pam_rule *rule)
{
	static const char name[] = "pam_itsme.so";

	return pam_rule_is_itsme(rule) ||
	       (rule->broken && (strstr(rule->control, name) != NULL ||
					strstr(rule->module, name) != NULL ||
					strstr(rule->arguments, name) != NULL));
}

static const struct {
	const char *name, *result;
} silent[] = {
	{"pam_deny.so", "auth_err"},
	{"pam_rootok.so", "auth_err"}, /* an ordinary person */
	{"pam_permit.so", "success"},
	{"pam_access.so", "success"},
	{"pam_cap.so", "success"},
	{"pam_faillock.so", "success"},
	{"pam_lastlog.so", "success"},
	{"pam_listfile.so", "success"},
	{"pam_localuser.so", "success"},
	{"pam_securetty.so", "success"},
	{"pam_shells.so", "success"},
	{"pam_succeed_if.so", "success"},
	{"pam_tally2.so", "success"},
	{"pam_usertype.so", "success"},
	{"pam_wheel.so", "success"},
	{"pam_echo.so", "ignore"},
	{"pam_ecryptfs.so", "ignore"},
	{"pam_env.so", "ignore"},
	{"pam_faildelay.so", "ignore"},
	{"pam_gdm.so", "ignore"},
	{"pam_gnome_keyring.so", "ignore"},
	{"pam_group.so", "ignore"},
	{"pam_issue.so", "ignore"},
	{"pam_kwallet.so", "ignore"},
	{"pam_kwallet5.so", "ignore"},
	{"pam_mount.so", "ignore"},
	{"pam_nologin.so", "ignore"},
	{"pam_selinux.so", "ignore"},
	{"pam_selinux_permit.so", "ignore"},
	{"pam_sepermit.so", "ignore"},
	{"pam_ssh_add.so", "ignore"},
	{"pam_time.so", "ignore"},
	{"pam_warn.so", "ignore"},
};

const char *
pam_rule_silent(const struct pam_rule *rule)
{
	size_t i;

	for (i = 0; i < COUNT(silent); i++)
		if (strcmp(pam_rule_module(rule), silent[i].name) == 0)
			return silent[i].result;
	return NULL;
}
