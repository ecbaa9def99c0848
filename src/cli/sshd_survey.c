/*
 * Choosing connections. A Match line is about who connects and from where; what is tried
 * of each comes from the patterns themselves.
 */
#include "cli/sshd_survey.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clean.h"
#include "base/clock.h"
#include "cli/sshd_ask.h"
#include "cli/sshd_pattern.h"

#define USERS_MAX (SSHD_SURVEY_PEOPLE + 64)
#define VALUES_MAX 24
#define VALUE_MAX 128
#define VISITS_MAX 1000 /* combinations of where from and where to */
#define GROUPS_MAX 128
#define PORT_USUAL "22"
#define ENTRIES_MAX 4096 /* of /etc/passwd or /etc/group that are looked through */
#define CONNECTION_MAX (SIDES * VALUE_MAX + 256)
#define NAMED 3 /* people of a visit */
#define EVERYWHERE "198.51.100.7" /* an address that is nobody's (RFC 5737) */

/* What a connection has besides its user, by the criterion that asks for it. */
static const enum sshd_criterion_kind sides[] = {
	SSHD_ADDRESS, SSHD_HOST, SSHD_LOCAL_ADDRESS, SSHD_LOCAL_PORT, SSHD_RDOMAIN};
#define SIDES (sizeof(sides) / sizeof(sides[0]))

struct value {
	char text[VALUE_MAX];
	uint64_t met; /* as far as this side is concerned */
};

struct user {
	char name[VALUE_MAX];
	uint64_t met;
	bool person;
};

struct choice {
	struct sshd_survey *survey;
	struct user users[USERS_MAX];
	size_t user_count;
	struct value values[SIDES][VALUES_MAX];
	size_t value_count[SIDES];
	bool names; /* UseDNS yes: a client has a name */
	int64_t deadline;
};

/* --- what meets what --------------------------------------------------------------- */

/* Names of the user's groups, for SSHD_GROUP; as sshd, none where there is no user. */
struct groups {
	char names[GROUPS_MAX][VALUE_MAX];
	size_t count;
};

static void
read_groups(struct groups *ret, const char *name)
{
	const struct passwd *account = getpwnam(name);
	gid_t gids[GROUPS_MAX];
	int i, count = GROUPS_MAX;

	ret->count = 0;
	if (account == NULL)
		return;
	if (getgrouplist(name, account->pw_gid, gids, &count) < 0)
		count = GROUPS_MAX; /* as many as there is room for */
	for (i = 0; i < count; i++) {
		const struct group *group = getgrgid(gids[i]);

		if (group != NULL)
			snprintf(ret->names[ret->count++], VALUE_MAX, "%s",
				group->gr_name);
	}
}

static bool
groups_meet(const struct groups *groups, const char *list)
{
	bool found = false;
	size_t i;

	for (i = 0; i < groups->count; i++) {
		int met = sshd_pattern_list(groups->names[i], list, SSHD_PATTERN_NAME);

		if (met < 0)
			return false;
		found = found || met > 0;
	}
	return found;
}

static enum sshd_pattern_kind
pattern_kind(enum sshd_criterion_kind kind)
{
	if (kind == SSHD_ADDRESS || kind == SSHD_LOCAL_ADDRESS)
		return SSHD_PATTERN_ADDRESS;
	return kind == SSHD_HOST ? SSHD_PATTERN_HOST : SSHD_PATTERN_NAME;
}

/* Whether a value meets the criteria of one kind in a block and those around it. */
static bool
side_meets(const struct sshd_config *config, unsigned block,
	enum sshd_criterion_kind kind, const char *value)
{
	size_t i;

	for (; block != 0; block = config->blocks[block].parent)
		for (i = 0; i < config->blocks[block].count; i++) {
			const struct sshd_criterion *c =
				&config->blocks[block].criteria[i];

			if (c->kind == kind && sshd_pattern_list(value, c->value,
						       pattern_kind(kind)) <= 0)
				return false;
		}
	return true;
}

static bool
groups_meet_block(
	const struct sshd_config *config, unsigned block, const struct groups *groups)
{
	size_t i;

	for (; block != 0; block = config->blocks[block].parent)
		for (i = 0; i < config->blocks[block].count; i++) {
			const struct sshd_criterion *c =
				&config->blocks[block].criteria[i];

			if (c->kind == SSHD_NEVER ||
				(c->kind == SSHD_GROUP && !groups_meet(groups, c->value)))
				return false;
		}
	return true;
}

static uint64_t
met_by_side(const struct sshd_config *config, enum sshd_criterion_kind kind,
	const char *value)
{
	uint64_t met = 0;
	unsigned i;

	for (i = 0; i < config->block_count; i++)
		if (side_meets(config, i, kind, value))
			met |= (uint64_t)1 << i;
	return met;
}

static uint64_t
met_by_user(const struct sshd_config *config, const char *name)
{
	static struct groups groups;
	uint64_t met = 0;
	unsigned i;

	groups.count = 0;
	if (sshd_config_has(config, SSHD_GROUP))
		read_groups(&groups, name);
	for (i = 0; i < config->block_count; i++)
		if (side_meets(config, i, SSHD_USER, name) &&
			groups_meet_block(config, i, &groups))
			met |= (uint64_t)1 << i;
	return met;
}

/* --- what is tried ----------------------------------------------------------------- */

static void
add_user(struct choice *c, const char *name, bool person)
{
	struct user *user = &c->users[c->user_count];
	size_t i;

	for (i = 0; i < c->user_count; i++)
		if (strcmp(c->users[i].name, name) == 0)
			return;
	/* a comma would end the word that sshd is given */
	if (strpbrk(name, ", \t") != NULL || strlen(name) >= VALUE_MAX)
		return;
	if (c->user_count == (person ? SSHD_SURVEY_PEOPLE : USERS_MAX)) {
		c->survey->cut = true;
		return;
	}
	strcpy(user->name, name);
	user->person = person;
	user->met = met_by_user(c->survey->config, name);
	c->user_count++;
}

/* Another value for a side, unless one that does the same is there. */
static void
add_value(struct choice *c, size_t side, const char *text)
{
	const struct sshd_config *config = c->survey->config;
	uint64_t met = met_by_side(config, sides[side], text);
	struct value *value = &c->values[side][c->value_count[side]];
	size_t i;

	if (sides[side] == SSHD_ADDRESS && !c->names) /* a client's name is its address */
		met &= met_by_side(config, SSHD_HOST, text);
	if (sides[side] == SSHD_HOST && !c->names)
		met = ~(uint64_t)0;
	for (i = 0; i < c->value_count[side]; i++)
		if (c->values[side][i].met == met)
			return;
	if (strpbrk(text, ", \t") != NULL || strlen(text) >= VALUE_MAX)
		return;
	if (c->value_count[side] == VALUES_MAX) {
		c->survey->cut = true;
		return;
	}
	strcpy(value->text, text);
	value->met = met;
	c->value_count[side]++;
}

/* An account of this machine that meets a pattern of names; else what it stands for. */
static void
add_users_of(struct choice *c, const char *list)
{
	char example[VALUE_MAX], pattern[VALUE_MAX];
	const char *at = list;

	while (at != NULL && *at != '\0') {
		const struct passwd *account = NULL;
		unsigned left = ENTRIES_MAX;

		snprintf(pattern, sizeof(pattern), "%.*s", (int)strcspn(at, ","), at);
		at = strchr(at, ',');
		at += at != NULL;
		if (pattern[0] == '!')
			continue;
		if (strpbrk(pattern, "*?") != NULL) {
			setpwent();
			while (left-- > 0 && (account = getpwent()) != NULL)
				if (sshd_pattern_meets(account->pw_name, pattern) &&
					sshd_pattern_list(account->pw_name, list,
						SSHD_PATTERN_NAME) > 0)
					break;
		}
		if (account != NULL)
			add_user(c, account->pw_name, false);
		else {
			const char *one = pattern;

			if (sshd_pattern_example(
				    example, sizeof(example), &one, SSHD_PATTERN_NAME))
				add_user(c, example, false);
		}
		endpwent();
	}
}

/* Somebody whose first group is that one. */
static void
add_user_of_gid(struct choice *c, gid_t gid)
{
	const struct passwd *account;
	unsigned left = ENTRIES_MAX;

	setpwent();
	while (left-- > 0 && (account = getpwent()) != NULL)
		if (account->pw_gid == gid) {
			add_user(c, account->pw_name, false);
			break;
		}
	endpwent();
}

/* A member of each group that meets the list. */
static void
add_members_of(struct choice *c, const char *list)
{
	const struct group *group;
	unsigned left = ENTRIES_MAX, found = 0;

	if (strpbrk(list, "*?!,") == NULL) { /* a directory may list none */
		group = getgrnam(list);
		if (group != NULL && group->gr_mem[0] != NULL)
			add_user(c, group->gr_mem[0], false);
		else if (group != NULL)
			add_user_of_gid(c, group->gr_gid);
		return;
	}
	setgrent();
	while (left-- > 0 && found < 4 && (group = getgrent()) != NULL)
		if (sshd_pattern_list(group->gr_name, list, SSHD_PATTERN_NAME) > 0) {
			if (group->gr_mem[0] != NULL)
				add_user(c, group->gr_mem[0], false);
			else
				add_user_of_gid(c, group->gr_gid);
			found++;
		}
	endgrent();
}

/* What meets the patterns of one criterion, and what those behind a ! stand for. */
static void
add_examples(struct choice *c, const struct sshd_criterion *criterion)
{
	char example[VALUE_MAX];
	enum sshd_criterion_kind kind = criterion->kind;
	const char *at = criterion->value;
	size_t side;

	if (kind == SSHD_USER)
		add_users_of(c, criterion->value);
	if (kind == SSHD_GROUP)
		add_members_of(c, criterion->value);
	if (kind == SSHD_HOST && !c->names)
		kind = SSHD_ADDRESS;
	for (side = 0; side < SIDES; side++)
		while (sides[side] == kind &&
			sshd_pattern_example(
				example, sizeof(example), &at, pattern_kind(kind)))
			add_value(c, side, example);
}

/* The first value of each side is the usual one: from somewhere, to where it listens. */
static void
begin_values(struct choice *c, const char *port)
{
	memset(c->value_count, 0, sizeof(c->value_count));
	add_value(c, 0, EVERYWHERE);
	add_value(c, 1, c->names ? "client.invalid" : EVERYWHERE);
	add_value(c, 2, "192.0.2.1");
	add_value(c, 3, port);
	add_value(c, 4, "default");
}

static void
choose(struct choice *c, const char *const *people)
{
	const struct sshd_config *config = c->survey->config;
	const char *common = buf_str(&c->survey->common);
	char port[SSHD_ASK_VALUE];
	size_t i, k;

	c->names = sshd_ask_is_yes(common, "usedns");
	sshd_ask_value(port, common, "port");
	begin_values(c, port[0] != '\0' ? port : PORT_USUAL);
	for (i = 0; people[i] != NULL; i++)
		add_user(c, people[i], true);
	add_user(c, "root", false);
	for (i = 1; i < config->block_count; i++)
		for (k = 0; k < config->blocks[i].count; k++)
			add_examples(c, &config->blocks[i].criteria[k]);
}

/* --- asking ------------------------------------------------------------------------ */

/* A connection as -C wants it: whole, or sshd may refuse to look at Match lines. */
static void
spell(char *ret, size_t size, const struct choice *c, const char *user,
	const size_t at[SIDES])
{
	bool rdomain = sshd_config_has(c->survey->config, SSHD_RDOMAIN);

	snprintf(ret, size, "user=%s,addr=%s,host=%s,laddr=%s,lport=%s%s%s", user,
		c->values[0][at[0]].text, c->values[c->names][at[c->names]].text,
		c->values[2][at[2]].text, c->values[3][at[3]].text,
		rdomain ? ",rdomain=" : "", rdomain ? c->values[4][at[4]].text : "");
}

/* What sshd says where those Match lines are met; NULL where it was not to be had. */
static const char *
ask(struct choice *c, uint64_t met, const char *user, const size_t at[SIDES])
{
	struct sshd_survey *s = c->survey;
	char words[CONNECTION_MAX];
	size_t i;

	for (i = 0; i < s->asked_count; i++)
		if (s->asked[i].met == met)
			return buf_str(&s->asked[i].text);
	if (s->config->block_count == 1)
		return buf_str(&s->common); /* nobody is special */
	if (s->asked_count == SSHD_SURVEY_ASKS || clock_ms() >= c->deadline) {
		s->cut = true;
		return NULL;
	}
	spell(words, sizeof(words), c, user, at);
	s->asked[i].text = (struct buf)BUF_INIT(SSHD_ASK_MOST);
	s->asked[i].met = met;
	if (!sshd_ask(&s->asked[i].text, words, c->deadline)) {
		buf_free(&s->asked[i].text);
		s->cut = true;
		return NULL;
	}
	s->asked_count++;
	return buf_str(&s->asked[i].text);
}

/* " from 10.0.0.1 at port 2222": what is not as usual. */
static void
add_where(char who[SSHD_SURVEY_WHO], const struct choice *c, const size_t at[SIDES])
{
	static const char *const words[SIDES] = {
		"from", "from", "at", "at port", "in routing domain"};
	size_t i, len = strlen(who);

	for (i = 0; i < SIDES && len < SSHD_SURVEY_WHO; i++)
		if (at[i] > 0)
			len += (size_t)snprintf(who + len, SSHD_SURVEY_WHO - len,
				" %s %.60s", words[i], c->values[i][at[i]].text);
}

/* Those users who meet the same as number `first`, on connections of that kind. */
static void
name_users(char who[SSHD_SURVEY_WHO], const struct choice *c, size_t first, uint64_t side)
{
	size_t i, len = 0, count = 0;

	who[0] = '\0';
	for (i = first; i < c->user_count; i++) {
		const struct user *user = &c->users[i];

		if ((user->met & side) != (c->users[first].met & side) ||
			user->person != c->users[first].person)
			continue;
		if (count++ < NAMED)
			len += (size_t)snprintf(who + len, SSHD_SURVEY_WHO - len,
				"%s%.32s", len > 0 ? ", " : "", user->name);
	}
	if (count > NAMED)
		snprintf(who + len, SSHD_SURVEY_WHO - len, " and %zu other%s",
			count - NAMED, count > NAMED + 1 ? "s" : "");
}

static bool
is_known(const struct sshd_survey *s, uint64_t met, bool person)
{
	size_t i;

	for (i = 0; i < s->count; i++)
		if (s->visits[i].met == met && s->visits[i].person == person)
			return true;
	return false;
}

/* All users, from one place. */
static void
visit(struct choice *c, const size_t at[SIDES])
{
	struct sshd_survey *s = c->survey;
	uint64_t side = ~(uint64_t)0;
	size_t i;

	for (i = 0; i < SIDES; i++)
		side &= c->values[i][at[i]].met;
	for (i = 0; i < c->user_count; i++) {
		uint64_t met = c->users[i].met & side;
		struct sshd_visit *v = &s->visits[s->count];
		const char *text;

		if (is_known(s, met, c->users[i].person))
			continue;
		if (s->count == SSHD_SURVEY_VISITS) {
			s->cut = true;
			return;
		}
		text = ask(c, met, c->users[i].name, at);
		if (text == NULL)
			continue;
		v->met = met;
		v->person = c->users[i].person;
		v->text = text;
		name_users(v->who, c, i, side);
		add_where(v->who, c, at);
		s->count++;
	}
}

/* Each combination of sides, the usual one first. */
static void
visit_all(struct choice *c)
{
	size_t at[SIDES] = {0}, i;
	unsigned left = VISITS_MAX;

	do {
		visit(c, at);
		for (i = 0; i < SIDES && ++at[i] >= c->value_count[i]; i++)
			at[i] = 0;
	} while (i < SIDES && --left > 0);
	c->survey->cut = c->survey->cut || left == 0;
}

/* What counts for everybody, and whether sshd takes its configuration at all. */
static bool
ask_common(struct choice *c)
{
	static const size_t usual[SIDES] = {0};
	struct sshd_survey *s = c->survey;
	char words[CONNECTION_MAX];

	begin_values(c, PORT_USUAL);
	spell(words, sizeof(words), c, "root", usual);
	s->refused = !sshd_ask(&s->common, words, c->deadline);
	s->late = s->refused && clock_ms() >= c->deadline;
	return !s->refused;
}

struct sshd_survey *
sshd_survey_take(const char *const *people)
{
	struct sshd_survey *s = calloc(1, sizeof(*s));
	struct choice *c = calloc(1, sizeof(*c));

	if (s != NULL)
		s->config = sshd_config_read();
	if (s == NULL || c == NULL || s->config == NULL) {
		free(c);
		sshd_survey_free(&s);
		return NULL;
	}
	s->common = (struct buf)BUF_INIT(SSHD_ASK_MOST);
	s->cut = s->config->cut;
	c->survey = s;
	c->deadline = clock_ms() + SSHD_SURVEY_MS;
	if (ask_common(c)) {
		choose(c, people);
		visit_all(c);
	}
	free(c);
	return s;
}

void
sshd_survey_free(struct sshd_survey **survey)
{
	struct sshd_survey *s = *survey;
	size_t i;

	*survey = NULL;
	if (s == NULL)
		return;
	for (i = 0; i < s->asked_count; i++)
		buf_free(&s->asked[i].text);
	buf_free(&s->common);
	free(s->config);
	free(s);
}

const struct sshd_line *
sshd_survey_line(
	const struct sshd_survey *survey, const struct sshd_visit *visit, const char *key)
{
	const char *text = visit != NULL ? visit->text : buf_str(&survey->common);
	const struct sshd_line *line =
		sshd_config_winner(survey->config, key, visit != NULL ? visit->met : 1);
	char value[SSHD_ASK_VALUE];

	sshd_ask_value(value, text, key);
	return line != NULL && strcasecmp(line->value, value) == 0 ? line : NULL;
}
