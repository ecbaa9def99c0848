/* Counting what a test may not leave behind. */
#ifndef LEAKS_H
#define LEAKS_H

#include <dirent.h>
#include <errno.h>
#include <sys/wait.h>

/* Entries of a directory; of /proc/self/fd and /proc/self/task what one expects. */
static inline int
leaks_count(const char *path)
{
	DIR *dir = opendir(path);
	int n = 0;

	if (dir == NULL)
		return -1;
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

#define leaks_fds() leaks_count("/proc/self/fd")
#define leaks_threads() leaks_count("/proc/self/task")

/* Whether a child runs or waits to be reaped. */
static inline int
leaks_children(void)
{
	return waitpid(-1, NULL, WNOHANG | __WALL) != -1 || errno != ECHILD;
}

#endif
