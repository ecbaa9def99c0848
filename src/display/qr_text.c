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

unsigned
qr_text_columns(const struct qr_text_matrix *m, enum qr_text_ink ink, unsigned quiet)
{
	unsigned side = m->side + 2 * quiet;

	return ink == QR_TEXT_UTF8 ? side : 2 * side;
}

unsigned
qr_text_rows(const struct qr_text_matrix *m, enum qr_text_ink ink, unsigned quiet)
{
	unsigned side = m->side + 2 * quiet;

	return ink == QR_TEXT_UTF8 ? (side + 1) / 2 : side;
}

/* Whether a module is light; the quiet zone is, and nothing is below it. */
static bool
is_light(const struct qr_text_matrix *m, unsigned quiet, unsigned x, unsigned y)
{
	if (y >= m->side + 2 * quiet)
		return false;
	if (x < quiet || y < quiet || x - quiet >= m->side || y - quiet >= m->side)
		return true;
	return !m->dark[(y - quiet) * m->side + (x - quiet)];
}

void
qr_text_draw(struct buf *out, const struct qr_text_matrix *m, enum qr_text_ink ink,
	unsigned quiet)
{
	/* by upper half light + 2 * lower half light */
	static const char *const blocks[] = {" ", "▀", "▄", "█"};
	unsigned x, y, side = m->side + 2 * quiet;

	for (y = 0; y < side; y += ink == QR_TEXT_UTF8 ? 2 : 1) {
		for (x = 0; x < side; x++) {
			bool upper = is_light(m, quiet, x, y);
			bool lower = is_light(m, quiet, x, y + 1);

			if (ink == QR_TEXT_ASCII)
				buf_adds(out, upper ? "##" : "  ");
			else
				buf_adds(out, blocks[upper + 2 * lower]);
		}
		buf_adds(out, "\n");
	}
}
