/*
 * Files that decide who gets in: read only when nobody but their owner could have
 * written them.
 */
#ifndef BASE_SAFEFILE_H
#define BASE_SAFEFILE_H

#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Opens the directory that holds `path`, after looking at it and everything above it as
 * safefile_open() does; `*ret_name` is the rest of `path`, its last part. The caller
 * closes.
 */
enum err safefile_directory(int *ret_dir, const char **ret_name, const char *path,
	struct diag *diag) MUST_USE;

/*
 * Opens `path` (absolute) for reading after looking at every part of it: each directory
 * and the file itself belong to root or to the process's own effective user; no
 * directory and no file may be written by group or others; no symbolic link anywhere;
 * the file is regular and has none of the mode bits in `forbidden` (077: secret).
 *
 * ERR_FILE_MISSING, ERR_FILE_UNSAFE or ERR_FILE_INVALID (not absolute, not a regular
 * file), each with a line in `diag` that names the part at fault and what to type.
 * The descriptor is close-on-exec and the caller's to close.
 */
enum err safefile_open(
	int *ret_fd, const char *path, mode_t forbidden, struct diag *diag) MUST_USE;

/* The same, read whole into `buf`, whose limit is the most the file may hold. */
enum err safefile_read(
	struct buf *buf, const char *path, mode_t forbidden, struct diag *diag) MUST_USE;

/*
 * Whether the program `path` may be run by a process with rights: the path is looked at
 * as above, and the file as well, but nothing of it need be readable; it has no set-id
 * bit. ERR_FILE_MISSING, ERR_FILE_UNSAFE, ERR_FILE_INVALID with a line in `diag`; only
 * system calls that leave nothing behind.
 */
enum err safefile_program(const char *path, struct diag *diag) MUST_USE;

/*
 * What a file is for: the errors that its faults are called by. safefile_fault() turns
 * ERR_FILE_… into them, and leaves every other error as it is.
 */
struct safefile_kind {
	enum err missing, unsafe, invalid;
};
extern const struct safefile_kind safefile_config, safefile_key, safefile_map,
	safefile_helper;

enum err safefile_fault(enum err e, const struct safefile_kind *kind) MUST_USE;

/*
 * Opens the directory `path` and makes it (mode 0700) where it does not exist. It must
 * belong to the process's effective user and be closed to everybody else; its parents
 * as above. The descriptor is close-on-exec and the caller's to close.
 */
enum err safefile_private_directory(
	int *ret_fd, const char *path, struct diag *diag) MUST_USE;

/* The same, but makes none: ERR_FILE_MISSING. */
enum err safefile_find_private_directory(
	int *ret_fd, const char *path, struct diag *diag) MUST_USE;

/*
 * Opens for reading whatever file is at `path`, where anybody may have put it: links are
 * followed, but nothing that waits (a pipe), has no end (a device) or does something by
 * being opened is. The descriptor is close-on-exec and the caller's to close; -1: there
 * is no such file, or it may not be read.
 */
int safefile_open_plain(const char *path);

#endif
