/* Reading templates piece by piece, and refusing those that could not be shown. */
#include "config/template.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"

#define DEPTH_MAX 8 /* marks open at once */
#define BREAK_LENGTH 4 /* characters of "<br>" */

static const struct {
	const char *word;
	size_t most;
} fields[] = {
#define TEMPLATE_FIELD_ROW(name, word, most) {word, most},
	TEMPLATE_FIELD_LIST(TEMPLATE_FIELD_ROW)
#undef TEMPLATE_FIELD_ROW
};

/* The field whose placeholder begins at `text`; TEMPLATE_FIELD_COUNT: none does. */
static enum template_field
field_at(const char *text)
{
	int f;

	for (f = 0; f < TEMPLATE_FIELD_COUNT; f++) {
		size_t len = strlen(fields[f].word);

		if (text[0] == '{' && strncmp(text + 1, fields[f].word, len) == 0 &&
			text[1 + len] == '}')
			break;
	}
	return (enum template_field)f;
}

struct template_piece
template_next(const char **at)
{
	const char *text = *at;
	struct template_piece piece = {.field = field_at(text)};

	if (text[0] == '\n') {
		piece.field = TEMPLATE_BREAK;
		*at = text + 1;
	} else if (piece.field != TEMPLATE_FIELD_COUNT) {
		*at = text + strlen(fields[piece.field].word) + 2;
	} else {
		piece.field = TEMPLATE_WORDS;
		piece.words = text;
		piece.len = strcspn(text, "{\n");
		*at = text + piece.len;
	}
	return piece;
}

size_t
template_field_most(enum template_field field)
{
	return fields[field].most;
}

bool
template_has(const char *text, enum template_field field)
{
	while (*text != '\0')
		if (template_next(&text).field == field)
			return true;
	return false;
}

/* The marks that are open at one place of a line. */
struct marks {
	char open[DEPTH_MAX];
	size_t count;
};

/* Takes one tag at `text`; its length, or 0 where it is none or stands wrongly. */
static size_t
take_tag(struct marks *marks, const char *text)
{
	bool closes = text[1] == '/';
	char mark = text[closes ? 2 : 1];

	if (strncmp(text, "<br>", 4) == 0)
		return 4;
	if (mark == '\0' || strchr("biu", mark) == NULL || text[closes ? 3 : 2] != '>')
		return 0;
	if (!closes && marks->count < DEPTH_MAX)
		marks->open[marks->count++] = mark;
	else if (closes && marks->count > 0 && marks->open[marks->count - 1] == mark)
		marks->count--;
	else
		return 0;
	return closes ? 4 : 3;
}

/* The bytes of one letter that may stand there, else 0. */
static size_t
take_letter(const char *text)
{
	unsigned rune;
	size_t n = text_rune(text, strlen(text), &rune);

	return n > 0 && text_is_latin9(rune) && rune != '&' && rune != '>' && rune != '}'
		       ? n
		       : 0;
}

const char *
template_fault(const char *text)
{
	struct marks marks = {.count = 0};
	size_t characters = 0, n;

	for (; *text != '\0'; text += n) {
		enum template_field field = field_at(text);

		if (field != TEMPLATE_FIELD_COUNT) {
			n = strlen(fields[field].word) + 2;
			characters += fields[field].most;
		} else if (*text == '{') {
			return "a brace must begin {host}, {user}, {service}, {rhost}, "
			       "{time}, {command}, {target} or {number}";
		} else if (*text == '<') {
			n = take_tag(&marks, text);
			characters += n;
			if (n == 0)
				return "markup must be <b>, <i>, <u>, closed in order, "
				       "or <br>";
		} else if (*text == '\n') {
			if (marks.count > 0)
				return "markup must be closed in its own line";
			n = 1;
			characters += BREAK_LENGTH;
		} else {
			n = take_letter(text);
			characters++;
			if (n == 0)
				return "holds a character that the app cannot show: "
				       "ISO/IEC 8859-15 only, without & > }";
		}
	}
	if (marks.count > 0)
		return "markup must be closed in its own line";
	return characters > TEMPLATE_TEXT_MAX
		       ? "could become longer than the app's 7500 characters"
		       : NULL;
}
