/*
 * One login: starts the helper, obeys its messages, reads its verdict, ends it.
 */
#ifndef PAM_LOGIN_H
#define PAM_LOGIN_H

#include <stdbool.h>

#include <security/pam_modules.h>

#include "base/err.h"
#include "base/verdict.h"
#include "pam/caller.h"
#include "pam/hold.h"

/* The most a login may take, whatever the helper thinks; a build for tests has less. */
#ifndef LOGIN_MAX_MS
#define LOGIN_MAX_MS 660000
#endif

/* How a login has ended. */
struct login_result {
	enum verdict verdict;
	enum cause cause; /* of the reason */
	char reason[65]; /* err_word() */
	char flow[33];
	char subject[33];
	char sentence[513]; /* for the person, clean; may be empty */
	bool by_service; /* the helper was the service's: the host is no root's */
	bool asked; /* the host was made to ask something, whoever answered */
};

/*
 * Runs a login for `caller` and fills in `ret`, whose verdict is AUTHENTICATED only if
 * the helper said so for this user and this nonce. Whatever happens, the helper and all
 * descriptors are gone on return. `hold` is paused while the host asks something.
 */
void login_run(struct login_result *ret, pam_handle_t *pamh, const struct caller *caller,
	const struct hold *hold);

/* A result that ends with `e`. */
void login_fail(struct login_result *ret, enum err e);

#endif
