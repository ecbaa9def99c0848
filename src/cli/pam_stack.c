/* Reading PAM's files: enough of their grammar to see who is asked, and in which order.
 */
#include "cli/pam_stack.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/safefile.h"

#define DEPTH_MAX 8 /* of includes */
#define FILES_MAX 256 /* included; one may include itself many times */

/* --- reading ----------------------------------------------------------------------- */

static void read_file(
	struct pam_stack *stack, const char *name, const char *type, int depth);

/* One rule, or what an include of any kind brings. `type` NULL: rules of all types. */
static void
take_rule(
	struct pam_stack *stack, const struct pam_rule *rule, const char *type, int depth)
{
	bool untyped = type != NULL && rule->fault == PAM_FAULT_TYPE;
	size_t i = stack->count;

	if (pam_rule_include(rule) == PAM_INCLUDE_ALL) {
		read_file(stack, rule->module, type, depth + 1);
		return;
	}
	if (type != NULL && !untyped && !pam_rule_is_of(rule, type))
		return;
	if (pam_rule_include(rule) != PAM_INCLUDE_NONE) {
		read_file(stack, rule->module, untyped ? type : rule->type, depth + 1);
		if (pam_rule_include(rule) == PAM_INCLUDE_SUBSTACK)
			for (; i < stack->count; i++)
				if (stack->rules[i].depth++ == 0)
					stack->rules[i].end = stack->count;
		return;
	}
	stack->cut = stack->cut || rule->cut || stack->count == PAM_STACK_MAX ||
		     rule->fault == PAM_FAULT_UNFINISHED;
	if (stack->count < PAM_STACK_MAX)
		stack->rules[stack->count++] = *rule;
	if (untyped && i < stack->count)
		strcpy(stack->rules[i].type, type);
}

static void
read_text(struct pam_stack *stack, const char *name, const char *text, const char *type,
	int depth)
{
	struct pam_line line;
	unsigned number = 0;

	while (pam_line_next(&line, &text)) {
		number += line.lines;
		line.rule.line = number;
		snprintf(line.rule.file, sizeof(line.rule.file), "%s", name);
		if (line.is_rule)
			take_rule(stack, &line.rule, type, depth);
	}
}

static void
read_file(struct pam_stack *stack, const char *name, const char *type, int depth)
{
	AUTO_BUF struct buf text = BUF_INIT(PAM_STACK_TEXT);

	if (depth < DEPTH_MAX && stack->files++ < FILES_MAX &&
		pam_stack_text(&text, name))
		read_text(stack, name, buf_str(&text), type, depth);
	else
		stack->cut = true;
}

bool
pam_stack_text(struct buf *ret, const char *name)
{
	static const char *const places[] = {PAM_STACK_DIR "/", PAM_STACK_VENDOR "/"};
	char path[512], chunk[4096];
	AUTO_FD int file = -1;
	ssize_t got = 0;
	size_t i;

	for (i = 0; i < 2 && file < 0; i++) {
		snprintf(path, sizeof(path), "%s%s", name[0] == '/' ? "" : places[i],
			name);
		file = safefile_open_plain(path);
	}
	if (file < 0)
		return false;
	while (buf_err(ret) == ERR_OK && (got = read(file, chunk, sizeof(chunk))) > 0)
		buf_add(ret, chunk, (size_t)got);
	return got == 0 && buf_err(ret) == ERR_OK && strlen(buf_str(ret)) == ret->len;
}

void
pam_stack_read_text(struct pam_stack *ret, const char *service, const char *text)
{
	ret->count = 0;
	ret->cut = false;
	ret->files = 0;
	read_text(ret, service, text, NULL, 0);
}

bool
pam_stack_read(struct pam_stack *ret, const char *service)
{
	AUTO_BUF struct buf text = BUF_INIT(PAM_STACK_TEXT);

	if (!pam_stack_text(&text, service))
		return false;
	pam_stack_read_text(ret, service, buf_str(&text));
	return true;
}

bool
pam_stack_is_shared(const char *name)
{
	static const char *const shared[] = {"system-auth", "password-auth",
		"fingerprint-auth", "smartcard-auth", "postlogin", "system-login",
		"system-local-login", "system-remote-login"};
	size_t i;

	for (i = 0; i < sizeof(shared) / sizeof(shared[0]); i++)
		if (strcmp(name, shared[i]) == 0)
			return true;
	return strncmp(name, "common-", 7) == 0;
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
pam_stack_asks_for_secret(const struct pam_stack *stack)
{
	size_t i;

	for (i = 0; i < stack->count; i++)
		if (pam_rule_is_auth(&stack->rules[i]) &&
			!pam_rule_is_itsme(&stack->rules[i]) &&
			pam_rule_silent(&stack->rules[i]) == NULL)
			return true;
	return false;
}

/* --- what follows from a result ---------------------------------------------------- */

/* The first rule of that type at `i` or behind it. */
static size_t
find_of(const struct pam_stack *stack, const char *type, size_t i)
{
	while (i < stack->count && !pam_rule_is_of(&stack->rules[i], type))
		i++;
	return i;
}

static size_t
find_auth(const struct pam_stack *stack, size_t i)
{
	return find_of(stack, "auth", i);
}

/* Where `done` and `die` go on. */
static size_t
end_of(const struct pam_stack *stack, size_t i)
{
	return stack->rules[i].depth > 0 ? stack->rules[i].end : stack->count;
}

/*
 * Behind so many rules of the same type; a whole substack counts as one. Where there are
 * too few of them it is behind the end: libpam lets nobody in then.
 */
static size_t
jump_from(const struct pam_stack *stack, size_t i, size_t jump)
{
	const char *type = stack->rules[i].type;
	size_t end = end_of(stack, i);
	unsigned depth = stack->rules[i].depth;

	for (i = find_of(stack, type, i + 1); jump > 0 && i < end; jump--)
		i = find_of(stack, type,
			stack->rules[i].depth > depth ? end_of(stack, i) : i + 1);
	if (jump > 0)
		return stack->count + 1;
	return i < end ? i : end;
}

bool
pam_stack_jumps_too_far(const struct pam_stack *stack, size_t i)
{
	size_t jump = pam_rule_longest_jump(&stack->rules[i]);

	return !stack->rules[i].broken && jump > 0 &&
	       jump_from(stack, i, jump) > stack->count;
}

static size_t
after(const struct pam_stack *stack, size_t i, struct pam_action action)
{
	if (action.kind == PAM_ACTION_DONE || action.kind == PAM_ACTION_DIE)
		return end_of(stack, i);
	return action.kind == PAM_ACTION_JUMP ? jump_from(stack, i, action.jump) : i + 1;
}

size_t
pam_stack_after_success(const struct pam_stack *stack, size_t i)
{
	return after(stack, i, pam_rule_action(&stack->rules[i], "success"));
}

/* --- who comes in ------------------------------------------------------------------ */

/* What the rule's module returns; an exception to the rule is for others. */
static const char *
result_of(const struct pam_stack *stack, size_t i, struct pam_person person)
{
	static const char *const answers[] = {
		[PAM_ANSWER_NO] = "auth_err",
		[PAM_ANSWER_YES] = "success",
		[PAM_ANSWER_IGNORED] = "ignore",
		[PAM_ANSWER_AWAY] = "authinfo_unavail",
	};
	const struct pam_rule *rule = &stack->rules[i];
	bool exception = pam_stack_after_success(stack, i) != i + 1;
	const char *silent = pam_rule_silent(rule);

	if (pam_rule_never_calls(rule))
		return "perm_denied";
	if (pam_rule_is_itsme(rule))
		return answers[person.itsme];
	if (silent != NULL && exception && strcmp(silent, "success") == 0 &&
		strcmp(pam_rule_module(rule), "pam_permit.so") != 0)
		return "auth_err";
	if (silent != NULL)
		return silent;
	return person.secret ? "success" : "auth_err";
}

bool
pam_stack_admits(const struct pam_stack *stack, struct pam_person person)
{
	bool good = false, bad = false; /* libpam's impression so far */
	size_t i;

	for (i = find_auth(stack, 0); i < stack->count;) {
		const struct pam_rule *rule = &stack->rules[i];
		const char *result = result_of(stack, i, person);
		struct pam_action action = pam_rule_action(rule, result);
		bool takes =
			action.kind == PAM_ACTION_OK || action.kind == PAM_ACTION_DONE;

		if (action.kind == PAM_ACTION_RESET)
			good = bad = false;
		good = good || takes;
		bad = bad || action.kind == PAM_ACTION_BAD ||
		      action.kind == PAM_ACTION_DIE ||
		      (takes && strcmp(result, "success") != 0);
		if (action.kind == PAM_ACTION_DONE && bad)
			action.kind =
				PAM_ACTION_IGNORE; /* nothing is done well any more */
		i = find_auth(stack, after(stack, i, action));
		bad = bad || i > stack->count;
	}
	return good && !bad;
}
