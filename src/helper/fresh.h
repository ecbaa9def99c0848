/*
 * Whether a file is still as it was read, found out without any right to read it: for
 * whoever has read it as root and waits for long.
 */
#ifndef HELPER_FRESH_H
#define HELPER_FRESH_H

#include <stdbool.h>
#include <time.h>

struct fresh {
	bool known; /* else it is not fresh, and holds nothing */
	int fd; /* owned */
	struct timespec changed;
};

/*
 * After `path` was read, which began no sooner than `since` and is over at `until`, which
 * is now (clock_unix). A file that may have changed meanwhile is never found fresh. The
 * caller closes.
 */
void fresh_open(struct fresh *ret, const char *path, long long since, long long until);

/* Whether nobody has changed, replaced or removed it. */
bool fresh_is(const struct fresh *fresh);

void fresh_close(struct fresh *fresh);

#endif
