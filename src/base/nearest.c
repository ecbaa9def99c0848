/* The distance between two words, by a table of three rows. Never guesses at short words:
 * "on" is not "no". */
#include "base/nearest.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define SHORTEST 3 /* characters, of either word */

/* How many edits a word of that length may be away. */
static size_t
most_edits(size_t len)
{
	return len < 5 ? 1 : len < 9 ? 2 : 3;
}

static bool
is_same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Edits from one to the other; two neighbours exchanged are one. */
static size_t
distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t rows[3][NEAREST_MAX + 1];
	size_t i, k;

	for (k = 0; k <= b_len; k++)
		rows[0][k] = k;
	for (i = 1; i <= a_len; i++) {
		size_t *now = rows[i % 3];
		const size_t *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];

		now[0] = i;
		for (k = 1; k <= b_len; k++) {
			now[k] = least(last[k - 1] + !is_same(a[i - 1], b[k - 1]),
				least(last[k], now[k - 1]) + 1);
			if (i > 1 && k > 1 && is_same(a[i - 1], b[k - 2]) &&
				is_same(a[i - 2], b[k - 1]))
				now[k] = least(now[k], before[k - 2] + 1);
		}
	}
	return rows[a_len % 3][b_len];
}

void
nearest_begin(struct nearest *n, const char *word)
{
	*n = (struct nearest){.word = word, .edits = most_edits(strlen(word)) + 1};
}

void
nearest_try(struct nearest *n, const char *candidate, size_t len)
{
	size_t word_len = strlen(n->word), edits;

	if (len < SHORTEST || word_len < SHORTEST || len > NEAREST_MAX ||
		word_len > NEAREST_MAX)
		return;
	edits = distance(n->word, word_len, candidate, len);
	if (edits >= n->edits)
		return;
	n->edits = edits;
	memcpy(n->found, candidate, len);
	n->found[len] = '\0';
}

const char *
nearest_found(const struct nearest *n)
{
	return n->found[0] != '\0' ? n->found : NULL;
}
