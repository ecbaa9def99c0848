/*
 * Changing the text of a PAM service's file so that it asks for itsme, and back. What was
 * added is marked line by line, so that it is found whatever else was changed meanwhile.
 */
#ifndef CLI_PAM_EDIT_H
#define CLI_PAM_EDIT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

#define PAM_EDIT_MARK "# itsmectl pam" /* at the end of each line that is ours */
#define PAM_EDIT_WAS "#itsmectl-pam# " /* before a line that ours stand for */

enum pam_way {
	PAM_WAY_SOLE, /* in place of what asks for the password */
	PAM_WAY_SECOND, /* after it */
	PAM_WAY_FALLBACK, /* before it; it counts while itsme cannot be reached */
	PAM_WAY_COUNT
};

/* The rules of PAM_WAY_SOLE, as lines of ours. */
void pam_edit_add_sole(struct buf *out);

/* PAM_WAY_COUNT where there is no such way. */
enum pam_way pam_way_of(const char *word);

/* The word for it, as `--as` takes it. */
const char *pam_way_name(enum pam_way way);

/*
 * Appends `text` to `out` with our lines where it includes what asks for the password
 * (Debian's `@include common-auth`; elsewhere `auth include` or `auth substack`, of
 * whatever file): other rules of auth stay, before and behind it, and count as before.
 * Where the password is not asked for, its age does not count: pam_unix.so's rules of
 * account get `no_pass_expiry`, those in an included file in place of the include.
 *
 * `vendor`: the text comes from PAM_STACK_VENDOR; the first line says so, and
 * pam_edit_is_copy() finds it.
 *
 * ERR_FILE_INVALID where that cannot be done; `diag` says why, and what to do.
 */
enum err pam_edit_enable(struct buf *out, const char *text, enum pam_way way, bool vendor,
	struct diag *diag) MUST_USE;

/* Appends `text` to `out` without our lines, as it was before. */
enum err pam_edit_disable(struct buf *out, const char *text) MUST_USE;

/* Whether our mark is in it. */
bool pam_edit_is_ours(const char *text);

/* Whether the line of that length, without its end, is ours. */
bool pam_edit_is_marked(const char *line, size_t len);

/* Whether the file was made by us, of one in PAM_STACK_VENDOR. */
bool pam_edit_is_copy(const char *text);

/*
 * Whether the rules of account that pam_edit_enable() put into `text` are others than it
 * would put there now: the shared file has changed. `ret_way` is how it was done.
 */
bool pam_edit_is_stale(const char *text, enum pam_way *ret_way);

#endif
