/*
 * Reading the identity map in one pass. What is not understood is an error: a line
 * that was meant to admit somebody, or to name another issuer, is never passed over.
 * Diagnoses give the place and never the words: a subject must not reach a log.
 */
#define _GNU_SOURCE /* reallocarray */
#include "identity/map.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/safefile.h"
#include "base/text.h"
#include "config/setting.h"

#define FORM                                                                 \
	"write: account [iss=ISSUER] sub=SUBJECT [lang=LANGUAGE] [qr=KIND] " \
	"[invert=no|yes] [login=HINT] [code=USERCODE]"

#define LANGUAGE_WORD(name, word) " " word
static const char bad_language[] = "lang= must be one of" LANGUAGE_LIST(LANGUAGE_WORD);
#undef LANGUAGE_WORD

_Static_assert(MAP_SUB_MAX == 255 && MAP_ISSUER_MAX == 1024 && MAP_LOGIN_MAX == 1024 &&
		       MAP_CODE_MAX == 255,
	"what is said of fields");

static const char no_memory[] = "out of memory";

/* A piece of the text, not terminated. */
struct piece {
	const char *data;
	size_t len;
};

struct line {
	struct piece account, issuer, sub, language, qr, invert, login, code;
};

static bool
piece_is(struct piece p, const char *text)
{
	return p.len == strlen(text) && memcmp(p.data, text, p.len) == 0;
}

static bool
starts_with(struct piece p, const char *prefix)
{
	return p.len >= strlen(prefix) && memcmp(p.data, prefix, strlen(prefix)) == 0;
}

/* Cuts the next word off the line; an empty one at the end or before a comment. */
static struct piece
next_word(struct piece *rest)
{
	struct piece word;

	while (rest->len > 0 && (*rest->data == ' ' || *rest->data == '\t')) {
		rest->data++;
		rest->len--;
	}
	word = (struct piece){rest->data, 0};
	if (rest->len > 0 && *rest->data == '#')
		return word;
	while (word.len < rest->len && word.data[word.len] != ' ' &&
		word.data[word.len] != '\t')
		word.len++;
	rest->data += word.len;
	rest->len -= word.len;
	return word;
}

/* Valid UTF-8 without control characters, apart from tabs. NULL, or what is wrong. */
static const char *
find_bad_byte(struct piece line)
{
	unsigned char all = 0;
	size_t i;

	for (i = 0; i < line.len; i++) {
		unsigned char c = (unsigned char)line.data[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return "holds a control character; retype the line";
		all |= c;
	}
	if (all < 0x80 || text_is_utf8(line.data, line.len))
		return NULL;
	return "is not UTF-8; retype the line";
}

/*
 * Whether it has at most so many bytes, and a reader would see every character of it: no
 * bidi, no zero width.
 */
static bool
is_visible(struct piece p, size_t most)
{
	char clean[CONFIG_TEXT_MAX + 1];

	if (p.len > most || p.len >= sizeof(clean))
		return false;
	return text_is_ascii(p.data, p.len) || /* nearly all are, and it is quick */
	       (text_clean(clean, sizeof(clean), p.data, p.len) == p.len &&
		       memcmp(clean, p.data, p.len) == 0);
}

/* A name such as the account database may hold. */
static bool
is_account(struct piece p)
{
	size_t i;

	for (i = 0; i < p.len; i++)
		if (strchr(":/,=\"'", p.data[i]) != NULL)
			return false;
	return p.len > 0 && p.data[0] != '-' && p.data[0] != '+' &&
	       is_visible(p, MAP_ACCOUNT_MAX);
}

/* The field that a word fills, its name cut off; NULL for a word that has none. */
static struct piece *
find_field(struct line *line, struct piece *word)
{
	const struct {
		const char *name;
		struct piece *field;
	} fields[] = {
		{"sub=", &line->sub},
		{"iss=", &line->issuer},
		{"lang=", &line->language},
		{"qr=", &line->qr},
		{"invert=", &line->invert},
		{"login=", &line->login},
		{"code=", &line->code},
	};
	size_t i;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (starts_with(*word, fields[i].name)) {
			word->data += strlen(fields[i].name);
			word->len -= strlen(fields[i].name);
			return fields[i].field;
		}
	return NULL;
}

/* The words of qr= and invert= are those of the configuration's [display]. */
static bool
read_choice(unsigned *ret, const char *name, struct piece word)
{
	const struct setting *setting = &setting_table[setting_find("display", name)];

	return setting_choice(setting, word.data, word.len, ret);
}

/* Whether the fields that are there hold what they may. NULL, or what is wrong. */
static const char *
check_fields(const struct line *line)
{
	unsigned choice;

	if (line->account.len > 0 && line->sub.data == NULL)
		return "has no sub=; " FORM;
	if (line->sub.data != NULL &&
		(line->sub.len == 0 || !is_visible(line->sub, MAP_SUB_MAX)))
		return "sub= must be 1 to 255 bytes that can be seen";
	if (line->issuer.data != NULL &&
		(!starts_with(line->issuer, "https://") ||
			!is_visible(line->issuer, MAP_ISSUER_MAX)))
		return "iss= must be https://…, at most 1024 bytes";
	if (line->login.data != NULL &&
		(line->login.len == 0 || !is_visible(line->login, MAP_LOGIN_MAX)))
		return "login= must be 1 to 1024 bytes that can be seen";
	if (line->code.data != NULL &&
		(line->code.len == 0 || !is_visible(line->code, MAP_CODE_MAX)))
		return "code= must be 1 to 255 bytes that can be seen";
	if (line->language.data != NULL && language_of_word(line->language.data,
						   line->language.len) == LANGUAGE_NONE)
		return bad_language;
	if (line->qr.data != NULL && !read_choice(&choice, "qr", line->qr))
		return "qr= must be one of auto utf8 sextant ascii off";
	if (line->invert.data != NULL && !read_choice(&choice, "invert", line->invert))
		return "invert= must be one of no yes";
	return NULL;
}

/* Takes a line apart; all-empty for a blank one. NULL, or what is wrong. */
static const char *
read_line(struct line *ret, struct piece rest)
{
	struct line line = {0};
	struct piece word;
	const char *fault = find_bad_byte(rest);

	if (fault != NULL)
		return fault;
	line.account = next_word(&rest);
	if (line.account.len > 0 && !is_account(line.account))
		return "does not begin with an account; " FORM;
	while ((word = next_word(&rest)).len > 0) {
		struct piece *field = find_field(&line, &word);

		if (field == NULL)
			return "has a word that is not known; " FORM;
		if (field->data != NULL)
			return "has a word of one kind twice; give each pair a line of "
			       "its own";
		*field = word;
	}
	fault = check_fields(&line);
	if (fault != NULL)
		return fault;
	*ret = line;
	return NULL;
}

/* Notes the account's language, where the line gives one. NULL, or what is wrong. */
static const char *
keep_language(struct map *map, struct piece word)
{
	enum language language;

	if (word.data == NULL)
		return NULL;
	language = language_of_word(word.data, word.len);
	if (map->language != LANGUAGE_NONE && map->language != language)
		return "gives this account a second lang=; one line of it may have one";
	map->language = language;
	return NULL;
}

/* The same for how codes are drawn. */
static const char *
keep_qr(struct map *map, struct piece word)
{
	unsigned choice;

	if (word.data == NULL || !read_choice(&choice, "qr", word))
		return NULL;
	if (map->has_qr && (unsigned)map->qr != choice)
		return "gives this account a second qr=; one line of it may have one";
	map->has_qr = true;
	map->qr = (enum config_qr)choice;
	return NULL;
}

static const char *
keep_invert(struct map *map, struct piece word)
{
	unsigned choice;

	if (word.data == NULL || !read_choice(&choice, "invert", word))
		return NULL;
	if (map->has_invert && (unsigned)map->invert != choice)
		return "gives this account a second invert=; one line of it may have one";
	map->has_invert = true;
	map->invert = (enum config_invert)choice;
	return NULL;
}

/* Adds what a line says to the account's. NULL, or what is wrong. */
static const char *
keep(struct map *map, const struct line *line, unsigned number, const char *issuer)
{
	struct map_pair pair = {.line = number};
	const char *fault;
	size_t i;

	if (map->count == MAP_PAIRS_MAX)
		return "is one line too many for this account; remove some";
	for (i = 0; i < map->count; i++)
		if (piece_is(line->sub, map->pairs[i].sub) &&
			(line->issuer.data != NULL
					? piece_is(line->issuer, map->pairs[i].issuer)
					: strcmp(issuer, map->pairs[i].issuer) == 0))
			return "repeats a pair of this account; remove one";
	pair.sub = strndup(line->sub.data, line->sub.len);
	pair.issuer = line->issuer.data != NULL
			      ? strndup(line->issuer.data, line->issuer.len)
			      : strdup(issuer);
	if (line->login.data != NULL)
		pair.login = strndup(line->login.data, line->login.len);
	if (line->code.data != NULL)
		pair.code = strndup(line->code.data, line->code.len);
	map->pairs[map->count++] = pair; /* map_free() releases it in any case */
	if (pair.sub == NULL || pair.issuer == NULL ||
		(line->login.data != NULL && pair.login == NULL) ||
		(line->code.data != NULL && pair.code == NULL))
		return no_memory;
	fault = keep_qr(map, line->qr);
	if (fault == NULL)
		fault = keep_invert(map, line->invert);
	return fault != NULL ? fault : keep_language(map, line->language);
}

/* Cuts the next line off the text; `ret_text` is what it says, without its end. */
static struct piece
next_line(struct piece *rest, struct piece *ret_text)
{
	const char *stop = memchr(rest->data, '\n', rest->len);
	struct piece whole = {rest->data, rest->len};

	if (stop != NULL)
		whole.len = (size_t)(stop - rest->data) + 1;
	*ret_text = whole;
	ret_text->len -= stop != NULL;
	if (ret_text->len > 0 && whole.data[ret_text->len - 1] == '\r')
		ret_text->len--;
	rest->data += whole.len;
	rest->len -= whole.len;
	return whole;
}

/* All lines of the text. NULL, or what is wrong in line `*ret_number`. */
static const char *
read_lines(struct map *map, struct piece rest, const char *issuer, unsigned *ret_number)
{
	const char *fault = NULL;

	for (*ret_number = 1; fault == NULL && rest.len > 0; ++*ret_number) {
		struct piece text;
		struct line line;

		next_line(&rest, &text);
		fault = read_line(&line, text);
		if (fault == NULL && line.account.len > 0 &&
			piece_is(line.account, map->user))
			fault = keep(map, &line, *ret_number, issuer);
	}
	--*ret_number;
	return fault;
}

/* What is wrong with the text as a whole. */
static enum err
check_start(const char *text, size_t len, const char *file, struct diag *diag)
{
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		return diag_set(diag, ERR_MAP_INVALID,
			"%.120s:1: starts with a byte order mark; save it as plain UTF-8",
			file);
	return ERR_OK;
}

enum err
map_parse(struct map **ret, const char *text, size_t len, const char *file,
	const char *user, const char *issuer, struct diag *diag)
{
	AUTO_MAP struct map *map = calloc(1, sizeof(*map));
	const char *fault;
	unsigned number;
	enum err e;

	if (map == NULL || (map->user = strdup(user)) == NULL)
		return ERR_NOMEM;
	e = check_start(text, len, file, diag);
	if (e != ERR_OK)
		return e;
	fault = read_lines(map, (struct piece){text, len}, issuer, &number);
	if (fault != NULL)
		return diag_set(diag, fault == no_memory ? ERR_NOMEM : ERR_MAP_INVALID,
			"%.120s:%u: %s", file, number, fault);
	*ret = MOVE(map);
	return ERR_OK;
}

static struct map_piece
shown(struct piece p)
{
	return (struct map_piece){p.data, p.len};
}

enum err
map_each(const char *text, size_t len, const char *file,
	enum err (*take)(void *arg, const struct map_entry *entry), void *arg,
	struct diag *diag)
{
	struct piece rest = {text, len};
	enum err e = check_start(text, len, file, diag);
	unsigned number;

	for (number = 1; e == ERR_OK && rest.len > 0; number++) {
		struct piece words, whole = next_line(&rest, &words);
		struct line line;
		const char *fault = read_line(&line, words);
		const struct map_entry entry = {shown(whole), number, shown(line.account),
			shown(line.issuer), shown(line.sub), shown(line.language)};

		if (fault != NULL)
			e = diag_set(diag, ERR_MAP_INVALID, "%.120s:%u: %s", file, number,
				fault);
		else if (line.account.len > 0)
			e = take(arg, &entry);
	}
	return e;
}

/* --- all accounts at once ------------------------------------------------- */

/* A line that maps, for sorting: accounts together, each one's lines in their order. */
struct place {
	struct piece account, text;
	unsigned number;
};

struct places {
	struct place *place;
	size_t count, room;
};

static void
places_free(struct places *places)
{
	free(places->place);
}

static enum err
note_place(void *arg, const struct map_entry *entry)
{
	struct places *places = arg;
	struct place *more = places->place;
	struct piece rest = {entry->line.data, entry->line.len}, text;

	if (places->count == places->room) {
		places->room = places->room * 2 + 64;
		more = reallocarray(more, places->room, sizeof(*more));
		if (more == NULL)
			return ERR_NOMEM;
		places->place = more;
	}
	next_line(&rest, &text);
	more[places->count++] = (struct place){
		{entry->account.data, entry->account.len}, text, entry->number};
	return ERR_OK;
}

static bool
is_same_account(const struct place *a, const struct place *b)
{
	return a->account.len == b->account.len &&
	       memcmp(a->account.data, b->account.data, a->account.len) == 0;
}

static int
compare_places(const void *one, const void *other)
{
	const struct place *a = one, *b = other;
	int order = memcmp(a->account.data, b->account.data,
		a->account.len < b->account.len ? a->account.len : b->account.len);

	if (order == 0 && a->account.len != b->account.len)
		return a->account.len < b->account.len ? -1 : 1;
	return order != 0 ? order : a->number < b->number ? -1 : 1;
}

/* The lines of one account, which stand together. NULL, or what is wrong in which. */
static const char *
check_together(
	const struct place *first, size_t count, const char *issuer, unsigned *ret_number)
{
	AUTO_MAP struct map *map = calloc(1, sizeof(*map));
	const char *fault = map != NULL ? NULL : no_memory;
	size_t i;

	for (i = 0; fault == NULL && i < count; i++) {
		struct line line;

		*ret_number = first[i].number;
		fault = read_line(&line, first[i].text);
		if (fault == NULL)
			fault = keep(map, &line, first[i].number, issuer);
	}
	return fault;
}

enum err
map_check(const char *text, size_t len, const char *file, const char *issuer,
	struct diag *diag)
{
	CLEANUP(places_free) struct places places = {0};
	enum err e = map_each(text, len, file, note_place, &places, diag);
	size_t i, end;

	if (e != ERR_OK || places.count == 0)
		return e;
	qsort(places.place, places.count, sizeof(*places.place), compare_places);
	for (i = 0; i < places.count; i = end) {
		const struct place *first = &places.place[i];
		unsigned number = first->number;
		const char *fault = NULL;

		for (end = i + 1; end < places.count; end++)
			if (!is_same_account(first, &places.place[end]))
				break;
		if (end - i > 1)
			fault = check_together(first, end - i, issuer, &number);
		if (fault != NULL)
			return diag_set(diag,
				fault == no_memory ? ERR_NOMEM : ERR_MAP_INVALID,
				"%.120s:%u: %s", file, number, fault);
	}
	return ERR_OK;
}

enum err
map_load(struct map **ret, const char *path, const char *user, const char *issuer,
	struct diag *diag)
{
	AUTO_BUF struct buf text = BUF_INIT(MAP_MAX);
	enum err e = safefile_read(&text, path, 077, diag);

	if (e != ERR_OK)
		return safefile_fault(e, &safefile_map);
	return map_parse(ret, buf_str(&text), text.len, path, user, issuer, diag);
}

bool
map_match(const struct map *map, const char *user, const char *issuer, const char *sub)
{
	bool same_user = strcmp(map->user, user) == 0, found = false;
	size_t i;

	for (i = 0; i < map->count; i++) {
		bool same_issuer = strcmp(map->pairs[i].issuer, issuer) == 0;
		bool same_sub = strcmp(map->pairs[i].sub, sub) == 0;

		found |= same_user && same_issuer && same_sub;
	}
	return found;
}

void
map_free(struct map **map)
{
	size_t i;

	if (*map == NULL)
		return;
	for (i = 0; i < (*map)->count; i++) {
		free((*map)->pairs[i].issuer);
		free((*map)->pairs[i].sub);
		free((*map)->pairs[i].login);
		free((*map)->pairs[i].code);
	}
	free((*map)->user);
	free(MOVE(*map));
}
