/*
 * Opening files along a path that only root (or the process's own user) can change.
 * Every step is an openat() of one name with O_NOFOLLOW: what was looked at is what
 * is opened.
 */
#define _GNU_SOURCE /* O_PATH */
#include "base/safefile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Owner and mode of one step. `path` up to `len` is named in the diagnosis. */
static enum err
check_step(int fd, const char *path, int len, mode_t forbidden, struct diag *diag)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return diag_set(diag, ERR_SYSTEM, "%.*s: %m", len, path);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return diag_set(diag, ERR_FILE_UNSAFE,
			"%.*s: belongs to uid %u; type: chown root %.*s", len, path,
			(unsigned)st.st_uid, len, path);
	if ((st.st_mode & forbidden) != 0)
		return diag_set(diag, ERR_FILE_UNSAFE,
			"%.*s: mode is %04o; type: chmod %s %.*s", len, path,
			(unsigned)(st.st_mode & 07777),
			(forbidden & 044) != 0 ? "go=" : "go-w", len, path);
	return ERR_OK;
}

/* Opens the next part of the path below `dir`; names it in the diagnosis. */
static enum err
open_step(int *ret_fd, int dir, const char *name, int flags, const char *path, int len,
	struct diag *diag)
{
	int fd = openat(dir, name, flags | O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0) {
		*ret_fd = fd;
		return ERR_OK;
	}
	switch (errno) {
	case ENOENT:
		return diag_set(
			diag, ERR_FILE_MISSING, "%.*s: does not exist", len, path);
	case ELOOP:
		return diag_set(diag, ERR_FILE_UNSAFE,
			"%.*s: is a symbolic link; name the file itself", len, path);
	case ENOTDIR:
		return diag_set(diag, ERR_FILE_UNSAFE,
			"%.*s: is not a directory (or is a symbolic link)", len, path);
	case EACCES:
		return diag_set(
			diag, ERR_FILE_UNSAFE, "%.*s: may not be read", len, path);
	default:
		return diag_set(diag, ERR_SYSTEM, "%.*s: %m", len, path);
	}
}

/* safefile_directory(), with O_PATH in `flags` where nothing need be readable. */
static enum err
walk(int *ret_dir, const char **ret_name, const char *path, int flags, struct diag *diag)
{
	AUTO_FD int dir = -1;
	const char *name = path + 1, *slash;
	size_t whole = strlen(path);
	enum err e;

	if (path[0] != '/' || whole >= PATH_MAX || path[whole - 1] == '/')
		return diag_set(diag, ERR_FILE_INVALID,
			"%.200s: must be an absolute file name", path);
	flags |= O_DIRECTORY;
	e = open_step(&dir, AT_FDCWD, "/", flags, path, 1, diag);
	if (e == ERR_OK)
		e = check_step(dir, path, 1, 022, diag);
	while (e == ERR_OK && (slash = strchr(name, '/')) != NULL) {
		char part[NAME_MAX + 1];
		size_t len = (size_t)(slash - name);
		AUTO_FD int next = -1;

		if (len == 0 || len > NAME_MAX || strncmp(name, "..", len) == 0)
			return diag_set(diag, ERR_FILE_INVALID,
				"%s: the path must be written out, without . or ..",
				path);
		memcpy(part, name, len);
		part[len] = '\0';
		e = open_step(&next, dir, part, flags, path, (int)(slash - path), diag);
		if (e == ERR_OK)
			e = check_step(next, path, (int)(slash - path), 022, diag);
		if (e != ERR_OK)
			break;
		clean_fd(&dir);
		dir = move_fd(&next);
		name = slash + 1;
	}
	if (e != ERR_OK)
		return e;
	*ret_dir = move_fd(&dir);
	*ret_name = name;
	return ERR_OK;
}

enum err
safefile_directory(
	int *ret_dir, const char **ret_name, const char *path, struct diag *diag)
{
	return walk(ret_dir, ret_name, path, 0, diag);
}

enum err
safefile_open(int *ret_fd, const char *path, mode_t forbidden, struct diag *diag)
{
	AUTO_FD int dir = -1, fd = -1;
	size_t len = strlen(path);
	const char *name = NULL;
	struct stat st;
	enum err e;

	e = safefile_directory(&dir, &name, path, diag);
	if (e == ERR_OK) /* O_NONBLOCK: a FIFO must not hold a login */
		e = open_step(&fd, dir, name, O_NONBLOCK, path, (int)len, diag);
	if (e == ERR_OK)
		e = check_step(fd, path, (int)len, forbidden | 022, diag);
	if (e != ERR_OK)
		return e;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return diag_set(
			diag, ERR_FILE_INVALID, "%s: is not a regular file", path);
	*ret_fd = move_fd(&fd);
	return ERR_OK;
}

enum err
safefile_read(struct buf *buf, const char *path, mode_t forbidden, struct diag *diag)
{
	AUTO_FD int fd = -1;
	char chunk[4096];
	ssize_t got;
	enum err e;

	e = safefile_open(&fd, path, forbidden, diag);
	if (e != ERR_OK)
		return e;
	while ((got = read(fd, chunk, sizeof(chunk))) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			e = diag_set(diag, ERR_SYSTEM, "%s: %m", path);
			break;
		}
		buf_add(buf, chunk, (size_t)got);
	}
	explicit_bzero(chunk, sizeof(chunk));
	if (e == ERR_OK && buf_err(buf) == ERR_TOKEN_SIZE)
		return diag_set(diag, ERR_FILE_INVALID, "%s: is larger than %zu bytes",
			path, buf->max);
	return e != ERR_OK ? e : buf_err(buf);
}

/* What is wrong with a program, once its directories are in order. */
static enum err
check_program(const char *path, const struct stat *st, struct diag *diag)
{
	unsigned mode = (unsigned)(st->st_mode & 07777);

	if (S_ISLNK(st->st_mode))
		return diag_set(diag, ERR_FILE_UNSAFE, "%s: is a symbolic link", path);
	if (!S_ISREG(st->st_mode))
		return diag_set(
			diag, ERR_FILE_INVALID, "%s: is not a regular file", path);
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return diag_set(diag, ERR_FILE_UNSAFE,
			"%s: belongs to uid %u, who may have changed it", path,
			(unsigned)st->st_uid);
	/* with an access control list, the bits of the group are the most that it gives
	   anybody but owner and others: a list that lets somebody write shows in them */
	if ((mode & 022) != 0)
		return diag_set(diag, ERR_FILE_UNSAFE,
			"%s: mode is %04o, so others may have changed it; type: chmod "
			"go-w %s",
			path, mode, path);
	if ((mode & (S_ISUID | S_ISGID)) != 0)
		return diag_set(diag, ERR_FILE_UNSAFE,
			"%s: mode is %04o; type: chmod u-s,g-s %s", path, mode, path);
	return ERR_OK;
}

enum err
safefile_program(const char *path, struct diag *diag)
{
	AUTO_FD int dir = -1, fd = -1;
	const char *name = NULL;
	struct stat st;
	enum err e = walk(&dir, &name, path, O_PATH, diag);

	if (e == ERR_OK)
		e = open_step(&fd, dir, name, O_PATH, path, (int)strlen(path), diag);
	if (e != ERR_OK)
		return e;
	if (fstat(fd, &st) != 0)
		return diag_set(diag, ERR_SYSTEM, "%s: %m", path);
	return check_program(path, &st, diag);
}

const struct safefile_kind safefile_config = {
	ERR_CONFIG_MISSING, ERR_CONFIG_UNSAFE, ERR_CONFIG_INVALID};
const struct safefile_kind safefile_key = {
	ERR_KEY_MISSING, ERR_KEY_UNSAFE, ERR_KEY_INVALID};
const struct safefile_kind safefile_map = {
	ERR_MAP_MISSING, ERR_MAP_UNSAFE, ERR_MAP_INVALID};
const struct safefile_kind safefile_helper = {
	ERR_HELPER_MISSING, ERR_HELPER_UNSAFE, ERR_HELPER_UNSAFE};

enum err
safefile_fault(enum err e, const struct safefile_kind *kind)
{
	switch (e) {
	case ERR_FILE_MISSING:
		return kind->missing;
	case ERR_FILE_UNSAFE:
		return kind->unsafe;
	case ERR_FILE_INVALID:
		return kind->invalid;
	default:
		return e;
	}
}

/* safefile_private_directory(), which makes none unless it is told to. */
static enum err
open_private(int *ret_fd, const char *path, bool make, struct diag *diag)
{
	AUTO_FD int parent = -1, fd = -1;
	size_t len = strlen(path);
	const char *name = NULL;
	struct stat st;
	enum err e;

	if (path[0] != '/' || len >= PATH_MAX || path[len - 1] == '/')
		return diag_set(diag, ERR_FILE_INVALID,
			"%.200s: must be an absolute directory name", path);
	e = safefile_directory(&parent, &name, path, diag);
	if (e != ERR_OK)
		return e;
	if (make && mkdirat(parent, name, 0700) != 0 && errno != EEXIST)
		return diag_set(diag, ERR_SYSTEM, "%s: %m", path);
	e = open_step(&fd, parent, name, O_DIRECTORY, path, (int)len, diag);
	if (e != ERR_OK)
		return e;
	if (fstat(fd, &st) != 0 || st.st_uid != geteuid() || (st.st_mode & 077) != 0)
		return diag_set(diag, ERR_FILE_UNSAFE,
			"%s: belongs to uid %u with mode %04o; remove it", path,
			(unsigned)st.st_uid, (unsigned)(st.st_mode & 07777));
	*ret_fd = move_fd(&fd);
	return ERR_OK;
}

enum err
safefile_private_directory(int *ret_fd, const char *path, struct diag *diag)
{
	return open_private(ret_fd, path, true, diag);
}

enum err
safefile_find_private_directory(int *ret_fd, const char *path, struct diag *diag)
{
	return open_private(ret_fd, path, false, diag);
}

int
safefile_open_plain(const char *path)
{
	AUTO_FD int at = open(path, O_PATH | O_CLOEXEC);
	const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	char again[64];
	struct stat status;
	int file;

	if (at < 0 || fstat(at, &status) != 0 || !S_ISREG(status.st_mode))
		return -1;
	snprintf(again, sizeof(again), "/proc/self/fd/%d", at);
	file = open(again, flags);
	/* a chroot may have no /proc */
	return file < 0 && errno == ENOENT ? open(path, flags) : file;
}
