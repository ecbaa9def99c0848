/* Cutting a text into lines, names and values. Guesses nothing, repairs nothing. */
#include "config/ini.h"

#include <string.h>

#include "base/text.h"

#define BLANKS " \t"

/* What is wrong with the bytes of a line: it must be text, with no control but the tab.
 */
static const char *
bytes_fault(const char *line, size_t len, unsigned number)
{
	size_t i;

	if (number == 1 && len >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0)
		return "starts with a byte order mark; save it as plain UTF-8";
	if (!text_is_utf8(line, len))
		return "is not UTF-8; retype the line";
	for (i = 0; i < len; i++)
		if ((line[i] & 0xe0) == 0 ? line[i] != '\t' : line[i] == 0x7f)
			return "holds a control character; retype the line";
	return NULL;
}

/* Cuts the blanks off both ends. */
static char *
trim(char *text)
{
	size_t len;

	text += strspn(text, BLANKS);
	for (len = strlen(text); len > 0 && strchr(BLANKS, text[len - 1]) != NULL; len--)
		text[len - 1] = '\0';
	return text;
}

/* Cuts off a comment, which begins with a ';' behind a blank. */
static void
cut_comment(char *text)
{
	char *at = text;

	while ((at = strchr(at, ';')) != NULL) {
		if (at > text && strchr(BLANKS, at[-1]) != NULL) {
			*at = '\0';
			return;
		}
		at++;
	}
}

/* "[name]", then nothing but a comment. */
static enum ini_kind
take_section(struct ini *ini, char *line)
{
	char *stop = line + strcspn(line, "]");
	const char *rest = stop + (*stop == ']');

	rest += strspn(rest, BLANKS);
	if (rest > stop && (*rest == '\0' || *rest == ';' || *rest == '#')) {
		*stop = '\0';
		ini->name = line + 1;
	} else {
		ini->fault = "a section must be alone on its line, like [login]";
	}
	return INI_SECTION;
}

/* The first '=' or ':' parts a key from its value, unless a comment begins before it. */
static enum ini_kind
take_key(struct ini *ini, char *line)
{
	char *sign;

	cut_comment(line);
	sign = strpbrk(line, "=:");
	if (sign != NULL) {
		*sign = '\0';
		ini->value = trim(sign + 1);
	} else {
		ini->fault = "must be [section], key = value or ; comment";
	}
	ini->name = trim(line);
	return sign != NULL ? INI_KEY : INI_OTHER;
}

enum ini_kind
ini_next(struct ini *ini)
{
	char *line = ini->at, *stop;

	ini->name = ini->value = NULL;
	ini->fault = NULL;
	if (line == ini->end)
		return INI_END;
	ini->line++;
	stop = memchr(line, '\n', (size_t)(ini->end - line));
	ini->at = stop != NULL ? stop + 1 : ini->end;
	if (stop == NULL)
		stop = ini->end;
	if (stop > line && stop[-1] == '\r')
		stop--;
	*stop = '\0';
	ini->fault = bytes_fault(line, (size_t)(stop - line), ini->line);
	line += strspn(line, BLANKS);
	if (ini->fault != NULL || *line == '\0' || *line == ';' || *line == '#')
		return INI_NOTHING;
	return *line == '[' ? take_section(ini, line) : take_key(ini, line);
}
