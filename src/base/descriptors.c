/*
 * Closing descriptors in the child of a process that may have threads: it may neither
 * allocate nor use stdio, since another thread may have held their locks.
 */
#define _GNU_SOURCE /* SYS_getdents64 */
#include "base/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The beginning of what getdents64(2) gives; the name follows. */
struct entry {
	uint64_t inode;
	int64_t next;
	uint16_t len;
	uint8_t type;
	char name[];
};

/* What is to be closed. */
struct span {
	int first, kept, kept_too;
};

static bool
is_meant(const struct span *span, int fd)
{
	return fd >= span->first && fd != span->kept && fd != span->kept_too;
}

/* --- the first way: the kernel's own ---------------------------------------- */

static bool
close_between(int first, int last)
{
	return first > last || syscall(SYS_close_range, first, last, 0) == 0;
}

static int
larger(int one, int other)
{
	return one > other ? one : other;
}

static bool
close_ranges(const struct span *span)
{
	int high = larger(span->kept, span->kept_too);
	int low = high == span->kept ? span->kept_too : span->kept;

	return close_between(span->first, low - 1) &&
	       close_between(larger(span->first, low + 1), high - 1) &&
	       close_between(larger(span->first, high + 1), INT_MAX);
}

/* --- the second way: what is listed ------------------------------------------- */

/*
 * Where no number is left for the list itself, what is to be closed anyhow makes room:
 * a caller can have filled all of them.
 */
static int
open_list(const struct span *span)
{
	struct rlimit limit;
	int fd, at, end = DESCRIPTORS_MAX;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < (rlim_t)end)
		end = (int)limit.rlim_cur;
	for (at = span->first;; at++) {
		fd = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0 || (errno != EMFILE && errno != ENFILE) || at >= end)
			return fd;
		if (is_meant(span, at))
			close(at);
	}
}

/* The descriptor that a name stands for; -1: "." and "..". */
static int
read_name(const char *name)
{
	int fd = 0;

	if (name[0] < '0' || name[0] > '9')
		return -1;
	for (; *name >= '0' && *name <= '9' && fd < INT_MAX / 10; name++)
		fd = fd * 10 + (*name - '0');
	return fd;
}

/* The list, and what reading it has come to. */
struct list {
	int fd;
	bool is_ours; /* it names itself, so it is no other process's */
	bool has_closed;
};

/* Goes through one piece of the list. */
static void
close_piece(const struct span *span, struct list *list, const char *piece, long len)
{
	const struct entry *entry;
	long at;

	for (at = 0; at < len; at += entry->len) {
		int fd;

		entry = (const void *)(piece + at);
		fd = read_name(entry->name);
		if (fd == list->fd)
			list->is_ours = true;
		else if (is_meant(span, fd) && close(fd) == 0)
			list->has_closed = true;
	}
}

/* Goes through the whole list, once. */
static bool
close_once(const struct span *span, struct list *list)
{
	_Alignas(struct entry) char piece[1024];
	long got;

	list->has_closed = false;
	while ((got = syscall(SYS_getdents64, list->fd, piece, sizeof(piece))) > 0)
		close_piece(span, list, piece, got);
	return got == 0;
}

/* Again until nothing is closed any more: the list changes while it is read. */
static bool
close_listed(const struct span *span)
{
	struct list list = {.fd = open_list(span)};
	bool read;

	if (list.fd < 0)
		return false;
	do
		read = close_once(span, &list);
	while (read && list.has_closed && lseek(list.fd, 0, SEEK_SET) == 0);
	close(list.fd);
	return read && list.is_ours;
}

/* --- the third way: all that there can be --------------------------------------- */

static void
close_each(const struct span *span)
{
	int fd;

	for (fd = span->first; fd < DESCRIPTORS_MAX; fd++)
		if (is_meant(span, fd))
			close(fd);
}

void
descriptors_close(int first, int kept, int kept_too)
{
	const struct span span = {first, kept, kept_too};

	if (!close_ranges(&span) && !close_listed(&span))
		close_each(&span);
}
