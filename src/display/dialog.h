/*
 * What GNOME's login screen shows of a code (GDM and gnome-shell from 50 on): the JSON of
 * its protocol "auth-mechanisms", version 1, with one mechanism of the role "eidp". The
 * screen draws the QR code itself.
 */
#ifndef DISPLAY_DIALOG_H
#define DISPLAY_DIALOG_H

#include "base/buf.h"
#include "base/err.h"
#include "display/screen.h"

/*
 * Composes it: what to do stands above the code, the address and a code to be typed below
 * it. The screen begins anew by itself after `screen->left` seconds and
 * DIALOG_TIMEOUT_MORE, if nobody does before. ERR_QR_PAYLOAD: the page holds what must
 * not be shown. Whoever makes `ret` gives it SCREEN_MAX, and frees it.
 */
enum err dialog_compose(struct buf *ret, const struct screen *screen,
	const struct screen_page *page) MUST_USE;

#define DIALOG_TIMEOUT_MORE 10 /* seconds: a net below the end of the login itself */

#endif
