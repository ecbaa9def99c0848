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
	if (strcmp(rule.control, "include") == 0 ||
		strcmp(rule.control, "substack") == 0) {
		read_file(stack, rule.module, kind, depth + 1);
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
pam_rule_is_itsme(const struct pam_rule *rule)
{
	const char *slash = strrchr(rule->module, '/');

	return strcmp(slash != NULL ? slash + 1 : rule->module, "pam_itsme.so") == 0;
}

bool
pam_rule_suffices(const struct pam_rule *rule)
{
	return strcasecmp(rule->control, "sufficient") == 0 ||
	       (rule->control[0] == '[' && strstr(rule->control, "success=done") != NULL);
}

size_t
pam_stack_after_success(const struct pam_stack *stack, size_t i)
{
	const char *control = stack->rules[i].control, *success;
	size_t jump;

	if (pam_rule_suffices(&stack->rules[i]))
		return stack->count;
	success = strstr(control, "success=");
	if (control[0] != '[' || success == NULL)
		return i + 1;
	success += strlen("success=");
	/* a jump counts the rules of its own type */
	for (jump = strtoul(success, NULL, 10); jump > 0 && i < stack->count; i++)
		if (i + 1 < stack->count &&
			strcasecmp(stack->rules[i + 1].type, "auth") == 0)
			jump--;
	return i + 1 < stack->count ? i + 1 : stack->count;
}
