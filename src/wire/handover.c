/* One descriptor over a local stream, from root to root. Reads no byte of a caller's. */
#define _GNU_SOURCE /* struct ucred */
#include "wire/handover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "base/clean.h"

#define BYTE 'c' /* a descriptor travels beside at least one byte */
#define FIRST_FREE 16 /* lowest number of the stream once it is out of the way */

union control {
	struct cmsghdr header; /* for its alignment */
	char room[CMSG_SPACE(sizeof(int))];
};

static bool
send_descriptor(int stream, int fd)
{
	union control control = {.room = {0}};
	char byte = BYTE;
	struct iovec iov = {.iov_base = &byte, .iov_len = 1};
	struct msghdr msg = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	return sendmsg(stream, &msg, MSG_NOSIGNAL) == 1;
}

enum err
handover_give(int *ret_helper, const char *path, int caller)
{
	AUTO_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return ERR_SYSTEM;
	}
	strcpy(address.sun_path, path);
	if (fd < 0 ||
		connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
		!send_descriptor(fd, caller))
		return ERR_SYSTEM;
	*ret_helper = move_fd(&fd);
	return ERR_OK;
}

static int
type_of(int fd)
{
	int type = 0;
	socklen_t len = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 ? type : -1;
}

/* Who could be anybody could hand over a connection of root's. */
static bool
is_trusted(int stream)
{
	struct ucred cred = {.uid = (uid_t)-1};
	socklen_t len = sizeof(cred);

	return getsockopt(stream, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0 &&
	       len == sizeof(cred) && (cred.uid == 0 || cred.uid == geteuid());
}

/* The descriptor, or -1. What else came is closed: the room is for one. */
static int
receive_descriptor(int stream)
{
	const struct timeval patience = {.tv_sec = HANDOVER_WAIT_S};
	union control control = {.room = {0}};
	char byte = '\0';
	struct iovec iov = {.iov_base = &byte, .iov_len = 1};
	struct msghdr msg = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room)};
	struct cmsghdr *c;
	ssize_t got;
	int fd = -1;

	if (setsockopt(stream, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) != 0)
		return -1;
	do
		got = recvmsg(stream, &msg, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	c = got == 1 ? CMSG_FIRSTHDR(&msg) : NULL;
	if (c != NULL && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
		c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	if (fd >= 0 && byte == BYTE && (msg.msg_flags & MSG_CTRUNC) == 0)
		return fd;
	clean_fd(&fd);
	return -1;
}

enum err
handover_take(int fd)
{
	AUTO_FD int stream = -1, caller = -1;

	if (type_of(fd) != SOCK_STREAM)
		return ERR_OK;
	if (!is_trusted(fd))
		return ERR_PROTOCOL;
	caller = receive_descriptor(fd);
	if (caller < 0 || type_of(caller) != SOCK_SEQPACKET)
		return ERR_PROTOCOL;
	stream = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FREE);
	if (stream < 0 || dup2(caller, fd) != fd)
		return ERR_PROTOCOL;
	(void)move_fd(&stream); /* the caller's place is kept by it */
	return ERR_OK;
}
