/* Drawing QR codes with characters. */
#include "display/qr_text.h"

#include <errno.h>
#include <qrencode.h>
#include <stdlib.h>
#include <string.h>

enum err
qr_text_encode(struct qr_text_matrix *ret, const char *payload)
{
	struct qr_text_matrix m;
	QRcode *code;
	size_t i, size;

	code = QRcode_encodeString8bit(payload, 0, QR_ECLEVEL_L);
	if (code == NULL)
		return errno == ENOMEM ? ERR_NOMEM : ERR_QR_PAYLOAD;
	m.side = (unsigned)code->width;
	size = (size_t)m.side * m.side;
	m.dark = malloc(size);
	for (i = 0; m.dark != NULL && i < size; i++)
		m.dark[i] = code->data[i] & 1;
	QRcode_free(code);
	if (m.dark == NULL)
		return ERR_NOMEM;
	*ret = m;
	return ERR_OK;
}

void
qr_text_free(struct qr_text_matrix *matrix)
{
	free(matrix->dark);
	matrix->dark = NULL;
}

/*
 * The ink of plain characters. Of all that were tried this one scans from nearest by, on
 * dark terminals and on light ones: docs/terminals.md has the figures.
 */
#define PLAIN_INK "@@"

/* Modules in a cell, across and down; PLAIN_INK is half a module twice. */
static const struct {
	unsigned across, down, columns;
} cells[] = {
	[QR_TEXT_UTF8] = {1, 2, 1},
	[QR_TEXT_SEXTANT] = {2, 3, 1},
	[QR_TEXT_ASCII] = {1, 1, 2},
};

static unsigned
cells_across(const struct qr_text_matrix *m, enum qr_text_ink ink, unsigned quiet)
{
	unsigned side = m->side + 2 * quiet, across = cells[ink].across;

	return (side + across - 1) / across;
}

/* PuTTY breaks what is longer than 77 characters, one less than the usual code of plain
   ones with a border of one. The border is half a module narrower at the right. */
static bool
is_halved(enum qr_text_ink ink, unsigned quiet)
{
	return ink == QR_TEXT_ASCII && quiet > 0;
}

unsigned
qr_text_columns(const struct qr_text_matrix *m, enum qr_text_ink ink, unsigned quiet)
{
	return cells_across(m, ink, quiet) * cells[ink].columns - is_halved(ink, quiet);
}

unsigned
qr_text_rows(const struct qr_text_matrix *m, enum qr_text_ink ink, unsigned quiet)
{
	unsigned side = m->side + 2 * quiet, down = cells[ink].down;

	return (side + down - 1) / down;
}

/* Whether a module is light. The quiet zone is, and so is what fills the last cells. */
static bool
is_light(const struct qr_text_matrix *m, unsigned quiet, unsigned x, unsigned y)
{
	if (x < quiet || y < quiet || x - quiet >= m->side || y - quiet >= m->side)
		return true;
	return !m->dark[(y - quiet) * m->side + (x - quiet)];
}

/* The modules of a cell that are ink: bit 0 is the upper left, then along the rows. */
static unsigned
read_cell(const struct qr_text_matrix *m, enum qr_text_ink ink, unsigned quiet,
	bool invert, unsigned column, unsigned row)
{
	unsigned across = cells[ink].across, down = cells[ink].down, pattern = 0, i;

	for (i = 0; i < across * down; i++) {
		unsigned x = column * across + i % across;
		unsigned y = row * down + i / across;

		if (is_light(m, quiet, x, y) != invert)
			pattern |= 1u << i;
	}
	return pattern;
}

/* Block Sextant characters stand in the order of their patterns, but for the four that
   Unicode had already. */
static void
add_sextant(struct buf *out, unsigned pattern)
{
	char text[] = "\xf0\x9f\xac\x80"; /* U+1FB00 */

	switch (pattern) {
	case 0:
		buf_adds(out, " ");
		return;
	case 21:
		buf_adds(out, "▌");
		return;
	case 42:
		buf_adds(out, "▐");
		return;
	case 63:
		buf_adds(out, "█");
		return;
	default:
		pattern -= 1u + (pattern > 21) + (pattern > 42);
		text[3] = (char)(0x80u | pattern);
		buf_adds(out, text);
	}
}

static void
add_cell(struct buf *out, enum qr_text_ink ink, unsigned pattern)
{
	static const char *const halves[] = {" ", "▀", "▄", "█"};

	switch (ink) {
	case QR_TEXT_UTF8:
		buf_adds(out, halves[pattern]);
		break;
	case QR_TEXT_SEXTANT:
		add_sextant(out, pattern);
		break;
	case QR_TEXT_ASCII:
		buf_adds(out, pattern != 0 ? PLAIN_INK : "  ");
		break;
	}
}

void
qr_text_draw(struct buf *out, const struct qr_text_matrix *m, enum qr_text_ink ink,
	unsigned quiet, bool invert)
{
	unsigned columns = cells_across(m, ink, quiet) - is_halved(ink, quiet);
	unsigned rows = qr_text_rows(m, ink, quiet), column, row;

	for (row = 0; row < rows; row++) {
		for (column = 0; column < columns; column++)
			add_cell(out, ink, read_cell(m, ink, quiet, invert, column, row));
		if (is_halved(ink, quiet))
			buf_adds(out, invert ? " " : &PLAIN_INK[1]);
		buf_adds(out, "\n");
	}
}
