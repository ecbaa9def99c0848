/*
 * Text in lines of a given width, and how many rows it takes. Each character is one
 * column wide: what is shown has passed text_clean(), and tests/check-sentences sees to
 * it for our own words.
 */
#ifndef DISPLAY_WRAP_H
#define DISPLAY_WRAP_H

#include <stddef.h>

#include "base/buf.h"

/* Columns of the first line of `text`, which ends at a newline or the end. */
unsigned wrap_columns(const char *text);

/*
 * Appends `text` (one line) as lines of at most `columns` (1 or more), each ending in a
 * newline: broken at blanks, and inside a word only where it is longer than a line.
 */
void wrap_words(struct buf *out, const char *text, unsigned columns);

/* Rows that `text` takes on a terminal of `columns`, which breaks what is too long. */
unsigned wrap_rows(const char *text, unsigned columns);

#endif
