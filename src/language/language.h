/*
 * The languages that people are spoken to in, and which one it is for whom. No locale
 * of the machine is asked: a server that has none generated still speaks Dutch.
 */
#ifndef LANGUAGE_LANGUAGE_H
#define LANGUAGE_LANGUAGE_H

#include <stddef.h>

/* name, the word for it (ISO 639-1), which is also its catalogue's name in po/ */
#define LANGUAGE_LIST(X) \
	X(EN, "en")      \
	X(NL, "nl")      \
	X(FR, "fr")      \
	X(DE, "de")

enum language {
	LANGUAGE_NONE, /* nobody has said; what is shown is English */
#define LANGUAGE_ENUM(name, word) LANGUAGE_##name,
	LANGUAGE_LIST(LANGUAGE_ENUM)
#undef LANGUAGE_ENUM
		LANGUAGE_COUNT
};

/* The language of a word such as "nl", exactly that; LANGUAGE_NONE for any other. */
enum language language_of_word(const char *word, size_t len);

/* The same for a locale's name, such as nl_BE.UTF-8, fr or de_DE@euro. */
enum language language_of_locale(const char *locale);

/*
 * Who has a say, in this order: the identity map for this user, the configuration, the
 * host by its locale. English where none of them knows; never LANGUAGE_NONE.
 */
enum language language_choose(
	enum language of_user, enum language of_config, const char *locale);

#endif
