/*
 * Composing what the person sees. The address always stands there as text: a code that
 * a terminal mangles must not be the only way in.
 */
#include "display/screen.h"

#include <limits.h>
#include <string.h>

#include "display/qr_image.h"
#include "display/qr_text.h"

#define USUAL_COLUMNS 80 /* what the text is reckoned with where nobody knows */
#define USUAL_ROWS 24

/* What is to be done, by whether a code is shown and by style. */
static const char *const sentences[2][2] = {
	[false] = {[WIRE_STYLE_TEXT] = "Open this address on your phone.\n"
				       "Waiting for your phone ...",
		[WIRE_STYLE_PROMPT] =
			"Open this address on your phone, then press Enter."},
	[true] = {[WIRE_STYLE_TEXT] = "Scan this code with the itsme app.\n"
				      "Waiting for your phone ...",
		[WIRE_STYLE_PROMPT] =
			"Scan this code with the itsme app, then press Enter."},
};

/* Lines that the address and the sentence take below the code. */
static unsigned
count_text_rows(const struct screen *s, const char *address)
{
	unsigned columns = s->columns != 0 ? s->columns : USUAL_COLUMNS;

	return (unsigned)(strlen(address) + columns - 1) / columns + 2;
}

/* Two light modules around the code, or one where only that fits; 0: it is too wide. */
static unsigned
choose_quiet(const struct screen *s, const struct qr_text_matrix *m, enum qr_text_ink ink,
	unsigned text_rows)
{
	unsigned columns = s->columns != 0 ? s->columns : UINT_MAX;
	unsigned rows = s->rows != 0 ? s->rows : USUAL_ROWS;

	if (qr_text_columns(m, ink, 1) > columns)
		return 0;
	if (qr_text_columns(m, ink, 2) > columns)
		return 1;
	return qr_text_rows(m, ink, 2) + text_rows > rows &&
			       qr_text_rows(m, ink, 1) + text_rows <= rows
		       ? 1
		       : 2;
}

/* Appends the code, or the columns that it would need and ERR_QR_TOO_WIDE. */
static enum err
add_code(struct buf *out, const struct screen *s, const char *address,
	unsigned *ret_needed)
{
	enum qr_text_ink ink = s->qr == CONFIG_QR_ASCII ? QR_TEXT_ASCII : QR_TEXT_UTF8;
	AUTO_QR_MATRIX struct qr_text_matrix matrix = {0};
	unsigned quiet;
	enum err e = qr_text_encode(&matrix, address);

	if (e != ERR_OK)
		return e;
	quiet = choose_quiet(s, &matrix, ink, count_text_rows(s, address));
	if (quiet == 0) {
		*ret_needed = qr_text_columns(&matrix, ink, 1);
		return ERR_QR_TOO_WIDE;
	}
	qr_text_draw(out, &matrix, ink, quiet);
	return ERR_OK;
}

enum err
screen_compose(struct buf *ret, const struct screen *s, const char *address)
{
	bool is_prompt = s->style == WIRE_STYLE_PROMPT, has_code = false;
	unsigned needed = 0;
	enum err e;

	if (!qr_image_payload_is_good(address, strlen(address)))
		return ERR_QR_PAYLOAD;
	if (is_prompt)
		buf_adds(ret, "\n");
	if (s->qr != CONFIG_QR_OFF) {
		e = add_code(ret, s, address, &needed);
		if (e == ERR_QR_TOO_WIDE && s->qr == CONFIG_QR_AUTO)
			buf_addf(ret, "(The code needs a terminal of %u columns.)\n",
				needed);
		else if (e != ERR_OK)
			return e;
		has_code = e == ERR_OK;
	}
	buf_addf(ret, "%s\n%s", address, sentences[has_code][is_prompt]);
	return buf_err(ret);
}
