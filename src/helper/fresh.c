/* A descriptor that is held open, and what its file says of its last change. */
#define _GNU_SOURCE /* O_PATH */
#include "helper/fresh.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/clean.h"

#define CLOCK_LAG_S 1 /* a file system's clock lags behind, by less than a tick */

/*
 * Whether a change that fell into that time could have left this mark. One of the future
 * is of before the clock was put back, as it is where a machine has none that goes on
 * without power: whatever changes the file now leaves another.
 */
static bool
is_of(const struct timespec *changed, long long since, long long until)
{
	long long last = since > until ? since : until;

	return changed->tv_sec + CLOCK_LAG_S >= since &&
	       changed->tv_sec <= last + CLOCK_LAG_S;
}

void
fresh_open(struct fresh *ret, const char *path, long long since, long long until)
{
	AUTO_FD int fd = open(path, O_PATH | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;

	*ret = (struct fresh){.known = false};
	if (fd < 0 || fstat(fd, &st) != 0 || is_of(&st.st_ctim, since, until))
		return;
	*ret = (struct fresh){.known = true, .fd = move_fd(&fd), .changed = st.st_ctim};
}

bool
fresh_is(const struct fresh *fresh)
{
	struct stat st;

	return fresh->known && fstat(fresh->fd, &st) == 0 && st.st_nlink > 0 &&
	       st.st_ctim.tv_sec == fresh->changed.tv_sec &&
	       st.st_ctim.tv_nsec == fresh->changed.tv_nsec;
}

void
fresh_close(struct fresh *fresh)
{
	if (fresh->known)
		clean_fd(&fresh->fd);
	fresh->known = false;
}
