/*
 * The sentences in every language. Their source is po/, one catalogue a language, from
 * which the tables are made when the project is built.
 */
#ifndef LANGUAGE_CATALOGUE_H
#define LANGUAGE_CATALOGUE_H

#include "base/sentence.h"
#include "language/language.h"

struct catalogue_entry {
	const char *english;
	const char *translation;
};

/* By language; each ends with an empty entry. NULL where there is no catalogue. */
extern const struct catalogue_entry *const catalogue_tables[LANGUAGE_COUNT];

/*
 * The sentence in `language`, and as it stands where that has none. A translation holds
 * the same conversions (%u) in the same order. Static storage, or `english` itself.
 */
const char *catalogue_text(enum language language, const char *english)
	__attribute__((format_arg(2)));

#endif
