/*
 * What the person sees: the code, the address as text, and what to do.
 */
#ifndef DISPLAY_SCREEN_H
#define DISPLAY_SCREEN_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "config/config.h"
#include "language/language.h"
#include "wire/wire.h"

#define SCREEN_MAX 49152 /* bytes: what one message of the channel carries */

struct screen {
	enum wire_style style; /* WIRE_STYLE_PROMPT: Enter is asked for */
	enum config_qr qr;
	enum language language;
	unsigned columns, rows; /* of the terminal; 0: unknown */
	unsigned number; /* that the phone has to show; 0: none */
	const char *user_code; /* to be typed at the address; NULL: nothing is */
};

/*
 * Composes the screen for `address`, which must pass qr_image_payload_is_good() (else
 * ERR_QR_PAYLOAD). It ends without a newline; for a prompt it begins with one, because
 * sshd writes "(user@host) " in front of the first line.
 *
 * The quiet zone is two modules, or one where only that lets everything fit the rows.
 * A code that does not fit the columns is left out with a word about it (auto), or is
 * ERR_QR_TOO_WIDE where a kind was asked for. Unknown columns fit everything; unknown
 * rows are taken for 24.
 */
enum err screen_compose(
	struct buf *ret, const struct screen *screen, const char *address) MUST_USE;

/*
 * That the phone was asked by itself, and for how many seconds it waits; `app`: it is
 * itsme®'s that asks. It ends and begins as the screen for an address does.
 */
enum err screen_pushed(struct buf *ret, const struct screen *screen, bool app,
	unsigned seconds) MUST_USE;

/* The same, and a question for the number that the phone shows. */
enum err screen_question(struct buf *ret, const struct screen *screen, bool app) MUST_USE;

/* What is to be done once the phone has taken over. Static storage. */
const char *screen_scanned(enum language language);

#endif
