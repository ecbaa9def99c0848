/* Making a service independent of pam_itsme.so again, in as few steps as do. */
#include "cli/pam_retire.h"

#include <stdio.h>
#include <string.h>

#include "cli/pam_stack.h"

#define OFF "# taken out by itsmectl pam disable: "
#define PUT_IN " # put in by itsmectl pam disable"
#define NEUTRAL                                                                \
	"[default=ignore] pam_permit.so" /* counts as a rule, and does nothing \
					  */

/* How far it goes. */
enum stage {
	STAGE_ITSME, /* our module's rules */
	STAGE_DENY, /* and those of pam_deny.so */
	STAGE_SHARED, /* and the shared part comes in */
	STAGE_ALL, /* in place of every rule of auth that the file itself has */
	STAGE_COUNT
};

struct work {
	enum stage stage;
	const char *shared; /* the file that asks for the password */
	bool jumps; /* a rule that stays jumps: those that go leave a rule behind */
	struct pam_retired done;
};

bool
pam_retire_is_needed(const char *text)
{
	struct pam_line line;

	while (pam_line_next(&line, &text))
		if (line.is_rule && pam_rule_names_itsme(&line.rule))
			return true;
	return false;
}

/* Whether the rule goes, counted for what it is. */
static bool
goes(struct work *w, const struct pam_rule *rule)
{
	unsigned *count = NULL;

	if (pam_rule_names_itsme(rule))
		count = &w->done.itsme;
	else if (w->stage >= STAGE_DENY && pam_rule_is_auth(rule) &&
		 strcmp(pam_rule_module(rule), "pam_deny.so") == 0)
		count = &w->done.denies;
	else if (w->stage == STAGE_ALL && pam_rule_is_auth(rule))
		count = &w->done.others;
	if (count != NULL)
		++*count;
	return count != NULL;
}

/* Whether what stays jumps. */
static bool
jumps(struct work *w, const char *text)
{
	struct pam_line line;
	bool found = false;

	while (pam_line_next(&line, &text))
		found = found || (line.is_rule && !goes(w, &line.rule) &&
					 pam_rule_longest_jump(&line.rule) > 0);
	return found;
}

/* What stands in the place of a rule that goes. */
static void
add_instead(struct buf *out, struct work *w, const struct pam_rule *rule)
{
	bool here = w->stage >= STAGE_SHARED && w->done.put_in[0] == '\0' &&
		    pam_rule_is_auth(rule) && pam_rule_names_itsme(rule);

	if (here) {
		bool all = strncmp(w->shared, "common-", 7) == 0 && !w->jumps;

		snprintf(w->done.put_in, sizeof(w->done.put_in), "%s %s",
			all ? "@include" : "auth substack", w->shared);
		buf_addf(out, "%s" PUT_IN "\n", w->done.put_in);
	} else if (w->jumps) {
		buf_addf(out, "%s " NEUTRAL PUT_IN "\n", rule->type);
	}
}

static void
write_line(struct buf *out, struct work *w, const struct pam_line *line)
{
	const char *at = line->text, *end = line->text + line->len;

	if (!line->is_rule || !goes(w, &line->rule)) {
		buf_add(out, line->text, line->len);
		return;
	}
	add_instead(out, w, &line->rule);
	while (at < end) {
		size_t len = strcspn(at, "\n");

		buf_adds(out, OFF);
		buf_add(out, at, len);
		buf_adds(out, "\n");
		at += len + (at[len] == '\n');
	}
}

/* Whether the password lets people in, and nothing lets in anybody. */
static bool
ends_well(const char *service, const char *text)
{
	static struct pam_stack stack;
	const struct pam_person nobody = {PAM_ANSWER_NO, false};
	const struct pam_person knows = {PAM_ANSWER_NO, true};

	pam_stack_read_text(&stack, service, text);
	return !stack.cut && !pam_stack_asks(&stack) && pam_stack_admits(&stack, knows) &&
	       !pam_stack_admits(&stack, nobody);
}

/* Whether a rule of auth calls it: else its going changes nothing about who comes in. */
static bool
decides(const char *text)
{
	struct pam_line line;

	while (pam_line_next(&line, &text))
		if (line.is_rule && pam_rule_names_itsme(&line.rule) &&
			pam_rule_is_auth(&line.rule))
			return true;
	return false;
}

/* The file that asks for the password on this machine; NULL: there is none. */
static const char *
find_shared(const char *service)
{
	static const char *const files[] = {
		"common-auth", "password-auth", "system-auth"};
	static struct pam_stack stack;
	size_t i;

	for (i = 0; i < 3; i++)
		if ((i != 1 || strcmp(service, "sshd") == 0) &&
			pam_stack_read(&stack, files[i]))
			return files[i];
	return NULL;
}

/* Who is to be changed first: an included file that calls the module, or nobody. */
static const char *
find_included(const char *service, const char *text)
{
	static struct pam_stack stack;
	size_t i;

	pam_stack_read_text(&stack, service, text);
	for (i = 0; i < stack.count; i++)
		if (pam_rule_is_itsme(&stack.rules[i]) &&
			strcmp(stack.rules[i].file, service) != 0)
			return stack.rules[i].file;
	return NULL;
}

enum err
pam_retire(struct buf *out, const char *service, const char *text,
	struct pam_retired *ret, struct diag *diag)
{
	const char *shared = find_shared(service), *at;
	const char *included = find_included(service, text);
	struct pam_line line;
	unsigned stage;

	if (included != NULL)
		return diag_set(diag, ERR_FILE_INVALID,
			"pam_itsme.so is asked for by %s, which it includes; type: %s %s",
			included,
			pam_stack_is_shared(included)
				? "pam-auth-update --disable itsme, "
				  "or take it out of"
				: "itsmectl pam disable",
			included);
	for (stage = 0; stage < STAGE_COUNT; stage++) {
		struct work w = {.stage = (enum stage)stage, .shared = shared};

		if (stage >= STAGE_SHARED && shared == NULL)
			break;
		w.jumps = jumps(&w, text);
		w.done = (struct pam_retired){0};
		buf_cut(out, 0);
		for (at = text; pam_line_next(&line, &at);)
			write_line(out, &w, &line);
		*ret = w.done;
		if (!decides(text) || ends_well(service, buf_str(out)))
			return buf_err(out);
	}
	return diag_set(diag, ERR_FILE_INVALID,
		"without pam_itsme.so it would let in nobody, or anybody; write "
		"@include common-auth (or auth substack system-auth) in its place by "
		"hand");
}
