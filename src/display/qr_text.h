/*
 * QR codes in characters. Light modules are drawn as ink and dark ones left empty, so
 * that a dark terminal shows the code the right way round: the other way hardly ever
 * scans. `invert` is for light terminals: there the dark modules are the ink.
 */
#ifndef DISPLAY_QR_TEXT_H
#define DISPLAY_QR_TEXT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

struct qr_text_matrix {
	unsigned side; /* modules in a row */
	unsigned char *dark; /* owned; side * side, 1 is dark */
};

enum qr_text_ink {
	QR_TEXT_UTF8, /* half blocks: one column and half a row a module */
	QR_TEXT_SEXTANT, /* U+1FB00 ff.: half a column and a third of a row a module */
	QR_TEXT_ASCII /* "@@": two columns and one row a module */
};

/* The smallest code (level L, 8 bit) that holds the text. ERR_QR_PAYLOAD: none does. */
enum err qr_text_encode(struct qr_text_matrix *ret, const char *payload) MUST_USE;

void qr_text_free(struct qr_text_matrix *matrix);
#define AUTO_QR_MATRIX CLEANUP(qr_text_free)

/*
 * Columns and rows of the drawing with `quiet` light modules around the code; one or two
 * more at the right and the bottom where the last cells hold more than one, and half a
 * module less at the right in plain characters.
 */
unsigned qr_text_columns(
	const struct qr_text_matrix *matrix, enum qr_text_ink ink, unsigned quiet);
unsigned qr_text_rows(
	const struct qr_text_matrix *matrix, enum qr_text_ink ink, unsigned quiet);

/* Appends the drawing: lines of equal width, each ending in a newline. */
void qr_text_draw(struct buf *out, const struct qr_text_matrix *matrix,
	enum qr_text_ink ink, unsigned quiet, bool invert);

#endif
