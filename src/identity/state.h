/*
 * What the machine remembers of an account between logins: one small file each below
 * STATE_DIR, which is gone with the next boot. A file is made of blocks of a fixed
 * size; each is written in one go and checked when it is read, so that a process that
 * is killed anywhere leaves the old block or the new one, and its locks are gone.
 *
 * Files are opened as root and used without privilege: a helper that went astray has
 * its own account's file and no other.
 */
#ifndef IDENTITY_STATE_H
#define IDENTITY_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

#define STATE_BLOCK 512 /* bytes of one block, its frame included */
#define STATE_DATA 416 /* of them the caller's */
#define STATE_USER_MAX 256 /* bytes of an account's name that are kept for listings */
#define STATE_TOKENS "tokens" /* name of the file of tokens that have counted */

/* Bytes that locks are taken on; no data need be there. */
enum state_lock {
	STATE_LOCK_PENDING = 1 << 20, /* held while a phone rings */
	STATE_LOCK_UPDATE, /* held from reading a block to writing it */
	STATE_LOCK_TURN = 1 << 30 /* and up: one byte a caller (turn.c) */
};

/*
 * Opens (makes) the account's file in `dir`. `dir` is made where it does not exist; it
 * must be the process's own, mode 0700, on a path that only root can change, and the
 * file an ordinary one with one name: ERR_STATE_UNSAFE with a diag otherwise. The
 * caller closes.
 */
enum err state_open(
	int *ret_fd, const char *dir, const char *user, struct diag *diag) MUST_USE;

/* The same, but makes no file: `*ret_fd` is -1 where there is none. */
enum err state_find(
	int *ret_fd, const char *dir, const char *user, struct diag *diag) MUST_USE;

/* The same for what is counted for all accounts together. */
enum err state_open_shared(int *ret_fd, const char *dir, struct diag *diag) MUST_USE;

/* The same for the tokens that have counted (identity/spent.h). */
enum err state_open_tokens(int *ret_fd, const char *dir, struct diag *diag) MUST_USE;

/*
 * Reads block `index` into `data`. One that was never written, is of an earlier boot or
 * is damaged reads as zeros; `ret_damaged` tells the last case apart.
 */
enum err state_read(
	int fd, unsigned index, void *data, size_t len, bool *ret_damaged) MUST_USE;

/* Writes block `index`; `len` is at most STATE_DATA. */
enum err state_write(int fd, unsigned index, const void *data, size_t len) MUST_USE;

/*
 * Takes a lock that ends with the descriptor at the latest. ERR_PENDING: another process
 * holds it (STATE_LOCK_UPDATE: has held it for a whole second). One STATE_LOCK_UPDATE at
 * a time; while it is held, no terminal stops the process.
 */
enum err state_lock(int fd, off_t lock) MUST_USE;
void state_unlock(int fd, off_t lock);

/* Whether somebody holds the lock now. */
bool state_is_locked(int fd, off_t lock);

/*
 * Calls `take` for the file of every account there is; it must not close `fd`. Stops at
 * the first error and returns it.
 */
enum err state_each(const char *dir, enum err (*take)(void *arg, int fd), void *arg,
	struct diag *diag) MUST_USE;

/*
 * Looks at `dir` and the files in it as a login would, and makes nothing. Besides its
 * errors, ERR_FILE_MISSING: the directory or one above it is not there yet.
 */
enum err state_examine(const char *dir, struct diag *diag) MUST_USE;

#endif
