/*
 * Small files in a directory of the test's own, such as the stacks that others include.
 */
#ifndef FILES_H
#define FILES_H

#include "unit.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct files_row {
	const char *name, *text;
};

static inline void
files_write(const char *dir, const char *name, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* The directory, with `count` files in it; for a group's set-up. */
static inline int
files_make(const char *dir, const struct files_row *rows, size_t count)
{
	size_t i;

	if (mkdir(dir, 0700) != 0)
		return -1;
	for (i = 0; i < count; i++)
		files_write(dir, rows[i].name, rows[i].text);
	return 0;
}

static inline int
files_remove(const char *dir, const struct files_row *rows, size_t count)
{
	char path[256];
	size_t i;

	for (i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, rows[i].name);
		unlink(path);
	}
	return rmdir(dir);
}

#endif
