/*
 * itsme-qr: pictures in, the text of their codes out, for one itsme-helper at the other
 * end of the channel. It knows no key, no address and no person, and ends with its
 * channel.
 *
 * Where nothing is asked of it, it lies in read() and is to be small.
 */
#define _GNU_SOURCE /* struct ucred */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/launch.h"
#include "base/privilege.h"
#include "base/wall.h"
#include "base/whole.h"
#include "qr/look.h"
#include "wire/picture.h"

/* Who made the channel is who started us; 0: there is none. */
static pid_t
find_parent(void)
{
	struct ucred peer = {0};
	socklen_t size = sizeof(peer);

	return getsockopt(LAUNCH_CHANNEL, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0
		       ? peer.pid
		       : 0;
}

/* Everything for which it needs to be root, or more than it may have afterwards. */
static bool
settle(pid_t parent)
{
	unsigned char bytes[PICTURE_ACCOUNT_SIZE];
	struct privilege_account account;
	struct diag diag = {0};

	if (!look_bound_memory() || !whole_read(LAUNCH_CHANNEL, bytes, sizeof(bytes)))
		return false;
	picture_read_account(&account, bytes);
	/* the last: a change of ids takes it away */
	return privilege_become(&account, &diag) == ERR_OK &&
	       prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent;
}

/* One picture. False: there is nobody, or they do not keep to what was agreed. */
static bool
serve(void)
{
	unsigned char head[PICTURE_REQUEST_SIZE], bytes[PICTURE_ANSWER_SIZE];
	AUTO_FREE void *image = NULL;
	struct picture_answer answer;
	size_t len;

	if (!whole_read(LAUNCH_CHANNEL, head, sizeof(head)) ||
		picture_read_request(&len, head) != ERR_OK)
		return false;
	image = malloc(len + 1);
	if (image == NULL || !whole_read(LAUNCH_CHANNEL, image, len) ||
		!look_at(&answer, LAUNCH_CHANNEL, image, len))
		return false;
	picture_write_answer(bytes, &answer);
	return whole_write(LAUNCH_CHANNEL, bytes, sizeof(bytes));
}

int
main(void)
{
	struct diag diag = {0};
	pid_t parent = find_parent();

	launched_arrive();
	if (parent == 0) {
		fputs("itsme-qr is started by itsme-helper; there is no channel here.\n",
			stderr);
		return 2;
	}
	if (!settle(parent) ||
		wall_raise(WALL_QR, NULL, &(struct wall_gaps){0}, &diag) != ERR_OK)
		return 1; /* optional ones that are missing the helper tells of */
	while (serve())
		continue;
	return 0;
}
