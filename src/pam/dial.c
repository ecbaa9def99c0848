/*
 * Reaching the service's socket. Its path is compiled in, and only a listener that is
 * root is believed: whoever else could answer there could also unlock the screen.
 */
#define _GNU_SOURCE /* struct ucred */
#include "pam/dial.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/clock.h"
#include "pam/watch.h"

#define STEP_MS 20 /* between two tries while the queue is full */
#define NAME_CONFIG "config="
#define PATH_LENGTH_MAX 4096
#define ROUTE_MAX 512 /* a line of the kernel's; they have less than 200 characters */

/* The configuration that the helper would read: the last `config=`, as there. */
static void
find_config(char path[PATH_LENGTH_MAX], const char *arguments)
{
	static const char usual[] = DIAL_CONFIG;
	const size_t prefix = strlen(NAME_CONFIG);

	memcpy(path, usual, sizeof(usual));
	while (*arguments != '\0') {
		size_t len = strcspn(arguments, "\n");

		if (len > prefix && len - prefix < PATH_LENGTH_MAX &&
			strncmp(arguments, NAME_CONFIG, prefix) == 0) {
			memcpy(path, arguments + prefix, len - prefix);
			path[len - prefix] = '\0';
		}
		arguments += len + (arguments[len] == '\n');
	}
}

/* A filter of system calls says so of a family, as RestrictAddressFamilies= makes it. */
static bool
is_barred(int family)
{
	AUTO_FD int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd < 0 && errno == EAFNOSUPPORT;
}

/* Whether one of the kernel's routes in `path` is for anything but the machine itself;
   each has the name of its device as first or last word. */
static bool
leads_out(const char *path, bool device_first)
{
	char line[ROUTE_MAX];
	bool found = false;
	FILE *f = fopen(path, "re");

	while (f != NULL && !found && fgets(line, sizeof(line), f) != NULL) {
		char *device = line, *last;

		line[strcspn(line, "\n")] = '\0';
		if (device_first)
			line[strcspn(line, "\t")] = '\0';
		else if ((last = strrchr(line, ' ')) != NULL)
			device = last + 1;
		found = strcmp(device, "lo") != 0 && strcmp(device, "Iface") != 0;
	}
	if (f != NULL)
		fclose(f);
	return found;
}

/* A network that is not the machine's, and leads nowhere, as PrivateNetwork= makes it. */
static bool
is_secluded(void)
{
	struct stat ours, machine;

	return stat("/proc/self/ns/net", &ours) == 0 &&
	       stat("/proc/1/ns/net", &machine) == 0 && ours.st_ino != machine.st_ino &&
	       !leads_out("/proc/self/net/route", true) &&
	       !leads_out("/proc/self/net/ipv6_route", false);
}

/* A helper of its own would be as cut off as this process. */
static bool
has_no_network(void)
{
	return (is_barred(AF_INET) && is_barred(AF_INET6)) || is_secluded();
}

/*
 * Opened, and not asked about: for the effective ids there is only faccessat2(2), which
 * old kernels and containers lack.
 */
static bool
is_readable(const char *path)
{
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	return fd >= 0 || errno == EMFILE || errno == ENFILE;
}

bool
dial_needed(const char *arguments)
{
	char path[PATH_LENGTH_MAX];

	if (geteuid() == 0)
		return has_no_network();
	find_config(path, arguments);
	return !is_readable(path);
}

/* connect() that waits for room in the queue, but not for long. */
static enum err
connect_soon(int fd, struct diag *diag)
{
	const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = DIAL_PATH};
	int64_t deadline = clock_ms() + DIAL_MAX_MS;

	while (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
		bool barred = errno == ENOENT || errno == EACCES;

		if (errno != EAGAIN) /* no caller takes away a file or a permission */
			return diag_set(diag, barred ? ERR_SOCKET : ERR_SOCKET_DEAF,
				"this program %s, and " DIAL_PATH
				" cannot be reached (%m); type: systemctl enable --now "
				"pam_itsme.socket",
				geteuid() == 0 ? "has no network"
					       : "does not run as root");
		if (watch_interrupted())
			return ERR_GONE;
		if (clock_ms() >= deadline)
			return diag_set(diag, ERR_BUSY, DIAL_PATH " is busy");
		poll(NULL, 0, STEP_MS);
	}
	return ERR_OK;
}

/* Credentials of a listening socket are those of the process that made it listen. */
static enum err
check_owner(int fd, struct diag *diag)
{
	struct ucred owner = {.uid = (uid_t)-1};
	socklen_t len = sizeof(owner);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &owner, &len) != 0 ||
		len != sizeof(owner))
		return diag_set(diag, ERR_SYSTEM, DIAL_PATH ": %m");
	if (owner.uid != 0)
		return diag_set(diag, ERR_SOCKET_OWNER,
			DIAL_PATH " is not root's but uid %u's: nothing was told to it",
			(unsigned)owner.uid);
	return ERR_OK;
}

/* A socket that is none of 0 to 2, which a host may have closed and still write to. */
static int
make_socket(void)
{
	AUTO_FD int fd =
		socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

enum err
dial_open(int *ret_channel, struct diag *diag)
{
	AUTO_FD int fd = make_socket();
	enum err e;

	if (fd < 0)
		return diag_set(diag, ERR_SYSTEM, "no socket: %m");
	e = connect_soon(fd, diag);
	if (e == ERR_OK)
		e = check_owner(fd, diag);
	if (e == ERR_OK && fcntl(fd, F_SETFL, 0) != 0)
		e = diag_set(diag, ERR_SYSTEM, "fcntl: %m");
	if (e == ERR_OK)
		*ret_channel = move_fd(&fd);
	return e;
}
