/* Telling what was typed. */
#include "wire/typed.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define NUMBER_DIGITS 6 /* at most */

/*
 * The words of wishes, in every language: the first of a kind is what is passed on. Those
 * in brackets on the screen (src/display/screen.c, po/) are among them.
 */
static const struct {
	enum typed kind;
	const char *word;
} wishes[] = {
	{TYPED_LINK, "link"},
	{TYPED_LINK, "address"},
	{TYPED_LINK, "adres"},
	{TYPED_LINK, "adresse"},
	{TYPED_LINK, "lien"},
	{TYPED_ASCII, "a"},
	{TYPED_ASCII, "ascii"},
	{TYPED_ASCII, "plain"},
	{TYPED_ASCII, "eenvoudig"},
	{TYPED_ASCII, "simple"},
	{TYPED_ASCII, "einfach"},
	{TYPED_INVERTED, "i"},
	{TYPED_INVERTED, "invert"},
	{TYPED_INVERTED, "inverted"},
	{TYPED_INVERTED, "omgekeerd"},
	{TYPED_INVERTED, "inverse"},
	{TYPED_INVERTED, "invers\303\251"}, /* in UTF-8 */
	{TYPED_INVERTED, "invertiert"},
};
#define WISHES (sizeof(wishes) / sizeof(wishes[0]))

static enum typed
wish_of(const char *text)
{
	size_t i;

	for (i = 0; i < WISHES; i++)
		if (strcmp(text, wishes[i].word) == 0)
			return wishes[i].kind;
	return TYPED_OTHER;
}

/* Puts the word that is passed on in the place of its synonym. */
static void
spell_wish(char ret[TYPED_SIZE], enum typed kind)
{
	size_t i;

	for (i = 0; i < WISHES; i++)
		if (wishes[i].kind == kind) {
			explicit_bzero(ret, TYPED_SIZE);
			snprintf(ret, TYPED_SIZE, "%s", wishes[i].word);
			return;
		}
}

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
	return is_pass(text, len) ? TYPED_PASS : wish_of(text);
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
		spell_wish(ret, kind);
	}
	if (kind == TYPED_OTHER) {
		explicit_bzero(ret, TYPED_SIZE);
		strcpy(ret, TYPED_OTHER_TEXT);
	}
	return kind;
}
