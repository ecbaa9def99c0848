/* Reading a line of a PAM file, and what stands in a control. */
#include "cli/pam_rule.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LINE_MOST 2048

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const types[] = {"auth", "account", "password", "session"};

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

/* The first of the words that the text begins with, as libpam compares them. */
static size_t
find_prefix(const char *const *words, size_t count, const char *text)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strncmp(text, words[i], strlen(words[i])) == 0)
			break;
	return i;
}

static void
skip_blanks(const char **at)
{
	while (isspace((unsigned char)**at))
		++*at;
}

static bool
is_end(const char *at)
{
	return *at == '\0' || *at == ']';
}

/* A jump over so many rules; false: it is no number, or none that libpam takes. */
static bool
read_jump(struct pam_action *ret, const char **at)
{
	size_t digits = strspn(*at, "0123456789");

	*ret = (struct pam_action){PAM_ACTION_JUMP, strtoul(*at, NULL, 10)};
	*at += digits;
	return digits > 0 && ret->jump > 0 && ret->jump <= INT_MAX;
}

/*
 * The "result=action" at `*at`, and past it. Else which part of it libpam does not
 * understand; `*at` is there then.
 */
static enum pam_fault
next_pair(size_t *ret_result, struct pam_action *ret, const char **at)
{
	size_t i = find_prefix(results, COUNT(results), *at);
	const char *behind = *at;

	if (i == COUNT(results))
		return PAM_FAULT_RESULT;
	behind += strlen(results[i]);
	skip_blanks(&behind);
	if (*behind != '=')
		return PAM_FAULT_RESULT;
	*ret_result = i;
	*at = behind + 1;
	skip_blanks(at);
	i = find_prefix(actions, COUNT(actions), *at);
	*ret = (struct pam_action){(enum pam_action_kind)i, 0};
	behind = *at + (i < COUNT(actions) ? strlen(actions[i]) : 0);
	if (i == COUNT(actions) && !read_jump(ret, &behind))
		return PAM_FAULT_ACTION;
	*at = behind;
	skip_blanks(at);
	return PAM_FAULT_NONE;
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
	skip_blanks(&control);
	return control;
}

/* Whether libpam makes something of the pairs; of none at all it makes a refusal. */
static enum pam_fault
control_fault(const struct pam_rule *rule, const char **ret_at)
{
	const char *at = pairs_of(rule);
	struct pam_action found;
	enum pam_fault fault = PAM_FAULT_NONE;
	size_t i;

	*ret_at = at;
	if (is_end(at))
		return PAM_FAULT_RESULT;
	while (fault == PAM_FAULT_NONE && !is_end(at))
		fault = next_pair(&i, &found, &at);
	*ret_at = at;
	return fault;
}

struct pam_action
pam_rule_action(const struct pam_rule *rule, const char *result)
{
	struct pam_action usual = {PAM_ACTION_BAD, 0}, given = {PAM_ACTION_BAD, 0}, found;
	bool has_usual = false, is_given = false;
	const char *at = pairs_of(rule);
	size_t i;

	if (rule->fault == PAM_FAULT_CONTROL)
		return usual;
	while (!is_end(at)) {
		if (next_pair(&i, &found, &at) != PAM_FAULT_NONE)
			return (struct pam_action){PAM_ACTION_BAD, 0};
		if (strcmp(results[i], result) == 0) {
			given = found; /* the last one counts */
			is_given = true;
		} else if (strcmp(results[i], "default") == 0 && !has_usual) {
			usual = found; /* the first one */
			has_usual = true;
		}
	}
	return is_given ? given : usual;
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

	while (!is_end(at) && next_pair(&i, &found, &at) == PAM_FAULT_NONE)
		if (found.jump > most)
			most = found.jump;
	return most;
}

const char *
pam_rule_word(enum pam_fault fault, size_t i)
{
	static const char *const others[] = {"include", "substack"};

	switch (fault) {
	case PAM_FAULT_TYPE:
		return i < COUNT(types) ? types[i] : NULL;
	case PAM_FAULT_RESULT:
		return i < COUNT(results) ? results[i] : NULL;
	case PAM_FAULT_ACTION:
		return i < COUNT(actions) ? actions[i] : NULL;
	case PAM_FAULT_CONTROL:
		if (i < COUNT(controls))
			return controls[i].word;
		return i < COUNT(controls) + COUNT(others) ? others[i - COUNT(controls)]
							   : NULL;
	default:
		return NULL;
	}
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

/*
 * Appends a line to the text before it, without comment and end; whether one follows. A
 * carriage return is no end: libpam takes it for a part of the last word.
 */
static bool
append(char text[LINE_MOST], const char *line, size_t len)
{
	size_t had = strlen(text), end = 0;
	bool more;

	while (end < len && line[end] != '#' && line[end] != '\n')
		end++;
	more = end == len || line[end] != '#';
	while (end > 0 && (line[end - 1] == ' ' || line[end - 1] == '\t'))
		end--;
	more = more && end > 0 && line[end - 1] == '\\';
	snprintf(text + had, LINE_MOST - had, "%.*s%s", (int)(more ? end - 1 : end), line,
		more ? " " : "");
	return more;
}

/* Notes what is wrong with the line, and at which word. */
static void
note_fault(struct pam_rule *rule, enum pam_fault fault, const char *at)
{
	size_t len = strcspn(at, "=] \t");

	if (rule->fault != PAM_FAULT_NONE)
		return; /* one is enough to be told of */
	rule->fault = fault;
	rule->broken = true;
	snprintf(rule->wrong, sizeof(rule->wrong), "%.*s", (int)len, at);
}

/* The type, which may have a '-' before it; false: it is an @include. */
static bool
take_type(struct pam_rule *rule)
{
	char *type = rule->type;
	size_t i, len = strlen(type);

	if (type[0] == '[' && type[len - 1] == ']') { /* libpam takes that for a word */
		type[len - 1] = '\0';
		memmove(type, type + 1, len - 1);
	}
	if (type[0] == '-') {
		rule->optional = true;
		memmove(type, type + 1, strlen(type));
	}
	if (strcasecmp(type, "@include") == 0) {
		strcpy(type, "@include");
		return false;
	}
	for (i = 0; i < COUNT(types) && !pam_rule_is_of(rule, types[i]); i++)
		;
	if (i == COUNT(types)) { /* libpam lets it fail as a rule of auth */
		note_fault(rule, PAM_FAULT_TYPE, type);
		strcpy(type, types[0]);
	}
	return true;
}

/* What libpam cannot make anything of in the control, or behind it. */
static void
judge(struct pam_rule *rule)
{
	bool bracket = rule->control[0] == '[';
	const char *at = NULL;
	enum pam_fault fault = control_fault(rule, &at);

	if (bracket && strchr(rule->control, ']') == NULL)
		note_fault(rule, PAM_FAULT_BRACKET, "");
	if (bracket && fault != PAM_FAULT_NONE)
		note_fault(rule, fault, at);
	else if (!bracket &&
		 (fault != PAM_FAULT_NONE || strpbrk(rule->module, "=]") != NULL))
		note_fault(rule, PAM_FAULT_CONTROL, rule->control);
}

/* The words of the line; false: there are none. */
static bool
parse(struct pam_rule *rule, const char *at)
{
	if (!next_word(rule, rule->type, sizeof(rule->type), &at))
		return false;
	if (!take_type(rule)) {
		if (!next_word(rule, rule->module, sizeof(rule->module), &at))
			note_fault(rule, PAM_FAULT_NO_FILE, "");
		return true;
	}
	if (!next_word(rule, rule->control, sizeof(rule->control), &at))
		note_fault(rule, PAM_FAULT_NO_CONTROL, "");
	else if (!next_word(rule, rule->module, sizeof(rule->module), &at) &&
		 pam_rule_include(rule) != PAM_INCLUDE_NONE)
		note_fault(rule, PAM_FAULT_NO_FILE, "");
	at += strspn(at, " \t");
	snprintf(rule->arguments, sizeof(rule->arguments), "%s", at);
	rule->cut = rule->cut || strlen(at) >= sizeof(rule->arguments);
	if (rule->control[0] != '\0' && pam_rule_include(rule) == PAM_INCLUDE_NONE) {
		judge(rule);
		if (rule->module[0] == '\0')
			note_fault(rule, PAM_FAULT_NO_MODULE, "");
	}
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
	if (more) { /* libpam takes nothing of such a file */
		ret->is_rule = true;
		ret->rule.fault = PAM_FAULT_NONE;
		note_fault(&ret->rule, PAM_FAULT_UNFINISHED, "");
	}
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
pam_rule_never_calls(const struct pam_rule *rule)
{
	return rule->fault == PAM_FAULT_TYPE || rule->fault == PAM_FAULT_BRACKET ||
	       rule->fault == PAM_FAULT_NO_CONTROL || rule->fault == PAM_FAULT_NO_MODULE;
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
