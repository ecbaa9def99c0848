/* Files below STATE_DIR. Names are digests: what somebody is called never is a path. */
#define _GNU_SOURCE /* F_OFD_SETLK */
#include "identity/state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/safefile.h"
#include "jose/digest.h"

#define BOOT_ID "/proc/sys/kernel/random/boot_id"
#define NAME_DIGITS 32
#define ACCOUNT_PREFIX "account-"
#define SHARED_NAME "shared"
#define LOCK_TRIES 500 /* times 2 ms */

/* A block as it lies in the file; `sum` covers what stands before it. */
struct block {
	char magic[8];
	char boot[40];
	uint32_t index;
	uint32_t len;
	unsigned char data[STATE_DATA];
	unsigned char sum[DIGEST_SHA256_SIZE];
	unsigned char unused[STATE_BLOCK - 8 - 40 - 8 - STATE_DATA - DIGEST_SHA256_SIZE];
};
_Static_assert(sizeof(struct block) == STATE_BLOCK, "no padding");

static const char magic[8] = "itsme-1";

static enum err
read_boot_id(char ret[40])
{
	AUTO_FD int fd = open(BOOT_ID, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd >= 0 ? read(fd, ret, 39) : -1;

	if (got < 32)
		return ERR_SYSTEM;
	memset(ret + got, 0, (size_t)(40 - got));
	return ERR_OK;
}

/* An ordinary file of ours with this one name; ERR_FILE_MISSING where there is none. */
static enum err
open_file(int *ret_fd, int dir, const char *name, int flags, struct diag *diag)
{
	AUTO_FD int fd = openat(
		dir, name, flags | O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return ERR_FILE_MISSING;
	if (fd < 0 && (errno == ELOOP || errno == EISDIR || errno == ENXIO))
		return diag_set(
			diag, ERR_STATE_UNSAFE, "%s: is not an ordinary file", name);
	if (fd < 0 || fstat(fd, &st) != 0)
		return diag_set(diag, ERR_SYSTEM, "%s: %s", name, strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_nlink != 1 ||
		(st.st_mode & 077) != 0)
		return diag_set(
			diag, ERR_STATE_UNSAFE, "%s: is not a private file", name);
	*ret_fd = move_fd(&fd);
	return ERR_OK;
}

/* Whatever is wrong with a path is called the same. */
static enum err
call_unsafe(enum err e)
{
	return e == ERR_FILE_UNSAFE || e == ERR_FILE_INVALID || e == ERR_FILE_MISSING
		       ? ERR_STATE_UNSAFE
		       : e;
}

/*
 * Where it does not exist: /run is empty after a boot. Persons look for the service's
 * socket in there, and the umask of our programs keeps everybody out.
 */
static enum err
make_parent(const char *path, struct diag *diag)
{
	AUTO_FD int fd = -1;

	if (mkdir(path, 0755) != 0)
		return errno == EEXIST ? ERR_OK
				       : diag_set(diag, ERR_SYSTEM, "%s: %m", path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd >= 0 && fchmod(fd, 0755) == 0
		       ? ERR_OK
		       : diag_set(diag, ERR_SYSTEM, "%s: %m", path);
}

/* The directory, and the one that it is in. */
static enum err
open_directory(int *ret_fd, const char *dir, struct diag *diag)
{
	const char *end = strrchr(dir, '/');
	AUTO_FREE char *parent = end != NULL ? strndup(dir, (size_t)(end - dir)) : NULL;
	enum err e = parent != NULL ? make_parent(parent, diag) : ERR_NOMEM;

	if (e != ERR_OK)
		return e;
	return safefile_private_directory(ret_fd, dir, diag);
}

static enum err
open_in(int *ret_fd, const char *dir, const char *name, int flags, struct diag *diag)
{
	AUTO_FD int dir_fd = -1;
	enum err e = open_directory(&dir_fd, dir, diag);

	return e != ERR_OK ? call_unsafe(e)
			   : open_file(ret_fd, dir_fd, name, flags, diag);
}

static enum err
open_account(int *ret_fd, const char *dir, const char *user, int flags, struct diag *diag)
{
	char name[sizeof(ACCOUNT_PREFIX) + NAME_DIGITS] = ACCOUNT_PREFIX;
	enum err e = digest_sha256_hex_prefix(
		name + strlen(ACCOUNT_PREFIX), NAME_DIGITS, user, strlen(user));

	return e != ERR_OK ? e : open_in(ret_fd, dir, name, flags, diag);
}

enum err
state_open(int *ret_fd, const char *dir, const char *user, struct diag *diag)
{
	return open_account(ret_fd, dir, user, O_CREAT, diag);
}

enum err
state_find(int *ret_fd, const char *dir, const char *user, struct diag *diag)
{
	enum err e;

	*ret_fd = -1;
	e = open_account(ret_fd, dir, user, 0, diag);
	return e == ERR_FILE_MISSING ? ERR_OK : e;
}

enum err
state_open_shared(int *ret_fd, const char *dir, struct diag *diag)
{
	return open_in(ret_fd, dir, SHARED_NAME, O_CREAT, diag);
}

enum err
state_open_tokens(int *ret_fd, const char *dir, struct diag *diag)
{
	return open_in(ret_fd, dir, STATE_TOKENS, O_CREAT, diag);
}

static enum err
sum_block(unsigned char ret[DIGEST_SHA256_SIZE], const struct block *block)
{
	return digest_sha256(ret, block, offsetof(struct block, sum));
}

enum err
state_read(int fd, unsigned index, void *data, size_t len, bool *ret_damaged)
{
	unsigned char sum[DIGEST_SHA256_SIZE];
	struct block block;
	char boot[40];
	ssize_t got = pread(fd, &block, sizeof(block), (off_t)index * STATE_BLOCK);
	enum err e = got < 0 ? ERR_SYSTEM : read_boot_id(boot);
	bool empty;

	memset(data, 0, len);
	*ret_damaged = false;
	if (e == ERR_OK && got == (ssize_t)sizeof(block))
		e = sum_block(sum, &block);
	if (e != ERR_OK)
		return e;
	empty = got == 0 || (got == (ssize_t)sizeof(block) && block.magic[0] == '\0');
	if (empty)
		return ERR_OK;
	if (got != (ssize_t)sizeof(block) || memcmp(block.sum, sum, sizeof(sum)) != 0 ||
		memcmp(block.magic, magic, sizeof(magic)) != 0 || block.index != index ||
		block.len != len)
		*ret_damaged = true;
	else if (memcmp(block.boot, boot, sizeof(boot)) == 0)
		memcpy(data, block.data, len);
	return ERR_OK;
}

enum err
state_write(int fd, unsigned index, const void *data, size_t len)
{
	struct block block = {.index = index, .len = (uint32_t)len};
	enum err e = len <= STATE_DATA ? read_boot_id(block.boot) : ERR_INTERNAL;

	if (e != ERR_OK)
		return e;
	memcpy(block.magic, magic, sizeof(magic));
	memcpy(block.data, data, len);
	e = sum_block(block.sum, &block);
	if (e != ERR_OK)
		return e;
	return pwrite(fd, &block, sizeof(block), (off_t)index * STATE_BLOCK) ==
			       (ssize_t)sizeof(block)
		       ? ERR_OK
		       : ERR_SYSTEM;
}

static int
set_lock(int fd, int command, short type, off_t lock, short *ret_type)
{
	struct flock region = {
		.l_type = type, .l_whence = SEEK_SET, .l_start = lock, .l_len = 1};
	int rc = fcntl(fd, command, &region);

	if (ret_type != NULL)
		*ret_type = region.l_type;
	return rc;
}

/*
 * Whoever sits at a terminal can stop what runs there at any moment; not while everybody
 * else would have to wait for it.
 */
static sigset_t unheld; /* the mask before the lock, of which one is held at a time */

static void
hold_stops(void)
{
	sigset_t stops;

	sigemptyset(&stops);
	sigaddset(&stops, SIGTSTP);
	sigaddset(&stops, SIGTTIN);
	sigaddset(&stops, SIGTTOU);
	sigprocmask(SIG_BLOCK, &stops, &unheld);
}

static enum err
take_lock(int fd, off_t lock)
{
	const struct timespec pause = {.tv_nsec = 2000000};
	int tries = lock == STATE_LOCK_UPDATE ? LOCK_TRIES : 1;

	while (set_lock(fd, F_OFD_SETLK, F_WRLCK, lock, NULL) != 0) {
		if (errno != EAGAIN && errno != EACCES)
			return ERR_SYSTEM;
		if (--tries == 0)
			return ERR_PENDING;
		nanosleep(&pause, NULL);
	}
	return ERR_OK;
}

enum err
state_lock(int fd, off_t lock)
{
	enum err e;

	if (lock != STATE_LOCK_UPDATE)
		return take_lock(fd, lock);
	hold_stops();
	e = take_lock(fd, lock);
	if (e != ERR_OK)
		sigprocmask(SIG_SETMASK, &unheld, NULL);
	return e;
}

void
state_unlock(int fd, off_t lock)
{
	/* one that fails to be released ends with the descriptor */
	set_lock(fd, F_OFD_SETLK, F_UNLCK, lock, NULL);
	if (lock == STATE_LOCK_UPDATE)
		sigprocmask(SIG_SETMASK, &unheld, NULL);
}

bool
state_is_locked(int fd, off_t lock)
{
	short type = F_UNLCK;

	return set_lock(fd, F_OFD_GETLK, F_WRLCK, lock, &type) == 0 && type != F_UNLCK;
}

/* What is done with each file of a directory, once it was opened as one of ours. */
struct visit {
	enum err (*take)(void *arg, int fd); /* NULL: nothing more */
	void *arg;
	bool shared; /* those of all accounts as well */
};

static bool
is_visited(const char *name, const struct visit *visit)
{
	return strncmp(name, ACCOUNT_PREFIX, strlen(ACCOUNT_PREFIX)) == 0 ||
	       (visit->shared && (strcmp(name, SHARED_NAME) == 0 ||
					 strcmp(name, STATE_TOKENS) == 0));
}

/* Takes over the directory. A file that has just gone is none. */
static enum err
visit_files(int dir_fd, const struct visit *visit, struct diag *diag)
{
	DIR *entries = fdopendir(dir_fd);
	struct dirent *entry;
	enum err e = ERR_OK;

	if (entries == NULL) {
		close(dir_fd);
		return ERR_NOMEM;
	}
	while (e == ERR_OK && (entry = readdir(entries)) != NULL) {
		AUTO_FD int fd = -1;

		if (!is_visited(entry->d_name, visit))
			continue;
		e = open_file(&fd, dirfd(entries), entry->d_name, 0, diag);
		if (e == ERR_FILE_MISSING)
			e = ERR_OK;
		else if (e == ERR_OK && visit->take != NULL)
			e = visit->take(visit->arg, fd);
	}
	closedir(entries);
	return e;
}

enum err
state_each(const char *dir, enum err (*take)(void *arg, int fd), void *arg,
	struct diag *diag)
{
	const struct visit visit = {.take = take, .arg = arg};
	int dir_fd = -1;
	enum err e = open_directory(&dir_fd, dir, diag);

	if (e != ERR_OK)
		return e == ERR_SYSTEM || e == ERR_NOMEM ? e : ERR_STATE_UNSAFE;
	return visit_files(dir_fd, &visit, diag);
}

enum err
state_examine(const char *dir, struct diag *diag)
{
	const struct visit visit = {.shared = true};
	int dir_fd = -1;
	enum err e = safefile_find_private_directory(&dir_fd, dir, diag);

	if (e != ERR_OK)
		return e == ERR_FILE_MISSING ? e : call_unsafe(e);
	return visit_files(dir_fd, &visit, diag);
}
