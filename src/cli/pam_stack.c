/* Reading PAM's files: enough of their grammar to see who is asked, and in which order.
 */
#include "cli/pam_stack.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 8 /* of includes */
#define LINE_MOST 2048

/* Copies the next word, or a whole [ … ]; false at the end of the line. */
static bool
next_word(char *to, size_t size, const char **at)
{
	size_t len;

	*at += strspn(*at, " \t");
	if (**at == '\0')
		return false;
	len = **at == '[' ? strcspn(*at, "]") + 1 : strcspn(*at, " \t");
	if (len > strlen(*at))
		len = strlen(*at);
	snprintf(to, size, "%.*s", (int)len, *at);
	*at += len;
	return true;
}

static void read_file(
	struct pam_stack *stack, const char *name, const char *type, int depth);

/* One rule, or what an include of any kind brings. `type` NULL: rules of all types. */
static void
take_line(struct pam_stack *stack, const char *text, const char *type, int depth,
	const char *file, unsigned line)
{
	struct pam_rule rule = {.line = line};
	const char *at = text;
	char *kind = rule.type;

	if (!next_word(rule.type, sizeof(rule.type), &at))
		return;
	if (strcmp(rule.type, "@include") == 0) {
		if (next_word(rule.module, sizeof(rule.module), &at))
			read_file(stack, rule.module, type, depth + 1);
		return;
	}
	if (*kind == '-') /* its absence is no error */
		memmove(kind, kind + 1, strlen(kind));
	if (!next_word(rule.control, sizeof(rule.control), &at) ||
		!next_word(rule.module, sizeof(rule.module), &at) ||
		(type != NULL && strcasecmp(kind, type) != 0))
		return;
	if (strcasecmp(rule.control, "include") == 0) {
		read_file(stack, rule.module, kind, depth + 1);
		return;
	}
	if (strcasecmp(rule.control, "substack") == 0) {
		size_t i = stack->count;

		read_file(stack, rule.module, kind, depth + 1);
		for (; i < stack->count; i++)
			if (stack->rules[i].depth++ == 0)
				stack->rules[i].end = stack->count;
		return;
	}
	snprintf(rule.arguments, sizeof(rule.arguments), "%s", at + strspn(at, " \t"));
	snprintf(rule.file, sizeof(rule.file), "%s", file);
	if (stack->count == PAM_STACK_MAX)
		stack->cut = true;
	else
		stack->rules[stack->count++] = rule;
}

/* Cuts a comment and the end of the line off; whether the next line belongs to it. */
static bool
trim(char *line)
{
	size_t len;

	line[strcspn(line, "#\r\n")] = '\0';
	len = strlen(line);
	while (len > 0 && isspace((unsigned char)line[len - 1]))
		line[--len] = '\0';
	if (len == 0 || line[len - 1] != '\\')
		return false;
	line[len - 1] = ' ';
	return true;
}

/* An include names a file beside this one, or by its whole path. */
static FILE *
open_file(const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s%s%s", name[0] == '/' ? "" : PAM_STACK_DIR,
		name[0] == '/' ? "" : "/", name);
	return fopen(path, "re");
}

static void
read_file(struct pam_stack *stack, const char *name, const char *type, int depth)
{
	FILE *file = depth < DEPTH_MAX ? open_file(name) : NULL;
	char text[LINE_MOST] = "", line[LINE_MOST];
	unsigned number = 0;
	bool more = false;

	if (file == NULL) {
		stack->cut = true;
		return;
	}
	while (fgets(line, sizeof(line), file) != NULL) {
		size_t len = more ? strlen(text) : 0;

		number++;
		more = trim(line);
		snprintf(text + len, sizeof(text) - len, "%s", line);
		if (!more)
			take_line(stack, text, type, depth, name, number);
	}
	fclose(file);
}

bool
pam_stack_read(struct pam_stack *ret, const char *service)
{
	FILE *file = open_file(service);

	if (file == NULL)
		return false;
	fclose(file);
	ret->count = 0;
	ret->cut = false;
	read_file(ret, service, NULL, 0);
	return true;
}

bool
pam_stack_is_shared(const char *name)
{
	return strncmp(name, "common-", 7) == 0 || strcmp(name, "system-auth") == 0 ||
	       strcmp(name, "password-auth") == 0;
}

/* The module's file without its directory. */
static const char *
module_name(const struct pam_rule *rule)
{
	const char *slash = strrchr(rule->module, '/');

	return slash != NULL ? slash + 1 : rule->module;
}

bool
pam_rule_is_itsme(const struct pam_rule *rule)
{
	return strcmp(module_name(rule), "pam_itsme.so") == 0;
}

bool
pam_stack_asks(const struct pam_stack *stack)
{
	size_t i;

	for (i = 0; i < stack->count; i++)
		if (pam_rule_is_itsme(&stack->rules[i]))
			return true;
	return false;
}

bool
pam_rule_is_auth(const struct pam_rule *rule)
{
	return strcasecmp(rule->type, "auth") == 0;
}

/* --- what follows from a result ---------------------------------------------------- */

enum action_kind {
	ACTION_IGNORE,
	ACTION_OK,
	ACTION_DONE,
	ACTION_BAD,
	ACTION_DIE,
	ACTION_RESET,
	ACTION_JUMP
};

struct action {
	enum action_kind kind;
	size_t jump; /* rules to be left out */
};

/* What pam.conf(5) says that each word stands for. */
static const struct {
	const char *word, *stands_for;
} controls[] = {
	{"required", "[success=ok ignore=ignore default=bad]"},
	{"requisite", "[success=ok ignore=ignore default=die]"},
	{"sufficient", "[success=done default=ignore]"},
	{"optional", "[success=ok default=ignore]"},
};

static struct action
read_action(const char *word)
{
	static const char *const words[] = {
		"ignore", "ok", "done", "bad", "die", "reset"};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strncmp(word, words[i], strlen(words[i])) == 0)
			return (struct action){(enum action_kind)i, 0};
	i = strtoul(word, NULL, 10);
	return (struct action){i > 0 ? ACTION_JUMP : ACTION_BAD, i};
}

/* What the rule does with that result ("success"); what is not said is bad. */
static struct action
action_of(const struct pam_rule *rule, const char *result)
{
	const char *control = rule->control, *at;
	struct action action = {ACTION_BAD, 0};
	size_t i, len = strlen(result);

	for (i = 0; i < sizeof(controls) / sizeof(controls[0]); i++)
		if (strcasecmp(control, controls[i].word) == 0)
			control = controls[i].stands_for;
	for (at = control; *at != '\0'; at += strcspn(at, " \t")) {
		at += strspn(at, "[ \t");
		if (strncmp(at, "default=", 8) == 0)
			action = read_action(at + 8);
		if (strncmp(at, result, len) == 0 && at[len] == '=')
			return read_action(at + len + 1);
	}
	return action;
}

/* The first rule of auth at `i` or behind it. */
static size_t
find_auth(const struct pam_stack *stack, size_t i)
{
	while (i < stack->count && !pam_rule_is_auth(&stack->rules[i]))
		i++;
	return i;
}

/* Where `done` and `die` go on. */
static size_t
end_of(const struct pam_stack *stack, size_t i)
{
	return stack->rules[i].depth > 0 ? stack->rules[i].end : stack->count;
}

/*
 * Behind so many rules; a whole substack counts as one. Where there are too few of them
 * it is behind the end: libpam lets nobody in then.
 */
static size_t
jump_from(const struct pam_stack *stack, size_t i, size_t jump)
{
	size_t end = end_of(stack, i);
	unsigned depth = stack->rules[i].depth;

	for (i = find_auth(stack, i + 1); jump > 0 && i < end; jump--)
		i = find_auth(
			stack, stack->rules[i].depth > depth ? end_of(stack, i) : i + 1);
	if (jump > 0)
		return stack->count + 1;
	return i < end ? i : end;
}

static size_t
after(const struct pam_stack *stack, size_t i, struct action action)
{
	if (action.kind == ACTION_DONE || action.kind == ACTION_DIE)
		return end_of(stack, i);
	return action.kind == ACTION_JUMP ? jump_from(stack, i, action.jump) : i + 1;
}

bool
pam_rule_suffices(const struct pam_rule *rule)
{
	return action_of(rule, "success").kind == ACTION_DONE;
}

size_t
pam_stack_after_success(const struct pam_stack *stack, size_t i)
{
	return after(stack, i, action_of(&stack->rules[i], "success"));
}

/* --- who comes in ------------------------------------------------------------------ */

/* Modules that ask for nothing, by what they return. All others ask. */
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
	{"pam_gnome_keyring.so", "ignore"},
	{"pam_group.so", "ignore"},
	{"pam_issue.so", "ignore"},
	{"pam_kwallet5.so", "ignore"},
	{"pam_mount.so", "ignore"},
	{"pam_nologin.so", "ignore"},
	{"pam_selinux.so", "ignore"},
	{"pam_sepermit.so", "ignore"},
	{"pam_time.so", "ignore"},
	{"pam_warn.so", "ignore"},
};

/* What the rule's module returns; an exception to the rule is for others. */
static const char *
result_of(const struct pam_stack *stack, size_t i, struct pam_person person)
{
	const struct pam_rule *rule = &stack->rules[i];
	bool exception = pam_stack_after_success(stack, i) != i + 1;
	size_t k;

	if (pam_rule_is_itsme(rule))
		return person.itsme ? "success" : "auth_err";
	for (k = 0; k < sizeof(silent) / sizeof(silent[0]); k++)
		if (strcmp(module_name(rule), silent[k].name) == 0)
			return exception && strcmp(silent[k].name, "pam_permit.so") != 0
				       ? "auth_err"
				       : silent[k].result;
	return person.secret ? "success" : "auth_err";
}

bool
pam_stack_admits(const struct pam_stack *stack, struct pam_person person)
{
	bool good = false, bad = false; /* libpam's impression so far */
	size_t i;

	for (i = find_auth(stack, 0); i < stack->count;) {
		const char *result = result_of(stack, i, person);
		struct action action = action_of(&stack->rules[i], result);
		bool takes = action.kind == ACTION_OK || action.kind == ACTION_DONE;

		if (action.kind == ACTION_RESET)
			good = bad = false;
		good = good || takes;
		bad = bad || action.kind == ACTION_BAD || action.kind == ACTION_DIE ||
		      (takes && strcmp(result, "success") != 0);
		if (action.kind == ACTION_DONE && bad)
			action.kind = ACTION_IGNORE; /* nothing is done well any more */
		i = find_auth(stack, after(stack, i, action));
		bad = bad || i > stack->count;
	}
	return good && !bad;
}
