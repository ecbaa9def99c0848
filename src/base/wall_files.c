/*
 * Landlock: which files a program may open and whether it may speak TCP, and whom its
 * signals reach. By the kernel's own numbers, as the C library has no functions and older
 * headers not all of the structure; what the kernel is too old for is left out, and said.
 *
 * A rule holds for what its path leads to now, and all that is below: so for directories
 * rather than for files that others replace.
 */
#define _GNU_SOURCE /* O_PATH */
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/wall.h"

#ifndef SYS_landlock_create_ruleset /* the same on every machine */
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

#define ASK_VERSION 1u /* LANDLOCK_CREATE_RULESET_VERSION */
#define RULE_PATH_BENEATH 1

#define FS_EXECUTE (1u << 0)
#define FS_WRITE_FILE (1u << 1)
#define FS_READ_FILE (1u << 2)
#define FS_READ_DIR (1u << 3)
#define NET_BIND_TCP (1u << 0)
#define NET_CONNECT_TCP (1u << 1)
#define SCOPE_ABSTRACT_UNIX (1u << 0)
#define SCOPE_SIGNAL (1u << 1)

#define VERSION_NET 4
#define VERSION_SCOPES 6

/* As the kernel has it; an old one is told that it is shorter. */
struct ruleset {
	uint64_t files;
	uint64_t net;
	uint64_t scopes;
};

struct beneath {
	uint64_t allowed;
	int32_t parent;
} __attribute__((packed));

/* All that is known of files, by version: what is newer is the kernel's to keep open. */
static const uint64_t all_of_files[] = {
	[1] = 0x1fff, /* the first thirteen */
	[2] = 0x3fff, /* and to link to or rename into another directory */
	[3] = 0x7fff, /* and to truncate */
	[4] = 0x7fff,
	[5] = 0xffff, /* and ioctl() on devices */
};
#define VERSION_FILES (sizeof(all_of_files) / sizeof(all_of_files[0]) - 1)

#define HELPER (1u << WALL_HELPER)
#define FETCH (1u << WALL_FETCH)
#define QR_PARENT (1u << WALL_QR)

/* What may be read, with all that is below it. What is not there needs no rule. */
static const struct {
	const char *path;
	unsigned programs;
} readable[] = {
	{"/etc/localtime", HELPER},
	{"/usr/share/zoneinfo", HELPER | FETCH},
	{"/proc/sys/kernel/random/boot_id", HELPER},
	/* name services, and the certificates that are trusted: modes keep the secrets */
	{"/etc", FETCH},
	{"/usr/lib", FETCH},
	{"/usr/lib32", FETCH},
	{"/usr/lib64", FETCH},
	{"/lib", FETCH},
	{"/lib64", FETCH},
	{CA_PATH, FETCH},
	{"/usr/share/ca-certificates", FETCH},
	{"/usr/local/share/ca-certificates", FETCH},
	{"/run/systemd/resolve", FETCH},
	{"/run/systemd/userdb", FETCH},
	{"/run/resolvconf", FETCH},
	{"/run/NetworkManager", FETCH},
	{"/var/lib/sss/mc", FETCH},
	{"/var/lib/sss/pipes", FETCH},
	{"/dev/null", FETCH},
	{"/dev/urandom", FETCH},
	/* whether the machine is short of local ports (fetch/local.c) */
	{"/proc/sys/net/ipv4/ip_local_port_range", FETCH},
	{"/proc/net", FETCH},
};

/* What name services read, which on some machines are links to somewhere else. */
static const char *const names[] = {"/etc/resolv.conf", "/etc/hosts",
	"/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf"};

/* Who speaks no TCP. */
#define WITHOUT_TCP (HELPER | QR_PARENT)

static long
landlock_version(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, ASK_VERSION);
}

static int
make_ruleset(const struct ruleset *rules, long version)
{
	size_t size = version >= VERSION_SCOPES ? sizeof(*rules)
		      : version >= VERSION_NET  ? offsetof(struct ruleset, scopes)
						: offsetof(struct ruleset, net);

	return (int)syscall(SYS_landlock_create_ruleset, rules, size, 0);
}

static bool
restrict_self(int ruleset)
{
	return syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
}

/* True also where there is nothing at `path`. */
static bool
allow_reading(int ruleset, const char *path)
{
	AUTO_FD int fd = open(path, O_PATH | O_CLOEXEC);
	struct beneath rule = {.allowed = FS_READ_FILE, .parent = fd};
	struct stat st;

	if (fd < 0)
		return true;
	if (fstat(fd, &st) != 0)
		return false;
	if (S_ISDIR(st.st_mode))
		rule.allowed |= FS_READ_DIR;
	return syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0) == 0;
}

/*
 * Where the path leads to: with what is beside it, as somebody else replaces it; alone
 * where that would be all of a directory of the root's.
 */
static bool
allow_end(int ruleset, const char *path)
{
	char end[PATH_MAX];
	char *last;

	if (realpath(path, end) == NULL)
		return true;
	last = strrchr(end, '/');
	if (last > end && strchr(end + 1, '/') != last)
		*last = '\0';
	return allow_reading(ruleset, end);
}

static bool
allow_all(int ruleset, enum wall_program program)
{
	bool good = true;
	size_t i;

	for (i = 0; good && program == WALL_FETCH && i < sizeof(names) / sizeof(*names);
		i++)
		good = allow_end(ruleset, names[i]);

	for (i = 0; good && i < sizeof(readable) / sizeof(readable[0]); i++)
		if (readable[i].programs >> program & 1)
			good = allow_reading(ruleset, readable[i].path);
	return good;
}

void
wall_files(enum wall_program program, struct wall_gaps *gaps)
{
	long version = landlock_version();
	struct ruleset rules = {0};
	AUTO_FD int ruleset = -1;

	if (version < 1) {
		wall_note(gaps, "files: no Landlock");
		return;
	}
	rules.files = all_of_files[(size_t)version < VERSION_FILES ? (size_t)version
								   : VERSION_FILES];
	if (version >= VERSION_NET && (WITHOUT_TCP >> program & 1))
		rules.net = NET_BIND_TCP | NET_CONNECT_TCP;
	if (version < VERSION_NET)
		wall_note(gaps, "TCP: Landlock before version 4");
	ruleset = make_ruleset(&rules, version);
	if (ruleset < 0 || !allow_all(ruleset, program) || !restrict_self(ruleset))
		wall_note(gaps, "files: Landlock refused");
}

void
wall_scopes(struct wall_gaps *gaps)
{
	const struct ruleset rules = {.scopes = SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL};
	long version = landlock_version();
	AUTO_FD int ruleset = -1;

	if (version >= VERSION_SCOPES)
		ruleset = make_ruleset(&rules, version);
	if (ruleset < 0 || !restrict_self(ruleset))
		wall_note(gaps, "signals: Landlock before version 6, or refused");
}
