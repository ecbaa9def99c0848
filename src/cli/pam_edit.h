/*
 * Changing the text of a PAM service's file so that it asks for itsme, and back. What was
 * added is marked line by line, so that it is found whatever else was changed meanwhile.
 */
#ifndef CLI_PAM_EDIT_H
#define CLI_PAM_EDIT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

enum pam_way {
	PAM_WAY_SOLE, /* in place of what asks for the password */
	PAM_WAY_SECOND, /* after it */
	PAM_WAY_FALLBACK, /* before it; it counts while itsme cannot be reached */
	PAM_WAY_COUNT
};

/* PAM_WAY_COUNT where there is no such way. */
enum pam_way pam_way_of(const char *word);

/*
 * Appends `text` to `out` with our lines where the shared auth part is included (Debian's
 * `@include common-auth`; elsewhere `auth include` or `auth substack`). ERR_FILE_INVALID
 * where that is not done exactly once, or our mark is there already; `diag` says so.
 */
enum err pam_edit_enable(
	struct buf *out, const char *text, enum pam_way way, struct diag *diag) MUST_USE;

/* Appends `text` to `out` without our lines, as it was before. */
enum err pam_edit_disable(struct buf *out, const char *text) MUST_USE;

/* Whether our mark is in it. */
bool pam_edit_is_ours(const char *text);

#endif
