/* PAM files line by line. What is said of a line is said once, whoever includes it. */
#include "cli/doctor_pam.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/service.h"
#include "cli/pam_lint.h"
#include "cli/pam_service.h"

#define FILES_MAX 256
#define DEPTH_MAX 16 /* of includes, as in libpam */
#define ONE_FILE "/etc/pam.conf" /* read where there is no directory */

struct walk {
	struct doctor *d;
	char seen[FILES_MAX][64];
	size_t count;
};

bool
doctor_pam_is_file(const char *name)
{
	return pam_service_is_name(name) || pam_stack_is_shared(name);
}

/* --- one line ---------------------------------------------------------------------- */

/* Whether following the includes of `name` leads to `target`: for rules of that type, or
 * of all (NULL); through `*left` files at most. */
static bool
leads_to(const char *name, const char *target, const char *type, unsigned depth,
	unsigned *left)
{
	AUTO_BUF struct buf text = BUF_INIT(PAM_STACK_TEXT);
	struct pam_line line;
	const char *at;

	if (strcmp(name, target) == 0)
		return true;
	if (depth == 0 || *left == 0 || !pam_stack_text(&text, name))
		return false;
	--*left;
	for (at = buf_str(&text); pam_line_next(&line, &at);) {
		enum pam_include kind = pam_rule_include(&line.rule);
		bool all = kind == PAM_INCLUDE_ALL;

		if (line.is_rule && kind != PAM_INCLUDE_NONE &&
			line.rule.module[0] != '\0' &&
			(all || type == NULL || pam_rule_is_of(&line.rule, type)) &&
			leads_to(line.rule.module, target, all ? type : line.rule.type,
				depth - 1, left))
			return true;
	}
	return false;
}

/* Where the line stands, as it is told of: "su (su:3)", or "common-auth:3". */
static void
name_line(char *dst, size_t size, const char *file, unsigned line)
{
	const char *slash = strrchr(file, '/');

	if (slash != NULL || pam_stack_is_shared(file))
		snprintf(dst, size, "%s:%u", file, line);
	else
		snprintf(dst, size, "%s (%s:%u)", file, file, line);
}

static void
check_line(struct doctor *d, const char *file, const struct pam_rule *rule)
{
	struct pam_lint lint;
	char place[160];
	unsigned left = FILES_MAX;

	if (pam_rule_is_itsme(rule) && rule->module[0] == '/')
		return; /* see check_path() in doctor_host.c */
	name_line(place, sizeof(place), file, rule->line);
	if (pam_lint(&lint, rule, file)) {
		enum finding_level level =
			lint.effect == PAM_LINT_IGNORED && !pam_rule_names_itsme(rule)
				? FINDING_WARNING
				: FINDING_FAULT;

		if (lint.understood)
			finding(&d->findings, level, "pam", lint.advice, "%s: %s: PAM %s",
				place, lint.what, pam_lint_effect(&lint, rule));
		else
			finding(&d->findings, level, "pam", lint.advice,
				"%s: PAM does not understand the line, and %s: %s", place,
				pam_lint_effect(&lint, rule), lint.what);
	} else if (pam_rule_include(rule) != PAM_INCLUDE_NONE &&
		   leads_to(rule->module, file,
			   pam_rule_include(rule) == PAM_INCLUDE_ALL ? NULL : rule->type,
			   4, &left))
		finding(&d->findings, FINDING_FAULT, "pam", "take the line out",
			"%s: the file includes itself: PAM crashes or refuses everybody",
			place);
}

/* --- all files --------------------------------------------------------------------- */

static void walk_file(struct walk *w, const char *name, unsigned depth);

static void
walk_text(struct walk *w, const char *name, const char *at, unsigned depth)
{
	struct pam_line line;
	unsigned number = 0;

	while (pam_line_next(&line, &at)) {
		number += line.lines;
		line.rule.line = number;
		if (!line.is_rule)
			continue;
		check_line(w->d, name, &line.rule);
		if (pam_rule_include(&line.rule) != PAM_INCLUDE_NONE &&
			line.rule.module[0] != '\0')
			walk_file(w, line.rule.module, depth + 1);
	}
}

static void
walk_file(struct walk *w, const char *name, unsigned depth)
{
	AUTO_BUF struct buf text = BUF_INIT(PAM_STACK_TEXT);
	size_t i;

	for (i = 0; i < w->count; i++)
		if (strcmp(w->seen[i], name) == 0)
			return;
	if (w->count == FILES_MAX || depth == DEPTH_MAX)
		return;
	snprintf(w->seen[w->count++], sizeof(w->seen[0]), "%s", name);
	if (pam_stack_text(&text, name))
		walk_text(w, name, buf_str(&text), depth);
	else if (depth == 0) /* of an include it is told already */
		finding(&w->d->findings, FINDING_WARNING, "pam", "see what it is",
			"%s was not looked at: it is no text file of at most %d KiB",
			name, PAM_STACK_TEXT / 1024);
}

static int
is_file(const struct dirent *entry)
{
	return entry->d_type != DT_DIR && doctor_pam_is_file(entry->d_name);
}

static void
walk_directory(struct walk *w, const char *directory)
{
	struct dirent **entries = NULL;
	int i, count = scandir(directory, &entries, is_file, alphasort);

	for (i = 0; i < count; i++) {
		walk_file(w, entries[i]->d_name, 0); /* the first directory's, if both */
		free(entries[i]);
	}
	free(entries);
}

static bool
is_directory(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* The lines of the one file: the service's name, and behind it a rule as elsewhere. */
static void
check_one_file(struct doctor *d)
{
	AUTO_BUF struct buf text = BUF_INIT(PAM_STACK_TEXT),
			    rules = BUF_INIT(PAM_STACK_TEXT);
	struct walk w = {.d = d};
	const char *at;

	if (!pam_stack_text(&text, ONE_FILE))
		return;
	finding(&d->findings, FINDING_WARNING, "pam",
		"make " PAM_STACK_DIR " with one file for each service",
		"PAM reads " ONE_FILE ", since there is no " PAM_STACK_DIR
		": only single lines of it are looked at");
	for (at = buf_str(&text); *at != '\0';) {
		size_t len = strcspn(at, "\n"), blank = strspn(at, " \t"), word;

		word = blank + strcspn(at + blank, " \t\n#");
		word = at[blank] == '#' ? 0 : word;
		buf_add(&rules, at + word, len - word);
		buf_adds(&rules, "\n");
		at += len + (at[len] == '\n');
	}
	if (buf_err(&rules) == ERR_OK)
		walk_text(&w, ONE_FILE, buf_str(&rules), 0);
}

void
doctor_pam_files(struct doctor *d)
{
	struct walk *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return;
	w->d = d;
	walk_directory(w, PAM_STACK_DIR);
	walk_directory(w, PAM_STACK_VENDOR);
	free(w);
	if (!is_directory(PAM_STACK_DIR) && !is_directory(PAM_STACK_VENDOR))
		check_one_file(d);
}

/* --- one service ------------------------------------------------------------------- */

/* Whether it was told of that line already; it was, from now on. */
static bool
was_told(struct doctor_pam *p, const struct pam_rule *rule)
{
	size_t i;

	for (i = 0; i < p->told_count; i++)
		if (p->told[i].line == rule->line &&
			strcmp(p->told[i].file, rule->file) == 0)
			return true;
	if (p->told_count < sizeof(p->told) / sizeof(p->told[0])) {
		snprintf(p->told[p->told_count].file, sizeof(p->told[0].file), "%s",
			rule->file);
		p->told[p->told_count++].line = rule->line;
	}
	return false;
}

/* Services by whose auth part nobody logs in, whatever it includes. */
static bool
asks_nobody(const char *service)
{
	static const char *const names[] = {"atd", "chpasswd", "cron", "crond",
		"newusers", "other", "passwd", "runuser", "runuser-l", "systemd-user"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(service, names[i]) == 0)
			return true;
	return false;
}

static void
add_name(char list[DOCTOR_PAM_NAMES], const char *name)
{
	size_t len = strlen(list);

	snprintf(list + len, DOCTOR_PAM_NAMES - len, "%s%s", len > 0 ? ", " : "", name);
}

/* A service that asks because all do, though nobody is known to sit at it. */
static void
note_unattended(struct doctor_pam *p, const char *service, const struct pam_stack *stack)
{
	const struct pam_person away = {PAM_ANSWER_AWAY, true};
	size_t i;

	for (i = 0; i < stack->count; i++) {
		const struct pam_rule *rule = &stack->rules[i];

		if (!pam_rule_is_itsme(rule) || !pam_rule_is_auth(rule) ||
			!pam_stack_is_shared(rule->file))
			continue;
		if (strstr(rule->arguments, "style=") != NULL)
			return; /* somebody has said who sits there */
		snprintf(p->by, sizeof(p->by), "%s:%u", rule->file, rule->line);
		add_name(pam_stack_admits(stack, away) ? p->fall_back : p->refused,
			service);
		return;
	}
}

void
doctor_pam_service(struct doctor *d, struct doctor_pam *p, const char *service,
	const struct pam_stack *stack)
{
	size_t i;

	for (i = 0; i < stack->count && !stack->cut; i++) {
		const struct pam_rule *rule = &stack->rules[i];

		if (pam_stack_jumps_too_far(stack, i) && !was_told(p, rule))
			finding(&d->findings, FINDING_FAULT, "pam",
				"count the lines of its type that follow, or write done",
				"%s (%s:%u): jumps over %zu lines, and not so many "
				"follow: PAM refuses whoever jumps",
				service, rule->file, rule->line,
				pam_rule_longest_jump(rule));
	}
	if (service_kind(service) == SERVICE_UNKNOWN && !asks_nobody(service) &&
		!stack->cut)
		note_unattended(p, service, stack);
}

void
doctor_pam_end(struct doctor *d, const struct doctor_pam *p)
{
	if (p->refused[0] != '\0')
		finding(&d->findings, FINDING_WARNING, "pam",
			"write authinfo_unavail=ignore into the control of pam_itsme.so, "
			"or itsme into the files of single services only",
			"nobody is known to sit at %s: itsme (%s) refuses them at once, "
			"and no password lets in",
			p->refused, p->by);
	if (p->fall_back[0] != '\0')
		finding(&d->findings, FINDING_NOTE, "pam", NULL,
			"nobody is known to sit at %s: itsme (%s) is passed over there "
			"at "
			"once, and the password decides alone",
			p->fall_back, p->by);
}
