/*
 * Who is passed over, as if the module were not in the stack (PAM_IGNORE): never let in
 * by it. Decided before the identity map is asked, since those people need not be in it.
 *
 *   account                          skip_groups    only_groups      skip_from has
 *                                    has it         lacks it         the address
 *   unknown, or spelled otherwise    asked          asked            asked
 *   root, below minimum_uid          passed over    asked            passed over
 *   anybody else                     passed over    passed over      passed over
 *
 * "Asked" goes on to the identity map, which refuses strangers. What leaves people out
 * (only_groups) must not leave out root; what names them may.
 */
#ifndef IDENTITY_SKIP_H
#define IDENTITY_SKIP_H

#include "base/err.h"
#include "config/config.h"

/*
 * ERR_OK: the login goes on. ERR_SKIPPED_GROUP or ERR_SKIPPED_FROM by the table, with a
 * diag that says which rule. ERR_SYSTEM: the databases could not be asked.
 */
enum err skip_check(const struct config *cfg, const char *user, const char *rhost,
	struct diag *diag) MUST_USE;

#endif
