/*
 * Temporary file, fsync, rename, fsync of the directory. There is no moment at which the
 * file that counts is not whole.
 */
#include "base/safewrite.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clean.h"

#define SUFFIX ".itsmectl-new"

/* Writes all of it to disk; false with errno set. */
static bool
write_whole(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t done = write(fd, data, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return false;
		data += done;
		len -= (size_t)done;
	}
	return fsync(fd) == 0;
}

/* The new bytes under the temporary name; false with errno set. */
static bool
write_temporary(int dir, const char *temporary, const struct safewrite_owner *owner,
	const void *data, size_t len)
{
	AUTO_FD int fd = -1;

	if (unlinkat(dir, temporary, 0) != 0 && errno != ENOENT)
		return false;
	fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		0600);
	return fd >= 0 && (geteuid() != 0 || fchown(fd, owner->uid, owner->gid) == 0) &&
	       fchmod(fd, owner->mode) == 0 && write_whole(fd, data, len);
}

/* By the call itself for a new one: musl has no renameat2(). */
static bool
rename_to(int dir, const char *temporary, const char *name, enum safewrite_mode mode)
{
	return (mode == SAFEWRITE_NEW ? syscall(SYS_renameat2, dir, temporary, dir, name,
						RENAME_NOREPLACE)
				      : renameat(dir, temporary, dir, name)) == 0;
}

enum err
safewrite(int dir, const char *name, enum safewrite_mode mode,
	const struct safewrite_owner *owner, const void *data, size_t len,
	const char *path, struct diag *diag)
{
	char temporary[NAME_MAX + 1];
	int saved;

	if ((size_t)snprintf(temporary, sizeof(temporary), ".%s" SUFFIX, name) >=
		sizeof(temporary))
		return diag_set(
			diag, ERR_FILE_INVALID, "%.200s: the name is too long", path);
	if (write_temporary(dir, temporary, owner, data, len) &&
		rename_to(dir, temporary, name, mode))
		return fsync(dir) == 0 ? ERR_OK
				       : diag_set(diag, ERR_SYSTEM, "%.200s: %s", path,
						 strerror(errno));
	saved = errno;
	unlinkat(dir, temporary, 0);
	if (saved == EEXIST)
		return diag_set(diag, ERR_FILE_INVALID,
			"%.200s: exists; move it away first", path);
	return diag_set(diag, ERR_SYSTEM, "%.200s: %s", path, strerror(saved));
}
