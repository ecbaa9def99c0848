/*
 * From root to nobody in particular, for good, before the first byte of network.
 */
#ifndef BASE_PRIVILEGE_H
#define BASE_PRIVILEGE_H

#include "base/err.h"

/*
 * As root: become the helper's own account (HELPER_USER, else nobody) with no
 * supplementary group, and make sure there is no way back. As anybody else: stay who
 * we are. In both cases: no new privileges through exec, no core dump, no ptrace by
 * the account's other processes. ERR_PRIVILEGE with a diag; then the login must end.
 */
enum err privilege_drop(struct diag *diag) MUST_USE;

#endif
