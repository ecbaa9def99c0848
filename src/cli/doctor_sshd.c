/*
 * sshd's own settings: whether it asks PAM, by a method that can show a code, of
 * everybody who is to be asked. They are what sshd itself says of each kind of
 * connection.
 */
#include "cli/doctor_sshd.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/clean.h"
#include "cli/doctor.h"
#include "cli/doctor_people.h"
#include "cli/pam_stack.h"
#include "cli/sshd_ask.h"
#include "cli/sshd_methods.h"
#include "cli/sshd_survey.h"

#define METHODS "authenticationmethods"
#define KEY_AND_PHONE "AuthenticationMethods publickey,keyboard-interactive"
#define TEXT_MAX 800
#define WHOM_MAX 640
#define WHOM_MOST 3 /* kinds of connections that are named */

/* One kind of connection, as the checks look at it. */
struct view {
	const struct sshd_survey *survey;
	const struct sshd_visit *visit;
	const struct doctor_sshd_stack *stack;
	struct sshd_methods methods;
};

/* What a check has to say of it. */
struct opinion {
	enum finding_level level; /* where it is so for everybody */
	bool firm; /* and for some as well; else that is a warning */
	const char *key; /* whose line is to blame */
	char text[TEXT_MAX];
	char advice[TEXT_MAX];
};

typedef bool check_fn(const struct view *v, struct opinion *ret);

/* --- where it stands --------------------------------------------------------------- */

__attribute__((format(printf, 3, 4))) static void
append(char *text, size_t size, const char *fmt, ...)
{
	size_t len = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + len, size - len, fmt, ap);
	va_end(ap);
}

/* " (FILE:LINE)", and which line does not count though somebody may think so. */
static void
add_place(char text[TEXT_MAX], const struct sshd_survey *survey,
	const struct sshd_visit *visit, const char *key)
{
	const struct sshd_line *line = sshd_survey_line(survey, visit, key), *other;
	const struct sshd_block *block;

	if (line == NULL)
		return;
	append(text, TEXT_MAX, " (%s:%u)", line->place.file, line->place.line);
	other = sshd_config_loser(survey->config, line, visit != NULL ? visit->met : 1);
	if (other == NULL)
		return;
	block = &survey->config->blocks[other->block];
	append(text, TEXT_MAX, "; the %.80s at %s:%u counts ", other->value,
		other->place.file, other->place.line);
	if (other->block != line->block)
		append(text, TEXT_MAX, "only below Match %.80s", block->text);
	else
		append(text, TEXT_MAX, "for nothing, since the first line wins");
}

/* What to write where: in the line that counts now, or in a new one outside any Match. */
static void
advise(char advice[TEXT_MAX], const struct sshd_survey *survey,
	const struct sshd_visit *visit, const char *key, const char *wanted)
{
	const struct sshd_line *line = sshd_survey_line(survey, visit, key);

	if (line != NULL)
		snprintf(advice, TEXT_MAX, "write %s at %s:%u", wanted, line->place.file,
			line->place.line);
	else
		snprintf(advice, TEXT_MAX, "write %s into " SSHD_CONFIG_FILE "%s", wanted,
			survey->config->block_count > 1 ? ", above its Match lines" : "");
	append(advice, TEXT_MAX, "; type: systemctl reload ssh");
}

/* --- whom it is about -------------------------------------------------------------- */

/* "alice (Match Group people at /etc/ssh/sshd_config:42)". */
static void
add_whom(char whom[WHOM_MAX], const struct view *v, const char *key)
{
	const struct sshd_line *line = sshd_survey_line(v->survey, v->visit, key);
	const struct sshd_block *block;

	append(whom, WHOM_MAX, "%s%s", whom[0] != '\0' ? ", " : "", v->visit->who);
	if (line == NULL || line->block == 0)
		return;
	block = &v->survey->config->blocks[line->block];
	append(whom, WHOM_MAX, " (Match %.100s at %s:%u)", block->text, block->place.file,
		block->place.line);
}

static bool
look(const struct sshd_survey *survey, size_t i, const struct doctor_sshd_stack *stack,
	check_fn *check, struct view *v, struct opinion *ret)
{
	const struct sshd_visit *visit = &survey->visits[i];

	*v = (struct view){.survey = survey, .visit = visit, .stack = stack};
	*ret = (struct opinion){.level = FINDING_GOOD, .key = METHODS};
	if (!visit->person)
		return false;
	sshd_methods_read(&v->methods, visit->text);
	return check(v, ret);
}

/* Says what a check has found, once for all of whom it is true. Whether that is nothing.
 */
static bool
report(struct doctor *d, const struct sshd_survey *survey,
	const struct doctor_sshd_stack *stack, check_fn *check)
{
	static struct opinion first, other;
	static struct view v;
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

/* --- checks of one kind of connection ---------------------------------------------- */

static const char *
methods_of(char value[SSHD_ASK_VALUE], const struct view *v)
{
	return sshd_ask_value(value, v->visit->text, METHODS);
}

static void
want_key_and_phone(const struct view *v, struct opinion *ret)
{
	add_place(ret->text, v->survey, v->visit, METHODS);
	advise(ret->advice, v->survey, v->visit, METHODS, KEY_AND_PHONE);
}

/* Whether any list names the method that shows codes, or none is asked for. */
static bool
would_ask(const struct sshd_methods *methods)
{
	size_t i;

	for (i = 0; i < methods->count; i++)
		if (methods->lists[i].asks)
			return true;
	return methods->count == 0;
}

static bool
check_asking(const struct view *v, struct opinion *ret)
{
	static const char key[] = "kbdinteractiveauthentication";
	char value[SSHD_ASK_VALUE];

	if (sshd_ask_is_yes(v->visit->text, key) || !would_ask(&v->methods))
		return false;
	sshd_ask_value(value, v->visit->text, key);
	ret->level = FINDING_FAULT;
	ret->key = key;
	snprintf(ret->text, sizeof(ret->text), "%s is %.40s", key,
		value[0] != '\0' ? value : "not known to it");
	add_place(ret->text, v->survey, v->visit, key);
	advise(ret->advice, v->survey, v->visit, key, "KbdInteractiveAuthentication yes");
	return true;
}

/* Why nobody completes a list. */
static void
add_why(char text[TEXT_MAX], const struct sshd_list *list)
{
	if (list->broken == SSHD_BROKEN_SUBMETHOD)
		append(text, TEXT_MAX, "there is no %s", list->culprit);
	else
		append(text, TEXT_MAX, "%s is disabled (%s no)", list->culprit,
			sshd_methods_key(list->culprit));
}

/* How to complete a list. */
static void
advise_repair(struct opinion *ret, const struct view *v, const struct sshd_list *list)
{
	char wanted[80];

	if (list->broken == SSHD_BROKEN_SUBMETHOD)
		advise(ret->advice, v->survey, v->visit, METHODS, KEY_AND_PHONE);
	else {
		snprintf(wanted, sizeof(wanted), "%s yes",
			sshd_methods_key(list->culprit));
		advise(ret->advice, v->survey, v->visit, sshd_methods_key(list->culprit),
			wanted);
		append(ret->advice, TEXT_MAX, ", or take %.40s out of the list",
			list->culprit);
	}
}

static bool
check_never_asks(const struct view *v, struct opinion *ret)
{
	const struct sshd_methods *methods = &v->methods;
	char value[SSHD_ASK_VALUE];

	if (methods->count == 0 || methods->asking > 0)
		return false;
	ret->level = FINDING_FAULT;
	snprintf(ret->text, sizeof(ret->text), METHODS " %.200s ", methods_of(value, v));
	if (methods->alive == 0) {
		ret->firm = true;
		append(ret->text, TEXT_MAX, "lets nobody in: ");
		add_why(ret->text, &methods->lists[0]);
		add_place(ret->text, v->survey, v->visit, METHODS);
		advise_repair(ret, v, &methods->lists[0]);
		return true;
	}
	append(ret->text, TEXT_MAX, "never asks for itsme");
	want_key_and_phone(v, ret);
	return true;
}

/* A list among others that nobody completes. */
static bool
check_broken_list(const struct view *v, struct opinion *ret)
{
	const struct sshd_methods *methods = &v->methods;
	size_t i;

	for (i = 0; i < methods->count && methods->lists[i].broken == SSHD_BROKEN_NO; i++)
		;
	if (i == methods->count || methods->alive == 0)
		return false;
	ret->level = FINDING_WARNING;
	snprintf(ret->text, sizeof(ret->text),
		METHODS ": nobody completes the list %.200s: ", methods->lists[i].text);
	add_why(ret->text, &methods->lists[i]);
	add_place(ret->text, v->survey, v->visit, METHODS);
	advise_repair(ret, v, &methods->lists[i]);
	return true;
}

/* A key alone, beside lists that ask. */
static bool
check_way_around(const struct view *v, struct opinion *ret)
{
	const struct sshd_methods *methods = &v->methods;
	size_t i;

	for (i = 0; i < methods->count; i++)
		if (sshd_methods_goes_around(&methods->lists[i]))
			break;
	if (methods->count == 0 &&
		sshd_ask_is_yes(v->visit->text, "pubkeyauthentication")) {
		ret->level = FINDING_NOTE;
		snprintf(ret->text, sizeof(ret->text),
			"a public key alone is enough, without itsme");
	} else if (methods->asking > 0 && i < methods->count) {
		ret->level = FINDING_WARNING;
		snprintf(ret->text, sizeof(ret->text),
			METHODS ": the list %.200s goes around itsme",
			methods->lists[i].text);
	} else
		return false;
	want_key_and_phone(v, ret);
	return true;
}

static bool
check_mute_list(const struct view *v, struct opinion *ret)
{
	const struct sshd_methods *methods = &v->methods;
	char value[SSHD_ASK_VALUE];
	size_t i;

	for (i = 0; i < methods->count; i++)
		if (methods->lists[i].password &&
			methods->lists[i].broken == SSHD_BROKEN_NO)
			break;
	if (i == methods->count)
		return false;
	ret->level = FINDING_WARNING;
	snprintf(ret->text, sizeof(ret->text),
		METHODS " %.200s: the method password never shows a code",
		methods_of(value, v));
	add_place(ret->text, v->survey, v->visit, METHODS);
	snprintf(ret->advice, sizeof(ret->advice),
		"take password out of AuthenticationMethods; for both: itsmectl pam "
		"enable sshd --as second");
	return true;
}

static bool
check_password(const struct view *v, struct opinion *ret)
{
	static const char key[] = "passwordauthentication";

	if (v->methods.count > 0 || !sshd_ask_is_yes(v->visit->text, key))
		return false;
	ret->level = FINDING_WARNING;
	ret->key = key;
	snprintf(ret->text, sizeof(ret->text),
		"%s yes: that method never shows a code, and a password that is tried "
		"first spoils the login",
		key);
	add_place(ret->text, v->survey, v->visit, key);
	advise(ret->advice, v->survey, v->visit, key, "PasswordAuthentication no");
	return true;
}

/* itsme in front of something that would have verified the person first. */
static bool
check_order(const struct view *v, struct opinion *ret)
{
	const struct sshd_methods *methods = &v->methods;
	size_t i;

	for (i = 0; i < methods->count; i++)
		if (methods->lists[i].broken == SSHD_BROKEN_NO &&
			methods->lists[i].asks && !methods->lists[i].verifies_first &&
			strchr(methods->lists[i].text, ',') != NULL)
			break;
	if (i == methods->count)
		return false;
	ret->level = FINDING_WARNING;
	snprintf(ret->text, sizeof(ret->text),
		METHODS " %.200s: keyboard-interactive stands first, so itsme is asked "
			"before sshd has verified anything",
		methods->lists[i].text);
	want_key_and_phone(v, ret);
	return true;
}

/* Whether a stranger gets a code, which they may forward to the phone's owner. */
static bool
shows_strangers(const struct view *v)
{
	size_t i;

	if (!v->stack->shows_strangers)
		return false;
	for (i = 0; i < v->methods.count; i++)
		if (v->methods.lists[i].broken == SSHD_BROKEN_NO &&
			v->methods.lists[i].asks && !v->methods.lists[i].verifies_first)
			return true;
	return v->methods.count == 0 &&
	       sshd_ask_is_yes(v->visit->text, "kbdinteractiveauthentication");
}

static bool
check_relay(const struct view *v, struct opinion *ret)
{
	if (!shows_strangers(v))
		return false;
	ret->level = FINDING_WARNING;
	snprintf(ret->text, sizeof(ret->text),
		"itsme is the only factor: whoever knows the name of an account is shown "
		"a code, which they can forward to its owner");
	snprintf(ret->advice, sizeof(ret->advice),
		"write " KEY_AND_PHONE " into " SSHD_CONFIG_FILE
		", and qr_requires = first_factor below [service:sshd]; see "
		"relayed-codes.md");
	return true;
}

static bool
check_mute_phone(const struct view *v, struct opinion *ret)
{
	if (!shows_strangers(v) || !v->stack->phone_is_mute)
		return false;
	ret->level = FINDING_WARNING;
	snprintf(ret->text, sizeof(ret->text),
		"whoever scans a forwarded code CANNOT TELL: without confirm_service the "
		"phone names neither machine nor account");
	snprintf(ret->advice, sizeof(ret->advice),
		"order a service of type Confirmation and set [provider] "
		"confirm_service; see onboarding.md");
	return true;
}

/* --- for all connections ----------------------------------------------------------- */

/* Whom a Match takes out of itsme on purpose, most likely: root, and robots. */
static void
note_others(struct doctor *d, const struct sshd_survey *survey)
{
	static struct view v;
	char value[SSHD_ASK_VALUE];
	size_t i, k;

	for (i = 0; i < survey->count; i++) {
		const struct sshd_line *line =
			sshd_survey_line(survey, &survey->visits[i], METHODS);
		char whom[WHOM_MAX] = "";

		v = (struct view){.survey = survey, .visit = &survey->visits[i]};
		if (v.visit->person || line == NULL || line->block == 0)
			continue;
		sshd_methods_read(&v.methods, v.visit->text);
		for (k = 0; k < v.methods.count; k++)
			if (sshd_methods_goes_around(&v.methods.lists[k]))
				break;
		if (k == v.methods.count && v.methods.count > 0)
			continue;
		add_whom(whom, &v, METHODS);
		finding(&d->findings, FINDING_NOTE, "sshd", NULL,
			"%s: in no map, and let in without itsme by " METHODS " %.200s",
			whom, methods_of(value, &v));
	}
}

static void
check_pam(struct doctor *d, const struct sshd_survey *survey)
{
	const char *text = buf_str(&survey->common);
	char said[TEXT_MAX], advice[TEXT_MAX], value[SSHD_ASK_VALUE];

	if (sshd_ask_is_yes(text, "usepam")) {
		finding(&d->findings, FINDING_GOOD, "sshd", NULL, "usepam yes");
		return;
	}
	sshd_ask_value(value, text, "usepam");
	snprintf(said, sizeof(said), "usepam is %.40s",
		value[0] != '\0' ? value : "not known to it");
	add_place(said, survey, NULL, "usepam");
	advise(advice, survey, NULL, "usepam", "UsePAM yes");
	finding(&d->findings, FINDING_FAULT, "sshd", advice, "%s", said);
}

static void
check_grace(struct doctor *d, const struct sshd_survey *survey, unsigned timeout)
{
	static const char key[] = "logingracetime";
	char value[SSHD_ASK_VALUE], wanted[64];
	char said[TEXT_MAX], advice[TEXT_MAX];
	unsigned long grace =
		strtoul(sshd_ask_value(value, buf_str(&survey->common), key), NULL, 10);

	if (grace == 0 || grace >= timeout + DOCTOR_ROOM) {
		finding(&d->findings, FINDING_GOOD, "sshd", NULL,
			"logingracetime %lu leaves %u s for itsme", grace, timeout);
		return;
	}
	snprintf(said, sizeof(said), "ends a login after %lu s, itsme after %u s", grace,
		timeout);
	add_place(said, survey, NULL, key);
	snprintf(wanted, sizeof(wanted), "LoginGraceTime %u", timeout + DOCTOR_ROOM);
	advise(advice, survey, NULL, key, wanted);
	append(advice, sizeof(advice), ", or set [login] timeout");
	finding(&d->findings, FINDING_WARNING, "sshd", advice, "%s", said);
}

/* The configuration that a rule calls for, as it is for sshd; NULL: it cannot be read. */
static struct config *
config_of(const struct doctor *d, const struct pam_rule *rule)
{
	AUTO_CONFIG struct config *config = NULL;
	AUTO_FREE char *words = strdup(rule->arguments);
	const char *path = d->path;
	char *rest = words, *word;
	struct config *found;
	struct diag diag = {0};

	while (rest != NULL && (word = strsep(&rest, " \t")) != NULL)
		if (config_argument_path(word) != NULL)
			path = config_argument_path(word);
	if (config_load(&config, path, &diag) != ERR_OK ||
		config_apply_service(config, "sshd", &diag) != ERR_OK)
		return NULL; /* said where PAM's files are looked at */
	found = config;
	config = NULL;
	return found;
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

		if (!pam_rule_is_auth(rule) || !pam_rule_is_itsme(rule))
			continue;
		config = config_of(d, rule);
		if (config == NULL)
			continue;
		*ret_skip = *ret_skip || config->login.skip_from[0] != '\0';
		*ret_qr = *ret_qr || config->login.qr_from[0] != '\0';
	}
}

static void
check_names(struct doctor *d, const struct sshd_survey *survey)
{
	char said[TEXT_MAX] = "usedns yes", advice[TEXT_MAX];
	bool skip, qr;

	if (!sshd_ask_is_yes(buf_str(&survey->common), "usedns"))
		return;
	find_address_lists(d, &skip, &qr);
	if (!skip && !qr)
		return;
	add_place(said, survey, NULL, "usedns");
	advise(advice, survey, NULL, "usedns", "UseDNS no");
	finding(&d->findings, FINDING_WARNING, "sshd", advice,
		"%s: PAM is told a client's name where it has one, which no address in "
		"%s%s%s is",
		said, skip ? "skip_from" : "", skip && qr ? " or " : "",
		qr ? "qr_from" : "");
}

/* The words of sshd, on one line. */
static void
quote(char ret[TEXT_MAX], const char *text)
{
	size_t len;

	ret[0] = '\0';
	for (; *text != '\0'; text += len + (text[len] != '\0')) {
		len = strcspn(text, "\r\n");
		if (len > 0 && strncmp(text, "debug", 5) != 0)
			append(ret, TEXT_MAX, "%s%.*s", ret[0] != '\0' ? "; " : "",
				(int)(len < 200 ? len : 200), text);
	}
}

/* Lists of methods that sshd will not have: where their methods are disabled. */
static void
add_disabled(char words[TEXT_MAX], char advice[TEXT_MAX], const struct sshd_survey *s)
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
	append(words, TEXT_MAX, "; %s is %.20s (%s:%u)", line->key, line->value,
		line->place.file, line->place.line);
	snprintf(wanted, sizeof(wanted), "%s yes", line->key);
	snprintf(advice, TEXT_MAX,
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
	char words[TEXT_MAX], advice[TEXT_MAX] = "type: " SSHD_PATH " -t";

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
	static check_fn *const checks[] = {check_never_asks, check_broken_list,
		check_way_around, check_mute_list, check_password, check_order,
		check_relay, check_mute_phone};
	size_t i;

	if (report(d, survey, stack, check_asking))
		finding(&d->findings, FINDING_GOOD, "sshd", NULL,
			"kbdinteractiveauthentication yes");
	for (i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		report(d, survey, stack, checks[i]);
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
