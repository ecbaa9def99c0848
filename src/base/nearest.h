/*
 * "Did you mean …?": the word of several that a misspelt one is nearest to.
 */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include <stddef.h>

#define NEAREST_MAX 64 /* bytes of a word; longer ones are near to nothing */

struct nearest {
	const char *word; /* borrowed */
	size_t edits; /* from `found` to it */
	char found[NEAREST_MAX + 1]; /* "": nothing was near enough */
};

/* Begins a search for what `word` should have been. */
void nearest_begin(struct nearest *n, const char *word);

/* One word (`len` bytes) that it could have been. */
void nearest_try(struct nearest *n, const char *candidate, size_t len);

/*
 * The nearest of those that were tried, NULL where none is near: one edit (a character
 * more, less, another one, or two exchanged) for a word of three or four characters, two
 * for one of up to eight, three for a longer one. Upper and lower case count as the same.
 */
const char *nearest_found(const struct nearest *n);

#endif
