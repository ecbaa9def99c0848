/*
 * QR codes in characters: what is drawn, read back character by character, is the code
 * that libqrencode made, with light modules as ink and a light border.
 */
#include "unit.h"

#include <qrencode.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "display/qr_image.h"
#include "qr/reader.h"
#include "display/qr_text.h"

#define SIDE_MAX 200

/* What a drawing says, module by module; 1 is dark (no ink). */
struct seen {
	unsigned columns, rows; /* in modules; rows of half blocks are two */
	unsigned char dark[SIDE_MAX][SIDE_MAX];
};

/* How a kind of drawing is made: modules in a cell, characters that hold one. */
static const struct ink {
	unsigned across, down, characters;
} inks[] = {[QR_TEXT_UTF8] = {1, 2, 1},
	[QR_TEXT_SEXTANT] = {2, 3, 1},
	[QR_TEXT_ASCII] = {1, 1, 2}};

/* The modules of the cell at `s` that are ink: bit 0 is the upper left. */
static unsigned
read_cell(const char *s, enum qr_text_ink ink, size_t *ret_len)
{
	static const struct {
		const char *text;
		unsigned halves, sixths;
	} blocks[] = {{" ", 0, 0}, {"▀", 1, 64}, {"▄", 2, 64}, {"█", 3, 63}, {"▌", 4, 21},
		{"▐", 4, 42}};
	unsigned i, pattern, seen = 0;

	for (i = 0; ink != QR_TEXT_ASCII && i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		*ret_len = strlen(blocks[i].text);
		if (strncmp(s, blocks[i].text, *ret_len) == 0)
			return ink == QR_TEXT_UTF8 ? blocks[i].halves : blocks[i].sixths;
	}
	if (ink == QR_TEXT_ASCII) {
		assert_true(*s == '@' || *s == ' ');
		*ret_len = s[1] == '\n' ? 1 : 2; /* the border is half as wide there */
		assert_true(*ret_len == 1 || s[1] == *s);
		return *s == '@';
	}
	/* Block Sextants stand in order of their patterns, but for those above */
	*ret_len = 4;
	if (ink != QR_TEXT_SEXTANT || strncmp(s, "\xf0\x9f\xac", 3) != 0)
		fail_msg("not a block: %.8s", s);
	for (pattern = 1; pattern < 63; pattern++)
		if (pattern != 21 && pattern != 42 &&
			0x80 + seen++ == (unsigned char)s[3])
			return pattern;
	fail_msg("not a sextant: %.8s", s);
	return 0;
}

static void
read_drawing(struct seen *seen, const char *s, enum qr_text_ink ink)
{
	unsigned x = 0, y = 0, i, across = inks[ink].across, down = inks[ink].down;

	memset(seen, 0, sizeof(*seen));
	while (*s != '\0') {
		unsigned pattern;
		size_t len;

		if (*s == '\n') {
			assert_true(y == 0 || x == seen->columns);
			seen->columns = x;
			y += down;
			x = 0;
			s++;
			continue;
		}
		assert_true(x + 1 < SIDE_MAX && y + 2 < SIDE_MAX);
		pattern = read_cell(s, ink, &len);
		assert_true(pattern < 1u << across * down);
		for (i = 0; i < across * down; i++)
			seen->dark[y + i / across][x + i % across] = !(pattern >> i & 1);
		x += across;
		s += len;
	}
	assert_int_equal(x, 0); /* the last line ended with a newline, too */
	seen->rows = y;
}

/* Draws, reads that back, and compares with the code as libqrencode made it. */
static void
check_drawing(const struct qr_text_matrix *m, const QRcode *code, enum qr_text_ink ink,
	unsigned quiet, bool invert)
{
	AUTO_BUF struct buf out = BUF_INIT(65536);
	static struct seen seen;
	unsigned side = m->side + 2 * quiet, x, y;

	qr_text_draw(&out, m, ink, quiet, invert);
	assert_int_equal(buf_err(&out), ERR_OK);
	read_drawing(&seen, buf_str(&out), ink);
	assert_in_range(seen.columns, side, side + inks[ink].across - 1);
	assert_in_range(seen.rows, side, side + inks[ink].down - 1);
	assert_int_equal(seen.columns / inks[ink].across * inks[ink].characters -
				 (ink == QR_TEXT_ASCII && quiet > 0),
		qr_text_columns(m, ink, quiet));
	assert_int_equal(seen.rows / inks[ink].down, qr_text_rows(m, ink, quiet));
	for (y = 0; y < seen.rows; y++)
		for (x = 0; x < seen.columns; x++) {
			bool inside = x >= quiet && y >= quiet && x < quiet + m->side &&
				      y < quiet + m->side;
			bool dark = inside &&
				    code->data[(y - quiet) * m->side + (x - quiet)] & 1;

			/* what fills the last cells is quiet zone, too */
			if (seen.dark[y][x] != (dark != invert))
				fail_msg(
					"ink %d, quiet %u, %u/%u", (int)ink, quiet, x, y);
		}
}

static void
test_draw_then_read_back_is_the_same(void **state)
{
	static const char *const payloads[] = {"x", "https://itsme.example/a?b=c",
		"HTTPS://ITSME.EXAMPLE/ABC", "0123456789012345678901234567890",
		"\xe2\x82\xac",
		"https://itsme.example/6g2k9rgglem2dttw5d51ulkxpv24phwatiu6/"
		"6g2k9rgglem2dttw5d51ulkxpv24phwatiu6"};
	size_t i;
	unsigned quiet;
	int ink;

	(void)state;
	for (i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
		AUTO_QR_MATRIX struct qr_text_matrix m = {0};
		QRcode *code = QRcode_encodeString8bit(payloads[i], 0, QR_ECLEVEL_L);

		assert_non_null(code);
		assert_int_equal(qr_text_encode(&m, payloads[i]), ERR_OK);
		assert_int_equal(m.side, code->width);
		for (quiet = 0; quiet <= 4; quiet++)
			for (ink = QR_TEXT_UTF8; ink <= QR_TEXT_ASCII; ink++) {
				check_drawing(
					&m, code, (enum qr_text_ink)ink, quiet, false);
				check_drawing(
					&m, code, (enum qr_text_ink)ink, quiet, true);
			}
		QRcode_free(code);
	}
}

/* The other way round than paper: the first row of a quiet zone is ink. */
static void
test_draw_light_is_ink(void **state)
{
	AUTO_QR_MATRIX struct qr_text_matrix m = {0};
	AUTO_BUF struct buf utf8 = BUF_INIT(65536), ascii = BUF_INIT(65536);

	(void)state;
	assert_int_equal(qr_text_encode(&m, "https://a.example/"), ERR_OK);
	qr_text_draw(&utf8, &m, QR_TEXT_UTF8, 2, false);
	qr_text_draw(&ascii, &m, QR_TEXT_ASCII, 2, false);
	assert_int_equal(strncmp(buf_str(&utf8), "███", 9), 0);
	assert_int_equal(strncmp(buf_str(&ascii), "@@@@@@", 6), 0);
	assert_null(strstr(buf_str(&utf8), " \n"));
	assert_null(strstr(buf_str(&ascii), " \n"));
}

/* The sizes that the screen reckons with: measured for these lengths at level L. */
static void
test_size_table(void **state)
{
	static const struct {
		size_t len;
		unsigned side, rows1, rows2;
	} cases[] = {{53, 29, 16, 17}, {54, 33, 18, 19}, {78, 33, 18, 19},
		{106, 37, 20, 21}, {134, 41, 22, 23}, {154, 45, 24, 25},
		{192, 49, 26, 27}};
	char payload[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_QR_MATRIX struct qr_text_matrix m = {0};

		memset(payload, 'u', sizeof(payload));
		payload[cases[i].len] = '\0';
		assert_int_equal(qr_text_encode(&m, payload), ERR_OK);
		assert_int_equal(m.side, cases[i].side);
		assert_int_equal(qr_text_rows(&m, QR_TEXT_UTF8, 1), cases[i].rows1);
		assert_int_equal(qr_text_rows(&m, QR_TEXT_UTF8, 2), cases[i].rows2);
		assert_int_equal(qr_text_columns(&m, QR_TEXT_UTF8, 2), m.side + 4);
		assert_int_equal(qr_text_columns(&m, QR_TEXT_ASCII, 1), 2 * m.side + 3);
		assert_int_equal(qr_text_rows(&m, QR_TEXT_ASCII, 1), m.side + 2);
	}
}

static void
test_encode_limits(void **state)
{
	AUTO_QR_MATRIX struct qr_text_matrix m = {0};
	AUTO_FREE char *payload = calloc(1, 4001);

	(void)state;
	assert_non_null(payload);
	memset(payload, 'u', PICTURE_PAYLOAD_MAX);
	assert_int_equal(qr_text_encode(&m, payload), ERR_OK);
	qr_text_free(&m);
	memset(payload, 'u', 4000);
	assert_int_equal(qr_text_encode(&m, payload), ERR_QR_PAYLOAD);
	assert_int_equal(qr_text_encode(&m, ""), ERR_QR_PAYLOAD);
	assert_null(m.dark);
}

/* A drawing, photographed from a dark terminal (ink is light), scans. */
static void
test_drawing_scans(void **state)
{
	static const char payload[] =
		"https://itsme.example/6g2k9rgglem2dttw5d51ulkxpv24ph";
	static unsigned char pixels[SIDE_MAX * 4 * SIDE_MAX * 4];
	AUTO_QR_MATRIX struct qr_text_matrix m = {0};
	AUTO_BUF struct buf out = BUF_INIT(65536);
	static struct seen seen;
	char text[PICTURE_PAYLOAD_MAX];
	unsigned x, y, side;
	size_t len = 0;

	(void)state;
	assert_int_equal(qr_text_encode(&m, payload), ERR_OK);
	qr_text_draw(&out, &m, QR_TEXT_UTF8, 1, false);
	read_drawing(&seen, buf_str(&out), QR_TEXT_UTF8);
	/* the terminal around it, and the rest of the last line, are dark */
	side = (seen.columns + 20) * 4;
	for (y = 0; y < side; y++)
		for (x = 0; x < side; x++) {
			unsigned col = x / 4 - 10, row = y / 4 - 10;
			bool light = col < seen.columns && row < seen.rows &&
				     !seen.dark[row][col];

			pixels[y * side + x] = light ? 220 : 20;
		}
	assert_int_equal(
		reader_read(text, sizeof(text), &len, pixels, (int)side, (int)side),
		ERR_OK);
	assert_int_equal(len, strlen(payload));
	assert_memory_equal(text, payload, len);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_draw_then_read_back_is_the_same),
		cmocka_unit_test(test_draw_light_is_ink),
		cmocka_unit_test(test_size_table),
		cmocka_unit_test(test_encode_limits),
		cmocka_unit_test(test_drawing_scans),
	};

	return cmocka_run_group_tests_name("qr_text", tests, NULL, NULL);
}
