/* RUN_DIR: whether a login could keep there what it must (identity/state.h). */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/buf.h"
#include "cli/doctor.h"
#include "identity/state.h"

#define TOPIC "state"
#define TMPFILES "systemd-tmpfiles --create " TMPFILES_PATH
#define COST "no phone rings by itself, and codes are not counted"
#define SYSTEMD_RUNS "/run/systemd/system" /* sd_booted(3) */

/* The file system that state lies on, or would. */
static void
check_room(struct doctor *d, const char *path)
{
	struct findings *f = &d->findings;
	struct statvfs room;

	if (statvfs(path, &room) != 0)
		finding(f, FINDING_FAULT, TOPIC, NULL, "%s: %s", path, strerror(errno));
	else if ((room.f_flag & ST_RDONLY) != 0)
		finding(f, FINDING_FAULT, TOPIC, "type: findmnt --target " RUN_DIR,
			"%s is read-only: " COST, path);
	else if (room.f_blocks > 0 && room.f_bavail == 0)
		finding(f, FINDING_FAULT, TOPIC,
			"make room; type: df -h " RUN_DIR "; du -sx /run/*",
			"%s is full, no block is left: " COST, path);
	else if (room.f_files > 0 && room.f_favail == 0)
		finding(f, FINDING_FAULT, TOPIC,
			"remove files; type: df -i " RUN_DIR "; du -sx --inodes /run/*",
			"%s is full, no inode is left: " COST, path);
	else if (strcmp(path, STATE_DIR) == 0)
		finding(f, FINDING_GOOD, TOPIC, NULL, "%s has room for logins", path);
}

/* RUN_DIR is not there. A login makes it where it may, but sockets need it before. */
static void
check_missing(struct doctor *d)
{
	bool expected =
		access(TMPFILES_PATH, F_OK) == 0 && access(SYSTEMD_RUNS, F_OK) == 0;

	finding(&d->findings, expected ? FINDING_WARNING : FINDING_NOTE, TOPIC,
		expected ? "type: " TMPFILES : NULL,
		RUN_DIR " does not exist%s: the next login makes it%s",
		expected ? ", though it is made at boot" : " yet",
		expected ? ", if it runs as root" : "");
}

void
doctor_state(struct doctor *d)
{
	AUTO_BUF struct buf parent = BUF_INIT(4096);
	struct diag diag = {0};
	struct stat st;
	enum err e;

	if (geteuid() != 0)
		return;
	e = state_examine(STATE_DIR, &diag);
	if (e != ERR_OK && e != ERR_FILE_MISSING) {
		d->state_unsafe = true;
		finding_error(&d->findings, TOPIC,
			"look at who made it; then remove " RUN_DIR
			", and type: " TMPFILES,
			e, &diag);
		return;
	}
	if (e == ERR_OK)
		check_room(d, STATE_DIR);
	else if (lstat(RUN_DIR, &st) == 0)
		check_room(d, RUN_DIR);
	else {
		buf_add(&parent, RUN_DIR, (size_t)(strrchr(RUN_DIR, '/') - RUN_DIR));
		check_missing(d);
		check_room(d, buf_str(&parent));
	}
}
