/*
 * Taking pam_itsme.so out of a PAM service's file that somebody else has written: the
 * result asks for the password, lets in nobody without one, and is as near to what was
 * there as that allows.
 */
#ifndef CLI_PAM_RETIRE_H
#define CLI_PAM_RETIRE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/* What was done to the text. */
struct pam_retired {
	unsigned itsme, denies, others; /* rules that became comments */
	char put_in[64]; /* the rule that asks for the password now, "" where none was
			  * needed
			  */
};

/* Whether a rule in the text itself calls the module, or is a broken one that names it.
 */
bool pam_retire_is_needed(const char *text);

/*
 * Appends `text` without those rules. Where nobody would come in by the password any
 * more, rules of pam_deny.so become comments too; where nothing asks for one, the
 * machine's shared part is put in their place; at last all other rules of auth go.
 *
 * ERR_FILE_INVALID where even that does not end well, and where a file that is included
 * calls the module; `diag` says what to do.
 */
enum err pam_retire(struct buf *out, const char *service, const char *text,
	struct pam_retired *ret, struct diag *diag) MUST_USE;

#endif
