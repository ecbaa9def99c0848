/* Breaking text into lines. */
#include "display/wrap.h"

#include <stdbool.h>
#include <string.h>

/* Whether a character begins at `c`: all but the later bytes of a longer one do. */
static bool
begins(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

unsigned
wrap_columns(const char *text)
{
	unsigned columns = 0;

	for (; *text != '\0' && *text != '\n'; text++)
		columns += begins(*text);
	return columns;
}

/* The length of the line that `text` begins with. */
static size_t
line_length(const char *text, unsigned columns)
{
	size_t len = 0, blank = 0;
	unsigned used = 0;

	for (; text[len] != '\0'; len++) {
		if (begins(text[len]) && used++ == columns)
			return text[len] == ' ' || blank == 0 ? len : blank;
		if (text[len] == ' ')
			blank = len;
	}
	return len;
}

void
wrap_words(struct buf *out, const char *text, unsigned columns)
{
	do {
		size_t len = line_length(text, columns);

		buf_add(out, text, len);
		buf_adds(out, "\n");
		text += len;
		text += strspn(text, " ");
	} while (*text != '\0');
}

unsigned
wrap_rows(const char *text, unsigned columns)
{
	unsigned rows = 0;

	while (*text != '\0') {
		unsigned used = wrap_columns(text);

		rows += used == 0 ? 1 : (used - 1) / columns + 1;
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return rows;
}
