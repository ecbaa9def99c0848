/* Tries to have one of each, and gives it back. */
#include "fetch/local.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clean.h"

#define FILES 8 /* more than a resolver and a connection have open at a time */

static void *
do_nothing(void *arg)
{
	return arg;
}

/* libcurl resolves names in a thread. */
static enum err
check_thread(struct diag *diag)
{
	pthread_t thread;
	int rc = pthread_create(&thread, NULL, do_nothing, NULL);

	if (rc != 0)
		return diag_set(diag, ERR_SYSTEM, "no thread: %s", strerror(rc));
	pthread_join(thread, NULL);
	return ERR_OK;
}

/* A resolver that cannot open its files says that there is no such host. */
static enum err
check_files(struct diag *diag)
{
	int fds[FILES], got = 0;
	enum err e = ERR_OK;

	while (got < FILES && (fds[got] = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
		got++;
	if (got < FILES)
		e = diag_set(diag, ERR_SYSTEM, "no descriptor: %s", strerror(errno));
	while (got > 0)
		close(fds[--got]);
	return e;
}

enum err
local_socket(int *ret_fd, int family, int type, struct diag *diag)
{
	const struct sockaddr_in any4 = {.sin_family = AF_INET};
	const struct sockaddr_in6 any6 = {.sin6_family = AF_INET6};
	bool is_4 = family == AF_INET;
	const void *any = is_4 ? (const void *)&any4 : &any6;
	AUTO_FD int fd = socket(family, type | SOCK_CLOEXEC, 0);

	/* a machine without IPv6 has no address to bind, which connect() will say */
	if (fd < 0 || (bind(fd, any, is_4 ? sizeof(any4) : sizeof(any6)) != 0 &&
			      errno != EADDRNOTAVAIL))
		return diag_set(diag,
			errno == EAFNOSUPPORT ? ERR_HTTP_CONNECT : ERR_SYSTEM,
			"no local port for IPv%d %s: %s", is_4 ? 4 : 6,
			type == SOCK_STREAM ? "TCP" : "UDP", strerror(errno));
	*ret_fd = move_fd(&fd);
	return ERR_OK;
}

/* A family that the machine does not have is missed by nobody. */
static enum err
check_port(int family, int type, struct diag *diag)
{
	AUTO_FD int fd = -1;
	enum err e = local_socket(&fd, family, type, diag);

	return e == ERR_HTTP_CONNECT ? ERR_OK : e;
}

/* The number behind the label, or behind another number; 0: there is none. */
static long
read_number(const char *path, const char *label, bool second)
{
	char text[1024] = "", *at = text;
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	long number;

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0 ||
		(at = strstr(text, label)) == NULL)
		return 0;
	number = strtol(at + strlen(label), &at, 10);
	return second ? strtol(at, NULL, 10) : number;
}

/*
 * A resolver finds no port for its question while somebody holds all of them, who may let
 * go of a few before they are looked for: so many in use say that it was so.
 */
static enum err
check_crowd(struct diag *diag)
{
	static const char range[] = "/proc/sys/net/ipv4/ip_local_port_range";
	long first = read_number(range, "", false), last = read_number(range, "", true);
	long used = read_number("/proc/net/sockstat", "UDP: inuse ", false) +
		    read_number("/proc/net/sockstat6", "UDP6: inuse ", false);

	if (first <= 0 || last < first || used <= (last - first + 1) / 2)
		return ERR_OK;
	return diag_set(diag, ERR_SYSTEM, "%ld UDP ports in use leave too few", used);
}

enum err
local_check(struct diag *diag)
{
	static const int families[] = {AF_INET, AF_INET6};
	enum err e = check_thread(diag);
	size_t i;

	if (e == ERR_OK)
		e = check_files(diag);
	for (i = 0; e == ERR_OK && i < sizeof(families) / sizeof(families[0]); i++) {
		e = check_port(families[i], SOCK_STREAM, diag);
		if (e == ERR_OK)
			e = check_port(families[i], SOCK_DGRAM, diag);
	}
	return e != ERR_OK ? e : check_crowd(diag);
}
