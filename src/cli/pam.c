/*
 * itsmectl pam: makes a PAM service ask for itsme without locking anybody out. Nothing is
 * changed unless a way in stays that itsme is not asked for, the doctor finds no fault
 * with the new stack, and somebody confirms it in time.
 */
#define _GNU_SOURCE /* close_range */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <shadow.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/clock.h"
#include "base/safefile.h"
#include "base/safewrite.h"
#include "cli/call.h"
#include "cli/pam_edit.h"
#include "cli/pam_stack.h"

#define KEEP_DIR "/etc/pam_itsme/pam.d" /* copies, and what is not confirmed yet */
#define SERVICE_MOST 64
#define FILE_MOST 65536
#define MINUTES_USUAL 5
#define MINUTES_MOST 60
#define CONSOLE "login" /* where the way in that stays begins */

/* One service's files. */
struct place {
	struct call *call;
	const char *service;
	char path[128]; /* of the service's file */
	char pending[SERVICE_MOST + 16]; /* in KEEP_DIR: there until it is confirmed */
	int keep; /* KEEP_DIR, locked against other administrators */
	int dir; /* PAM_STACK_DIR */
	struct stat before; /* of the service's file */
	struct buf text; /* of the service's file */
	struct diag diag;
};

static void
place_close(struct place *p)
{
	clean_fd(&p->keep);
	clean_fd(&p->dir);
	buf_free(&p->text);
}

static bool
is_name(const char *service)
{
	size_t len = strlen(service);

	return len > 0 && len < SERVICE_MOST && strncmp(service, "common-", 7) != 0 &&
	       strspn(service, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			       "0123456789_-") == len;
}

static enum err
open_keep(struct place *p)
{
	enum err e = safefile_private_directory(&p->keep, KEEP_DIR, &p->diag);

	if (e == ERR_OK && flock(p->keep, LOCK_EX) != 0)
		return diag_set(&p->diag, ERR_SYSTEM, "%s: %m", KEEP_DIR);
	return e;
}

static enum err
place_open(struct place *p, struct call *call, const char *service)
{
	const char *name;
	enum err e;

	*p = (struct place){.call = call, .service = service, .keep = -1, .dir = -1};
	p->text = (struct buf)BUF_INIT(FILE_MOST);
	if (!is_name(service))
		return diag_set(&p->diag, ERR_FILE_INVALID,
			"%.60s is not the name of a single service", service);
	snprintf(p->path, sizeof(p->path), PAM_STACK_DIR "/%s", service);
	snprintf(p->pending, sizeof(p->pending), "%s.pending", service);
	if (geteuid() != 0)
		return diag_set(&p->diag, ERR_SYSTEM, "this is for root");
	e = open_keep(p);
	if (e == ERR_OK)
		e = safefile_directory(&p->dir, &name, p->path, &p->diag);
	if (e == ERR_OK)
		e = safefile_read(&p->text, p->path, 0, &p->diag);
	if (e == ERR_OK && fstatat(p->dir, service, &p->before, AT_SYMLINK_NOFOLLOW) != 0)
		e = diag_set(&p->diag, ERR_SYSTEM, "%s: %m", p->path);
	return e;
}

static enum err
write_service(struct place *p, const struct buf *text)
{
	const struct safewrite_owner owner = {.uid = p->before.st_uid,
		.gid = p->before.st_gid,
		.mode = p->before.st_mode & 07777};

	return safewrite(p->dir, p->service, SAFEWRITE_REPLACE, &owner, buf_str(text),
		text->len, p->path, &p->diag);
}

static enum err
keep_file(struct place *p, const char *name, const char *text, size_t len)
{
	const struct safewrite_owner owner = {.mode = 0600};

	unlinkat(p->keep, name, 0);
	return safewrite(
		p->keep, name, SAFEWRITE_NEW, &owner, text, len, KEEP_DIR, &p->diag);
}

/* Takes our lines out of the text that was read. */
static enum err
take_out(struct place *p)
{
	AUTO_BUF struct buf text = BUF_INIT(FILE_MOST);
	enum err e = ERR_OK;

	if (!pam_edit_is_ours(buf_str(&p->text)))
		return diag_set(&p->diag, ERR_FILE_INVALID,
			"%s: itsmectl has put nothing there", p->path);
	e = pam_edit_disable(&text, buf_str(&p->text));
	if (e == ERR_OK)
		e = write_service(p, &text);
	if (e == ERR_OK)
		unlinkat(p->keep, p->pending, 0);
	return e;
}

/* --- the way in that stays ------------------------------------------------------------
 */

static bool
has_password(const char *user)
{
	const struct spwd *entry = getspnam(user);

	return entry != NULL && entry->sp_pwdp[0] != '\0' &&
	       strchr("!*", entry->sp_pwdp[0]) == NULL;
}

/* Whether somebody who may use sudo has a password. */
static bool
admin_has_password(void)
{
	static const char *const groups[] = {"sudo", "wheel", "admin"};
	size_t i, k;

	for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		const struct group *group = getgrnam(groups[i]);

		for (k = 0; group != NULL && group->gr_mem[k] != NULL; k++)
			if (has_password(group->gr_mem[k]))
				return true;
	}
	return false;
}

/* Whether the service will ask nobody for itsme once ours is changed. */
static bool
stays_free(const struct place *p, const char *service)
{
	static struct pam_stack stack;
	size_t i;

	if (strcmp(service, p->service) == 0 || !pam_stack_read(&stack, service) ||
		stack.cut)
		return false;
	for (i = 0; i < stack.count; i++)
		if (pam_rule_is_itsme(&stack.rules[i]))
			return false;
	return true;
}

static enum err
check_way_in(struct place *p)
{
	if (stays_free(p, CONSOLE) &&
		(has_password("root") || (stays_free(p, "sudo") && admin_has_password())))
		return ERR_OK;
	return diag_set(&p->diag, ERR_FILE_INVALID,
		"no way in would be left that itsme is not asked for: leave " CONSOLE
		" as it is, and type: passwd root (see recovery.md; --force goes on)");
}

/* --- the doctor
 * -------------------------------------------------------------------------
 */

/* Runs `itsmectl check`, which gives its privilege up, as a process of its own. */
static enum err
check_stack(struct place *p)
{
	const char *config = call_config_path(p->call);
	bool quiet = call_has(p->call, OPTION_JSON);
	int status = -1;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		if (null >= 0 && dup2(quiet ? null : STDERR_FILENO, STDOUT_FILENO) >= 0)
			execl("/proc/self/exe", "itsmectl", "check", "--config", config,
				(char *)NULL);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return ERR_OK;
	return diag_set(&p->diag, ERR_CONFIG_INVALID,
		"the check found a fault, so %s is as it was (--force goes on)", p->path);
}

/* --- the timer
 * --------------------------------------------------------------------------
 */

/* Whether the pending file is still the one that this timer was started for. */
static bool
is_pending(const char *path, int fd)
{
	struct stat now, own;

	return stat(path, &now) == 0 && fstat(fd, &own) == 0 && now.st_ino == own.st_ino;
}

/* The deadline stands in the file itself; 0 where it is damaged. */
static int64_t
read_deadline(int fd)
{
	char text[32] = "";

	return pread(fd, text, sizeof(text) - 1, 0) > 0 ? (int64_t)strtoll(text, NULL, 10)
							: 0;
}

/* Waits, a second at a time, until it is confirmed or too late. */
__attribute__((noreturn)) static void
wait_and_take_back(const char *service, int fd)
{
	char path[sizeof(KEEP_DIR) + SERVICE_MOST + 16];
	struct place p;

	snprintf(path, sizeof(path), KEEP_DIR "/%s.pending", service);
	while (is_pending(path, fd) && clock_boot() < read_deadline(fd))
		sleep(1);
	if (!is_pending(path, fd))
		_exit(0);
	openlog("itsmectl", LOG_PID, LOG_AUTHPRIV);
	if (place_open(&p, NULL, service) == ERR_OK && is_pending(path, fd) &&
		take_out(&p) == ERR_OK)
		syslog(LOG_WARNING,
			"%s asks for itsme no more: nobody typed itsmectl pam confirm",
			service);
	else
		syslog(LOG_ERR, "%s still asks for itsme: %s", service, p.diag.text);
	_exit(0);
}

/*
 * The timer is a process of its own that outlives the terminal. It holds a lock on the
 * pending file, so that others see whether it is still there.
 */
static enum err
start_timer(struct place *p, unsigned minutes)
{
	int64_t deadline = clock_boot() + (int64_t)minutes * 60;
	char text[32];
	int len = snprintf(text, sizeof(text), "%lld\n", (long long)deadline), status;
	enum err e = keep_file(p, p->pending, text, (size_t)len);
	AUTO_FD int fd = -1;
	pid_t pid;

	if (e != ERR_OK)
		return e;
	fd = openat(p->keep, p->pending, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0)
		return diag_set(&p->diag, ERR_SYSTEM, "no timer: %m");
	pid = fork();
	if (pid == 0) {
		int i, null = open("/dev/null", O_RDWR | O_CLOEXEC);

		if (null < 0 || setsid() < 0 || chdir("/") != 0)
			_exit(1);
		pid = fork();
		if (pid != 0)
			_exit(pid < 0);
		signal(SIGHUP, SIG_IGN);
		for (i = 0; i < 3; i++)
			dup2(null, i);
		if (fd != 3 && dup2(fd, 3) < 0)
			_exit(0);
		syscall(SYS_close_range, 4, ~0u, 0);
		wait_and_take_back(p->service, 3);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
		return diag_set(&p->diag, ERR_SYSTEM, "no process for the timer");
	return ERR_OK;
}

/* Seconds until it is taken back; 0: the timer is gone; -1: nothing is pending. */
static int64_t
pending_left(int keep, const char *pending)
{
	AUTO_FD int fd = openat(keep, pending, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int64_t left;

	if (fd < 0)
		return -1;
	if (flock(fd, LOCK_SH | LOCK_NB) == 0)
		return 0;
	left = read_deadline(fd) - clock_boot();
	return left > 0 ? left : 1;
}

/* --- the actions
 * ------------------------------------------------------------------------
 */

static enum err
enable(struct place *p, enum pam_way way, unsigned minutes)
{
	AUTO_BUF struct buf text = BUF_INIT(FILE_MOST);
	bool force = call_has(p->call, OPTION_FORCE);
	struct pam_stack *stack = calloc(1, sizeof(*stack));
	bool by_hand = false;
	size_t i;
	enum err e;

	if (stack == NULL)
		return ERR_NOMEM;
	for (i = 0; pam_stack_read(stack, p->service) && i < stack->count; i++)
		by_hand = by_hand || pam_rule_is_itsme(&stack->rules[i]);
	free(stack);
	if (by_hand)
		return diag_set(
			&p->diag, ERR_FILE_INVALID, "%s asks for itsme already", p->path);
	e = pam_edit_enable(&text, buf_str(&p->text), way, &p->diag);
	if (e == ERR_OK && !force)
		e = check_way_in(p);
	if (e == ERR_OK)
		e = keep_file(p, p->service, buf_str(&p->text), p->text.len);
	if (e == ERR_OK)
		e = start_timer(p, minutes);
	if (e == ERR_OK)
		e = write_service(p, &text);
	if (e == ERR_OK && !force) {
		e = check_stack(p);
		if (e != ERR_OK && write_service(p, &p->text) != ERR_OK)
			return e; /* the timer tries again */
	}
	if (e != ERR_OK)
		unlinkat(p->keep, p->pending, 0);
	return e;
}

static enum err
run_enable(struct place *p)
{
	const char *given = p->call->value[OPTION_MINUTES];
	const char *as = p->call->value[OPTION_AS];
	enum pam_way way = pam_way_of(as != NULL ? as : "sole");
	unsigned long minutes = given != NULL ? strtoul(given, NULL, 10) : MINUTES_USUAL;
	enum err e;

	if (way == PAM_WAY_COUNT || minutes < 1 || minutes > MINUTES_MOST)
		return diag_set(&p->diag, ERR_CONFIG_INVALID,
			"--as is sole, second or fallback; --minutes is 1 to %d",
			MINUTES_MOST);
	e = enable(p, way, (unsigned)minutes);
	if (e == ERR_OK)
		output_line(&p->call->out,
			"%s asks for itsme now. Log in from another terminal, keep this "
			"one open, and\nwithin %lu minutes type: itsmectl pam confirm "
			"%s\nElse it is taken back. What was there: %s/%s",
			p->service, minutes, p->service, KEEP_DIR, p->service);
	return e;
}

static enum err
run_disable(struct place *p)
{
	enum err e = take_out(p);

	if (e == ERR_OK)
		output_line(&p->call->out, "%s asks for itsme no more.", p->service);
	return e;
}

static enum err
run_confirm(struct place *p)
{
	if (unlinkat(p->keep, p->pending, 0) != 0)
		return diag_set(&p->diag, ERR_FILE_MISSING,
			"nothing about %s waits to be confirmed; see itsmectl pam status",
			p->service);
	output_line(&p->call->out, "%s goes on asking for itsme.", p->service);
	return ERR_OK;
}

static void
show_service(struct call *call, int keep, const char *service)
{
	AUTO_BUF struct buf text = BUF_INIT(FILE_MOST);
	char name[SERVICE_MOST + 16];
	struct json_object *row;
	struct diag diag;
	int64_t left;

	snprintf(name, sizeof(name), PAM_STACK_DIR "/%.*s", SERVICE_MOST, service);
	if (safefile_read(&text, name, 0, &diag) != ERR_OK ||
		!pam_edit_is_ours(buf_str(&text)))
		return;
	snprintf(name, sizeof(name), "%.*s.pending", SERVICE_MOST, service);
	left = pending_left(keep, name);
	row = output_add(&call->out, "services");
	output_put(row, "service", service);
	output_put_bool(row, "confirmed", left < 0);
	output_put_int(row, "seconds_left", left > 0 ? left : 0);
	if (left < 0)
		output_line(&call->out, "%s asks for itsme.", service);
	else if (left == 0)
		output_line(&call->out,
			"%s asks for itsme, which nobody confirmed, and the timer is "
			"gone; type: itsmectl pam confirm %s, or itsmectl pam disable %s",
			service, service, service);
	else
		output_line(&call->out,
			"%s asks for itsme; in %lld s it is taken back unless you type: "
			"itsmectl pam confirm %s",
			service, (long long)left, service);
}

static enum exit_status
run_status(struct call *call)
{
	struct place p = {.call = call, .keep = -1, .dir = -1};
	struct dirent **entries = NULL;
	enum err e = open_keep(&p);
	int i, count = e == ERR_OK ? scandir(PAM_STACK_DIR, &entries, NULL, alphasort)
				   : 0;

	for (i = 0; i < count; i++) {
		if (is_name(entries[i]->d_name))
			show_service(call, p.keep, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	if (e != ERR_OK)
		output_failed(&call->out, e, &p.diag);
	place_close(&p);
	return e == ERR_OK ? EXIT_DONE : EXIT_NOT;
}

static const struct action {
	const char *name;
	enum err (*run)(struct place *p);
} actions[] = {
	{"enable", run_enable},
	{"disable", run_disable},
	{"confirm", run_confirm},
};

enum exit_status
command_pam(struct call *call)
{
	struct place p;
	enum err e;
	size_t i;

	if (strcmp(call->words[0], "status") == 0 && call->count == 1)
		return run_status(call);
	for (i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strcmp(call->words[0], actions[i].name) == 0)
			break;
	if (i == sizeof(actions) / sizeof(actions[0]) || call->count != 2)
		return call_wrong(
			call, "say enable, confirm or disable and a service; or status");
	e = place_open(&p, call, call->words[1]);
	if (e == ERR_OK)
		e = actions[i].run(&p);
	if (e != ERR_OK)
		output_failed(&call->out, e, &p.diag);
	place_close(&p);
	return e == ERR_OK ? EXIT_DONE : EXIT_NOT;
}
