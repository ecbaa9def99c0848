/*
 * Composing what the person sees. The address always stands there as text: a code that
 * a terminal mangles must not be the only way in.
 */
#include "display/screen.h"

#include <limits.h>
#include <string.h>

#include "display/qr_image.h"
#include "display/qr_text.h"
#include "language/catalogue.h"

#define USUAL_COLUMNS 80 /* what the text is reckoned with where nobody knows */
#define USUAL_ROWS 24

/* What is to be done, by whether a code is shown and by style. */
static const char *const sentences[2][2] = {
	[false] = {[WIRE_STYLE_TEXT] = N_("Open this address on your phone."),
		[WIRE_STYLE_PROMPT] =
			N_("Open this address on your phone, then press Enter.")},
	[true] = {[WIRE_STYLE_TEXT] = N_("Scan this code with the itsme app."),
		[WIRE_STYLE_PROMPT] =
			N_("Scan this code with the itsme app, then press Enter.")},
};

/* Lines that the address and the sentence take below the code. */
static unsigned
count_text_rows(const struct screen *s, const char *address)
{
	unsigned columns = s->columns != 0 ? s->columns : USUAL_COLUMNS;

	return (unsigned)(strlen(address) + columns - 1) / columns + 2 +
	       (s->user_code != NULL);
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

/* What is to be done with the address above it. */
static void
add_sentence(struct buf *out, const struct screen *s, bool has_code)
{
	bool is_prompt = s->style == WIRE_STYLE_PROMPT;

	buf_adds(out, catalogue_text(s->language, sentences[has_code][is_prompt]));
	if (is_prompt)
		return;
	buf_adds(out, "\n");
	buf_adds(out, catalogue_text(s->language, N_("Waiting for your phone ...")));
}

/* Why there is no code. */
static void
add_excuse(struct buf *out, const struct screen *s, unsigned needed)
{
	buf_addf(out,
		catalogue_text(
			s->language, N_("(The code needs a terminal of %u columns.)")),
		needed);
	buf_adds(out, "\n");
}

enum err
screen_compose(struct buf *ret, const struct screen *s, const char *address)
{
	bool has_code = false;
	unsigned needed = 0;
	enum err e;

	if (!qr_image_payload_is_good(address, strlen(address)) ||
		(s->user_code != NULL &&
			!qr_image_payload_is_good(s->user_code, strlen(s->user_code))))
		return ERR_QR_PAYLOAD;
	if (s->style == WIRE_STYLE_PROMPT)
		buf_adds(ret, "\n");
	if (s->qr != CONFIG_QR_OFF) {
		e = add_code(ret, s, address, &needed);
		if (e == ERR_QR_TOO_WIDE && s->qr == CONFIG_QR_AUTO)
			add_excuse(ret, s, needed);
		else if (e != ERR_OK)
			return e;
		has_code = e == ERR_OK;
	}
	buf_addf(ret, "%s\n", address);
	if (s->user_code != NULL) {
		buf_addf(ret,
			catalogue_text(s->language, N_("Enter this code there: %s")),
			s->user_code);
		buf_adds(ret, "\n");
	}
	add_sentence(ret, s, has_code);
	return buf_err(ret);
}

static void
add_sent(struct buf *out, const struct screen *s, bool app)
{
	if (s->style == WIRE_STYLE_PROMPT)
		buf_adds(out, "\n");
	buf_adds(out, catalogue_text(s->language,
			      app ? N_("We sent a request to your itsme app.")
				  : N_("We sent a request to your phone.")));
	buf_adds(out, "\n");
}

enum err
screen_question(struct buf *ret, const struct screen *s, bool app)
{
	add_sent(ret, s, app);
	buf_adds(ret, catalogue_text(s->language,
			      N_("Approve it there. Which number does the phone show?")));
	buf_adds(ret, " ");
	return buf_err(ret);
}

enum err
screen_pushed(struct buf *ret, const struct screen *s, bool app, unsigned seconds)
{
	bool is_prompt = s->style == WIRE_STYLE_PROMPT;

	add_sent(ret, s, app);
	if (s->number != 0) {
		buf_addf(ret,
			catalogue_text(
				s->language, N_("The number on the phone must be %u.")),
			s->number);
		buf_adds(ret, "\n");
	}
	buf_addf(ret,
		catalogue_text(s->language,
			is_prompt ? N_("Approve it within %u seconds, then press Enter.")
				  : N_("Approve it within %u seconds.")),
		seconds);
	return buf_err(ret);
}

const char *
screen_scanned(enum language language)
{
	return catalogue_text(
		language, N_("Scanned. Now approve the login in the itsme app."));
}
