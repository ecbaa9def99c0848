/* Telling what was typed. */
#include "wire/typed.h"

#include <stdbool.h>
#include <string.h>

#define NUMBER_DIGITS 6 /* at most */

static bool
is_number(const char *text, size_t len)
{
	return len <= NUMBER_DIGITS && strspn(text, "0123456789") == len;
}

static bool
is_pass(const char *text, size_t len)
{
	size_t i;

	if (len != TYPED_PASS_LEN)
		return false;
	for (i = 0; i < len; i++) {
		bool dash = i % (TYPED_PASS_GROUP + 1) == TYPED_PASS_GROUP;

		if (dash ? text[i] != '-' : strchr(TYPED_PASS_ALPHABET, text[i]) == NULL)
			return false;
	}
	return true;
}

static enum typed
kind_of(const char *text, size_t len)
{
	if (len == 0)
		return TYPED_NOTHING;
	if (is_number(text, len))
		return TYPED_NUMBER;
	if (strcmp(text, "link") == 0)
		return TYPED_LINK;
	return is_pass(text, len) ? TYPED_PASS : TYPED_OTHER;
}

/* Only ASCII has a case here, whatever the locale says. */
static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

enum typed
typed_read(char ret[TYPED_SIZE], const char *answer)
{
	size_t len, i;
	enum typed kind = TYPED_OTHER;

	answer += strspn(answer, " \t");
	len = strlen(answer);
	while (len > 0 && strchr(" \t\r\n", answer[len - 1]) != NULL)
		len--;
	if (len < TYPED_SIZE) {
		for (i = 0; i < len; i++)
			ret[i] = lower(answer[i]);
		ret[len] = '\0';
		kind = kind_of(ret, len);
	}
	if (kind == TYPED_OTHER) {
		explicit_bzero(ret, TYPED_SIZE);
		strcpy(ret, TYPED_OTHER_TEXT);
	}
	return kind;
}
