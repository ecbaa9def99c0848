/* What was installed, and the walls around it. */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/safefile.h"
#include "cli/doctor.h"

#define INSTALL "install pam_itsme again"

/* The directories above a file that is in order itself; the loader follows links. */
static void
check_path(struct findings *f, const char *topic, const char *path)
{
	AUTO_FREE char *real = realpath(path, NULL);
	struct diag diag = {0};

	/* the helper is started under its own name alone */
	if (real == NULL || strcmp(topic, "helper") == 0) {
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
	check_program(d, "module", MODULE_PATH, 0444);
	check_helper_account(d);
	check_walls(d);
}
