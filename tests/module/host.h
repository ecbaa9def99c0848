/*
 * What every program has that plays a PAM host for the module: a directory with service
 * files of its own, a helper that lies where the module takes it from, and the lines of
 * the system log. It defines functions: one program, one file that includes it.
 */
#ifndef MODULE_HOST_H
#define MODULE_HOST_H

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <security/pam_appl.h>
#include <security/pam_ext.h>

#include "place.h"
#include "safedir.h"

#define PLACE_HELPER "PLACE_HELPER" /* in the environment of that host */

static char confdir[] = "/tmp/pam_itsme-test-XXXXXX";
static char helper_dir[3500];
char place_helper[4096]; /* the module under test finds it here */

/* --- the system log, caught on its way -------------------------------------------------
 */

static char logged[1 << 16];

__attribute__((visibility("default"))) void
pam_syslog(const pam_handle_t *pamh, int priority, const char *fmt, ...)
{
	size_t at = strlen(logged);
	va_list ap;

	(void)pamh;
	at += (size_t)snprintf(logged + at, sizeof(logged) - at, "<%d>", priority);
	va_start(ap, fmt);
	if (at < sizeof(logged))
		vsnprintf(logged + at, sizeof(logged) - at, fmt, ap);
	va_end(ap);
	at = strlen(logged);
	snprintf(logged + at, sizeof(logged) - at, "\n");
}

/* The service's stack, and one for libpam to fall back on. */
static int
write_stack(const char *name, const char *arguments)
{
	char path[sizeof(confdir) + 16];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", confdir, name);
	f = fopen(path, "w");
	if (f == NULL)
		return -1;
	/* a service that is not in the table needs a word for that somebody is there */
	fprintf(f, "auth required %s %s%s\naccount required %s\n", MODULE, arguments,
		strcmp(name, "test") == 0 && strstr(arguments, "style=") == NULL
			? " style=text"
			: "",
		MODULE);
	return fclose(f);
}

/* The helper goes where nobody else may write: the module looks. */
static int
place_the_helper(void)
{
	char command[sizeof(helper_dir) + sizeof(FAKE_HELPER) + 32];

	safedir_make(helper_dir, sizeof(helper_dir));
	snprintf(place_helper, sizeof(place_helper), "%s/fake-helper", helper_dir);
	snprintf(command, sizeof(command), "cp '%s' '%s'", FAKE_HELPER, helper_dir);
	return system(command) != 0 || chmod(helper_dir, 0755) != 0 ||
			       chmod(place_helper, 0755) != 0 ||
			       setenv(PLACE_HELPER, place_helper, 1) != 0
		       ? -1
		       : 0;
}

static int
make_confdir(void **state)
{
	(void)state;
	if (place_the_helper() != 0)
		return -1;
	return mkdtemp(confdir) == NULL ? -1 : write_stack("other", "");
}

static int
remove_confdir(void **state)
{
	DIR *dir = opendir(confdir);
	struct dirent *entry;

	(void)state;
	while (dir != NULL && (entry = readdir(dir)) != NULL)
		unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir != NULL)
		closedir(dir);
	unlink(place_helper);
	return rmdir(helper_dir) | rmdir(confdir);
}

#endif
