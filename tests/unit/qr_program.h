/*
 * A program of the build at a place from which it may be started: one that nobody else
 * may change.
 */
#ifndef QR_PROGRAM_H
#define QR_PROGRAM_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "safedir.h"

/* The directory, made at the first copy; "" until then. */
static char qr_program_dir[3072];

/* Copies the program `from` to the name `name`; returns its path, in the caller's hands.
 */
static inline char *
qr_program_copy(const char *from, const char *name)
{
	char command[8192], *path = malloc(4096);

	if (qr_program_dir[0] == '\0')
		safedir_make(qr_program_dir, sizeof(qr_program_dir));
	if (path == NULL)
		exit(1);
	snprintf(path, 4096, "%s/%s", qr_program_dir, name);
	snprintf(command, sizeof(command), "cp '%s' '%s'", from, path);
	if (system(command) != 0 || chmod(path, 0755) != 0) {
		perror(path);
		exit(1);
	}
	return path;
}

static inline int
qr_program_remove_all(void)
{
	char command[4096];

	snprintf(command, sizeof(command), "rm -r '%s'", qr_program_dir);
	return qr_program_dir[0] == '\0' ? 0 : system(command);
}

#endif
