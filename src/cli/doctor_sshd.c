/*
 * sshd's own settings: whether it asks PAM, by a method that can show a code, of
 * everybody who is to be asked. They are what sshd itself says of each kind of
 * connection.
 */
#include "cli/doctor_sshd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/clean.h"
#include "cli/doctor.h"
#include "cli/doctor_people.h"
#include "cli/pam_config.h"
#include "cli/pam_stack.h"
#include "cli/sshd_ask.h"
#include "cli/sshd_checks.h"

#define WHOM_MAX 640
#define WHOM_MOST 3 /* kinds of connections that are named */

/* --- whom it is about -------------------------------------------------------------- */

/* "alice (Match Group people at /etc/ssh/sshd_config:42)". */
static void
add_whom(char whom[WHOM_MAX], const struct sshd_view *v, const char *key)
{
	const struct sshd_line *line = sshd_survey_line(v->survey, v->visit, key);
	const struct sshd_block *block;

	sshd_words_add(
		whom, WHOM_MAX, "%s%s", whom[0] != '\0' ? ", " : "", v->visit->who);
	if (line == NULL || line->block == 0)
		return;
	block = &v->survey->config->blocks[line->block];
	sshd_words_add(whom, WHOM_MAX, " (Match %.100s at %s:%u)", block->text,
		block->place.file, block->place.line);
}

static bool
look(const struct sshd_survey *survey, size_t i, const struct doctor_sshd_stack *stack,
	sshd_check *check, struct sshd_view *v, struct sshd_opinion *ret)
{
	const struct sshd_visit *visit = &survey->visits[i];

	*v = (struct sshd_view){.survey = survey, .visit = visit, .stack = stack};
	*ret = (struct sshd_opinion){.level = FINDING_GOOD, .key = SSHD_METHODS_KEY};
	if (!visit->person)
		return false;
	sshd_methods_read(&v->methods, visit->text);
	return check(v, ret);
}

/* Says what a check has found, once for all of whom it is true. Whether that is nothing.
 */
static bool
report(struct doctor *d, const struct sshd_survey *survey,
	const struct doctor_sshd_stack *stack, sshd_check *check)
{
	static struct sshd_opinion first, other;
	static struct sshd_view v;
	bool said[SSHD_SURVEY_VISITS] = {false}, good = true;
	size_t i, k, people = 0;

	for (i = 0; i < survey->count; i++)
		people += survey->visits[i].person;
	for (i = 0; i < survey->count; i++) {
		char whom[WHOM_MAX] = "";
		size_t found = 0;

		if (said[i] || !look(survey, i, stack, check, &v, &first))
			continue;
		for (k = i; k < survey->count; k++) {
			if (!look(survey, k, stack, check, &v, &other) ||
				strcmp(first.text, other.text) != 0)
				continue;
			said[k] = true;
			if (found++ < WHOM_MOST)
				add_whom(whom, &v, other.key);
		}
		good = false;
		if (found == people)
			finding(&d->findings, first.level, "sshd", first.advice, "%s",
				first.text);
		else
			finding(&d->findings, first.firm ? first.level : FINDING_WARNING,
				"sshd", first.advice, "for %s%s: %s", whom,
				found > WHOM_MOST ? " and others" : "", first.text);
	}
	return good;
}

/* --- for all connections ----------------------------------------------------------- */

/* Whom a Match takes out of itsme on purpose, most likely: root, and robots. */
static void
note_others(struct doctor *d, const struct sshd_survey *survey)
{
	static struct sshd_view v;
	char value[SSHD_ASK_VALUE];
	size_t i, k;

	for (i = 0; i < survey->count; i++) {
		const struct sshd_line *line =
			sshd_survey_line(survey, &survey->visits[i], SSHD_METHODS_KEY);
		char whom[WHOM_MAX] = "";

		v = (struct sshd_view){.survey = survey, .visit = &survey->visits[i]};
		if (v.visit->person || line == NULL || line->block == 0)
			continue;
		sshd_methods_read(&v.methods, v.visit->text);
		for (k = 0; k < v.methods.count; k++)
			if (sshd_methods_goes_around(&v.methods.lists[k]))
				break;
		if (k == v.methods.count && v.methods.count > 0)
			continue;
		add_whom(whom, &v, SSHD_METHODS_KEY);
		finding(&d->findings, FINDING_NOTE, "sshd", NULL,
			"%s: in no map, and let in without itsme by " SSHD_METHODS_KEY
			" %.200s",
			whom, sshd_ask_value(value, v.visit->text, SSHD_METHODS_KEY));
	}
}

static void
check_pam(struct doctor *d, const struct sshd_survey *survey)
{
	const char *text = buf_str(&survey->common);
	char said[SSHD_WORDS_MAX], advice[SSHD_WORDS_MAX], value[SSHD_ASK_VALUE];

	if (sshd_ask_is_yes(text, "usepam")) {
		finding(&d->findings, FINDING_GOOD, "sshd", NULL, "usepam yes");
		return;
	}
	sshd_ask_value(value, text, "usepam");
	snprintf(said, sizeof(said), "usepam is %.40s",
		value[0] != '\0' ? value : "not known to it");
	sshd_words_place(said, survey, NULL, "usepam");
	sshd_words_advise(advice, survey, NULL, "usepam", "UsePAM yes");
	finding(&d->findings, FINDING_FAULT, "sshd", advice, "%s", said);
}

static void
check_grace(struct doctor *d, const struct sshd_survey *survey, unsigned timeout)
{
	static const char key[] = "logingracetime";
	char value[SSHD_ASK_VALUE], wanted[64];
	char said[SSHD_WORDS_MAX], advice[SSHD_WORDS_MAX];
	unsigned long grace =
		strtoul(sshd_ask_value(value, buf_str(&survey->common), key), NULL, 10);

	if (grace == 0 || grace >= timeout + DOCTOR_ROOM) {
		finding(&d->findings, FINDING_GOOD, "sshd", NULL,
			"logingracetime %lu leaves %u s for itsme", grace, timeout);
		return;
	}
	snprintf(said, sizeof(said), "ends a login after %lu s, itsme after %u s", grace,
		timeout);
	sshd_words_place(said, survey, NULL, key);
	snprintf(wanted, sizeof(wanted), "LoginGraceTime %u", timeout + DOCTOR_ROOM);
	sshd_words_advise(advice, survey, NULL, key, wanted);
	sshd_words_add(advice, sizeof(advice), ", or set [login] timeout");
	finding(&d->findings, FINDING_WARNING, "sshd", advice, "%s", said);
}

/* Which settings are lists of addresses, for any rule of sshd's stack. */
static void
find_address_lists(const struct doctor *d, bool *ret_skip, bool *ret_qr)
{
	static struct pam_stack stack;
	size_t i;

	*ret_skip = *ret_qr = false;
	if (!pam_stack_read(&stack, "sshd"))
		return;
	for (i = 0; i < stack.count; i++) {
		AUTO_CONFIG struct config *config = NULL;
		const struct pam_rule *rule = &stack.rules[i];
		struct diag diag = {0};
		bool elsewhere;

		if (!pam_rule_is_auth(rule) || !pam_rule_is_itsme(rule) ||
			pam_config_load(&config, &elsewhere, rule, "sshd", d->path,
				&diag) != ERR_OK)
			continue; /* said where PAM's files are looked at */
		*ret_skip = *ret_skip || config->login.skip_from[0] != '\0';
		*ret_qr = *ret_qr || config->login.qr_from[0] != '\0';
	}
}

static void
check_names(struct doctor *d, const struct sshd_survey *survey)
{
	char said[SSHD_WORDS_MAX] = "usedns yes", advice[SSHD_WORDS_MAX];
	bool skip, qr;

	if (!sshd_ask_is_yes(buf_str(&survey->common), "usedns"))
		return;
	find_address_lists(d, &skip, &qr);
	if (!skip && !qr)
		return;
	sshd_words_place(said, survey, NULL, "usedns");
	sshd_words_advise(advice, survey, NULL, "usedns", "UseDNS no");
	finding(&d->findings, FINDING_WARNING, "sshd", advice,
		"%s: PAM is told a client's name where it has one, which no address in "
		"%s%s%s is",
		said, skip ? "skip_from" : "", skip && qr ? " or " : "",
		qr ? "qr_from" : "");
}

/* The words of sshd, on one line. */
static void
quote(char ret[SSHD_WORDS_MAX], const char *text)
{
	size_t len;

	ret[0] = '\0';
	for (; *text != '\0'; text += len + (text[len] != '\0')) {
		len = strcspn(text, "\r\n");
		if (len > 0 && strncmp(text, "debug", 5) != 0)
			sshd_words_add(ret, SSHD_WORDS_MAX, "%s%.*s",
				ret[0] != '\0' ? "; " : "", (int)(len < 200 ? len : 200),
				text);
	}
}

/* Lists of methods that sshd will not have: where their methods are disabled. */
static void
add_disabled(char words[SSHD_WORDS_MAX], char advice[SSHD_WORDS_MAX],
	const struct sshd_survey *s)
{
	static const char before[] = "Disabled method \"";
	const char *at = strstr(buf_str(&s->common), before);
	char method[40], wanted[80];
	const struct sshd_line *line;

	if (at == NULL)
		return;
	at += strlen(before);
	snprintf(method, sizeof(method), "%.*s", (int)strcspn(at, "\"\n"), at);
	line = sshd_config_winner(s->config, sshd_methods_key(method), 1);
	if (line == NULL)
		return;
	sshd_words_add(words, SSHD_WORDS_MAX, "; %s is %.20s (%s:%u)", line->key,
		line->value, line->place.file, line->place.line);
	snprintf(wanted, sizeof(wanted), "%s yes", line->key);
	snprintf(advice, SSHD_WORDS_MAX,
		"write %s at %s:%u, or take %s out of AuthenticationMethods", wanted,
		line->place.file, line->place.line, method);
}

/*
 * Whether what sshd complains of is no matter of its configuration: the package was not
 * set up or its service not started yet, or we may not read what it needs.
 */
static bool
is_unready(const struct sshd_survey *survey)
{
	const char *text = buf_str(&survey->common);

	return survey->late || text[0] == '\0' || geteuid() != 0 ||
	       access(SSHD_CONFIG_FILE, F_OK) != 0 ||
	       strstr(text, "rivilege separation") != NULL ||
	       (strstr(text, "no hostkeys available") != NULL &&
		       sshd_config_winner(survey->config, "hostkey", 1) == NULL);
}

/* A configuration that sshd does not take is its end at the next start, if not now. */
static void
say_refused(struct doctor *d, const struct sshd_survey *survey)
{
	char words[SSHD_WORDS_MAX], advice[SSHD_WORDS_MAX] = "type: " SSHD_PATH " -t";

	quote(words, buf_str(&survey->common));
	add_disabled(words, advice, survey);
	finding(&d->findings, is_unready(survey) ? FINDING_WARNING : FINDING_FAULT,
		"sshd", advice, "cannot tell its settings: %s",
		words[0] != '\0' ? words : "it does not answer");
}

static void
check_connections(struct doctor *d, const struct sshd_survey *survey,
	const struct doctor_sshd_stack *stack)
{
	size_t i;

	if (report(d, survey, stack, sshd_checks_asking))
		finding(&d->findings, FINDING_GOOD, "sshd", NULL,
			"kbdinteractiveauthentication yes");
	for (i = 0; sshd_checks[i] != NULL; i++)
		report(d, survey, stack, sshd_checks[i]);
	note_others(d, survey);
}

void
doctor_sshd(struct doctor *d, const struct doctor_sshd_stack *stack)
{
	AUTO_DOCTOR_PEOPLE struct doctor_people people = {.count = 0};
	AUTO_SSHD_SURVEY struct sshd_survey *survey = NULL;

	if (access(SSHD_PATH, X_OK) != 0)
		return;
	doctor_people_read(&people, d->config);
	survey = sshd_survey_take((const char *const *)people.names);
	if (survey == NULL) {
		finding(&d->findings, FINDING_FAULT, "sshd", NULL, "out of memory");
		return;
	}
	if (survey->refused) {
		say_refused(d, survey);
		return;
	}
	check_pam(d, survey);
	check_connections(d, survey, stack);
	if (stack->remembers)
		finding(&d->findings, FINDING_NOTE, "sshd", NULL,
			"remember counts over ssh only behind a public key, for that "
			"very key");
	check_grace(d, survey, stack->timeout);
	check_names(d, survey);
	if (survey->cut || people.cut)
		finding(&d->findings, FINDING_NOTE, "sshd", NULL,
			"there are more kinds of connections than were looked at: by far "
			"most, but not all");
}

bool
doctor_sshd_takes_key(void)
{
	AUTO_DOCTOR_PEOPLE struct doctor_people people = {.count = 0};
	AUTO_SSHD_SURVEY struct sshd_survey *survey = NULL;
	bool takes = false;
	size_t i, k;

	if (access(SSHD_PATH, X_OK) != 0)
		return false;
	doctor_people_read(&people, NULL);
	survey = sshd_survey_take((const char *const *)people.names);
	for (i = 0; survey != NULL && !takes && i < survey->count; i++) {
		const struct sshd_visit *visit = &survey->visits[i];
		struct sshd_methods methods;
		char value[SSHD_ASK_VALUE];

		sshd_ask_value(value, visit->text, "permitrootlogin");
		if (!sshd_ask_is_yes(visit->text, "pubkeyauthentication") ||
			(strcmp(visit->who, "root") == 0 && strcmp(value, "no") == 0))
			continue;
		sshd_methods_read(&methods, visit->text);
		takes = methods.count == 0;
		for (k = 0; k < methods.count; k++)
			takes = takes || strcmp(methods.lists[k].text, "publickey") == 0;
	}
	return takes;
}
