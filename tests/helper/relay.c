/*
 * Lies where itsme-fetch should, and is none: gives its end of the channel to the test
 * that listens beside it, and leaves when that lets go.
 */
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CHANNEL 3

/* The socket in the directory that this program was started from. */
static int
connect_to_test(void)
{
	const char *own = (const char *)getauxval(AT_EXECFN);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%.*s/test",
		(int)(strrchr(own, '/') - own), own);
	return connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 ? fd : -1;
}

static int
hand_over(int to, int fd)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {{0}};
	struct iovec byte = {"x", 1};
	struct msghdr msg = {
		.msg_iov = &byte,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	return sendmsg(to, &msg, MSG_NOSIGNAL) == 1;
}

int
main(void)
{
	int test = connect_to_test();
	char end;

	if (test < 0 || !hand_over(test, CHANNEL))
		return 1;
	close(CHANNEL);
	return read(test, &end, 1) != 0;
}
