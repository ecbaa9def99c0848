/*
 * Noticing that nobody waits any longer. It reads nothing from the terminal or the
 * socket and consumes no signal: those are the host's.
 */
#define _GNU_SOURCE /* POLLRDHUP */
#include "pam/watch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/clock.h"

#define SCAN_MAX 256 /* descriptors looked through for the client's socket */

static void
map_ipv4(unsigned char address[16], const void *ipv4)
{
	memset(address, 0, 10);
	memset(address + 10, 0xff, 2);
	memcpy(address + 12, ipv4, 4);
}

bool
watch_parse_client(
	const char *ssh_connection, unsigned char ret_address[16], uint16_t *ret_port)
{
	char text[INET6_ADDRSTRLEN + 32]; /* with the name of an interface */
	unsigned char address[16], ipv4[4];
	const char *space;
	unsigned long port;
	char *end;
	size_t len;

	space = ssh_connection != NULL ? strchr(ssh_connection, ' ') : NULL;
	if (space == NULL || (size_t)(space - ssh_connection) >= sizeof(text))
		return false;
	len = (size_t)(space - ssh_connection);
	memcpy(text, ssh_connection, len);
	text[len] = '\0';
	text[strcspn(text, "%")] = '\0';
	if (inet_pton(AF_INET, text, ipv4) == 1)
		map_ipv4(address, ipv4);
	else if (inet_pton(AF_INET6, text, address) != 1)
		return false;
	if (space[1] < '0' || space[1] > '9')
		return false;
	port = strtoul(space + 1, &end, 10);
	if (*end != ' ' || port == 0 || port > UINT16_MAX)
		return false;
	memcpy(ret_address, address, sizeof(address));
	*ret_port = (uint16_t)port;
	return true;
}

/* Whether `fd` is a connected socket whose peer is `address` and `port`. */
static bool
is_client(int fd, const unsigned char address[16], uint16_t port)
{
	struct sockaddr_storage peer = {0};
	struct sockaddr_in ipv4;
	struct sockaddr_in6 ipv6;
	socklen_t len = sizeof(peer);
	unsigned char mapped[16];

	if (getpeername(fd, (struct sockaddr *)&peer, &len) != 0)
		return false;
	if (peer.ss_family == AF_INET) {
		memcpy(&ipv4, &peer, sizeof(ipv4));
		map_ipv4(mapped, &ipv4.sin_addr);
		return ntohs(ipv4.sin_port) == port && memcmp(mapped, address, 16) == 0;
	}
	if (peer.ss_family != AF_INET6)
		return false;
	memcpy(&ipv6, &peer, sizeof(ipv6));
	return ntohs(ipv6.sin6_port) == port && memcmp(&ipv6.sin6_addr, address, 16) == 0;
}

static int
find_client(const char *ssh_connection)
{
	unsigned char address[16];
	uint16_t port;
	int fd;

	if (!watch_parse_client(ssh_connection, address, &port))
		return -1;
	for (fd = 0; fd < SCAN_MAX; fd++)
		if (is_client(fd, address, port))
			return fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	return -1;
}

/* The controlling terminal, else the one that the host's standard files are on. */
static int
find_terminal(void)
{
	int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	int i;

	if (fd >= 0)
		return fd;
	for (i = STDIN_FILENO; i <= STDERR_FILENO; i++)
		if (isatty(i))
			return fcntl(i, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	return -1;
}

void
watch_open(struct watch *ret, bool ssh, const char *ssh_connection)
{
	ret->tty = ssh ? -1 : find_terminal();
	ret->keys = false;
	ret->dialog = -1;
	ret->client = ssh ? find_client(ssh_connection) : -1;
}

void
watch_close(struct watch *watch)
{
	clean_fd(&watch->tty);
	clean_fd(&watch->client);
}

bool
watch_interrupted(void)
{
	static const int signals[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP};
	sigset_t pending;
	size_t i;

	if (sigpending(&pending) != 0)
		return false;
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (sigismember(&pending, signals[i]) == 1)
			return true;
	return false;
}

enum err
watch_wait(const struct watch *watch, int channel, int64_t deadline)
{
	struct pollfd p[] = {
		{.fd = channel, .events = POLLIN},
		{.fd = watch->tty, .events = watch->keys ? POLLIN : 0},
		{.fd = watch->client, .events = POLLRDHUP},
		{.fd = watch->dialog, .events = POLLIN},
	};
	int left;

	while (!watch_interrupted()) {
		left = clock_left(deadline, clock_ms());
		if (poll(p, 4, left < WATCH_STEP_MS ? left : WATCH_STEP_MS) < 0) {
			if (errno != EINTR)
				return ERR_SYSTEM;
			continue;
		}
		if ((p[1].revents & ~POLLIN) != 0 || p[2].revents != 0)
			return ERR_GONE;
		if (p[0].revents != 0)
			return ERR_OK;
		if (left == 0 || p[1].revents != 0 || p[3].revents != 0)
			return ERR_TIMEOUT;
	}
	return ERR_GONE;
}
