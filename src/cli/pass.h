/* One-time passes, as several commands see them. */
#ifndef CLI_PASS_H
#define CLI_PASS_H

#include <stdbool.h>

#include "base/err.h"
#include "identity/pass.h"

/* Ends the account's pass and writes so into the system log; `*ret_was`: it was live. */
enum err pass_end(bool *ret_was, const char *user, struct diag *diag) MUST_USE;

/* Calls `take` with every live pass. */
enum err pass_each_live(void (*take)(void *arg, const struct pass *pass), void *arg,
	struct diag *diag) MUST_USE;

#define PASS_TIME_MAX 40

/* The local time at which it ends. */
void pass_until(char ret[PASS_TIME_MAX], const struct pass *pass);

#endif
