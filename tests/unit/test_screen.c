/* What the person sees: the code where it fits, the address always, and what to do. */
#include "unit.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "display/qr_image.h"
#include "display/screen.h"

/* 100 bytes: 37 modules, so 39 or 41 columns and 20 or 21 rows. */
#define ADDRESS                                                     \
	"https://itsme.example/"                                    \
	"qr?session=6g2k9rgglem2dttw5d51ulkxpv24phwatiu6&t=0123456" \
	"789abcdefghijklmnopqr"

static enum err
compose(struct buf *out, enum wire_style style, enum config_qr qr, unsigned columns,
	unsigned rows)
{
	struct screen screen = {
		.style = style, .qr = qr, .columns = columns, .rows = rows};

	return screen_compose(out, &screen, ADDRESS);
}

static unsigned
count_lines(const char *text)
{
	unsigned n = 1;

	for (; *text != '\0'; text++)
		n += *text == '\n';
	return n;
}

/* Columns of the widest line that holds a block, and how many such lines there are. */
static unsigned
measure_code(const char *text, unsigned *ret_rows)
{
	unsigned widest = 0, columns = 0;
	bool has_block = false;

	*ret_rows = 0;
	for (; *text != '\0'; text++) {
		if (*text == '\n') {
			*ret_rows += has_block;
			if (has_block && columns > widest)
				widest = columns;
			columns = 0;
			has_block = false;
			continue;
		}
		columns += (*text & 0xc0) != 0x80; /* the first byte of a character */
		has_block |=
			strncmp(text, "\xe2\x96", 2) == 0 || strncmp(text, "##", 2) == 0;
	}
	return widest;
}

static void
test_compose_prompt_begins_and_ends_as_sshd_needs_it(void **state)
{
	AUTO_BUF struct buf out = BUF_INIT(SCREEN_MAX);
	static const char end[] =
		"\n" ADDRESS "\nScan this code with the itsme app, then press Enter.";
	const char *text;

	(void)state;
	assert_int_equal(strlen(ADDRESS), 100);
	assert_int_equal(compose(&out, WIRE_STYLE_PROMPT, CONFIG_QR_AUTO, 0, 0), ERR_OK);
	text = buf_str(&out);
	assert_int_equal(strncmp(text, "\n█", 4), 0);
	assert_string_equal(text + strlen(text) - strlen(end), end);
}

static void
test_compose_text_asks_for_no_key(void **state)
{
	AUTO_BUF struct buf out = BUF_INIT(SCREEN_MAX);
	static const char end[] = "\n" ADDRESS "\nScan this code with the itsme app.\n"
				  "Waiting for your phone ...";
	const char *text;

	(void)state;
	assert_int_equal(compose(&out, WIRE_STYLE_TEXT, CONFIG_QR_UTF8, 0, 0), ERR_OK);
	text = buf_str(&out);
	assert_int_equal(strncmp(text, "█", 3), 0);
	assert_string_equal(text + strlen(text) - strlen(end), end);
	assert_null(strstr(text, "Enter"));
}

static void
test_compose_off_is_text_alone(void **state)
{
	AUTO_BUF struct buf prompt = BUF_INIT(SCREEN_MAX), text = BUF_INIT(SCREEN_MAX);

	(void)state;
	assert_int_equal(
		compose(&prompt, WIRE_STYLE_PROMPT, CONFIG_QR_OFF, 10, 5), ERR_OK);
	assert_string_equal(buf_str(&prompt),
		"\n" ADDRESS "\nOpen this address on your phone, then press Enter.");
	assert_int_equal(compose(&text, WIRE_STYLE_TEXT, CONFIG_QR_OFF, 0, 0), ERR_OK);
	assert_string_equal(buf_str(&text), ADDRESS "\nOpen this address on your phone.\n"
						    "Waiting for your phone ...");
}

static void
test_compose_fits_the_terminal_table(void **state)
{
	static const struct {
		enum config_qr qr;
		unsigned columns, rows, code_columns, code_rows; /* 0: no code */
		enum err expected;
	} cases[] = {
		/* the wide border where there is room, the narrow one where it must be */
		{CONFIG_QR_AUTO, 80, 25, 41, 21, ERR_OK},
		{CONFIG_QR_AUTO, 80, 24, 39, 20, ERR_OK},
		{CONFIG_QR_AUTO, 0, 0, 39, 20, ERR_OK}, /* unknown: 80 by 24 */
		{CONFIG_QR_AUTO, 120, 24, 41, 21, ERR_OK}, /* the address on one line */
		{CONFIG_QR_AUTO, 120, 50, 41, 21, ERR_OK},
		{CONFIG_QR_AUTO, 80, 10, 41, 21,
			ERR_OK}, /* neither fits: scrolls anyway */
		{CONFIG_QR_AUTO, 41, 50, 41, 21, ERR_OK},
		{CONFIG_QR_AUTO, 40, 50, 39, 20, ERR_OK},
		{CONFIG_QR_AUTO, 39, 50, 39, 20, ERR_OK},
		{CONFIG_QR_AUTO, 38, 50, 0, 0, ERR_OK},
		{CONFIG_QR_AUTO, 1, 1, 0, 0, ERR_OK},
		{CONFIG_QR_UTF8, 80, 25, 41, 21, ERR_OK},
		{CONFIG_QR_UTF8, 38, 50, 0, 0, ERR_QR_TOO_WIDE},
		{CONFIG_QR_ASCII, 82, 60, 82, 41, ERR_OK},
		{CONFIG_QR_ASCII, 80, 60, 78, 39, ERR_OK},
		{CONFIG_QR_ASCII, 77, 60, 0, 0, ERR_QR_TOO_WIDE},
		{CONFIG_QR_ASCII, 0, 0, 82, 41, ERR_OK},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_BUF struct buf out = BUF_INIT(SCREEN_MAX);
		unsigned columns, rows;
		enum err e = compose(&out, WIRE_STYLE_PROMPT, cases[i].qr,
			cases[i].columns, cases[i].rows);

		if (e != cases[i].expected)
			fail_msg("case %zu: %s", i, err_word(e));
		if (e != ERR_OK)
			continue;
		columns = measure_code(buf_str(&out), &rows);
		if (columns != cases[i].code_columns || rows != cases[i].code_rows)
			fail_msg("case %zu: %u columns, %u rows", i, columns, rows);
		assert_non_null(strstr(buf_str(&out), ADDRESS "\n"));
	}
}

static void
test_compose_too_narrow_says_what_it_needs(void **state)
{
	AUTO_BUF struct buf out = BUF_INIT(SCREEN_MAX);

	(void)state;
	assert_int_equal(compose(&out, WIRE_STYLE_TEXT, CONFIG_QR_AUTO, 38, 24), ERR_OK);
	assert_string_equal(buf_str(&out),
		"(The code needs a terminal of 39 columns.)\n" ADDRESS
		"\nOpen this address on your phone.\n"
		"Waiting for your phone ...");
}

/* Every sentence of a screen, by language. */
static const struct {
	enum language language;
	const char *open, *open_enter, *scan, *scan_enter, *waiting, *too_narrow,
		*scanned;
} spoken[] = {
	{LANGUAGE_NONE, "Open this address on your phone.",
		"Open this address on your phone, then press Enter.",
		"Scan this code with the itsme app.",
		"Scan this code with the itsme app, then press Enter.",
		"Waiting for your phone ...",
		"(The code needs a terminal of 39 columns.)",
		"Scanned. Now approve the login in the itsme app."},
	{LANGUAGE_NL, "Open dit adres op uw telefoon.",
		"Open dit adres op uw telefoon en druk daarna op Enter.",
		"Scan deze code met de itsme-app.",
		"Scan deze code met de itsme-app en druk daarna op Enter.",
		"Wachten op uw telefoon ...",
		"(De code heeft een terminal van 39 kolommen nodig.)",
		"Gescand. Keur de aanmelding nu goed in de itsme-app."},
	{LANGUAGE_FR, "Ouvrez cette adresse sur votre téléphone.",
		"Ouvrez cette adresse sur votre téléphone, puis appuyez sur Entrée.",
		"Scannez ce code avec l'app itsme.",
		"Scannez ce code avec l'app itsme, puis appuyez sur Entrée.",
		"En attente de votre téléphone ...",
		"(Le code nécessite un terminal de 39 colonnes.)",
		"Code scanné. Approuvez maintenant la connexion dans l'app itsme."},
	{LANGUAGE_DE, "Öffnen Sie diese Adresse auf Ihrem Smartphone.",
		"Öffnen Sie diese Adresse auf Ihrem Smartphone und drücken Sie dann "
		"Enter.",
		"Scannen Sie diesen Code mit der itsme-App.",
		"Scannen Sie diesen Code mit der itsme-App und drücken Sie dann Enter.",
		"Warten auf Ihr Smartphone ...",
		"(Der Code braucht ein Terminal mit 39 Spalten.)",
		"Gescannt. Bestätigen Sie nun die Anmeldung in der itsme-App."},
};

/* Composes, and expects these pieces in this order and nothing after them. */
static void
expect_end(const struct screen *screen, const char *const pieces[], size_t count)
{
	AUTO_BUF struct buf out = BUF_INIT(SCREEN_MAX), end = BUF_INIT(SCREEN_MAX);
	size_t i;

	for (i = 0; i < count; i++)
		buf_addf(&end, "\n%s", pieces[i]);
	assert_int_equal(screen_compose(&out, screen, ADDRESS), ERR_OK);
	assert_true(out.len >= end.len);
	assert_string_equal(buf_str(&out) + out.len - end.len, buf_str(&end));
}

static void
test_compose_each_sentence_in_each_language(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(spoken) / sizeof(spoken[0]); i++) {
		struct screen screen = {.language = spoken[i].language};

		screen.style = WIRE_STYLE_TEXT;
		expect_end(&screen,
			(const char *[]){ADDRESS, spoken[i].scan, spoken[i].waiting}, 3);
		screen.style = WIRE_STYLE_PROMPT;
		expect_end(&screen, (const char *[]){ADDRESS, spoken[i].scan_enter}, 2);
		screen.columns = 38;
		expect_end(&screen,
			(const char *[]){
				spoken[i].too_narrow, ADDRESS, spoken[i].open_enter},
			3);
		screen.qr = CONFIG_QR_OFF;
		expect_end(&screen, (const char *[]){ADDRESS, spoken[i].open_enter}, 2);
		screen.style = WIRE_STYLE_TEXT;
		screen.qr = CONFIG_QR_AUTO;
		expect_end(&screen,
			(const char *[]){ADDRESS, spoken[i].open, spoken[i].waiting}, 3);
		assert_string_equal(
			screen_scanned(spoken[i].language), spoken[i].scanned);
	}
}

/* The channel cleans what it carries: a screen must come through unharmed. */
static void
test_compose_survives_cleaning(void **state)
{
	AUTO_BUF struct buf out = BUF_INIT(SCREEN_MAX);
	static char clean[SCREEN_MAX + 1];

	(void)state;
	assert_int_equal(compose(&out, WIRE_STYLE_PROMPT, CONFIG_QR_UTF8, 0, 0), ERR_OK);
	text_clean(clean, sizeof(clean), buf_str(&out), out.len);
	assert_string_equal(clean, buf_str(&out));
}

static void
test_compose_hostile_address_is_refused(void **state)
{
	static const char *const addresses[] = {
		"", "two\nlines", "\x1b[2J", "\xe2\x80\xaex", "\xff", "a\tb", "a\rb"};
	struct screen screen = {.style = WIRE_STYLE_PROMPT};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		AUTO_BUF struct buf out = BUF_INIT(SCREEN_MAX);

		if (screen_compose(&out, &screen, addresses[i]) != ERR_QR_PAYLOAD)
			fail_msg("case %zu", i);
		assert_int_equal(out.len, 0);
	}
}

/* The longest address, in the widest drawing, still fits one message of the channel. */
static void
test_compose_longest_fits_a_message(void **state)
{
	struct screen screen = {.style = WIRE_STYLE_PROMPT};
	char address[QR_PAYLOAD_MAX + 2] = "";
	int qr;

	(void)state;
	memset(address, 'u', QR_PAYLOAD_MAX);
	for (qr = CONFIG_QR_AUTO; qr <= CONFIG_QR_OFF; qr++) {
		AUTO_BUF struct buf out = BUF_INIT(SCREEN_MAX);

		screen.qr = (enum config_qr)qr;
		assert_int_equal(screen_compose(&out, &screen, address), ERR_OK);
		assert_true(count_lines(buf_str(&out)) > 2);
	}
	address[QR_PAYLOAD_MAX] = 'u';
	assert_int_equal(screen_compose(&(struct buf)BUF_INIT(1), &screen, address),
		ERR_QR_PAYLOAD);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compose_prompt_begins_and_ends_as_sshd_needs_it),
		cmocka_unit_test(test_compose_text_asks_for_no_key),
		cmocka_unit_test(test_compose_off_is_text_alone),
		cmocka_unit_test(test_compose_fits_the_terminal_table),
		cmocka_unit_test(test_compose_too_narrow_says_what_it_needs),
		cmocka_unit_test(test_compose_each_sentence_in_each_language),
		cmocka_unit_test(test_compose_survives_cleaning),
		cmocka_unit_test(test_compose_hostile_address_is_refused),
		cmocka_unit_test(test_compose_longest_fits_a_message),
	};

	return cmocka_run_group_tests_name("screen", tests, NULL, NULL);
}
