/*
 * Places are locks on single bytes of one empty file, QUOTA_EACH for each uid: the kernel
 * gives them back, so a crash leaves none behind and there is nothing to clean up.
 */
#define _GNU_SOURCE /* F_OFD_SETLK */
#include "helper/quota.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum err
quota_take(uid_t uid, struct diag *diag)
{
	/* never closed: the lock lives as long as the descriptor */
	int fd = open(QUOTA_FILE, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	int i;

	if (fd < 0)
		return diag_set(diag, ERR_SYSTEM, "%s: %s", QUOTA_FILE, strerror(errno));
	for (i = 0; i < QUOTA_EACH; i++) {
		struct flock place = {
			.l_type = F_WRLCK,
			.l_whence = SEEK_SET,
			.l_start = (off_t)uid * QUOTA_EACH + i,
			.l_len = 1,
		};

		if (fcntl(fd, F_OFD_SETLK, &place) == 0)
			return ERR_OK;
		if (errno != EAGAIN && errno != EACCES)
			return diag_set(diag, ERR_SYSTEM, "%s: lock: %s", QUOTA_FILE,
				strerror(errno));
	}
	return ERR_BUSY; /* the attempt's own line says whose; a flood needs no second */
}
