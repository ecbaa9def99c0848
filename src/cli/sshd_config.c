/* Reading sshd_config as sshd does (sshd_config(5)): the first occurrence counts. */
#include "cli/sshd_config.h"

#include <ctype.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clean.h"

#define DEPTH_MAX 16 /* of includes, as in sshd */
#define FILES_MAX 256
#define LINE_MAX 4096
#define BLANKS " \t\r\n\f"

static void read_file(
	struct sshd_config *c, const char *path, unsigned outer, unsigned depth);

/*
 * Takes the next word off the line: quotes hold it together, # at its beginning ends the
 * line. With `equals` a = may stand behind it instead of a blank. False at the end.
 */
static bool
next_word(char *ret, size_t size, const char **at, bool equals)
{
	size_t len = 0;
	char quote = '\0';

	*at += strspn(*at, BLANKS);
	if (**at == '\0' || **at == '#')
		return false;
	for (; **at != '\0'; ++*at) {
		char c = **at;

		if (quote == '\0' && (strchr(BLANKS, c) != NULL || (equals && c == '=')))
			break;
		if (c == '\\' && (*at)[1] != '\0' && strchr("\"'\\ ", (*at)[1]) != NULL)
			c = *++*at;
		else if (quote == '\0' ? c == '"' || c == '\'' : c == quote) {
			quote = quote == '\0' ? c : '\0';
			continue;
		}
		if (len + 1 < size)
			ret[len++] = c;
	}
	ret[len] = '\0';
	if (equals) {
		*at += strspn(*at, BLANKS);
		*at += **at == '=';
	}
	return true;
}

/* The name that sshd -T has for a key. */
static void
spell_key(char key[48])
{
	static const char *const old[][2] = {
		{"challengeresponseauthentication", "kbdinteractiveauthentication"},
		{"skeyauthentication", "kbdinteractiveauthentication"},
		{"dsaauthentication", "pubkeyauthentication"}};
	size_t i;

	for (i = 0; key[i] != '\0'; i++)
		key[i] = (char)tolower((unsigned char)key[i]);
	for (i = 0; i < sizeof(old) / sizeof(old[0]); i++)
		if (strcmp(key, old[i][0]) == 0)
			strcpy(key, old[i][1]);
}

/* --- Match ------------------------------------------------------------------------- */

static const struct {
	const char *name;
	enum sshd_criterion_kind kind;
} criteria[] = {{"user", SSHD_USER}, {"group", SSHD_GROUP}, {"host", SSHD_HOST},
	{"address", SSHD_ADDRESS}, {"localaddress", SSHD_LOCAL_ADDRESS},
	{"localport", SSHD_LOCAL_PORT}, {"rdomain", SSHD_RDOMAIN},
	{"invalid-user", SSHD_NEVER}, {"all", SSHD_ANY}};

/* One criterion with its argument; all and invalid-user have none. */
static bool
next_criterion(struct sshd_criterion *ret, const char **at)
{
	char name[48];
	size_t i;

	if (!next_word(name, sizeof(name), at, true))
		return false;
	ret->kind = SSHD_ANY;
	ret->value[0] = '\0';
	for (i = 0; i < sizeof(criteria) / sizeof(criteria[0]); i++)
		if (strcasecmp(name, criteria[i].name) == 0)
			break;
	if (i < sizeof(criteria) / sizeof(criteria[0]))
		ret->kind = criteria[i].kind;
	if (strcasecmp(name, "all") == 0 || ret->kind == SSHD_NEVER)
		return true;
	return next_word(ret->value, sizeof(ret->value), at, false);
}

/* The number of the block that begins there. */
static unsigned
add_block(struct sshd_config *c, const struct sshd_place *place, const char *text,
	unsigned outer)
{
	struct sshd_block *block = &c->blocks[c->block_count];

	if (c->block_count > SSHD_CONFIG_BLOCKS) {
		c->cut = true;
		return SSHD_CONFIG_BLOCKS; /* never named rightly, and said to be cut */
	}
	block->place = *place;
	block->parent = outer;
	text += strspn(text, BLANKS);
	snprintf(block->text, sizeof(block->text), "%.*s", (int)strcspn(text, "\r\n"),
		text);
	while (block->count < SSHD_CONFIG_CRITERIA &&
		next_criterion(&block->criteria[block->count], &text))
		block->count++;
	return (unsigned)c->block_count++;
}

/* --- lines ------------------------------------------------------------------------- */

static void
add_line(struct sshd_config *c, const struct sshd_place *place, const char *key,
	const char *rest, unsigned block)
{
	struct sshd_line *line = &c->lines[c->line_count];
	char word[SSHD_CONFIG_TEXT];
	size_t len = 0;

	if (c->line_count == SSHD_CONFIG_LINES) {
		c->cut = true;
		return;
	}
	c->line_count++;
	line->place = *place;
	line->block = block;
	snprintf(line->key, sizeof(line->key), "%s", key);
	line->value[0] = '\0';
	while (next_word(word, sizeof(word), &rest, false) && len < sizeof(line->value))
		len += (size_t)snprintf(line->value + len, sizeof(line->value) - len,
			"%s%s", len > 0 ? " " : "", word);
}

/* Include PATTERN...: what stands there counts as if it stood here. */
static void
include(struct sshd_config *c, const char *rest, unsigned block, unsigned depth)
{
	char word[SSHD_CONFIG_TEXT], path[SSHD_CONFIG_TEXT + 64];
	size_t i;

	while (next_word(word, sizeof(word), &rest, false)) {
		glob_t found = {0};

		snprintf(path, sizeof(path), "%s%s",
			word[0] == '/' ? "" : SSHD_CONFIG_DIR "/", word);
		if (glob(path, 0, NULL, &found) == 0)
			for (i = 0; i < found.gl_pathc; i++)
				read_file(c, found.gl_pathv[i], block, depth + 1);
		globfree(&found);
	}
}

static void
read_file(struct sshd_config *c, const char *path, unsigned outer, unsigned depth)
{
	struct sshd_place place = {.line = 0};
	FILE *file;
	char text[LINE_MAX], key[48];
	unsigned block = outer;

	if (depth > DEPTH_MAX || c->files == FILES_MAX) {
		c->cut = true;
		return;
	}
	file = fopen(path, "re");
	if (file == NULL)
		return;
	c->files++;
	snprintf(place.file, sizeof(place.file), "%s", path);
	while (fgets(text, sizeof(text), file) != NULL) {
		const char *at = text;

		place.line++;
		if (!next_word(key, sizeof(key), &at, true))
			continue;
		spell_key(key);
		if (strcmp(key, "match") == 0)
			block = add_block(c, &place, at, outer);
		else if (strcmp(key, "include") == 0)
			include(c, at, block, depth);
		else
			add_line(c, &place, key, at, block);
	}
	fclose(file);
}

struct sshd_config *
sshd_config_read(void)
{
	struct sshd_config *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->block_count = 1;
	read_file(c, SSHD_CONFIG_FILE, 0, 0);
	return c;
}

/* --- what counts ------------------------------------------------------------------- */

bool
sshd_config_has(const struct sshd_config *config, enum sshd_criterion_kind kind)
{
	size_t i, k;

	for (i = 1; i < config->block_count; i++)
		for (k = 0; k < config->blocks[i].count; k++)
			if (config->blocks[i].criteria[k].kind == kind)
				return true;
	return false;
}

const struct sshd_line *
sshd_config_winner(const struct sshd_config *config, const char *key, uint64_t met)
{
	const struct sshd_line *outside = NULL;
	size_t i;

	for (i = 0; i < config->line_count; i++) {
		const struct sshd_line *line = &config->lines[i];

		if (strcmp(line->key, key) != 0 || (met >> line->block & 1u) == 0)
			continue;
		if (line->block != 0)
			return line;
		if (outside == NULL)
			outside = line;
	}
	return outside;
}

const struct sshd_line *
sshd_config_loser(
	const struct sshd_config *config, const struct sshd_line *winner, uint64_t met)
{
	const struct sshd_line *found = NULL;
	size_t i;

	for (i = 0; i < config->line_count; i++) {
		const struct sshd_line *line = &config->lines[i];

		/* a block's value lies over the one outside: that is as it was meant */
		if (line != winner && strcmp(line->key, winner->key) == 0 &&
			strcasecmp(line->value, winner->value) != 0 &&
			(winner->block == 0 || line->block == winner->block) &&
			(line->block == 0 || (met >> line->block & 1u) == 0 ||
				line->block == winner->block))
			found = line;
	}
	return found;
}
