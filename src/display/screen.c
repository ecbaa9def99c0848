/*
 * Composing what the person sees. The address always stands there as text, or can be had
 * by a word: a code that a terminal mangles must not be the only way in.
 */
#include "display/screen.h"

#include <limits.h>
#include <string.h>

#include "display/qr_image.h"
#include "display/qr_text.h"
#include "display/wrap.h"
#include "language/catalogue.h"

#define USUAL_COLUMNS 80 /* what the text is reckoned with where nobody knows */
#define USUAL_ROWS 24
#define TIME_COLUMNS 6 /* " 10:00" */
#define GAP 2 /* columns between a code and the words beside it */
#define WORDS_LEAST 24 /* columns that words beside a code need to be read */
#define WORDS_MOST 60 /* and how many they are given */

/* How a code may be placed, the best first. */
struct place {
	unsigned quiet;
	bool beside; /* the words stand beside it, else below */
};
static const struct place places[] = {{2, false}, {1, false}, {2, true}, {1, true}};

/* A code on its way to the screen. */
struct code {
	struct qr_text_matrix matrix;
	enum qr_text_ink ink;
	struct place place;
	bool offers; /* the line that says what can be wished for stands there, too */
	unsigned
		needs; /* rows, to be said where nobody knows whether there are so many */
};

static void
code_free(struct code *code)
{
	qr_text_free(&code->matrix);
}
#define AUTO_CODE CLEANUP(code_free)

__attribute__((format_arg(2))) static const char *
say(const struct screen *s, const char *english)
{
	return catalogue_text(s->language, english);
}

static bool
is_prompt(const struct screen *s)
{
	return s->style == WIRE_STYLE_PROMPT;
}

static bool
has_wish(const struct screen *s, enum screen_wish wish)
{
	return (s->wishes & (unsigned)wish) != 0;
}

/* Whether the dark modules are the ink. */
static bool
is_inverted(const struct screen *s)
{
	return s->invert != has_wish(s, SCREEN_WISH_INVERTED);
}

static unsigned
screen_columns(const struct screen *s)
{
	return s->columns != 0 ? s->columns : USUAL_COLUMNS;
}

/* Rows that a drawing may take: where text ends in a newline, the cursor needs one. */
static unsigned
room(const struct screen *s)
{
	unsigned rows = s->rows != 0 ? s->rows : USUAL_ROWS;

	return is_prompt(s) ? rows : rows - 1;
}

/* Terminals that are known to lack a kind of character get the next simpler one. */
static enum qr_text_ink
choose_ink(const struct screen *s)
{
	if (s->qr == CONFIG_QR_ASCII || has_wish(s, SCREEN_WISH_ASCII))
		return QR_TEXT_ASCII;
	if (s->terminal == WIRE_TERMINAL_SERIAL && s->qr != CONFIG_QR_UTF8)
		return QR_TEXT_ASCII;
	if (s->qr == CONFIG_QR_SEXTANT && s->terminal != WIRE_TERMINAL_CONSOLE)
		return QR_TEXT_SEXTANT;
	return QR_TEXT_UTF8;
}

/* --- the words --------------------------------------------------------------------- */

static void
add_sentence(struct buf *out, const struct screen *s, const char *english, unsigned width)
{
	wrap_words(out, say(s, english), width);
}

/* Whose request it is that the phone shows already. */
static void
add_notice(struct buf *out, const struct screen *s, unsigned width)
{
	if (s->notice != SCREEN_NOTICE_OTHER_REQUEST)
		return;
	add_sentence(out, s,
		N_("A request for another login of this user is waiting on the phone."),
		width);
	add_sentence(out, s,
		N_("It is not this one: refuse it there unless you started it."), width);
}

/* The address that is for people. */
static const char *
shown_address(const struct screen_page *page)
{
	return page->short_address != NULL ? page->short_address : page->address;
}

static void
add_user_code(struct buf *out, const struct screen *s, const struct screen_page *page,
	unsigned width)
{
	AUTO_BUF struct buf text = BUF_INIT(SCREEN_MAX);

	if (page->user_code == NULL)
		return;
	buf_addf(&text, say(s, N_("Enter this code there: %s")), page->user_code);
	wrap_words(out, buf_str(&text), width);
}

/* What is done with a code and without one: by whether it is the app's, and by prompt. */
static const char *const scan[2][2] = {
	{N_("Scan this code with your phone."),
		N_("Scan this code with your phone, then press Enter.")},
	{N_("Scan this code with the itsme app."),
		N_("Scan this code with the itsme app, then press Enter.")},
};
static const char *const approve[2][2] = {
	{N_("Then approve the login there. Nothing has to be typed here."),
		N_("Then approve the login there, and press Enter here.")},
	{N_("Then approve the login in the itsme app. Nothing has to be typed here."),
		N_("Then approve the login in the itsme app, and press Enter here.")},
};

/* The same where the number is asked for: only the app shows one beside a code. */
static const char *const scan_and_type =
	N_("Scan this code with the itsme app, then type the "
	   "number that it shows:");
static const char *const approve_and_type =
	N_("Then approve the login in the itsme app, and "
	   "type the number that it shows:");

/* The same, with a notice in few words. */
static const char *const scan_notice[2] = {
	N_("Scan this code; refuse any other request on the phone."),
	N_("Scan this code; refuse any other request on the phone. Then press Enter."),
};

/* The same at a later prompt: another code can be shown there once Enter is pressed. */
static const char *const scan_renewed =
	N_("Scan this code, then press Enter; once it is spent, Enter brings a new one.");

static const char *
scan_sentence(const struct screen *s, const struct screen_page *page, bool enter)
{
	if (s->asks)
		return scan_and_type;
	if (s->notice == SCREEN_NOTICE_OTHER_REQUEST_BRIEF)
		return scan_notice[enter];
	return enter && s->renewed ? scan_renewed : scan[page->app][enter];
}

/* Whether the address is text on this screen, or has to be wished for. */
static bool
shows_address(const struct screen *s, const struct screen_page *page)
{
	return !is_prompt(s) || page->short_address != NULL || page->user_code != NULL ||
	       has_wish(s, SCREEN_WISH_ADDRESS);
}

/* What can be wished for, by whether plain characters and the address are of use. */
static const char *const offer[2][2] = {
	{N_("No code? Type i (inverted), then Enter."),
		N_("No code? Type i (inverted) or link (address), then Enter.")},
	{N_("No code? Type a (plain) or i (inverted), then Enter."),
		N_("No code? Type a (plain), i (inverted) or link (address), then "
		   "Enter.")},
};

/* Who has the address by a wish has read the line already. */
static void
add_offer(struct buf *out, const struct screen *s, const struct screen_page *page,
	const struct code *c)
{
	bool shown = shows_address(s, page);

	if (is_prompt(s) && c->offers && !has_wish(s, SCREEN_WISH_ADDRESS))
		add_sentence(out, s, offer[c->ink != QR_TEXT_ASCII][!shown],
			screen_columns(s));
}

static void
add_need(struct buf *out, const struct screen *s, const struct code *c)
{
	AUTO_BUF struct buf text = BUF_INIT(SCREEN_MAX);

	if (c->needs == 0)
		return;
	buf_addf(&text, say(s, N_("Make the window %u rows high to see the whole code.")),
		c->needs);
	wrap_words(out, buf_str(&text), screen_columns(s));
}

/* What has to be the same on the phone. */
static void
add_number(struct buf *out, const struct screen *s, unsigned width)
{
	AUTO_BUF struct buf text = BUF_INIT(SCREEN_MAX);

	if (s->number == 0)
		return;
	buf_addf(&text, say(s, N_("Check that your phone shows %u.")), s->number);
	wrap_words(out, buf_str(&text), width);
}

/* The address is one line, which the terminal breaks, so that it can be copied in one
   piece. */
static void
add_words_below(struct buf *out, const struct screen *s, const struct screen_page *page,
	const struct code *c)
{
	unsigned width = screen_columns(s);

	add_notice(out, s, width);
	add_need(out, s, c);
	add_offer(out, s, page, c);
	if (shows_address(s, page))
		buf_addf(out, "%s\n", shown_address(page));
	add_user_code(out, s, page, width);
	if (is_prompt(s)) /* which ends with what is to be done */
		add_number(out, s, width);
	add_sentence(out, s, scan_sentence(s, page, is_prompt(s)), width);
	if (!is_prompt(s))
		add_number(out, s, width);
}

/* Beside a code, in lines of `width`. */
static void
add_words_beside(struct buf *out, const struct screen *s, const struct screen_page *page,
	unsigned width)
{
	add_notice(out, s, width);
	buf_adds(out, "\n");
	add_sentence(out, s, scan_sentence(s, page, false), width);
	add_number(out, s, width);
	buf_adds(out, "\n");
	wrap_words(out, shown_address(page), width);
	add_user_code(out, s, page, width);
}

/* The way in without a code: whole sentences, in the order in which they are done. */
static void
add_directions(struct buf *out, const struct screen *s, const struct screen_page *page)
{
	unsigned width = screen_columns(s);

	add_notice(out, s, width);
	add_sentence(out, s, N_("To log in, open this address on your phone:"), width);
	buf_addf(out, "%s\n", shown_address(page));
	add_user_code(out, s, page, width);
	if (is_prompt(s))
		add_number(out, s, width);
	add_sentence(out, s,
		s->asks ? approve_and_type : approve[page->app][is_prompt(s)], width);
	if (!is_prompt(s))
		add_number(out, s, width);
}

/* Why there is no code. */
static void
add_excuse(struct buf *out, const struct screen *s, unsigned columns, unsigned rows)
{
	AUTO_BUF struct buf text = BUF_INIT(SCREEN_MAX);

	buf_addf(&text,
		say(s, N_("(The code needs a terminal of %u columns and %u rows.)")),
		columns, rows);
	wrap_words(out, buf_str(&text), screen_columns(s));
}

static void
cut_newline(struct buf *out)
{
	if (out->len > 0)
		buf_cut(out, out->len - 1);
}

/* One row on any terminal: it is replaced as such. */
static void
add_status(struct buf *out, const struct screen *s)
{
	const char *sentence = say(s, N_("Waiting for your phone ..."));

	if (wrap_columns(sentence) + TIME_COLUMNS <= screen_columns(s))
		buf_addf(out, "%s ", sentence);
	buf_addf(out, "%u:%02u", s->left / 60, s->left % 60);
}

static void
add_reminder(struct buf *out, const struct screen *s)
{
	AUTO_BUF struct buf text = BUF_INIT(SCREEN_MAX);

	buf_addf(&text, say(s, N_("Waiting for your phone; %u seconds are left.")),
		s->left);
	wrap_words(out, buf_str(&text), screen_columns(s));
	cut_newline(out);
}

/* The end of every screen: a prompt ends with its sentence, or where something is to be
   typed a blank behind it. */
static void
add_end(struct buf *out, const struct screen *s)
{
	if (is_prompt(s)) {
		cut_newline(out);
		if (s->asks)
			buf_adds(out, " ");
	} else if (s->style == WIRE_STYLE_LIVE)
		add_status(out, s);
	else
		add_reminder(out, s);
}

/* --- where things go ---------------------------------------------------------------- */

static unsigned
code_columns(const struct code *c)
{
	return qr_text_columns(&c->matrix, c->ink, c->place.quiet);
}

static unsigned
code_rows(const struct code *c)
{
	return qr_text_rows(&c->matrix, c->ink, c->place.quiet);
}

/* Columns that a terminal must have for this place. */
static unsigned
least_columns(const struct code *c)
{
	return code_columns(c) + (c->place.beside ? GAP + WORDS_LEAST : 0);
}

/* Columns of the words beside it, on a terminal that has the least. */
static unsigned
words_width(const struct screen *s, const struct code *c)
{
	unsigned width = screen_columns(s) - code_columns(c) - GAP;

	return width < WORDS_MOST ? width : WORDS_MOST;
}

/* Rows of the whole drawing, on a terminal that has the columns. */
static unsigned
total_rows(const struct screen *s, const struct screen_page *page, const struct code *c)
{
	AUTO_BUF struct buf words = BUF_INIT(SCREEN_MAX), end = BUF_INIT(SCREEN_MAX);
	unsigned rows = code_rows(c), beside;

	if (c->place.beside) {
		add_words_beside(&words, s, page, words_width(s, c));
		beside = wrap_rows(buf_str(&words), words_width(s, c));
		rows = rows > beside ? rows : beside;
	} else {
		add_words_below(&words, s, page, c);
		rows += wrap_rows(buf_str(&words), screen_columns(s));
	}
	if (is_prompt(s))
		return rows + 1; /* the newline that it begins with */
	add_end(&end, s);
	return rows + wrap_rows(buf_str(&end), screen_columns(s));
}

static bool
fits_columns(const struct screen *s, const struct code *c)
{
	if (c->place.beside && (s->columns == 0 || is_prompt(s)))
		return false; /* a prompt has to end with what is to be done */
	return least_columns(c) <= screen_columns(s);
}

static bool
choose_place_with_offer(struct code *c, const struct screen *s,
	const struct screen_page *page, bool offers)
{
	size_t i;

	c->offers = offers;
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		c->place = places[i];
		if (fits_columns(s, c) && total_rows(s, page, c) <= room(s))
			return true;
	}
	return false;
}

/* Finds the best place; false: there is none. */
static bool
choose_place(struct code *c, const struct screen *s, const struct screen_page *page)
{
	return choose_place_with_offer(c, s, page, true) ||
	       (shows_address(s, page) && choose_place_with_offer(c, s, page, false));
}

/* Finds one on a screen of unknown size, where it may scroll, for all we know. */
static bool
choose_place_unseen(struct code *c, const struct screen *s)
{
	size_t i;

	c->offers = true;
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		c->place = places[i];
		if (!c->place.beside && fits_columns(s, c))
			return true;
	}
	return false;
}

/* The size of a terminal on which it would fit: no wider than it has to be. */
static void
find_need(const struct screen *s, const struct screen_page *page, struct code *c,
	unsigned *ret_columns, unsigned *ret_rows)
{
	struct screen bigger = *s;
	size_t i;

	*ret_rows = UINT_MAX;
	c->offers = !shows_address(s, page);
	c->place = (struct place){1, false};
	if (screen_columns(s) < least_columns(c))
		bigger.columns = least_columns(c);
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		unsigned rows;

		c->place = places[i];
		if (!fits_columns(&bigger, c))
			continue;
		rows = total_rows(&bigger, page, c) +
		       (s->style != WIRE_STYLE_PROMPT); /* the cursor's */
		if (rows < *ret_rows)
			*ret_rows = rows;
	}
	*ret_columns = screen_columns(&bigger);
}

/* --- drawing ------------------------------------------------------------------------ */

/* Takes the next line of `*text`, without its newline; at the end empty ones. */
static size_t
next_line(const char **text, const char **ret_line)
{
	size_t len = strcspn(*text, "\n");

	*ret_line = *text;
	*text += len + ((*text)[len] == '\n');
	return len;
}

static void
add_blanks(struct buf *out, unsigned count)
{
	while (count-- > 0)
		buf_adds(out, " ");
}

/* Code and words side by side. */
static void
join(struct buf *out, const char *code, const char *words, unsigned columns)
{
	while (*code != '\0' || *words != '\0') {
		unsigned missing = *code != '\0' ? 0 : columns;
		const char *line;
		size_t len = next_line(&code, &line);

		buf_add(out, line, len);
		len = next_line(&words, &line);
		if (len > 0)
			add_blanks(out, missing + GAP);
		buf_add(out, line, len);
		buf_adds(out, "\n");
	}
}

static void
draw(struct buf *out, const struct screen *s, const struct screen_page *page,
	const struct code *c)
{
	AUTO_BUF struct buf code = BUF_INIT(SCREEN_MAX), words = BUF_INIT(SCREEN_MAX);

	qr_text_draw(&code, &c->matrix, c->ink, c->place.quiet, is_inverted(s));
	if (c->place.beside) {
		add_words_beside(&words, s, page, words_width(s, c));
		join(out, buf_str(&code), buf_str(&words), code_columns(c));
	} else {
		buf_adds(out, buf_str(&code));
		add_words_below(out, s, page, c);
	}
}

/* A code that scrolls on the usual terminal says what it needs, that line included. */
static void
find_rows_to_say(struct code *c, const struct screen *s, const struct screen_page *page)
{
	if (s->rows != 0 || code_rows(c) <= USUAL_ROWS)
		return;
	c->needs = USUAL_ROWS;
	c->needs = total_rows(s, page, c) + (is_prompt(s) ? 0 : 1); /* the cursor's */
}

/* The same with as much of the notice as goes with it: no code is lost by that, nor its
   first rows where a screen of unknown size would scroll. */
static bool
choose_notice(struct code *c, struct screen *s, const struct screen_page *page)
{
	enum screen_notice wanted = s->notice;

	for (;; s->notice--) {
		if (choose_place(c, s, page))
			return true;
		if (s->notice == SCREEN_NOTICE_NONE)
			break;
	}
	if (s->rows != 0)
		return false;
	if (wanted != SCREEN_NOTICE_NONE)
		s->notice = SCREEN_NOTICE_OTHER_REQUEST_BRIEF;
	return choose_place_unseen(c, s);
}

/* The code with its words, or the directions with the size that it would need. */
static enum err
add_page(struct screen_drawing *ret, const struct screen *s,
	const struct screen_page *page)
{
	AUTO_CODE struct code code = {.ink = choose_ink(s)};
	struct screen fitting = *s; /* in the end without a notice */
	unsigned columns, rows;
	enum err e = qr_text_encode(&code.matrix, page->address);

	if (e != ERR_OK)
		return e;
	if (choose_notice(&code, &fitting, page)) {
		find_rows_to_say(&code, &fitting, page);
		draw(&ret->text, &fitting, page, &code);
		if (!is_inverted(s)) {
			ret->code_rows = code_rows(&code);
			ret->code_columns = code_columns(&code);
		}
		return ERR_OK;
	}
	find_need(&fitting, page, &code, &columns, &rows);
	add_excuse(&ret->text, s, columns, rows);
	add_directions(&ret->text, s, page);
	return ERR_OK;
}

/* What may be drawn in place: all of it on the screen, the cursor below it. */
static enum err
finish(struct screen_drawing *ret, const struct screen *s)
{
	unsigned rows = wrap_rows(buf_str(&ret->text), screen_columns(s));

	ret->height = s->style == WIRE_STYLE_LIVE && rows <= room(s) ? rows : 0;
	return buf_err(&ret->text);
}

static bool
is_good(const char *text)
{
	return text == NULL || qr_image_payload_is_good(text, strlen(text));
}

static bool
is_shown_well(const struct screen_page *page)
{
	return is_good(page->address) && is_good(page->short_address) &&
	       is_good(page->user_code);
}

enum err
screen_compose(struct screen_drawing *ret, const struct screen *s,
	const struct screen_page *page)
{
	enum err e = ERR_OK;

	if (!is_shown_well(page))
		return ERR_QR_PAYLOAD;
	if (is_prompt(s))
		buf_adds(&ret->text, "\n");
	if (s->qr == CONFIG_QR_OFF || s->style == WIRE_STYLE_PLAIN)
		add_directions(&ret->text, s, page);
	else
		e = add_page(ret, s, page);
	if (e != ERR_OK)
		return e;
	add_end(&ret->text, s);
	return finish(ret, s);
}

enum err
screen_words(struct buf *ret, const struct screen *s, const struct screen_page *page)
{
	if (!is_shown_well(page))
		return ERR_QR_PAYLOAD;
	buf_addf(ret, "%s\n%s\n", say(s, scan_sentence(s, page, false)),
		say(s, N_("Then approve there; the session starts by itself.")));
	add_number(ret, s, UINT_MAX);
	cut_newline(ret);
	return buf_err(ret);
}

static void
add_sent(struct buf *out, const struct screen *s, bool app)
{
	if (is_prompt(s))
		buf_adds(out, "\n");
	add_sentence(out, s,
		app ? N_("We sent a request to your itsme app.")
		    : N_("We sent a request to your phone."),
		screen_columns(s));
}

enum err
screen_question(struct screen_drawing *ret, const struct screen *s, bool app)
{
	add_sent(&ret->text, s, app);
	buf_adds(&ret->text,
		say(s, N_("Approve it there. Which number does the phone show?")));
	buf_adds(&ret->text, " ");
	return finish(ret, s);
}

enum err
screen_ready(struct buf *ret, const struct screen *s)
{
	if (is_prompt(s))
		buf_adds(ret, "\n");
	buf_adds(ret, say(s, N_("Press Enter to send a request to your phone:")));
	buf_adds(ret, " ");
	return buf_err(ret);
}

/* How it is asked for, by whether the phone's app is itsme®'s: one line each. */
static const char *const greeting[2] = {
	N_("Press Enter to use your phone."),
	N_("Press Enter to log in with itsme."),
};

enum err
screen_greeting(struct buf *ret, const struct screen *s, bool app)
{
	AUTO_BUF struct buf time = BUF_INIT(SCREEN_MAX);

	buf_addf(ret, "%s\n", say(s, greeting[app]));
	add_number(ret, s, SCREEN_GREETER_COLUMNS);
	if (!s->asks) {
		buf_addf(&time, say(s, N_("Then approve within %u seconds.")), s->left);
		wrap_words(ret, buf_str(&time), SCREEN_GREETER_COLUMNS);
	}
	cut_newline(ret);
	return buf_err(ret);
}

enum err
screen_pushed(struct screen_drawing *ret, const struct screen *s, bool app)
{
	add_sent(&ret->text, s, app);
	add_number(&ret->text, s, screen_columns(s));
	if (s->style == WIRE_STYLE_LIVE)
		add_status(&ret->text, s);
	else
		buf_addf(&ret->text,
			say(s, is_prompt(s) ? N_("Approve it within %u seconds, then "
						 "press Enter.")
					    : N_("Approve it within %u seconds.")),
			s->left);
	return finish(ret, s);
}

enum err
screen_scanned(struct screen_drawing *ret, const struct screen *s)
{
	add_sentence(&ret->text, s,
		N_("Scanned. Now approve the login in the itsme app."),
		screen_columns(s));
	add_number(&ret->text, s, screen_columns(s));
	if (s->style == WIRE_STYLE_LIVE)
		add_status(&ret->text, s);
	else
		cut_newline(&ret->text);
	return finish(ret, s);
}

enum err
screen_status(struct buf *ret, const struct screen *s)
{
	add_status(ret, s);
	return buf_err(ret);
}

enum err
screen_reminder(struct buf *ret, const struct screen *s)
{
	add_reminder(ret, s);
	return buf_err(ret);
}
