/*
 * Tokens that have counted. Where the provider's keys are pinned, whoever carries our
 * requests to the provider may still give us a sound token of another login; each counts
 * once on this machine, for whichever account. What is kept is a digest, until no login
 * could take the token any more.
 *
 * One file (identity/state.h) of a fixed size. Nothing that still matters is ever pushed
 * out of it: where there is no room, the login is refused.
 */
#ifndef IDENTITY_SPENT_H
#define IDENTITY_SPENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "jose/digest.h"

#define SPENT_BLOCKS 2048 /* of ten tokens each; a digest has its place in one */

/* As root: opens (makes) the file in `dir`. Errors as of state_open(). The caller closes.
 */
enum err spent_open(int *ret_fd, const char *dir, struct diag *diag) MUST_USE;

/*
 * Takes a token for a login, and keeps it for `seconds` from `now` (clock_boot()). Of any
 * number of processes that take one token at once, one succeeds. `ret_taken` is true only
 * once it is kept.
 *
 * ERR_TOKEN_SPENT: it has counted before. ERR_TOKENS_FULL: there is no room to keep it.
 * ERR_SYSTEM: it could not be kept. In all three cases it must not count.
 */
enum err spent_take(bool *ret_taken, int fd, const uint8_t digest[DIGEST_SHA256_SIZE],
	unsigned seconds, int64_t now, struct diag *diag) MUST_USE;

#endif
