/* Waiting for a confirmation; whatever goes wrong meanwhile, the change is taken back. */
#include "cli/pam_timer.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/descriptors.h"
#include "cli/pam_edit.h"
#include "cli/pam_undo.h"

#define RECORD_FD 3
#define AGAIN_S 3 /* after it could not be taken back: a full disk, say */
#define AGAIN_MOST 1200

/* Whether the record is still the one that this timer was started for. */
static bool
is_pending(const char *path, int fd)
{
	struct stat now, own;

	return stat(path, &now) == 0 && fstat(fd, &own) == 0 && now.st_ino == own.st_ino;
}

/* The deadline stands in the record itself; 0 where it is damaged. */
static int64_t
read_deadline(int fd)
{
	char text[32] = "";

	return pread(fd, text, sizeof(text) - 1, 0) > 0 ? (int64_t)strtoll(text, NULL, 10)
							: 0;
}

/* One attempt, under the lock: what was confirmed until then stays. */
static enum err
take_back(const char *name, const char *path, struct diag *diag)
{
	AUTO_PAM_SERVICE struct pam_service s;
	enum err e = pam_service_open(&s, name);
	bool ours = e == ERR_OK && is_pending(path, RECORD_FD) &&
		    pam_edit_is_ours(buf_str(&s.text));

	if (e == ERR_OK && is_pending(path, RECORD_FD)) {
		e = pam_undo(&s);
		if (!ours && e == ERR_FILE_INVALID)
			e = ERR_OK; /* there was nothing to be taken back */
	}
	*diag = s.diag;
	if (e == ERR_OK && ours)
		syslog(LOG_WARNING,
			"%s asks for itsme no more: nobody typed itsmectl pam confirm",
			name);
	return e;
}

/* Waits, a second at a time, until it is confirmed or too late. */
__attribute__((noreturn)) static void
wait_and_take_back(const char *name)
{
	char path[sizeof(PAM_SERVICE_KEEP) + PAM_SERVICE_MOST + 16];
	struct diag diag;
	int tries;

	snprintf(path, sizeof(path), PAM_SERVICE_KEEP "/%s" PAM_SERVICE_RECORD, name);
	openlog("itsmectl", LOG_PID, LOG_AUTHPRIV);
	while (is_pending(path, RECORD_FD) && clock_boot() < read_deadline(RECORD_FD))
		sleep(1);
	for (tries = 0; is_pending(path, RECORD_FD) && tries < AGAIN_MOST; tries++) {
		if (take_back(name, path, &diag) == ERR_OK)
			break;
		if (tries == 0)
			syslog(LOG_ERR, "%s still asks for itsme: %s", name, diag.text);
		sleep(AGAIN_S);
	}
	_exit(0);
}

/* The child: a daemon that holds nothing but the record. */
__attribute__((noreturn)) static void
become_timer(const char *name, int record)
{
	int i, null = open("/dev/null", O_RDWR | O_CLOEXEC);
	pid_t pid;

	if (null < 0 || setsid() < 0 || chdir("/") != 0)
		_exit(1);
	pid = fork();
	if (pid != 0)
		_exit(pid < 0);
	for (i = 0; i < RECORD_FD; i++)
		dup2(null, i);
	if (record != RECORD_FD && dup2(record, RECORD_FD) < 0)
		_exit(1);
	descriptors_close(RECORD_FD + 1, -1, -1);
	wait_and_take_back(name);
}

enum err
pam_timer_start(struct pam_service *s, unsigned minutes)
{
	int64_t deadline = clock_boot() + (int64_t)minutes * 60;
	char text[32];
	int len = snprintf(text, sizeof(text), "%lld\n", (long long)deadline), status;
	enum err e = pam_service_note(s, s->record, text, (size_t)len);
	AUTO_FD int fd = -1;
	pid_t pid;

	if (e != ERR_OK)
		return e;
	fd = openat(s->keep, s->record, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0)
		return diag_set(&s->diag, ERR_SYSTEM, "no timer: %m");
	pid = fork();
	if (pid == 0)
		become_timer(s->name, fd);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
		return diag_set(&s->diag, ERR_SYSTEM, "no process for the timer");
	return ERR_OK;
}

int64_t
pam_timer_left(int keep, const char *record)
{
	AUTO_FD int fd = openat(keep, record, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int64_t left;

	if (fd < 0)
		return -1;
	if (flock(fd, LOCK_SH | LOCK_NB) == 0)
		return 0;
	left = read_deadline(fd) - clock_boot();
	return left > 0 ? left : 1;
}
