/*
 * A directory of the test's own that nobody else can reach: /tmp is open to all, and
 * what is tested here refuses such paths.
 */
#ifndef SAFEDIR_H
#define SAFEDIR_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whether nobody but root and this user could change what `path` names. */
static bool
safedir_is_safe(const char *path)
{
	char part[4096], *slash;
	struct stat st;

	snprintf(part, sizeof(part), "%s/", path);
	for (slash = part; slash != NULL; slash = strchr(slash + 1, '/')) {
		char kept = slash[1];

		slash[1] = '\0';
		if (lstat(part, &st) != 0 || !S_ISDIR(st.st_mode) ||
			(st.st_mode & 022) != 0 ||
			(st.st_uid != 0 && st.st_uid != geteuid()))
			return false;
		slash[1] = kept;
	}
	return true;
}

/* Makes the directory and writes its name; fails the program where there is no place. */
static void
safedir_make(char *dir, size_t size)
{
	char here[3072];
	const char *places[] = {
		getcwd(here, sizeof(here)), getenv("HOME"), "/run", "/root"};
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (places[i] == NULL || !safedir_is_safe(places[i]))
			continue;
		snprintf(dir, size, "%s/safedir.XXXXXX", places[i]);
		if (mkdtemp(dir) != NULL)
			return;
	}
	fprintf(stderr, "no directory here that only this user can change\n");
	exit(1);
}

/* --- fixture: a directory that is still to be made, within one of the test's own --- */

static __attribute__((unused)) char safedir_new[4096];

static __attribute__((unused)) int
safedir_setup(void **state)
{
	char base[3072];

	(void)state;
	safedir_make(base, sizeof(base));
	snprintf(safedir_new, sizeof(safedir_new), "%s/new", base);
	return 0;
}

static __attribute__((unused)) int
safedir_teardown(void **state)
{
	char command[8300];

	(void)state;
	*strrchr(safedir_new, '/') = '\0';
	snprintf(command, sizeof(command), "rm -r '%s'", safedir_new);
	return system(command);
}

/* Writes a file below the directory, with exactly this mode; returns its name. */
static __attribute__((unused)) const char *
safedir_write(
	const char *dir, const char *name, const char *text, size_t len, mode_t mode)
{
	static char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	if (f == NULL || fwrite(text, 1, len, f) != len || fclose(f) != 0 ||
		chmod(path, mode) != 0) {
		perror(path);
		exit(1);
	}
	return path;
}

#endif
