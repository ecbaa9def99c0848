/*
 * The order of the walls, and those that are one system call: limits, privileges, dumps,
 * memory. Each is looked at again after it was raised, or has no way to fail.
 */
#define _GNU_SOURCE /* MLOCK_ONFAULT */
#include "base/wall.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clean.h"

/*
 * AddressSanitizer keeps terabytes of addresses, and ends through a process of its own
 * that looks at this one: such a build has neither bounds of memory and processes nor a
 * filter, and no rules for files, and says so.
 */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

#define KEEP RLIM_INFINITY /* as it is */

struct bounds {
	rlim_t memory, processes, file, descriptors;
};

/*
 * Processes are counted by account, of which all logins have one: a bound other than 0
 * would be one login's hold on another.
 */
static const struct bounds bounds[WALL_PROGRAMS] = {
	[WALL_HELPER] = {WALL_MEMORY, 0, 4 << 20, 64},
	[WALL_HELPER_STORE] = {KEEP, KEEP, 4 << 20, 256},
	[WALL_FETCH] = {WALL_MEMORY, KEEP, 0, 64},
	[WALL_FETCH_STORE] = {KEEP, KEEP, 4 << 20, 256},
	[WALL_QR] = {WALL_MEMORY, KEEP, 0, 16},
	[WALL_PICTURE] = {WALL_MEMORY, 0, 0, 0},
};

void
wall_note(struct wall_gaps *gaps, const char *what)
{
	size_t len = strnlen(gaps->text, sizeof(gaps->text));

	snprintf(gaps->text + len, sizeof(gaps->text) - len, "%s%s", len > 0 ? "; " : "",
		what);
}

/*
 * Lowers a limit for good, as far as it is not lower already: what holds first, then how
 * far it can be raised again. Linux never refuses that; valgrind does, for descriptors.
 */
static bool
lower(unsigned resource, rlim_t most)
{
	struct rlimit limit = {0};

	if (most == KEEP)
		return true;
	if (getrlimit(resource, &limit) != 0)
		return false;
	if (limit.rlim_cur > most) {
		limit.rlim_cur = most;
		if (setrlimit(resource, &limit) != 0)
			return false;
	}
	if (limit.rlim_max <= most)
		return true;
	limit.rlim_max = most;
	return setrlimit(resource, &limit) == 0 || errno == EPERM;
}

static bool
bound(const struct bounds *b)
{
	if (!SANITIZED &&
		(!lower(RLIMIT_AS, b->memory) || !lower(RLIMIT_NPROC, b->processes) ||
			!lower(RLIMIT_NOFILE, b->descriptors)))
		return false;
	return lower(RLIMIT_CORE, 0) && lower(RLIMIT_FSIZE, b->file);
}

/* For good, whoever the program is; a service manager may have done it already. */
static bool
give_up_privilege(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 &&
	       prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 &&
	       prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0;
}

/* None of our memory is in a dump, whoever makes it. There may be no /proc. */
static void
leave_dumps(void)
{
	AUTO_FD int fd = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "0", 1) != 1)
		return; /* nothing that is not dumpable is dumped, either */
}

/* Where the heap begins: it is the first part of memory that is no file of the program.
 */
static char *
find_heap(void)
{
	AUTO_FD int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	char text[4096]; /* of hundred lines the first thirty */
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	char *at;

	if (len <= 0)
		return NULL;
	text[len] = '\0';
	at = strstr(text, "[heap]");
	if (at == NULL)
		return NULL;
	while (at > text && at[-1] != '\n')
		at--;
	return (char *)(uintptr_t)strtoull(at, NULL, 16);
}

static char *heap; /* where it begins; NULL: nobody has looked */

void
wall_settle(struct wall_gaps *gaps)
{
	size_t len;

#ifdef M_TRIM_THRESHOLD
	malloc_trim(0); /* what is locked cannot be given back */
#endif
	len = heap == NULL ? 0 : (size_t)((char *)sbrk(0) - heap);
	if (len == 0 || syscall(SYS_mlock2, heap, len, MLOCK_ONFAULT) != 0 ||
		madvise(heap, len, MADV_DONTDUMP) != 0)
		wall_note(gaps, "memory that is locked");
}

void
wall_prepare(struct wall_gaps *gaps)
{
	leave_dumps();
	heap = find_heap();
	if (geteuid() != 0)
		(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); /* as Landlock wants it */
	wall_scopes(gaps);
}

/* Which files and sockets a store needs is its own secret. */
static bool
is_store(enum wall_program program)
{
	return program == WALL_HELPER_STORE || program == WALL_FETCH_STORE;
}

enum err
wall_raise(enum wall_program program, const struct wall_children *children,
	struct wall_gaps *gaps, struct diag *diag)
{
	if (program != WALL_PICTURE && !give_up_privilege()) /* its parent did */
		return diag_set(diag, ERR_WALL, "no wall against privileges: %m");
	if (SANITIZED)
		wall_note(gaps, "a build for sanitizers: memory, files, calls");
	else if (!is_store(program) && program != WALL_PICTURE)
		wall_files(program, gaps);
	if (!bound(&bounds[program]))
		return diag_set(diag, ERR_WALL, "no limits: %m");
	if (!SANITIZED && !wall_calls(program, children))
		return diag_set(diag, ERR_WALL,
			"no filter of system calls (seccomp): %m; it must not be run "
			"without one");
	return ERR_OK;
}
