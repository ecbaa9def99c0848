/* Looking a sentence up. There are so few that the first match is found at once. */
#include "language/catalogue.h"

#include <string.h>

const char *
catalogue_text(enum language language, const char *english)
{
	const struct catalogue_entry *entry =
		(size_t)language < LANGUAGE_COUNT ? catalogue_tables[language] : NULL;

	for (; entry != NULL && entry->english != NULL; entry++)
		if (strcmp(entry->english, english) == 0)
			return entry->translation;
	return english;
}
