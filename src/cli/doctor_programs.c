/* What was installed, who may change it or what calls it, and the walls around it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/safefile.h"
#include "cli/doctor.h"
#include "cli/pam_stack.h"

#define INSTALL "install pam_itsme again"

/* What launch.c starts: under its own name alone. */
static bool
is_launched(const char *path)
{
	return strcmp(path, HELPER_PATH) == 0 || strcmp(path, QR_PATH) == 0;
}

/* The directories above a file that is in order itself; the loader follows links. */
static void
check_path(struct findings *f, const char *topic, const char *path)
{
	AUTO_FREE char *real = realpath(path, NULL);
	struct diag diag = {0};

	if (real == NULL || is_launched(path)) {
		free(real);
		real = strdup(path);
	}
	if (real == NULL)
		finding(f, FINDING_FAULT, topic, NULL, "out of memory");
	else if (safefile_program(real, &diag) != ERR_OK)
		finding(f, FINDING_FAULT, topic, INSTALL, "%s", diag.text);
	else
		finding(f, FINDING_GOOD, topic, NULL, "%s", path);
}

/* A file that runs as root: nobody else may own or change it. */
static void
check_program(struct doctor *d, const char *topic, const char *path, mode_t needed)
{
	struct findings *f = &d->findings;
	struct stat st;

	if (stat(path, &st) != 0)
		finding(f, FINDING_FAULT, topic, INSTALL, "%s: %s", path,
			strerror(errno));
	else if (st.st_uid != 0)
		finding(f, FINDING_FAULT, topic, INSTALL,
			"%s belongs to uid %u, not to root", path, (unsigned)st.st_uid);
	else if ((st.st_mode & 022) != 0)
		finding(f, FINDING_FAULT, topic, INSTALL,
			"%s may be written by others (mode %04o)", path,
			(unsigned)(st.st_mode & 07777));
	else if ((st.st_mode & needed) != needed || (st.st_mode & 06000) != 0)
		finding(f, FINDING_FAULT, topic, INSTALL, "%s has the mode %04o", path,
			(unsigned)(st.st_mode & 07777));
	else
		check_path(f, topic, path);
}

/* --- files that nobody else may change ---------------------------------------------- */

/* A directory and those above it; whether they are in order, or not there. */
static bool
check_directory(struct findings *f, const char *topic, const char *directory)
{
	AUTO_FREE char *real = realpath(directory, NULL);
	AUTO_BUF struct buf path = BUF_INIT(4096);
	AUTO_FD int fd = -1;
	const char *name;
	struct diag diag = {0};
	enum err e;

	if (real == NULL)
		return true;
	buf_addf(&path, "%s/file", real);
	e = safefile_directory(&fd, &name, buf_str(&path), &diag);
	if (e == ERR_FILE_UNSAFE)
		finding(f, FINDING_FAULT, topic, "look at what was changed, then do that",
			"%s", diag.text);
	return e != ERR_FILE_UNSAFE;
}

/* A file that decides what runs or who gets in. */
static void
check_file(struct findings *f, const char *topic, const char *path)
{
	AUTO_FREE char *real = realpath(path, NULL);
	struct diag diag = {0};
	struct stat st;

	if (real == NULL || stat(real, &st) != 0)
		return;
	if (S_ISDIR(st.st_mode))
		check_directory(f, topic, real);
	else if (S_ISREG(st.st_mode) && safefile_program(real, &diag) != ERR_OK)
		finding(f, FINDING_FAULT, topic, "look at what was changed, then do that",
			"%s", diag.text);
}

/* systemd's units, and what an administrator lays over them. */
static void
check_units(struct doctor *d)
{
	static const char *const patterns[] = {UNIT_DIR "/pam_itsme*",
		UNIT_DIR "/pam_itsme*.d/*", "/etc/systemd/system/pam_itsme*",
		"/etc/systemd/system/pam_itsme*.d/*"};
	size_t i, k;

	for (i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		glob_t found = {0};

		/* without systemd, UNIT_DIR is no directory */
		if (patterns[i][0] == '/' && glob(patterns[i], 0, NULL, &found) == 0)
			for (k = 0; k < found.gl_pathc; k++)
				check_file(&d->findings, "units", found.gl_pathv[k]);
		globfree(&found);
	}
}

static int
is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* Those files of PAM that name us: whoever may change one decides who is asked. */
static void
check_stacks(struct doctor *d)
{
	struct dirent **entries = NULL;
	int i, count;

	if (!check_directory(&d->findings, "pam", PAM_STACK_DIR))
		return;
	count = scandir(PAM_STACK_DIR, &entries, is_visible, alphasort);
	for (i = 0; i < count; i++) {
		AUTO_BUF struct buf text = BUF_INIT(PAM_STACK_TEXT);
		char path[sizeof(PAM_STACK_DIR) + 256];

		snprintf(path, sizeof(path), PAM_STACK_DIR "/%s", entries[i]->d_name);
		if (pam_stack_text(&text, path) &&
			strstr(buf_str(&text), "pam_itsme") != NULL)
			check_file(&d->findings, "pam", path);
		free(entries[i]);
	}
	free(entries);
}

/* What was read from there was in order; the rest of it is as well. */
static void
check_settings(struct doctor *d)
{
	if (d->config != NULL && check_directory(&d->findings, "config", CONFIG_DIR))
		check_directory(&d->findings, "config", CONFIG_DIR "/pam.d");
}

/* --- the account and the walls ------------------------------------------------------ */

static void
check_helper_account(struct doctor *d)
{
	const struct passwd *account = getpwnam(HELPER_USER);

	if (account == NULL)
		finding(&d->findings, FINDING_WARNING, "account",
			"type: adduser --system --no-create-home " HELPER_USER,
			"there is no account " HELPER_USER "; logins run as nobody");
	else if (account->pw_uid == 0 || account->pw_gid == 0)
		finding(&d->findings, FINDING_FAULT, "account",
			"give " HELPER_USER " a uid and a gid of its own",
			HELPER_USER " is root or in root's group");
	else
		finding(&d->findings, FINDING_GOOD, "account", NULL,
			"logins run as " HELPER_USER);
}

/* Whether the first line of a small file of the kernel is, or has, the text. */
static bool
says(const char *path, const char *text)
{
	FILE *file = fopen(path, "re");
	char line[256];
	bool found = false;

	while (file != NULL && !found && fgets(line, sizeof(line), file) != NULL)
		found = strstr(line, text) != NULL;
	if (file != NULL)
		fclose(file);
	return found;
}

static void
check_walls(struct doctor *d)
{
	if (says("/sys/fs/selinux/enforce", "1"))
		finding(&d->findings, FINDING_WARNING, "SELinux",
			"after a failed login type: ausearch -m avc -c itsme-helper",
			"is enforcing: the host must be allowed to run %s, and that to "
			"reach the provider",
			HELPER_PATH);
	if (says("/sys/kernel/security/apparmor/profiles", "itsme-helper"))
		finding(&d->findings, FINDING_NOTE, "AppArmor", NULL,
			"has a profile for the helper");
	else if (says("/sys/kernel/security/apparmor/profiles", "sshd"))
		finding(&d->findings, FINDING_WARNING, "AppArmor",
			"let its profile run " HELPER_PATH " unconfined (Ux)",
			"confines sshd");
}

void
doctor_programs(struct doctor *d)
{
	check_program(d, "helper", HELPER_PATH, 0555);
	check_program(d, "itsme-qr", QR_PATH, 0555);
	check_program(d, "module", MODULE_PATH, 0444);
	check_program(d, "itsmectl", CTL_PATH, 0500);
	check_units(d);
	check_settings(d);
	check_stacks(d);
	check_helper_account(d);
	check_walls(d);
}
