/* What the person sees: the code where it fits, the address always, and what to do. */
#include "unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/clean.h"
#include "base/text.h"
#include "display/qr_image.h"
#include "display/screen.h"
#include "display/wrap.h"
#include "wire/typed.h"

/* 100 bytes: 37 modules, so 39 or 41 columns and 20 or 21 rows. */
#define ADDRESS                                                     \
	"https://itsme.example/"                                    \
	"qr?session=6g2k9rgglem2dttw5d51ulkxpv24phwatiu6&t=0123456" \
	"789abcdefghijklmnopqr"

#define OFFER "No code? Type a (plain), i (inverted) or link (address), then Enter."

#define DRAWING                              \
	{                                    \
		.text = BUF_INIT(SCREEN_MAX) \
	}

static void
drawing_free(struct screen_drawing *drawing)
{
	buf_free(&drawing->text);
}
#define AUTO_DRAWING CLEANUP(drawing_free)

static const struct screen_page page = {.address = ADDRESS, .app = true};

static enum err
compose(struct screen_drawing *out, enum wire_style style, enum config_qr qr,
	unsigned columns, unsigned rows)
{
	struct screen screen = {
		.style = style, .qr = qr, .columns = columns, .rows = rows, .left = 100};

	return screen_compose(out, &screen, &page);
}

/* Whether a line holds a part of a code, and how wide that is. */
static unsigned
code_width(const char *line, size_t len)
{
	size_t i, end = 0;
	unsigned columns = 0, seen = 0;

	for (i = 0; i < len; i++) {
		seen += (line[i] & 0xc0) != 0x80; /* the first byte of a character */
		if (line[i] == '@' || strncmp(line + i, "\xe2\x96", 2) == 0 ||
			strncmp(line + i, "\xf0\x9f\xac", 3) == 0) {
			end = i;
			columns = seen;
		}
	}
	return end > 0 || (len > 0 && line[0] == '@') ? columns : 0;
}

struct measure {
	unsigned rows; /* of the whole, on a terminal of `columns` */
	unsigned columns; /* of its longest line, soft broken ones apart */
	unsigned code_rows, code_columns;
};

static struct measure
measure(const char *text, unsigned columns)
{
	struct measure m = {.rows = wrap_rows(text, columns)};

	while (*text != '\0') {
		size_t len = strcspn(text, "\n");
		unsigned code = code_width(text, len), used = wrap_columns(text);

		m.code_rows += code > 0;
		m.code_columns = code > m.code_columns ? code : m.code_columns;
		if (code > 0 && used > m.columns)
			m.columns = used;
		text += len + (text[len] == '\n');
	}
	return m;
}

/* Whether every character of `address` stands there in order, between other lines. */
static bool
has_address(const char *text, const char *address)
{
	const char *at = strstr(text, "https://");

	for (; at != NULL && *at != '\0' && *address != '\0'; at++) {
		if (*at == *address)
			address++;
		else if (*at ==
			 '\n') /* beside a code: on to the words of the next line */
			at += strspn(at, "\n ") - 1;
	}
	return *address == '\0';
}

static void
test_compose_prompt_begins_and_ends_as_sshd_needs_it(void **state)
{
	AUTO_DRAWING struct screen_drawing out = DRAWING;
	static const char end[] = "\n" OFFER "\n"
				  "Scan this code with the itsme app, then press Enter.";
	const char *text;

	(void)state;
	assert_int_equal(strlen(ADDRESS), 100);
	assert_int_equal(compose(&out, WIRE_STYLE_PROMPT, CONFIG_QR_AUTO, 0, 0), ERR_OK);
	text = buf_str(&out.text);
	assert_int_equal(strncmp(text, "\n█", 4), 0);
	assert_string_equal(text + strlen(text) - strlen(end), end);
	assert_null(strstr(text, "https://"));
	assert_int_equal(out.height, 0); /* nobody can replace it */
}

/* Who sees another code has pressed Enter for it, and is told that it goes on so. */
static void
test_compose_prompt_with_another_code_says_how_to_get_the_next(void **state)
{
	static const enum language languages[] = {
		LANGUAGE_NONE, LANGUAGE_NL, LANGUAGE_FR, LANGUAGE_DE};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(languages) / sizeof(languages[0]); i++) {
		AUTO_DRAWING struct screen_drawing first = DRAWING;
		AUTO_DRAWING struct screen_drawing next = DRAWING;
		struct screen screen = {
			.style = WIRE_STYLE_PROMPT, .language = languages[i]};

		assert_int_equal(screen_compose(&first, &screen, &page), ERR_OK);
		screen.renewed = true;
		assert_int_equal(screen_compose(&next, &screen, &page), ERR_OK);
		assert_string_not_equal(buf_str(&first.text), buf_str(&next.text));
		assert_int_equal(wrap_rows(buf_str(&first.text), 80),
			wrap_rows(buf_str(&next.text), 80));
		if (i == 0)
			assert_non_null(strstr(buf_str(&next.text),
				"\nScan this code, then press Enter; once it is spent, "
				"Enter brings a new one."));
	}
}

/* The address is for who asks for it, and is then text in one piece. */
static void
test_compose_prompt_has_the_address_on_a_wish(void **state)
{
	AUTO_DRAWING struct screen_drawing code = DRAWING, none = DRAWING;
	static const char end[] =
		"\n" ADDRESS "\nScan this code with the itsme app, then press Enter.";
	struct screen screen = {
		.style = WIRE_STYLE_PROMPT, .wishes = SCREEN_WISH_ADDRESS};
	const char *text;

	(void)state;
	assert_int_equal(screen_compose(&code, &screen, &page), ERR_OK);
	text = buf_str(&code.text);
	assert_int_equal(strncmp(text, "\n█", 4), 0);
	assert_string_equal(text + strlen(text) - strlen(end), end);
	/* at once where there is no code */
	screen = (struct screen){.style = WIRE_STYLE_PROMPT, .columns = 30, .rows = 60};
	assert_int_equal(screen_compose(&none, &screen, &page), ERR_OK);
	assert_non_null(strstr(buf_str(&none.text), "\n" ADDRESS "\n"));
	assert_null(strstr(buf_str(&none.text), "link"));
}

/* Plain characters, as wished; light and dark exchanged, as wished; and both. The line
   says no more than what is of use. */
static void
test_compose_as_wished(void **state)
{
	static const char end[] =
		"\nMake the window 43 rows high to see the whole code.\n"
		"No code? Type i (inverted) or link (address), then Enter.\n"
		"Scan this code with the itsme app, then press Enter.";
	AUTO_DRAWING struct screen_drawing ascii = DRAWING, both = DRAWING,
					   same = DRAWING;
	AUTO_DRAWING struct screen_drawing inverted = DRAWING, configured = DRAWING;
	struct screen screen = {.style = WIRE_STYLE_PROMPT, .wishes = SCREEN_WISH_ASCII};
	const char *text;

	(void)state;
	assert_int_equal(screen_compose(&ascii, &screen, &page), ERR_OK);
	text = buf_str(&ascii.text);
	assert_null(strstr(text, "\xe2"));
	assert_string_equal(text + strlen(text) - strlen(end), end);
	assert_int_equal(wrap_rows(text, 80), 43);
	screen.wishes |= SCREEN_WISH_INVERTED;
	assert_int_equal(screen_compose(&both, &screen, &page), ERR_OK);
	assert_int_equal(strncmp(buf_str(&both.text), "\n      ", 7), 0);
	/* the other way round where it was so before */
	screen.invert = true;
	assert_int_equal(screen_compose(&same, &screen, &page), ERR_OK);
	assert_string_equal(buf_str(&same.text), text);
	screen.wishes = SCREEN_WISH_INVERTED;
	screen.invert = false;
	assert_int_equal(screen_compose(&inverted, &screen, &page), ERR_OK);
	assert_non_null(strstr(buf_str(&inverted.text), "\n" OFFER "\n"));
	screen.invert = true;
	screen.wishes = 0;
	assert_int_equal(screen_compose(&configured, &screen, &page), ERR_OK);
	screen.invert = false;
	assert_string_equal(buf_str(&inverted.text), buf_str(&configured.text));
}

/* Whoever types a word in brackets, in whatever language, is understood as well. */
static void
test_offered_words_are_understood(void **state)
{
	static const enum typed wanted[] = {TYPED_ASCII, TYPED_INVERTED, TYPED_LINK};
	int l;

	(void)state;
	for (l = LANGUAGE_NONE; l < LANGUAGE_COUNT; l++) {
		AUTO_DRAWING struct screen_drawing out = DRAWING;
		struct screen screen = {
			.style = WIRE_STYLE_PROMPT, .language = (enum language)l};
		const char *at;
		size_t i;

		assert_int_equal(screen_compose(&out, &screen, &page), ERR_OK);
		at = buf_str(&out.text);
		for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
			char word[TYPED_SIZE] = "", read[TYPED_SIZE];

			at = strchr(at, '(');
			assert_non_null(at);
			assert_int_equal(sscanf(++at, "%32[^)]", word), 1);
			assert_int_equal(typed_read(read, word), wanted[i]);
		}
	}
}

/* What can be wished for where the address stands there anyway, and where it would cost
   the code. */
static void
test_compose_offer_where_the_address_is_short(void **state)
{
	static const char offer[] =
		"\nNo code? Type a (plain) or i (inverted), then Enter.\n";
	AUTO_DRAWING struct screen_drawing out = DRAWING, full = DRAWING, ascii = DRAWING;
	const struct screen_page device = {.address = ADDRESS,
		.short_address = "https://login.example/device",
		.user_code = "WDJB-MJHT"};
	struct screen screen = {.style = WIRE_STYLE_PROMPT, .columns = 80, .rows = 25};

	(void)state;
	assert_int_equal(screen_compose(&out, &screen, &device), ERR_OK);
	assert_non_null(strstr(buf_str(&out.text), offer));
	assert_int_equal(wrap_rows(buf_str(&out.text), 80), 25);
	screen.rows = 24;
	assert_int_equal(screen_compose(&full, &screen, &device), ERR_OK);
	assert_null(strstr(buf_str(&full.text), "No code?"));
	assert_int_equal(wrap_rows(buf_str(&full.text), 80), 24);
	screen.rows = 60;
	screen.qr = CONFIG_QR_ASCII;
	assert_int_equal(screen_compose(&ascii, &screen, &device), ERR_OK);
	assert_non_null(strstr(
		buf_str(&ascii.text), "\nNo code? Type i (inverted), then Enter.\n"));
}

/* What a prompt ends with where the number is typed into it. */
static void
test_compose_prompt_asks_for_the_number(void **state)
{
	AUTO_DRAWING struct screen_drawing code = DRAWING, off = DRAWING;
	static const char end[] =
		"\n" OFFER "\n"
		"Scan this code with the itsme app, then type the number that it shows: ";
	struct screen screen = {.style = WIRE_STYLE_PROMPT, .asks = true};
	const char *text;

	(void)state;
	assert_int_equal(screen_compose(&code, &screen, &page), ERR_OK);
	text = buf_str(&code.text);
	assert_string_equal(text + strlen(text) - strlen(end), end);
	screen.qr = CONFIG_QR_OFF;
	assert_int_equal(screen_compose(&off, &screen, &page), ERR_OK);
	assert_string_equal(buf_str(&off.text),
		"\nTo log in, open this address on your phone:\n" ADDRESS
		"\nThen approve the login in the itsme app, and type the number that it "
		"shows: ");
}

/* The number to compare stands with the words, wherever these stand, and stays there
   when the code was scanned: the phone shows it only then. */
static void
test_compose_shows_the_number(void **state)
{
	static const struct {
		enum wire_style style;
		enum config_qr qr;
		unsigned columns, rows;
		const char *end; /* of what stands there */
	} cases[] = {
		{WIRE_STYLE_TEXT, CONFIG_QR_AUTO, 0, 0,
			"\n" ADDRESS "\nScan this code with the itsme app.\n"
			"Check that your phone shows 81.\n"
			"Waiting for your phone; 100 seconds are left."},
		{WIRE_STYLE_LIVE, CONFIG_QR_AUTO, 90, 40,
			"\n" ADDRESS "\nScan this code with the itsme app.\n"
			"Check that your phone shows 81.\nWaiting for your phone ... "
			"1:40"},
		{WIRE_STYLE_PROMPT, CONFIG_QR_AUTO, 0, 0,
			"\n" OFFER "\n"
			"Check that your phone shows 81.\n"
			"Scan this code with the itsme app, then press Enter."},
		{WIRE_STYLE_PROMPT, CONFIG_QR_OFF, 0, 0,
			"\n" ADDRESS "\nCheck that your phone shows 81.\n"
			"Then approve the login in the itsme app, and press Enter here."},
		{WIRE_STYLE_TEXT, CONFIG_QR_OFF, 0, 0,
			"typed here.\nCheck that your phone shows 81.\n"
			"Waiting for your phone; 100 seconds are left."},
	};
	AUTO_DRAWING struct screen_drawing scanned = DRAWING, beside = DRAWING;
	struct screen screen = {.left = 100, .number = 81};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_DRAWING struct screen_drawing out = DRAWING;
		const char *text;

		screen.style = cases[i].style;
		screen.qr = cases[i].qr;
		screen.columns = cases[i].columns;
		screen.rows = cases[i].rows;
		assert_int_equal(screen_compose(&out, &screen, &page), ERR_OK);
		text = buf_str(&out.text);
		assert_string_equal(
			text + strlen(text) - strlen(cases[i].end), cases[i].end);
	}
	screen = (struct screen){.style = WIRE_STYLE_LIVE,
		.columns = 80,
		.rows = 24,
		.left = 100,
		.number = 81};
	assert_int_equal(screen_compose(&beside, &screen, &page), ERR_OK);
	assert_non_null(
		strstr(buf_str(&beside.text), "  Check that your phone shows 81.\n"));
	assert_true(beside.code_rows > 0);
	assert_int_equal(screen_scanned(&scanned, &screen), ERR_OK);
	assert_string_equal(buf_str(&scanned.text),
		"Scanned. Now approve the login in the itsme app.\n"
		"Check that your phone shows 81.\nWaiting for your phone ... 1:40");
	assert_int_equal(scanned.height, 3);
}

static void
test_compose_text_asks_for_no_key(void **state)
{
	AUTO_DRAWING struct screen_drawing out = DRAWING;
	static const char end[] = "\n" ADDRESS "\nScan this code with the itsme app.\n"
				  "Waiting for your phone; 100 seconds are left.";
	const char *text;

	(void)state;
	assert_int_equal(compose(&out, WIRE_STYLE_TEXT, CONFIG_QR_UTF8, 0, 0), ERR_OK);
	text = buf_str(&out.text);
	assert_int_equal(strncmp(text, "█", 3), 0);
	assert_string_equal(text + strlen(text) - strlen(end), end);
	assert_null(strstr(text, "Enter"));
	assert_int_equal(out.height, 0);
}

static void
test_compose_live_knows_its_height(void **state)
{
	AUTO_DRAWING struct screen_drawing out = DRAWING, small = DRAWING;
	static const char end[] = "\n" ADDRESS "\nScan this code with the itsme app.\n"
				  "Waiting for your phone ... 1:40";
	const char *text;

	(void)state;
	assert_int_equal(compose(&out, WIRE_STYLE_LIVE, CONFIG_QR_AUTO, 90, 40), ERR_OK);
	text = buf_str(&out.text);
	assert_string_equal(text + strlen(text) - strlen(end), end);
	assert_int_equal(out.height, 21 + 2 + 1 + 1); /* the address takes two */
	assert_int_equal(out.code_rows, 21);
	assert_int_equal(out.code_columns, 41);
	/* more than fits cannot be replaced: the first rows are out of reach */
	assert_int_equal(compose(&small, WIRE_STYLE_LIVE, CONFIG_QR_OFF, 20, 8), ERR_OK);
	assert_int_equal(small.height, 0);
}

/* Whole sentences in the order of what is done, for who cannot see a picture. */
static void
test_compose_off_is_text_alone(void **state)
{
	AUTO_DRAWING struct screen_drawing prompt = DRAWING, text = DRAWING;
	AUTO_DRAWING struct screen_drawing plain = DRAWING;

	(void)state;
	assert_int_equal(
		compose(&prompt, WIRE_STYLE_PROMPT, CONFIG_QR_OFF, 80, 24), ERR_OK);
	assert_string_equal(buf_str(&prompt.text),
		"\nTo log in, open this address on your phone:\n" ADDRESS
		"\nThen approve the login in the itsme app, and press Enter here.");
	/* a proportional font shows no code, whatever was asked for */
	assert_int_equal(
		compose(&plain, WIRE_STYLE_PLAIN, CONFIG_QR_UTF8, 80, 24), ERR_OK);
	assert_int_equal(compose(&text, WIRE_STYLE_TEXT, CONFIG_QR_OFF, 0, 0), ERR_OK);
	assert_string_equal(buf_str(&plain.text), buf_str(&text.text));
	assert_string_equal(buf_str(&text.text),
		"To log in, open this address on your phone:\n" ADDRESS
		"\nThen approve the login in the itsme app. Nothing has to be typed "
		"here.\nWaiting for your phone; 100 seconds are left.");
}

/* What is typed is short; the code holds the long address, which has it all. */
static void
test_compose_user_code_stands_by_the_short_address(void **state)
{
	static const struct screen_page device = {.address = ADDRESS,
		.short_address = "https://login.example/device",
		.user_code = "WDJB-MJHT"};
	struct screen screen = {.style = WIRE_STYLE_LIVE, .columns = 80, .left = 60};
	struct screen_page bad = device;
	unsigned rows;

	(void)state;
	for (rows = 10; rows <= 50; rows += 5) {
		AUTO_DRAWING struct screen_drawing out = DRAWING;

		screen.rows = rows;
		assert_int_equal(screen_compose(&out, &screen, &device), ERR_OK);
		assert_non_null(
			strstr(buf_str(&out.text), "Enter this code there: WDJB-MJHT\n"));
		assert_non_null(strstr(buf_str(&out.text), device.short_address));
		assert_null(strstr(buf_str(&out.text), "session="));
		assert_null(strstr(buf_str(&out.text), "itsme app"));
	}
	bad.user_code = "two\nlines";
	assert_int_equal(screen_compose(&(struct screen_drawing)DRAWING, &screen, &bad),
		ERR_QR_PAYLOAD);
	bad.user_code = device.user_code;
	bad.short_address = "\x1b[2J";
	assert_int_equal(screen_compose(&(struct screen_drawing)DRAWING, &screen, &bad),
		ERR_QR_PAYLOAD);
}

static void
test_pushed_by_style(void **state)
{
	static const struct {
		enum wire_style style;
		bool app;
		const char *expected;
	} cases[] = {
		{WIRE_STYLE_TEXT, true,
			"We sent a request to your itsme app.\n"
			"Approve it within 100 seconds."},
		{WIRE_STYLE_PLAIN, false,
			"We sent a request to your phone.\n"
			"Approve it within 100 seconds."},
		{WIRE_STYLE_PROMPT, true,
			"\nWe sent a request to your itsme app.\n"
			"Approve it within 100 seconds, then press Enter."},
		{WIRE_STYLE_LIVE, true,
			"We sent a request to your itsme app.\n"
			"Waiting for your phone ... 1:40"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_DRAWING struct screen_drawing out = DRAWING;
		struct screen screen = {
			.style = cases[i].style, .columns = 80, .rows = 24, .left = 100};

		assert_int_equal(screen_pushed(&out, &screen, cases[i].app), ERR_OK);
		assert_string_equal(buf_str(&out.text), cases[i].expected);
		assert_int_equal(out.height, cases[i].style == WIRE_STYLE_LIVE ? 2 : 0);
	}
}

/* What each size of terminal gets, spelled. 'b': the words below the code, 's': beside
   it; the number is the quiet zone; "-": no code. */
static const struct {
	unsigned columns, rows;
	const char *utf8[6], *sextant[6]; /* by version, 5 to 10 */
} layouts[] = {
	{20, 10, {"-", "-", "-", "-", "-", "-"}, {"-", "-", "-", "-", "-", "-"}},
	{40, 24, {"-", "-", "-", "-", "-", "-"}, {"b2", "b2", "b2", "-", "-", "-"}},
	{80, 24, {"s2", "s1", "-", "-", "-", "-"}, {"b2", "b2", "b2", "b2", "s2", "s2"}},
	{100, 50, {"b2", "b2", "b2", "b2", "b2", "b2"},
		{"b2", "b2", "b2", "b2", "b2", "b2"}},
	{200, 60, {"b2", "b2", "b2", "b2", "b2", "b2"},
		{"b2", "b2", "b2", "b2", "b2", "b2"}},
};
/* The longest payload of each version (level L). */
static const unsigned payload_length[6] = {106, 134, 154, 192, 230, 271};

static void
make_address(char *address, unsigned len)
{
	memset(address, 'u', len);
	memcpy(address, "https://", 8);
	address[len] = '\0';
}

/* How a drawing of version 5 + `v` is laid out, in the words of the table above. */
static const char *
read_layout(const struct measure *m, enum config_qr qr, unsigned v)
{
	static char text[3];
	unsigned across = qr == CONFIG_QR_SEXTANT ? 2 : 1;
	unsigned side = 37 + 4 * v, quiet;

	if (m->code_rows == 0)
		return "-";
	for (quiet = 1; quiet <= 2; quiet++)
		if (m->code_columns == (side + 2 * quiet + across - 1) / across)
			break;
	text[0] = m->columns > m->code_columns ? 's' : 'b';
	text[1] = (char)('0' + quiet);
	text[2] = '\0';
	return text;
}

static void
test_compose_layout_table(void **state)
{
	static const enum config_qr kinds[] = {CONFIG_QR_UTF8, CONFIG_QR_SEXTANT};
	char address[PICTURE_PAYLOAD_MAX + 1];
	size_t i, k;
	unsigned v;

	(void)state;
	for (i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++)
		for (k = 0; k < 2; k++)
			for (v = 0; v < 6; v++) {
				AUTO_DRAWING struct screen_drawing out = DRAWING;
				struct screen screen = {.style = WIRE_STYLE_LIVE,
					.qr = kinds[k],
					.columns = layouts[i].columns,
					.rows = layouts[i].rows};
				const char *expected = k == 0 ? layouts[i].utf8[v]
							      : layouts[i].sextant[v];
				struct measure m;

				make_address(address, payload_length[v]);
				assert_int_equal(screen_compose(&out, &screen,
							 &(struct screen_page){
								 .address = address}),
					ERR_OK);
				m = measure(buf_str(&out.text), layouts[i].columns);
				if (strcmp(read_layout(&m, kinds[k], v), expected) != 0)
					fail_msg("%ux%u, version %u, kind %zu: %s",
						layouts[i].columns, layouts[i].rows,
						v + 5, k, read_layout(&m, kinds[k], v));
			}
}

/* A code is either whole on the screen, or left out with a size on which it is whole. */
static void
check_fit(const struct screen *screen, const char *address)
{
	bool hides = screen->style == WIRE_STYLE_PROMPT && screen->wishes == 0;
	AUTO_DRAWING struct screen_drawing out = DRAWING, bigger = DRAWING;
	const struct screen_page what = {.address = address};
	struct screen enough = *screen;
	struct measure m;

	assert_int_equal(screen_compose(&out, screen, &what), ERR_OK);
	m = measure(buf_str(&out.text), screen->columns);
	assert_int_equal(
		has_address(buf_str(&out.text), address), m.code_rows == 0 || !hides);
	if (m.code_rows > 0) {
		assert_in_range(m.columns, 21, screen->columns);
		assert_in_range(
			m.rows, 1, screen->rows - (screen->style != WIRE_STYLE_PROMPT));
		assert_int_equal(
			out.height, screen->style == WIRE_STYLE_LIVE ? m.rows : 0);
		return;
	}
	if (sscanf(buf_str(&out.text) + (screen->style == WIRE_STYLE_PROMPT),
		    "(The code needs a terminal of %u columns and %u rows.)",
		    &enough.columns, &enough.rows) != 2)
		fail_msg("%ux%u: %s", screen->columns, screen->rows, buf_str(&out.text));
	assert_int_equal(screen_compose(&bigger, &enough, &what), ERR_OK);
	assert_true(measure(buf_str(&bigger.text), enough.columns).code_rows > 0);
	enough.rows--;
	buf_free(&bigger.text);
	bigger = (struct screen_drawing)DRAWING;
	assert_int_equal(screen_compose(&bigger, &enough, &what), ERR_OK);
	assert_int_equal(measure(buf_str(&bigger.text), enough.columns).code_rows, 0);
}

static void
test_compose_is_whole_or_says_what_it_needs(void **state)
{
	static const unsigned sizes[][2] = {{20, 1}, {20, 10}, {38, 50}, {40, 24},
		{39, 26}, {80, 10}, {80, 24}, {80, 25}, {100, 50}, {132, 24}, {200, 24},
		{200, 60}, {65535, 24}, {65535, 65535}};
	static const enum wire_style styles[] = {
		WIRE_STYLE_TEXT, WIRE_STYLE_LIVE, WIRE_STYLE_PROMPT};
	char address[PICTURE_PAYLOAD_MAX + 1];
	size_t i, k;
	unsigned v;
	int qr;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (k = 0; k < sizeof(styles) / sizeof(styles[0]); k++)
			for (v = 0; v < 6; v++)
				for (qr = CONFIG_QR_AUTO; qr < CONFIG_QR_OFF; qr++) {
					struct screen screen = {.style = styles[k],
						.qr = (enum config_qr)qr,
						.columns = sizes[i][0],
						.rows = sizes[i][1],
						.left = 100};

					make_address(address, payload_length[v]);
					check_fit(&screen, address);
					screen.wishes = SCREEN_WISH_ADDRESS;
					check_fit(&screen, address);
					screen.number = 81;
					check_fit(&screen, address);
					screen.asks = screen.style == WIRE_STYLE_PROMPT;
					screen.wishes = 0;
					check_fit(&screen, address);
				}
}

/* 2: the whole notice, 1: the brief one, 0: none. By one word of each: lines are broken.
 */
static int
notice_in(const char *text)
{
	if (strstr(text, "started") != NULL)
		return 2;
	return strstr(text, "refuse") != NULL;
}

/* What a notice costs: never the code, and no more of itself than it has to. */
static void
check_notice(const struct screen *screen, const char *address)
{
	AUTO_DRAWING struct screen_drawing with = DRAWING, without = DRAWING;
	const struct screen_page what = {.address = address};
	struct screen told = *screen;
	struct measure m, n;
	int notice;

	told.notice = SCREEN_NOTICE_OTHER_REQUEST;
	assert_int_equal(screen_compose(&with, &told, &what), ERR_OK);
	assert_int_equal(screen_compose(&without, screen, &what), ERR_OK);
	assert_int_equal(notice_in(buf_str(&without.text)), 0);
	notice = notice_in(buf_str(&with.text));
	m = measure(buf_str(&with.text), screen->columns);
	n = measure(buf_str(&without.text), screen->columns);
	assert_int_equal(m.code_rows > 0, n.code_rows > 0);
	if (n.code_rows == 0 || n.rows + 2 < screen->rows) {
		/* there is room; in a narrow place it may take more than two rows */
		if (screen->columns >= 80 && notice != 2)
			fail_msg("%ux%u: %s", screen->columns, screen->rows,
				buf_str(&with.text));
		return;
	}
	assert_in_range(m.rows, 1, screen->rows - (screen->style != WIRE_STYLE_PROMPT));
	if (screen->columns >= 80)
		assert_int_not_equal(notice, 0);
}

static void
test_compose_notice_loses_no_code(void **state)
{
	static const enum wire_style styles[] = {
		WIRE_STYLE_TEXT, WIRE_STYLE_LIVE, WIRE_STYLE_PROMPT};
	char address[PICTURE_PAYLOAD_MAX + 1];
	unsigned columns, rows, v;
	size_t k;

	(void)state;
	for (columns = 20; columns <= 140; columns += 20)
		for (rows = 5; rows <= 60; rows++)
			for (k = 0; k < sizeof(styles) / sizeof(styles[0]); k++)
				for (v = 0; v < 6; v++) {
					struct screen screen = {.style = styles[k],
						.columns = columns,
						.rows = rows,
						.left = 100};

					make_address(address, payload_length[v]);
					check_notice(&screen, address);
				}
}

/* Where nobody knows the size, no row of a code leaves the screen for it, and it is still
 * said. */
static void
test_compose_notice_on_unknown_size(void **state)
{
	AUTO_DRAWING struct screen_drawing out = DRAWING;
	char address[PICTURE_PAYLOAD_MAX + 1];
	struct screen screen = {.style = WIRE_STYLE_PROMPT,
		.number = 81,
		.notice = SCREEN_NOTICE_OTHER_REQUEST};
	struct measure m;

	(void)state;
	make_address(address, payload_length[0]);
	assert_int_equal(
		screen_compose(&out, &screen, &(struct screen_page){.address = address}),
		ERR_OK);
	m = measure(buf_str(&out.text), 80);
	assert_in_range(m.rows, 1, 24);
	assert_int_equal(notice_in(buf_str(&out.text)), 1);
}

/* The notice comes first, in whole sentences, in the person's language. */
static void
test_compose_notice_in_each_language(void **state)
{
	static const struct {
		enum language language;
		const char *text;
	} cases[] = {
		{LANGUAGE_NONE,
			"A request for another login of this user is waiting on the "
			"phone.\n"
			"It is not this one: refuse it there unless you started it.\n"},
		{LANGUAGE_NL,
			"Op de telefoon wacht een aanvraag voor een andere aanmelding "
			"als "
			"deze gebruiker.\n"
			"Het is niet deze: weiger ze daar, tenzij u ze zelf startte.\n"},
		{LANGUAGE_FR,
			"Le smartphone affiche la demande d'une autre connexion de cet "
			"utilisateur.\n"
			"Ce n'est pas celle-ci : refusez-la, sauf si vous l'avez "
			"lancée.\n"},
		{LANGUAGE_DE,
			"Auf dem Smartphone wartet die Anfrage einer anderen Anmeldung "
			"dieses Benutzers.\n"
			"Es ist nicht diese: Lehnen Sie sie dort ab, wenn sie nicht von "
			"Ihnen ist.\n"},
	};
	static const enum wire_style styles[] = {
		WIRE_STYLE_TEXT, WIRE_STYLE_LIVE, WIRE_STYLE_PROMPT, WIRE_STYLE_PLAIN};
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (k = 0; k < sizeof(styles) / sizeof(styles[0]); k++) {
			AUTO_DRAWING struct screen_drawing out = DRAWING;
			struct screen screen = {.style = styles[k],
				.language = cases[i].language,
				.columns = 80,
				.rows = 60,
				.notice = SCREEN_NOTICE_OTHER_REQUEST};

			assert_int_equal(screen_compose(&out, &screen, &page), ERR_OK);
			assert_non_null(strstr(buf_str(&out.text), cases[i].text));
		}
}

/*
 * At a login screen: the first line is a prompt as well, so it stands alone and ends in
 * nothing that belongs to one; slick-greeter cuts lines, and what holds once Enter was
 * pressed is broken into lines that it does not cut.
 */
static void
test_greeting_fits_a_login_screen_in_each_language(void **state)
{
	static const struct {
		enum language language;
		const char *itsme, *other;
	} cases[] = {
		{LANGUAGE_NONE,
			"Press Enter to log in with itsme.\n"
			"Check that your phone shows 47.\n"
			"Then approve within 600 seconds.",
			"Press Enter to use your phone.\n"},
		{LANGUAGE_NL,
			"Druk op Enter voor itsme.\n"
			"Controleer of uw telefoon 47 toont.\n"
			"Keur daarna goed binnen 600\nseconden.",
			"Druk op Enter voor uw telefoon.\n"},
		{LANGUAGE_FR,
			"Appuyez sur Entrée pour itsme.\n"
			"Vérifiez que votre téléphone affiche\n47.\n"
			"Approuvez ensuite sous 600 secondes.",
			"Entrée : confirmer par téléphone.\n"},
		{LANGUAGE_DE,
			"Enter drücken für itsme.\n"
			"Prüfen Sie, ob Ihr Smartphone 47\nzeigt.\n"
			"Bestätigen Sie dann innerhalb von\n600 Sekunden.",
			"Enter drücken für Ihr Smartphone.\n"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_BUF struct buf itsme = BUF_INIT(SCREEN_MAX);
		AUTO_BUF struct buf other = BUF_INIT(SCREEN_MAX);
		const struct screen screen = {.style = WIRE_STYLE_GREETER,
			.language = cases[i].language,
			.number = 47,
			.left = 600};

		assert_int_equal(screen_greeting(&itsme, &screen, true), ERR_OK);
		assert_string_equal(buf_str(&itsme), cases[i].itsme);
		assert_true(measure(buf_str(&itsme), 80).columns <= 36);
		assert_int_equal(screen_greeting(&other, &screen, false), ERR_OK);
		assert_ptr_equal(
			strstr(buf_str(&other), cases[i].other), buf_str(&other));
		assert_true(measure(buf_str(&other), 80).columns <= 36);
	}
}

/* A phone that shows no number has none to compare; one that is asked for comes later. */
static void
test_greeting_says_nothing_of_a_number_that_is_not_shown(void **state)
{
	AUTO_BUF struct buf none = BUF_INIT(SCREEN_MAX), asked = BUF_INIT(SCREEN_MAX);
	const struct screen no_number = {.style = WIRE_STYLE_GREETER, .left = 60};
	const struct screen asks = {
		.style = WIRE_STYLE_GREETER, .asks = true, .left = 60};

	(void)state;
	assert_int_equal(screen_greeting(&none, &no_number, true), ERR_OK);
	assert_string_equal(buf_str(&none), "Press Enter to log in with itsme.\n"
					    "Then approve within 60 seconds.");
	assert_int_equal(screen_greeting(&asked, &asks, true), ERR_OK);
	assert_string_equal(buf_str(&asked), "Press Enter to log in with itsme.");
}

/* Over ssh nobody knows the width: 80. What is wider would be broken, and is not drawn.
 */
static void
test_compose_unknown_width_is_80(void **state)
{
	static const unsigned widths[] = {77, 0};
	static const enum wire_style styles[] = {WIRE_STYLE_TEXT, WIRE_STYLE_PROMPT};
	char address[PICTURE_PAYLOAD_MAX + 1];
	size_t v, k;

	(void)state;
	for (v = 0; v < 2; v++)
		for (k = 0; k < 2; k++) {
			AUTO_DRAWING struct screen_drawing out = DRAWING;
			struct screen screen = {
				.style = styles[k], .qr = CONFIG_QR_ASCII};

			make_address(address, payload_length[v]);
			assert_int_equal(
				screen_compose(&out, &screen,
					&(struct screen_page){.address = address}),
				ERR_OK);
			assert_int_equal(
				measure(buf_str(&out.text), 80).columns, widths[v]);
			assert_int_equal(has_address(buf_str(&out.text), address),
				v == 1 || k == 0);
			assert_int_equal(
				strstr(buf_str(&out.text),
					"(The code needs a terminal of 85 columns") !=
					NULL,
				v == 1);
		}
}

/* Where nobody knows the size: everything is drawn, and made for 80 by 24. */
static void
test_compose_unknown_size_draws_in_any_case(void **state)
{
	char address[PICTURE_PAYLOAD_MAX + 1];
	unsigned v;

	(void)state;
	for (v = 0; v < 6; v++) {
		AUTO_DRAWING struct screen_drawing out = DRAWING;
		struct screen screen = {.style = WIRE_STYLE_PROMPT};
		struct measure m;

		make_address(address, payload_length[v]);
		assert_int_equal(screen_compose(&out, &screen,
					 &(struct screen_page){.address = address}),
			ERR_OK);
		m = measure(buf_str(&out.text), 80);
		assert_string_equal(read_layout(&m, CONFIG_QR_UTF8, v), "b2");
		assert_int_equal(m.rows <= 24, v == 0);
	}
}

/* What fits 24 rows with a border of two or one while the address stands there as text
   fits them as well with a number to compare, or to type, in every language. */
static void
test_compose_prompt_of_80_by_24(void **state)
{
	char address[PICTURE_PAYLOAD_MAX + 1];
	int l, asks;

	(void)state;
	make_address(address, payload_length[0]);
	for (l = LANGUAGE_NONE; l < LANGUAGE_COUNT; l++)
		for (asks = 0; asks < 2; asks++) {
			AUTO_DRAWING struct screen_drawing out = DRAWING;
			struct screen screen = {.style = WIRE_STYLE_PROMPT,
				.language = (enum language)l,
				.columns = 80,
				.rows = 24,
				.number = asks ? 0 : 81,
				.asks = asks != 0};
			struct measure m;

			assert_int_equal(screen_compose(&out, &screen,
						 &(struct screen_page){.address = address,
							 .app = true}),
				ERR_OK);
			m = measure(buf_str(&out.text), 80);
			assert_string_equal(
				read_layout(&m, CONFIG_QR_UTF8, 0), asks ? "b2" : "b1");
			assert_int_equal(m.rows, 24);
		}
}

/* What a terminal cannot draw is not asked of it. */
static void
test_compose_ink_by_terminal(void **state)
{
	static const struct {
		enum wire_terminal terminal;
		enum config_qr qr;
		const char *first; /* of the code */
	} cases[] = {
		{WIRE_TERMINAL_PTY, CONFIG_QR_AUTO, "█████"},
		{WIRE_TERMINAL_CONSOLE, CONFIG_QR_AUTO, "█████"},
		{WIRE_TERMINAL_SERIAL, CONFIG_QR_AUTO, "@@@@@"},
		{WIRE_TERMINAL_UNKNOWN, CONFIG_QR_AUTO, "█████"},
		{WIRE_TERMINAL_PTY, CONFIG_QR_SEXTANT, "█"},
		{WIRE_TERMINAL_CONSOLE, CONFIG_QR_SEXTANT, "█████"},
		{WIRE_TERMINAL_SERIAL, CONFIG_QR_SEXTANT, "@@@@@"},
		{WIRE_TERMINAL_SERIAL, CONFIG_QR_UTF8,
			"█████"}, /* somebody knows better */
		{WIRE_TERMINAL_CONSOLE, CONFIG_QR_ASCII, "@@@@@"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_DRAWING struct screen_drawing out = DRAWING;
		struct screen screen = {.terminal = cases[i].terminal, .qr = cases[i].qr};

		assert_int_equal(screen_compose(&out, &screen, &page), ERR_OK);
		if (strncmp(buf_str(&out.text), cases[i].first, strlen(cases[i].first)) !=
			0)
			fail_msg("case %zu", i);
		assert_int_equal(
			strstr(buf_str(&out.text), "\xf0\x9f\xac") != NULL, i == 4);
	}
}

/* For light terminals: the dark modules are the ink, and nothing asks for colours. */
static void
test_compose_inverted(void **state)
{
	AUTO_DRAWING struct screen_drawing out = DRAWING;
	struct screen screen = {
		.style = WIRE_STYLE_LIVE, .columns = 100, .rows = 50, .invert = true};

	(void)state;
	assert_int_equal(screen_compose(&out, &screen, &page), ERR_OK);
	assert_int_equal(strncmp(buf_str(&out.text), "     ", 5), 0);
	assert_int_equal(out.code_rows, 0);
	assert_true(out.height > 0);
}

/* Every sentence of a screen, by language. */
static const struct {
	enum language language;
	const char *open, *then, *then_enter, *scan, *scan_enter, *waiting, *left,
		*too_small, *scanned, *link, *number, *scan_type, *then_type;
} spoken[] = {
	{LANGUAGE_NONE, "To log in, open this address on your phone:",
		"Then approve the login in the itsme app. Nothing has to be typed here.",
		"Then approve the login in the itsme app, and press Enter here.",
		"Scan this code with the itsme app.",
		"Scan this code with the itsme app, then press Enter.",
		"Waiting for your phone ... 1:05",
		"Waiting for your phone; 65 seconds are left.",
		"(The code needs a terminal of 80 columns and 22 rows.)",
		"Scanned. Now approve the login in the itsme app.", OFFER,
		"Check that your phone shows 81.",
		"Scan this code with the itsme app, then type the number that it shows: ",
		"Then approve the login in the itsme app, and type the number that it "
		"shows: "},
	{LANGUAGE_NL, "Open dit adres op uw telefoon om u aan te melden:",
		"Keur daarna de aanmelding goed in de itsme-app. Hier hoeft u niets te "
		"typen.",
		"Keur daarna de aanmelding goed in de itsme-app en druk hier op Enter.",
		"Scan deze code met de itsme-app.",
		"Scan deze code met de itsme-app en druk daarna op Enter.",
		"Wachten op uw telefoon ... 1:05",
		"Wachten op uw telefoon; u hebt nog 65 seconden.",
		"(De code heeft een terminal van 80 kolommen en 22 rijen nodig.)",
		"Gescand. Keur de aanmelding nu goed in de itsme-app.",
		"Geen code? Typ a (eenvoudig), i (omgekeerd) of link (adres) en druk op "
		"Enter.",
		"Controleer of uw telefoon 81 toont.",
		"Scan deze code met de itsme-app en typ daarna het getal dat ze toont: ",
		"Keur daarna de aanmelding goed in de itsme-app en typ het getal dat ze "
		"toont: "},
	{LANGUAGE_FR, "Pour vous connecter, ouvrez cette adresse sur votre téléphone :",
		"Approuvez ensuite la connexion dans l'app itsme. Ne tapez rien ici.",
		"Approuvez ensuite la connexion dans l'app itsme, puis appuyez ici sur "
		"Entrée.",
		"Scannez ce code avec l'app itsme.",
		"Scannez ce code avec l'app itsme, puis appuyez sur Entrée.",
		"En attente de votre téléphone ... 1:05",
		"En attente de votre téléphone ; il reste 65 secondes.",
		"(Le code nécessite un terminal de 80 colonnes et 22 lignes.)",
		"Code scanné. Approuvez maintenant la connexion dans l'app itsme.",
		"Pas de code ? Tapez a (simple), i (inversé) ou link (adresse), puis "
		"Entrée.",
		"Vérifiez que votre téléphone affiche 81.",
		"Scannez ce code avec l'app itsme, puis tapez le nombre affiché par "
		"l'app : ",
		"Approuvez ensuite la connexion dans l'app itsme, puis tapez le nombre "
		"affiché : "},
	{LANGUAGE_DE, "Öffnen Sie zum Anmelden diese Adresse auf Ihrem Smartphone:",
		"Bestätigen Sie dann die Anmeldung in der itsme-App. Hier ist nichts zu "
		"tippen.",
		"Bestätigen Sie dann die Anmeldung in der itsme-App und drücken Sie hier "
		"Enter.",
		"Scannen Sie diesen Code mit der itsme-App.",
		"Scannen Sie diesen Code mit der itsme-App und drücken Sie dann Enter.",
		"Warten auf Ihr Smartphone ... 1:05",
		"Warten auf Ihr Smartphone; noch 65 Sekunden.",
		"(Der Code braucht ein Terminal mit 80 Spalten und 22 Zeilen.)",
		"Gescannt. Bestätigen Sie nun die Anmeldung in der itsme-App.",
		"Kein Code? a (einfach), i (invertiert) oder link (Adresse) tippen, dann "
		"Enter.",
		"Prüfen Sie, ob Ihr Smartphone 81 zeigt.",
		"Scannen Sie diesen Code mit der itsme-App und geben Sie deren Zahl "
		"ein: ",
		"Bestätigen Sie dann die Anmeldung in der itsme-App und tippen Sie deren "
		"Zahl: "},
};

/* Composes, and expects these pieces in this order and nothing after them. */
static void
expect_end(const struct screen *screen, const char *const pieces[], size_t count)
{
	AUTO_DRAWING struct screen_drawing out = DRAWING;
	AUTO_BUF struct buf end = BUF_INIT(SCREEN_MAX);
	size_t i;

	for (i = 0; i < count; i++)
		buf_addf(&end, "%s%s", i > 0 ? "\n" : "", pieces[i]);
	assert_int_equal(screen_compose(&out, screen, &page), ERR_OK);
	assert_true(out.text.len >= end.len);
	assert_string_equal(buf_str(&out.text) + out.text.len - end.len, buf_str(&end));
}

static void
test_compose_each_sentence_in_each_language(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(spoken) / sizeof(spoken[0]); i++) {
		AUTO_DRAWING struct screen_drawing scanned = DRAWING;
		struct screen screen = {.language = spoken[i].language, .left = 65};

		screen.style = WIRE_STYLE_TEXT;
		expect_end(&screen,
			(const char *[]){ADDRESS, spoken[i].scan, spoken[i].left}, 3);
		screen.style = WIRE_STYLE_LIVE;
		expect_end(&screen,
			(const char *[]){ADDRESS, spoken[i].scan, spoken[i].waiting}, 3);
		screen.style = WIRE_STYLE_PROMPT;
		screen.number = 81;
		expect_end(&screen,
			(const char *[]){
				spoken[i].link, spoken[i].number, spoken[i].scan_enter},
			3);
		screen.number = 0;
		expect_end(&screen,
			(const char *[]){spoken[i].link, spoken[i].scan_enter}, 2);
		screen.asks = true;
		expect_end(&screen, (const char *[]){spoken[i].link, spoken[i].scan_type},
			2);
		screen.qr = CONFIG_QR_OFF;
		expect_end(&screen,
			(const char *[]){spoken[i].open, ADDRESS, spoken[i].then_type},
			3);
		screen.asks = false;
		expect_end(&screen,
			(const char *[]){spoken[i].open, ADDRESS, spoken[i].then_enter},
			3);
		screen.style = WIRE_STYLE_TEXT;
		expect_end(&screen,
			(const char *[]){
				spoken[i].open, ADDRESS, spoken[i].then, spoken[i].left},
			4);
		screen.qr = CONFIG_QR_AUTO;
		screen.style = WIRE_STYLE_LIVE;
		screen.columns = 80;
		screen.rows = 5;
		{
			AUTO_DRAWING struct screen_drawing small = DRAWING;

			assert_int_equal(screen_compose(&small, &screen, &page), ERR_OK);
			assert_int_equal(
				strncmp(buf_str(&small.text), spoken[i].too_small,
					strlen(spoken[i].too_small)),
				0);
		}
		screen.style = WIRE_STYLE_TEXT;
		assert_int_equal(screen_scanned(&scanned, &screen), ERR_OK);
		assert_string_equal(buf_str(&scanned.text), spoken[i].scanned);
	}
}

/* The channel cleans what it carries: a screen must come through unharmed. */
static void
test_compose_survives_cleaning(void **state)
{
	static char clean[SCREEN_MAX + 1];
	int qr;

	(void)state;
	for (qr = CONFIG_QR_AUTO; qr <= CONFIG_QR_OFF; qr++) {
		AUTO_DRAWING struct screen_drawing out = DRAWING;

		assert_int_equal(
			compose(&out, WIRE_STYLE_PROMPT, (enum config_qr)qr, 0, 0),
			ERR_OK);
		text_clean(clean, sizeof(clean), buf_str(&out.text), out.text.len);
		assert_string_equal(clean, buf_str(&out.text));
	}
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
		AUTO_DRAWING struct screen_drawing out = DRAWING;

		if (screen_compose(&out, &screen,
			    &(struct screen_page){.address = addresses[i]}) !=
			ERR_QR_PAYLOAD)
			fail_msg("case %zu", i);
		assert_int_equal(out.text.len, 0);
	}
}

/* The longest address, in the widest drawing, still fits one message of the channel. */
static void
test_compose_longest_fits_a_message(void **state)
{
	static const unsigned sizes[][2] = {
		{0, 0}, {80, 24}, {65535, 65535}, {65535, 10}};
	char address[PICTURE_PAYLOAD_MAX + 2] = "";
	size_t i;
	int qr;

	(void)state;
	memset(address, 'u', PICTURE_PAYLOAD_MAX);
	for (qr = CONFIG_QR_AUTO; qr <= CONFIG_QR_OFF; qr++)
		for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			AUTO_DRAWING struct screen_drawing out = DRAWING;
			struct screen screen = {.style = WIRE_STYLE_LIVE,
				.qr = (enum config_qr)qr,
				.columns = sizes[i][0],
				.rows = sizes[i][1]};

			assert_int_equal(
				screen_compose(&out, &screen,
					&(struct screen_page){.address = address}),
				ERR_OK);
		}
	address[PICTURE_PAYLOAD_MAX] = 'u';
	assert_int_equal(screen_compose(&(struct screen_drawing)DRAWING,
				 &(struct screen){.style = WIRE_STYLE_TEXT},
				 &(struct screen_page){.address = address}),
		ERR_QR_PAYLOAD);
}

/* The line that is replaced each second must stay one line. */
static void
test_status_is_one_row(void **state)
{
	static const struct {
		unsigned columns;
		const char *expected;
	} cases[] = {{0, "Waiting for your phone ... 1:40"},
		{80, "Waiting for your phone ... 1:40"},
		{32, "Waiting for your phone ... 1:40"}, {31, "1:40"}, {20, "1:40"}};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_BUF struct buf out = BUF_INIT(SCREEN_MAX);
		struct screen screen = {.columns = cases[i].columns, .left = 100};

		assert_int_equal(screen_status(&out, &screen), ERR_OK);
		assert_string_equal(buf_str(&out), cases[i].expected);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compose_prompt_begins_and_ends_as_sshd_needs_it),
		cmocka_unit_test(
			test_compose_prompt_with_another_code_says_how_to_get_the_next),
		cmocka_unit_test(test_compose_prompt_has_the_address_on_a_wish),
		cmocka_unit_test(test_compose_as_wished),
		cmocka_unit_test(test_offered_words_are_understood),
		cmocka_unit_test(test_compose_offer_where_the_address_is_short),
		cmocka_unit_test(test_greeting_fits_a_login_screen_in_each_language),
		cmocka_unit_test(
			test_greeting_says_nothing_of_a_number_that_is_not_shown),
		cmocka_unit_test(test_compose_unknown_width_is_80),
		cmocka_unit_test(test_compose_prompt_asks_for_the_number),
		cmocka_unit_test(test_compose_shows_the_number),
		cmocka_unit_test(test_compose_prompt_of_80_by_24),
		cmocka_unit_test(test_compose_text_asks_for_no_key),
		cmocka_unit_test(test_compose_live_knows_its_height),
		cmocka_unit_test(test_compose_off_is_text_alone),
		cmocka_unit_test(test_compose_user_code_stands_by_the_short_address),
		cmocka_unit_test(test_pushed_by_style),
		cmocka_unit_test(test_compose_layout_table),
		cmocka_unit_test(test_compose_is_whole_or_says_what_it_needs),
		cmocka_unit_test(test_compose_notice_loses_no_code),
		cmocka_unit_test(test_compose_notice_on_unknown_size),
		cmocka_unit_test(test_compose_notice_in_each_language),
		cmocka_unit_test(test_compose_unknown_size_draws_in_any_case),
		cmocka_unit_test(test_compose_ink_by_terminal),
		cmocka_unit_test(test_compose_inverted),
		cmocka_unit_test(test_compose_each_sentence_in_each_language),
		cmocka_unit_test(test_compose_survives_cleaning),
		cmocka_unit_test(test_compose_hostile_address_is_refused),
		cmocka_unit_test(test_compose_longest_fits_a_message),
		cmocka_unit_test(test_status_is_one_row),
	};

	return cmocka_run_group_tests_name("screen", tests, NULL, NULL);
}
