/*
 * From root to nobody in particular, for good, before the first byte of network.
 */
#ifndef BASE_PRIVILEGE_H
#define BASE_PRIVILEGE_H

#include <sys/types.h>

#include "base/err.h"

/* Whom root becomes. */
struct privilege_account {
	uid_t uid;
	gid_t gid;
};

/*
 * The helper's own account (HELPER_USER, else nobody); ERR_PRIVILEGE: there is none. For
 * anybody but root: they themselves. It may ask name services, and loads what does.
 */
enum err privilege_find(struct privilege_account *ret, struct diag *diag) MUST_USE;

/*
 * As root: become the account, which is not root's, with no supplementary group, and make
 * sure there is no way back. As anybody else: stay who we are. In both cases: no new
 * privileges through exec, no core dump, no ptrace by the account's other processes; the
 * bounding set is empty where root may empty it. The walls come next (base/wall.h).
 * ERR_PRIVILEGE with a diag; then the login must end. System calls alone.
 */
enum err privilege_become(
	const struct privilege_account *account, struct diag *diag) MUST_USE;

/* Finds the account and becomes it. */
enum err privilege_drop(struct diag *diag) MUST_USE;

#endif
