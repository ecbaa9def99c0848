/* Putting `no_pass_expiry` into pam_unix.so's rules of account, wherever they stand. */
#include "cli/pam_account.h"

#include <string.h>

#include "cli/pam_stack.h"

#define OPTION "no_pass_expiry"
#define DEPTH_MAX 8 /* of includes */

/* Whether the rule needs the option. */
static bool
needs_option(const struct pam_rule *rule)
{
	return pam_rule_is_of(rule, "account") && !rule->broken &&
	       pam_rule_include(rule) == PAM_INCLUDE_NONE &&
	       strcmp(pam_rule_module(rule), "pam_unix.so") == 0 &&
	       strstr(rule->arguments, OPTION) == NULL;
}

static void
add_rule(struct buf *out, const struct pam_rule *rule, const char *end)
{
	buf_addf(out, "%s%s %s %s%s%s%s%s", rule->optional ? "-" : "", rule->type,
		rule->control, rule->module, rule->arguments[0] != '\0' ? " " : "",
		rule->arguments, needs_option(rule) ? " " OPTION : "", end);
}

/*
 * Rules of account that the rule brings; whether one of them needs the option. A substack
 * stays one: its rules end by themselves.
 */
static bool
add_rules(struct buf *out, const struct pam_rule *rule, const char *end, int depth,
	bool *cut)
{
	AUTO_BUF struct buf text = BUF_INIT(PAM_STACK_TEXT);
	enum pam_include kind = pam_rule_include(rule);
	struct pam_line line;
	bool needed = false;
	const char *at;

	if (kind != PAM_INCLUDE_ALL && !pam_rule_is_of(rule, "account"))
		return false;
	*cut = *cut || rule->cut;
	if (kind == PAM_INCLUDE_NONE || kind == PAM_INCLUDE_SUBSTACK) {
		add_rule(out, rule, end);
		return needs_option(rule);
	}
	if (depth == DEPTH_MAX || !pam_stack_text(&text, rule->module))
		*cut = true;
	for (at = buf_str(&text); pam_line_next(&line, &at);)
		if (line.is_rule)
			needed =
				add_rules(out, &line.rule, end, depth + 1, cut) || needed;
	return needed;
}

void
pam_account_add(struct buf *out, const struct pam_rule *rule, const char *end)
{
	size_t before = out->len;
	bool cut = false;

	if (!add_rules(out, rule, end, 0, &cut) || cut)
		buf_cut(out, before);
}
