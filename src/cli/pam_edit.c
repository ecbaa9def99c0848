/* Adding our lines to the text of a PAM service's file, and taking exactly them out. */
#include "cli/pam_edit.h"

#include <stdio.h>
#include <string.h>

#include "cli/pam_account.h"
#include "cli/pam_stack.h"

#define MARK PAM_EDIT_MARK
#define WAS PAM_EDIT_WAS
#define COPY "# a copy, made by itsmectl pam enable, of the file in " PAM_STACK_VENDOR

/*
 * The rules that stand for the include; between them and behind them goes the include as
 * a rule of its own (%INCLUDE). A jump and pam_permit.so, as in Debian's common-auth:
 * what the file has behind the include is reached in each case.
 */
#define OTHERWISE "ignore=ignore default=die] pam_itsme.so"

static const struct way {
	const char *name;
	const char *rules[4]; /* NULL: the include, as a substack */
	size_t count;
} ways[PAM_WAY_COUNT] = {
	[PAM_WAY_SOLE] = {"sole",
		{"auth [success=1 " OTHERWISE, "auth requisite pam_deny.so",
			"auth required pam_permit.so"},
		3},
	[PAM_WAY_SECOND] = {"second", {NULL, "auth required pam_itsme.so"}, 2},
	[PAM_WAY_FALLBACK] = {"fallback",
		{"auth [success=1 authinfo_unavail=ignore " OTHERWISE " unmapped=ignore",
			NULL, "auth required pam_permit.so"},
		3},
};

enum pam_way
pam_way_of(const char *word)
{
	unsigned i;

	for (i = 0; i < PAM_WAY_COUNT; i++)
		if (strcmp(word, ways[i].name) == 0)
			break;
	return (enum pam_way)i;
}

const char *
pam_way_name(enum pam_way way)
{
	return ways[way].name;
}

/* --- what is there ----------------------------------------------------------------- */

/* What a file's rules of auth are like. */
struct survey {
	unsigned rules; /* of auth */
	unsigned reach; /* the furthest of them that one above jumps over */
	unsigned includes; /* that ask for a password */
	unsigned own,
		own_line; /* rules of the file itself that ask; the first one's line */
	char own_module[64];
	struct pam_rule include; /* the last of those */
	bool jumped; /* over the include */
	bool ends; /* a good password in there ends the whole stack */
	bool account; /* there is a rule of account */
	bool unreadable;
};

/* Whether success of one of its rules of auth ends the whole stack well. */
static bool
ends_early(const struct pam_stack *stack)
{
	size_t i;

	for (i = 0; i < stack->count; i++)
		if (pam_rule_is_auth(&stack->rules[i]) && stack->rules[i].depth == 0 &&
			pam_rule_silent(&stack->rules[i]) == NULL &&
			pam_rule_suffices(&stack->rules[i]))
			return true;
	return false;
}

/* Whether the rule brings from another file what asks for a password. */
static bool
is_shared(const struct pam_rule *rule, struct survey *s)
{
	static struct pam_stack stack;
	enum pam_include kind = pam_rule_include(rule);

	if (kind == PAM_INCLUDE_NONE ||
		(kind != PAM_INCLUDE_ALL && !pam_rule_is_auth(rule)))
		return false;
	if (!pam_stack_read(&stack, rule->module)) {
		s->unreadable = true;
		s->include = *rule;
		return false;
	}
	if (!pam_stack_asks_for_secret(&stack))
		return false;
	s->ends = kind != PAM_INCLUDE_SUBSTACK && ends_early(&stack);
	return true;
}

/* Whether the file or those that it includes have a rule of account. */
static bool
has_account(const char *text)
{
	static struct pam_stack stack;
	size_t i;

	pam_stack_read_text(&stack, "", text);
	for (i = 0; i < stack.count; i++)
		if (pam_rule_is_of(&stack.rules[i], "account"))
			return true;
	return false;
}

static void
survey_rule(struct survey *s, const struct pam_rule *rule, unsigned line)
{
	size_t jump = pam_rule_longest_jump(rule);

	if (!s->unreadable && is_shared(rule, s)) {
		s->includes++;
		s->include = *rule;
		s->jumped = s->jumped || s->reach > s->rules;
	}
	if (!pam_rule_is_auth(rule))
		return;
	s->rules++;
	if (jump > 0 && s->rules + jump > s->reach)
		s->reach = s->rules + (unsigned)jump;
	if (pam_rule_include(rule) == PAM_INCLUDE_NONE && !pam_rule_is_itsme(rule) &&
		pam_rule_silent(rule) == NULL && s->own++ == 0) {
		s->own_line = line;
		snprintf(s->own_module, sizeof(s->own_module), "%.63s", rule->module);
	}
}

static struct survey
look_at(const char *text)
{
	struct survey s = {.account = has_account(text)};
	struct pam_line line;
	unsigned number = 0;

	while (pam_line_next(&line, &text)) {
		number += line.lines;
		if (line.is_rule)
			survey_rule(&s, &line.rule, number);
	}
	return s;
}

#define BY_HAND "edit it by hand, after the examples in the documentation's pam.d/"

/* Whether our lines may stand for the include. */
static enum err
check_survey(const struct survey *s, struct diag *diag)
{
	const char *module = s->include.module;

	if (s->unreadable)
		return diag_set(diag, ERR_FILE_INVALID,
			"it includes %.60s, which cannot be read", module);
	if (s->includes > 1)
		return diag_set(diag, ERR_FILE_INVALID,
			"it includes what asks for the password more than "
			"once; " BY_HAND);
	if (s->jumped)
		return diag_set(diag, ERR_FILE_INVALID,
			"a rule of it jumps over its include of %.60s, and our lines "
			"would "
			"change how far; " BY_HAND,
			module);
	if (s->includes == 1)
		return ERR_OK;
	if (s->own > 0)
		return diag_set(diag, ERR_FILE_INVALID,
			"it asks by rules of its own (%.60s, line %u), not by an "
			"include; "
			"write @include common-auth (or auth substack system-auth) in "
			"their place, or " BY_HAND,
			s->own_module, s->own_line);
	return diag_set(diag, ERR_FILE_INVALID,
		s->rules > 0
			? "it asks nobody for a password: there is nothing that itsme "
			  "could stand for"
			: "it has no rule of auth: nobody logs in by it");
}

/* --- enable ------------------------------------------------------------------------ */

/* The lines that ours stand for, each as a comment of ours. */
static void
add_was(struct buf *out, const struct pam_line *line)
{
	const char *at = line->text, *end = line->text + line->len;

	while (at < end) {
		size_t len = strcspn(at, "\n");

		len += at[len] == '\n';
		buf_adds(out, WAS);
		buf_add(out, at, len);
		at += len;
	}
}

/* What else comes with Debian's form of include than the type that is replaced. */
static void
add_other_types(struct buf *out, const struct pam_rule *include, const char *replaced)
{
	static const char *const types[] = {"auth", "account", "password", "session"};
	static struct pam_stack stack;
	size_t i, k;

	if (pam_rule_include(include) != PAM_INCLUDE_ALL ||
		!pam_stack_read(&stack, include->module))
		return;
	for (k = 0; k < sizeof(types) / sizeof(types[0]); k++) {
		for (i = 0; i < stack.count; i++)
			if (pam_rule_is_of(&stack.rules[i], types[k]))
				break;
		if (i < stack.count && strstr(replaced, types[k]) == NULL)
			buf_addf(out, "%s include %s " MARK "\n", types[k],
				include->module);
	}
}

/* Our rules of account for that rule; whether it is replaced by them. */
static bool
add_account(struct buf *out, const struct pam_rule *rule, enum pam_way way)
{
	size_t before = out->len;

	if (way != PAM_WAY_SECOND) /* there the password was typed */
		pam_account_add(out, rule, " " MARK "\n");
	return out->len > before;
}

void
pam_edit_add_sole(struct buf *out)
{
	const struct way *sole = &ways[PAM_WAY_SOLE];
	size_t i;

	for (i = 0; i < sole->count; i++)
		buf_addf(out, "%s " MARK "\n", sole->rules[i]);
}

/*
 * Our lines for what asks for the password, and the include behind them as a comment.
 * Where the file has no account part libpam takes that of `other`: the same rules.
 */
static void
replace(struct buf *out, const struct pam_line *line, enum pam_way way, bool account)
{
	static const struct pam_rule other = {
		.type = "account", .control = "include", .module = "other"};
	const struct way *w = &ways[way];
	size_t i;

	for (i = 0; i < w->count; i++)
		if (w->rules[i] != NULL)
			buf_addf(out, "%s " MARK "\n", w->rules[i]);
		else
			buf_addf(out, "auth substack %s " MARK "\n", line->rule.module);
	add_other_types(out, &line->rule,
		add_account(out, &line->rule, way) ? "auth account" : "auth");
	if (!account)
		add_account(out, &other, way);
	add_was(out, line);
}

/* The line as it is to stand in the changed file. */
static void
change(struct buf *out, const struct pam_line *line, enum pam_way way,
	const struct survey *s)
{
	struct survey found = {0};
	bool shared = line->is_rule && is_shared(&line->rule, &found);

	if (shared && way == PAM_WAY_SECOND && !s->ends &&
		line->text[line->len - 1] == '\n') {
		buf_add(out, line->text, line->len);
		buf_adds(out, "auth required pam_itsme.so " MARK "\n");
	} else if (shared) {
		replace(out, line, way, s->account);
	} else if (line->is_rule && add_account(out, &line->rule, way)) {
		add_other_types(out, &line->rule, "account");
		add_was(out, line);
	} else {
		buf_add(out, line->text, line->len);
	}
}

enum err
pam_edit_enable(struct buf *out, const char *text, enum pam_way way, bool vendor,
	struct diag *diag)
{
	const struct survey s = look_at(text);
	struct pam_line line;
	enum err e;

	if (pam_edit_is_ours(text))
		return diag_set(diag, ERR_FILE_INVALID, "it asks for itsme already");
	e = check_survey(&s, diag);
	if (e != ERR_OK)
		return e;
	if (vendor)
		buf_adds(out, COPY " " MARK "\n");
	while (pam_line_next(&line, &text))
		change(out, &line, way, &s);
	return buf_err(out);
}

/* --- disable ----------------------------------------------------------------------- */

bool
pam_edit_is_marked(const char *text, size_t len)
{
	size_t mark = strlen(MARK);

	return len >= mark && memcmp(text + len - mark, MARK, mark) == 0;
}

enum err
pam_edit_disable(struct buf *out, const char *text)
{
	size_t len, end, was = strlen(WAS);

	for (; *text != '\0'; text += len) {
		end = strcspn(text, "\n");
		len = end + (text[end] == '\n');
		if (pam_edit_is_marked(text, end))
			continue;
		if (strncmp(text, WAS, was) == 0)
			buf_add(out, text + was, len - was);
		else
			buf_add(out, text, len);
	}
	return buf_err(out);
}

bool
pam_edit_is_ours(const char *text)
{
	return strstr(text, MARK "\n") != NULL || strstr(text, WAS) != NULL;
}

bool
pam_edit_is_copy(const char *text)
{
	return strstr(text, COPY " " MARK "\n") != NULL;
}

/* --- what has changed since -------------------------------------------------------- */

/* Our rules of account, and the way that our rule of auth is of. */
static void
read_ours(struct buf *account, enum pam_way *ret_way, const char *text)
{
	struct pam_line line;

	while (pam_line_next(&line, &text)) {
		size_t len = line.len - (line.text[line.len - 1] == '\n');

		if (!line.is_rule || !pam_edit_is_marked(line.text, len))
			continue;
		if (pam_rule_is_of(&line.rule, "account"))
			buf_add(account, line.text, line.len);
		if (pam_rule_is_itsme(&line.rule))
			*ret_way = strstr(line.rule.control, "unavail") != NULL
					   ? PAM_WAY_FALLBACK
				   : line.rule.control[0] == '[' ? PAM_WAY_SOLE
								 : PAM_WAY_SECOND;
	}
}

bool
pam_edit_is_stale(const char *text, enum pam_way *ret_way)
{
	AUTO_BUF struct buf before = BUF_INIT(PAM_STACK_TEXT);
	AUTO_BUF struct buf plain = BUF_INIT(PAM_STACK_TEXT);
	AUTO_BUF struct buf again = BUF_INIT(2 * PAM_STACK_TEXT);
	AUTO_BUF struct buf now = BUF_INIT(PAM_STACK_TEXT);
	enum pam_way way = PAM_WAY_COUNT;
	struct diag diag;

	read_ours(&before, &way, text);
	if (way == PAM_WAY_COUNT || pam_edit_disable(&plain, text) != ERR_OK ||
		pam_edit_enable(&again, buf_str(&plain), way, false, &diag) != ERR_OK)
		return false;
	*ret_way = way;
	read_ours(&now, &way, buf_str(&again));
	return buf_err(&before) == ERR_OK && buf_err(&now) == ERR_OK &&
	       strcmp(buf_str(&before), buf_str(&now)) != 0;
}
