/*
 * Owned locals: they are released on every way out of a block. `move` hands the value
 * on and leaves NULL behind, which every free function here accepts.
 */
#ifndef BASE_CLEAN_H
#define BASE_CLEAN_H

#include <stdlib.h>
#include <unistd.h>

#define CLEANUP(f) __attribute__((cleanup(f)))

static inline void
clean_free(void *p)
{
	free(*(void **)p);
}

static inline void
clean_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

#define AUTO_FREE CLEANUP(clean_free)
#define AUTO_FD CLEANUP(clean_fd)

/* Takes the value out of an owned pointer. */
#define MOVE(p)                             \
	({                                  \
		__typeof__(p) moved_ = (p); \
		(p) = NULL;                 \
		moved_;                     \
	})

/* The same for a file descriptor. */
static inline int
move_fd(int *fd)
{
	int moved = *fd;

	*fd = -1;
	return moved;
}

#endif
