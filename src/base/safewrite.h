/*
 * Writing files that must never be seen half done: whoever reads finds the old bytes or
 * the new ones, whatever happens in between (a full disk, a crash, kill -9).
 */
#ifndef BASE_SAFEWRITE_H
#define BASE_SAFEWRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/* What becomes of a file that is there already. */
enum safewrite_mode {
	SAFEWRITE_NEW, /* it stays: ERR_FILE_INVALID, "exists" */
	SAFEWRITE_REPLACE
};

/* Owner and permissions of the file that is written. */
struct safewrite_owner {
	uid_t uid;
	gid_t gid;
	mode_t mode;
};

/*
 * Writes `name` in `dir` (from safefile_directory()): to a file of another name first, to
 * disk, and then under its own name at once. One writer at a time (the caller holds a
 * lock); what a killed writer left is swept away by the next. ERR_SYSTEM or
 * ERR_FILE_INVALID with a line in `diag` that calls the file `path`; `name` is then as it
 * was (but for a disk that reports its failure only after the new file has taken the
 * place).
 */
enum err safewrite(int dir, const char *name, enum safewrite_mode mode,
	const struct safewrite_owner *owner, const void *data, size_t len,
	const char *path, struct diag *diag) MUST_USE;

#endif
