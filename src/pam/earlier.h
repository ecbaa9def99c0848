/*
 * What a PAM handle has been answered before. Some hosts come back with the same question
 * by themselves: they get the same answer, without a second sentence or another helper.
 */
#ifndef PAM_EARLIER_H
#define PAM_EARLIER_H

#include <stdint.h>

#include <security/pam_modules.h>

#include "pam/caller.h"
#include "pam/login.h"

struct earlier {
	struct login_result result; /* no success */
	int64_t until; /* clock_ms; from then on it is asked anew */
	char user[257];
	char arguments[4097]; /* of the module's line */
};

/*
 * The last answer to that line of the stack about that user, whether it still stands or
 * not; NULL: there is none. Another line of this module has answers of its own.
 */
const struct earlier *earlier_find(const pam_handle_t *pamh, const struct caller *caller);

/*
 * Keeps an answer for `lasts` ms, in the place of the one before. What cannot be kept is
 * asked anew: no answer is worse for it.
 */
void earlier_keep(pam_handle_t *pamh, const struct caller *caller,
	const struct login_result *result, int64_t lasts);

#endif
