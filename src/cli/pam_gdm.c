/* Making the file of gdm-switchable-auth out of gdm-password's, and undoing it. */
#include "cli/pam_gdm.h"

#include <string.h>

#include "cli/pam_account.h"
#include "cli/pam_edit.h"
#include "cli/pam_stack.h"

#define END " " PAM_EDIT_MARK "\n"
#define MADE "# made by itsmectl pam enable gdm, of " PAM_GDM_PASSWORD
#define WHY "# nothing else may ask in here: GDM aborts where a second question comes"

bool
pam_gdm_is(const char *service)
{
	return strcmp(service, PAM_GDM_SERVICE) == 0;
}

/* --- what stays of gdm-password ---------------------------------------------------- */

/* Modules that refuse somebody, or set something, and never say a word before the code.
 */
static bool
stays_in_auth(const struct pam_rule *rule)
{
	static const char *const names[] = {"pam_access.so", "pam_env.so",
		"pam_faildelay.so", "pam_group.so", "pam_listfile.so", "pam_localuser.so",
		"pam_nologin.so", "pam_shells.so", "pam_succeed_if.so", "pam_time.so",
		"pam_usertype.so", "pam_wheel.so"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(pam_rule_module(rule), names[i]) == 0)
			return true;
	return false;
}

static void
add_rule(struct buf *out, const struct pam_rule *rule)
{
	buf_addf(out, "%s%s %s %s%s%s" END, rule->optional ? "-" : "", rule->type,
		rule->control, rule->module, rule->arguments[0] != '\0' ? " " : "",
		rule->arguments);
}

/* Whether the file of that name has rules of that type. */
static bool
brings(const char *file, const char *type)
{
	static struct pam_stack stack;
	size_t i;

	if (!pam_stack_read(&stack, file))
		return false;
	for (i = 0; i < stack.count; i++)
		if (pam_rule_is_of(&stack.rules[i], type))
			return true;
	return false;
}

/* What the rule becomes in the part of that type; nothing where it has no say in it. */
static void
add_part(struct buf *out, const struct pam_rule *rule, const char *type)
{
	bool all = pam_rule_include(rule) == PAM_INCLUDE_ALL;
	size_t before = out->len;

	if (all ? !brings(rule->module, type) : !pam_rule_is_of(rule, type))
		return;
	if (strcmp(type, "account") == 0)
		pam_account_add(out, rule, END);
	if (out->len == before && all)
		buf_addf(out, "%s include %s" END, type, rule->module);
	else if (out->len == before)
		add_rule(out, rule);
}

/* --- the parts --------------------------------------------------------------------- */

#define BY_HAND                                                           \
	"write " PAM_STACK_DIR "/" PAM_GDM_SERVICE " by hand, after the " \
	"example in the documentation's pam.d/gnome/"

/* Whether the rule can be taken over, or left out, without another one's meaning
 * changing. */
static enum err
check_rule(const struct pam_line *line, unsigned number, struct diag *diag)
{
	const struct pam_rule *rule = &line->rule;

	if (rule->broken || rule->cut)
		return diag_set(diag, ERR_FILE_INVALID,
			"line %u of " PAM_GDM_PASSWORD
			" cannot be understood; mend it, or " BY_HAND,
			number);
	if (pam_rule_is_auth(rule) && stays_in_auth(rule) &&
		(pam_rule_longest_jump(rule) > 0 || pam_rule_suffices(rule)))
		return diag_set(diag, ERR_FILE_INVALID,
			"line %u of " PAM_GDM_PASSWORD
			" jumps, or ends the login well; " BY_HAND,
			number);
	return ERR_OK;
}

static enum err
add_auth(struct buf *out, const char *text, struct diag *diag)
{
	AUTO_BUF struct buf rules = BUF_INIT(PAM_STACK_TEXT);
	bool nologin = false;
	struct pam_line line;
	unsigned number = 0;
	enum err e = ERR_OK;

	while (e == ERR_OK && pam_line_next(&line, &text)) {
		number += line.lines;
		if (!line.is_rule)
			continue;
		e = check_rule(&line, number, diag);
		if (pam_rule_include(&line.rule) != PAM_INCLUDE_NONE ||
			!pam_rule_is_auth(&line.rule) || !stays_in_auth(&line.rule))
			continue;
		nologin = nologin ||
			  strcmp(pam_rule_module(&line.rule), "pam_nologin.so") == 0;
		add_rule(&rules, &line.rule);
	}
	if (!nologin)
		buf_adds(out, "auth requisite pam_nologin.so" END);
	buf_add(out, buf_str(&rules), rules.len);
	pam_edit_add_sole(out);
	return e != ERR_OK ? e : buf_err(&rules);
}

/* Where gdm-password has none of that type, libpam takes those of `other`. */
static void
add_others(struct buf *out, const char *text, const char *type)
{
	struct pam_rule other = {.control = "include", .module = "other"};
	size_t before = out->len;
	struct pam_line line;

	while (pam_line_next(&line, &text))
		if (line.is_rule && !pam_rule_names_itsme(&line.rule))
			add_part(out, &line.rule, type);
	strcpy(other.type, type);
	if (out->len == before)
		add_part(out, &other, type);
}

/* --- the whole --------------------------------------------------------------------- */

/* gdm-password as it is without us: it may ask for itsme itself. */
static enum err
make(struct buf *out, const char *text, struct diag *diag)
{
	AUTO_BUF struct buf plain = BUF_INIT(PAM_STACK_TEXT);
	enum err e = pam_edit_disable(&plain, text);

	if (e != ERR_OK)
		return e;
	buf_adds(out, MADE END WHY END);
	e = add_auth(out, buf_str(&plain), diag);
	add_others(out, buf_str(&plain), "account");
	buf_adds(out, "password requisite pam_deny.so" END);
	add_others(out, buf_str(&plain), "session");
	return e != ERR_OK ? e : buf_err(out);
}

enum err
pam_gdm_make(struct buf *out, const char *text, const char *before, struct diag *diag)
{
	enum err e = make(out, text, diag);
	size_t len;

	for (; *before != '\0'; before += len) {
		len = strcspn(before, "\n");
		len += before[len] == '\n';
		buf_adds(out, PAM_EDIT_WAS);
		buf_add(out, before, len);
	}
	return e != ERR_OK ? e : buf_err(out);
}

bool
pam_gdm_is_made(const char *text)
{
	return strstr(text, MADE) != NULL;
}

enum err
pam_gdm_unmake(struct buf *out, const char *text, bool *ret_changed)
{
	size_t len, end, was = strlen(PAM_EDIT_WAS);

	*ret_changed = false;
	for (; *text != '\0'; text += len) {
		end = strcspn(text, "\n");
		len = end + (text[end] == '\n');
		if (strncmp(text, PAM_EDIT_WAS, was) == 0)
			buf_add(out, text + was, len - was);
		else if (strspn(text, " \t") < end && !pam_edit_is_marked(text, end))
			*ret_changed = true;
	}
	return buf_err(out);
}

bool
pam_gdm_is_stale(const char *made, const char *text)
{
	AUTO_BUF struct buf now = BUF_INIT(PAM_STACK_TEXT);
	struct diag diag;

	return pam_gdm_is_made(made) && make(&now, text, &diag) == ERR_OK &&
	       strncmp(made, buf_str(&now), now.len) != 0;
}
