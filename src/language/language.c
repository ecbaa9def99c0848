/* Reading words and locales, and the order in which they count. */
#include "language/language.h"

#include <string.h>

static const char *const words[LANGUAGE_COUNT] = {
#define LANGUAGE_WORD(name, word) [LANGUAGE_##name] = word,
	LANGUAGE_LIST(LANGUAGE_WORD)
#undef LANGUAGE_WORD
};

enum language
language_of_word(const char *word, size_t len)
{
	int l;

	for (l = LANGUAGE_NONE + 1; l < LANGUAGE_COUNT; l++)
		if (strlen(words[l]) == len && memcmp(words[l], word, len) == 0)
			return (enum language)l;
	return LANGUAGE_NONE;
}

enum language
language_of_locale(const char *locale)
{
	return language_of_word(locale, strcspn(locale, "_.@-"));
}

enum language
language_choose(enum language of_user, enum language of_config, const char *locale)
{
	enum language of_host = language_of_locale(locale);

	if (of_user != LANGUAGE_NONE)
		return of_user;
	if (of_config != LANGUAGE_NONE)
		return of_config;
	return of_host != LANGUAGE_NONE ? of_host : LANGUAGE_EN;
}
