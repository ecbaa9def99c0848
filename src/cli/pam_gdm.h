/*
 * The text of gdm-switchable-auth, the PAM service by which GDM (from GNOME 50 on) shows
 * what a module hands it, a code to scan among it. Distributions mostly have no file for
 * it: it is made of that of gdm-password, which goes on beside it.
 *
 * While the code is shown nothing else may ask in there: GDM aborts when a prompt comes
 * before the answer to the last one. So what may ask is left out, and nobody is asked for
 * a new password.
 */
#ifndef CLI_PAM_GDM_H
#define CLI_PAM_GDM_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

#define PAM_GDM_SERVICE "gdm-switchable-auth"
#define PAM_GDM_PASSWORD "gdm-password" /* the service that it is made of */

bool pam_gdm_is(const char *service);

/*
 * Appends the text: every line ours, and behind them `before` (what stands there now, ""
 * where there is no file) as comments. Of gdm-password's `text` stay the rules of auth
 * that ask nobody, those of account (pam_edit.h has what becomes of them) and of session.
 *
 * ERR_FILE_INVALID where that cannot be done; `diag` says why, and what to do.
 */
enum err pam_gdm_make(struct buf *out, const char *text, const char *before,
	struct diag *diag) MUST_USE;

/* Whether pam_gdm_make() made the text, whatever was changed in it since. */
bool pam_gdm_is_made(const char *text);

/*
 * Appends what stood there before, and nothing else that is in it: without our lines the
 * others could let anybody in. `*ret_changed`: somebody has written into it.
 */
enum err pam_gdm_unmake(struct buf *out, const char *text, bool *ret_changed) MUST_USE;

/* Whether it would be made otherwise now, by gdm-password's `text`. */
bool pam_gdm_is_stale(const char *made, const char *text);

#endif
