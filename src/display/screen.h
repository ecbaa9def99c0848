/*
 * What the person sees: the code, the address as text, and what to do.
 *
 * Where a code does not fit it is never drawn broken: the text says which size it needs,
 * and the address is enough to log in with.
 *
 * A prompt with a code has the address on a wish only: over ssh the text of an address
 * mostly helps to send somebody else's phone to it. An address that is short, or has a
 * code to be typed there, is itself the way in and always shown.
 */
#ifndef DISPLAY_SCREEN_H
#define DISPLAY_SCREEN_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "config/config.h"
#include "language/language.h"
#include "wire/wire.h"

#define SCREEN_GREETER_COLUMNS 36 /* slick-greeter cuts a line of more */
#define SCREEN_MAX 49152 /* bytes: what one message of the channel carries */

/*
 * What the person has asked for at a prompt; it holds for the rest of the login. How a
 * code is drawn is taken back by the same wish again; an address that was shown stays.
 */
enum screen_wish {
	SCREEN_WISH_ADDRESS = 1 << 0, /* the address as text, beside the code */
	SCREEN_WISH_ASCII = 1 << 1, /* the code in plain characters */
	SCREEN_WISH_INVERTED = 1 << 2 /* light and dark exchanged, as against `invert` */
};

/* What there is to say beside a code, for screens with less and less room. */
enum screen_notice {
	SCREEN_NOTICE_NONE,
	SCREEN_NOTICE_OTHER_REQUEST_BRIEF, /* in the place of what is always said */
	SCREEN_NOTICE_OTHER_REQUEST /* the phone shows a request that is not this login's
				     */
};

/* Where something is shown, and to whom. */
struct screen {
	enum wire_style style; /* WIRE_STYLE_PROMPT: Enter is asked for */
	enum wire_terminal terminal;
	enum config_qr qr;
	enum language language;
	unsigned columns, rows; /* of the terminal; 0: unknown */
	bool invert; /* the terminal is light */
	unsigned left; /* seconds until it is too late */
	unsigned number; /* that the phone has to show; 0: none */
	bool asks; /* a prompt: the number that the phone shows is to be typed */
	bool renewed; /* the code has taken the place of another */
	unsigned wishes; /* of enum screen_wish */
	enum screen_notice notice;
};

/* What is shown. Borrowed. */
struct screen_page {
	const char *address; /* what the code holds */
	const char *short_address; /* to be typed in its stead; NULL: there is none */
	const char *user_code; /* to be typed at the address; NULL: nothing is */
	bool app; /* it is itsme®'s app that asks, not just any browser */
};

struct screen_drawing {
	struct buf text; /* whoever makes it gives it SCREEN_MAX, and frees it */
	unsigned height; /* rows that it takes; 0: it must not be drawn in place */
	unsigned code_rows; /* of a code in its upper left corner that is best shown */
	unsigned code_columns; /* light on dark, on whatever terminal; 0: there is none */
};

/*
 * Composes `page`, whose texts must pass qr_image_payload_is_good() (else
 * ERR_QR_PAYLOAD). It ends without a newline; for a prompt it begins with one, because
 * sshd writes "(user@host) " in front of the first line. WIRE_STYLE_LIVE: its last line
 * is that of screen_status().
 *
 * The words stand below the code, or beside it where only that fits. The quiet zone is
 * two modules, or one where only that fits. A notice is made brief, and then left out,
 * where the code would not fit with it; so is the line that says what can be wished for,
 * but where the address has to be wished for. Unknown columns are 80. With unknown rows
 * it is made for 24 and drawn in any case, with a line that says how many a code of more
 * than these needs.
 */
enum err screen_compose(struct screen_drawing *ret, const struct screen *screen,
	const struct screen_page *page) MUST_USE;

/*
 * The words beside a code that somebody else draws, a line for each sentence, without
 * the address.
 */
enum err screen_words(struct buf *ret, const struct screen *screen,
	const struct screen_page *page) MUST_USE;

/*
 * That the phone was asked by itself; `app`: it is itsme®'s that asks. It ends and begins
 * as the screen for an address does.
 */
enum err screen_pushed(
	struct screen_drawing *ret, const struct screen *screen, bool app) MUST_USE;

/* The same, and a question for the number that the phone shows. */
enum err screen_question(
	struct screen_drawing *ret, const struct screen *screen, bool app) MUST_USE;

/* A prompt for the Enter that will have a phone rung. */
enum err screen_ready(struct buf *ret, const struct screen *screen) MUST_USE;

/*
 * The same at a login screen: a line that asks for the Enter, and behind it what is to be
 * done once it was pressed, in lines that its narrow window does not cut. `app`: as
 * above.
 */
enum err screen_greeting(struct buf *ret, const struct screen *screen, bool app) MUST_USE;

/* What is to be done once the phone has taken over, with the number to be compared. */
enum err screen_scanned(struct screen_drawing *ret, const struct screen *screen) MUST_USE;

/* That the machine still waits, with the time left: a line for a live screen. */
enum err screen_status(struct buf *ret, const struct screen *screen) MUST_USE;

/* The same as a sentence, for where each is a new line. */
enum err screen_reminder(struct buf *ret, const struct screen *screen) MUST_USE;

#endif
