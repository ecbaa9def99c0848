/*
 * Starting and ending programs. Everything that a caller of su or sudo can hand down is
 * replaced by constants here. No setsid: the program must go when the host's process
 * group is killed.
 *
 * Between fork() and execve() only system calls are made, as in any threaded host.
 */
#define _GNU_SOURCE /* setresuid, pipe2, sched_setaffinity */
#include "base/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/ioprio.h>
#include <linux/keyctl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/clock.h"
#include "base/descriptors.h"
#include "base/safefile.h"

#define TIMER_SLACK_NS 50000 /* Linux's own */

/* What a child that could not become the program tells its parent. */
struct failure {
	size_t step;
	int error;
};

/* What there is to start. */
struct start {
	const char *path, *name; /* borrowed; the name is the path's last part */
	int channel, report; /* its ends */
};

/* --- the child ---------------------------------------------------------------- */

static const struct {
	unsigned resource;
	rlim_t limit;
} limits[] = {
	{RLIMIT_CORE, 0}, /* a core would hold tokens */
	{RLIMIT_NOFILE, 256},
	{RLIMIT_FSIZE, 16 << 20},
	{RLIMIT_CPU, 60},
	{RLIMIT_AS, RLIM_INFINITY},
	{RLIMIT_DATA, RLIM_INFINITY},
	{RLIMIT_STACK, 8 << 20},
	{RLIMIT_NPROC, RLIM_INFINITY},
	{RLIMIT_MEMLOCK, 8 << 20},
	{RLIMIT_SIGPENDING, 1024},
	{RLIMIT_MSGQUEUE, 0},
	{RLIMIT_RTTIME, RLIM_INFINITY},
};

/* Machines of 32 bits have a later call for ids of 32 bits. */
#ifndef SYS_setresuid32
#define SYS_setresuid32 SYS_setresuid
#define SYS_setresgid32 SYS_setresgid
#endif

/*
 * su and sudo keep the caller as real user, who could then send the program signals. The
 * C library's own functions would change the ids of the host's threads as well.
 */
static bool
set_ids(const struct start *start)
{
	(void)start;
	return geteuid() != 0 || (syscall(SYS_setresgid32, 0, 0, 0) == 0 &&
					 syscall(SYS_setresuid32, 0, 0, 0) == 0);
}

/* CAP_SYS_RESOURCE may raise a limit; a host without it gets as close as it can. */
static bool
set_limits(const struct start *start)
{
	struct rlimit limit;
	size_t i;

	(void)start;
	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		limit.rlim_cur = limit.rlim_max = limits[i].limit;
		if (setrlimit(limits[i].resource, &limit) == 0)
			continue;
		if (getrlimit(limits[i].resource, &limit) != 0)
			return false;
		limit.rlim_cur = limit.rlim_max;
		if (setrlimit(limits[i].resource, &limit) != 0)
			return false;
	}
	return true;
}

/* Out of memory, it is as good a victim as any other. */
static void
set_oom_score(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "0", 1) < 0)
		return; /* a host without root, or without /proc */
	close(fd);
}

/*
 * A caller can give away its share of the machine, and its children's. As root it
 * takes it back; where that fails it still knows how long it did not run (base/ran.h).
 */
static bool
set_share(const struct start *start)
{
	const struct sched_param ordinary = {0};
	cpu_set_t all;

	(void)start;
	memset(&all, 0xff, sizeof(all));
	sched_setscheduler(0, SCHED_OTHER, &ordinary);
	setpriority(PRIO_PROCESS, 0, 0);
	sched_setaffinity(0, sizeof(all), &all);
	syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, 0);
	prctl(PR_SET_TIMERSLACK, TIMER_SLACK_NS, 0, 0, 0);
	set_oom_score();
	return true;
}

/*
 * Handlers are reset while all signals are blocked, so that none of the host's runs.
 * Those of Ctrl-Z stay blocked until launched_arrive(): a child that is stopped before it
 * is the program would keep the host waiting in vfork(), where no Ctrl-C reaches it.
 */
static bool
set_signals(const struct start *start)
{
	sigset_t stops;
	int i;

	(void)start;
	for (i = 1; i < NSIG; i++)
		signal(i, SIG_DFL); /* fails for SIGKILL and SIGSTOP, as it must */
	sigemptyset(&stops);
	sigaddset(&stops, SIGTSTP);
	sigaddset(&stops, SIGTTIN);
	sigaddset(&stops, SIGTTOU);
	return sigprocmask(SIG_SETMASK, &stops, NULL) == 0;
}

/* 0 to 2 on /dev/null, the channel on 3, the report until execve(); nothing else. */
static bool
set_files(const struct start *start)
{
	int fd;

	for (fd = 0; fd < LAUNCH_CHANNEL; fd++)
		close(fd);
	if (open("/dev/null", O_RDWR) != 0 || dup(0) != 1 || dup(0) != 2 ||
		dup2(start->channel, LAUNCH_CHANNEL) < 0)
		return false;
	descriptors_close(LAUNCH_CHANNEL + 1, start->report, -1);
	return true;
}

static bool
set_place(const struct start *start)
{
	(void)start;
	umask(077);
	return chdir("/") == 0;
}

/*
 * Neither the caller's terminal, into which somebody could type, nor the keys of their
 * session. It stays in its process group, whose signals come without a terminal as well.
 * A service manager may refuse a keyring, and has given one of its own then.
 */
static bool
set_session(const struct start *start)
{
	int tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

	(void)start;
	syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
	if (tty < 0)
		return true; /* there is none */
	if (ioctl(tty, TIOCNOTTY) != 0)
		return false;
	close(tty);
	return true;
}

/*
 * Debian's libcurl brings GnuTLS, which nobody here uses, and which would make itself
 * ready before main(): 130 kB of each login that waits.
 */
static bool
run(const struct start *start)
{
	char name[32] = "", quiet[] = LAUNCH_ENVIRONMENT;
	char *const argv[] = {name, NULL};
	char *const environment[] = {quiet, NULL};

	strncpy(name, start->name, sizeof(name) - 1);
	execve(start->path, argv, environment);
	return false;
}

static const struct {
	bool (*take)(const struct start *start);
	const char *name;
} steps[] = {
	{set_ids, "set its user"},
	{set_limits, "set its limits"},
	{set_share, "set its share"},
	{set_signals, "set its signals"},
	{set_files, "set its files"},
	{set_place, "set its place"},
	{set_session, "leave its terminal"},
	{run, "run"},
};

#define STEPS (sizeof(steps) / sizeof(steps[0]))

__attribute__((noreturn)) static void
become(const struct start *start)
{
	struct failure failure = {0};

	while (failure.step < STEPS && steps[failure.step].take(start))
		failure.step++;
	failure.error = errno;
	_exit(write(start->report, &failure, sizeof(failure)) < 0 ? 126 : 127);
}

/* --- the parent ----------------------------------------------------------------- */

/*
 * Moves a descriptor above those that the child fills. A host that runs with 0 to 2
 * closed would otherwise write its own output into the channel.
 */
static bool
lift(int *fd)
{
	int lifted;

	if (*fd > LAUNCH_CHANNEL)
		return true;
	lifted = fcntl(*fd, F_DUPFD_CLOEXEC, LAUNCH_CHANNEL + 1);
	if (lifted < 0)
		return false;
	close(*fd);
	*fd = lifted;
	return true;
}

bool
launch_pair(int pair[2], enum launch_kind kind)
{
	int type = kind == LAUNCH_PACKETS ? SOCK_SEQPACKET : SOCK_STREAM;

	return socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair) == 0 && lift(&pair[0]) &&
	       lift(&pair[1]);
}

bool
launch_pipe(int pair[2])
{
	return pipe2(pair, O_CLOEXEC) == 0 && lift(&pair[0]) && lift(&pair[1]);
}

/*
 * A child that borrows our memory until it is the program, while this thread waits: a
 * copy would cost more than all the rest of a start. So it makes system calls alone, runs
 * no handler of the host (all signals are blocked), and is not cancelled.
 */
static pid_t
fork_quietly(const struct start *start)
{
	int saved, cancels = PTHREAD_CANCEL_ENABLE;
	sigset_t all, before;
	pid_t pid;

	sigfillset(&all);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancels);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid = vfork();
	if (pid == 0)
		become(start);
	saved = errno;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_setcancelstate(cancels, NULL);
	errno = saved;
	return pid;
}

/* Whether the program is not there as it was installed: no caller can bring that about.
 */
static bool
is_missing(const struct failure *failure)
{
	return steps[failure->step].take == run &&
	       (failure->error == ENOENT || failure->error == ENOTDIR ||
		       failure->error == EACCES || failure->error == ENOEXEC);
}

/* Waits until execve() has closed the child's end of the report, or for its failure. */
static enum err
await_exec(const struct start *start, int report, struct diag *diag)
{
	struct failure failure;
	bool is_program;
	ssize_t got;

	do
		got = read(report, &failure, sizeof(failure));
	while (got < 0 && errno == EINTR);
	if (got == 0)
		return ERR_OK;
	if (got != (ssize_t)sizeof(failure) || failure.step >= STEPS)
		return diag_set(diag, ERR_SYSTEM, "%s did not start", start->name);
	is_program = steps[failure.step].take == run;
	errno = failure.error;
	if (is_missing(&failure))
		return diag_set(diag, ERR_HELPER_MISSING,
			"%s could not run %s: %m; install pam_itsme again", start->name,
			start->path);
	return diag_set(diag, ERR_SYSTEM, "%s could not %s%s%s: %m", start->name,
		steps[failure.step].name, is_program ? " " : "",
		is_program ? start->path : "");
}

/* Before it is run as root. One that is not there is not run: execve() then says why. */
static enum err
check_program(const struct start *start, struct diag *diag)
{
	struct diag why = {0};
	enum err e =
		safefile_fault(safefile_program(start->path, &why), &safefile_helper);

	if (e == ERR_HELPER_MISSING)
		return ERR_OK;
	return e == ERR_HELPER_UNSAFE
		       ? diag_set(diag, e,
				 "%s is not run: %.170s; install pam_itsme again",
				 start->name, why.text)
		       : diag_set(diag, e, "%s", why.text);
}

enum err
launch_start(
	struct launched *ret, const char *path, enum launch_kind kind, struct diag *diag)
{
	AUTO_FD int ours = -1, theirs = -1, report = -1, reported = -1;
	struct start start = {.path = path};
	struct launched child = LAUNCHED_NONE;
	int sockets[2] = {-1, -1}, pipes[2] = {-1, -1};
	const char *slash = strrchr(path, '/');
	enum err e;
	bool made;

	start.name = slash != NULL ? slash + 1 : path;
	e = check_program(&start, diag);
	if (e != ERR_OK)
		return e;
	made = launch_pair(sockets, kind) && launch_pipe(pipes);
	ours = sockets[0];
	theirs = sockets[1];
	report = pipes[0];
	reported = pipes[1];
	if (!made)
		return diag_set(diag, ERR_SYSTEM, "no channel to %s: %m", start.name);
	start.channel = theirs;
	start.report = reported;
	child.pid = fork_quietly(&start);
	if (child.pid < 0)
		return diag_set(diag, ERR_SYSTEM, "no process for %s: %m", start.name);
	clean_fd(&theirs);
	clean_fd(&reported);
	child.channel = move_fd(&ours);
	e = await_exec(&start, report, diag);
	if (e != ERR_OK)
		launch_stop(&child, NULL);
	else
		*ret = child;
	return e;
}

/* waitid() through signals. False: there is nobody to wait for. */
static bool
reap(pid_t pid, siginfo_t *ret_end, int flags)
{
	int failed;

	do {
		*ret_end = (siginfo_t){0};
		failed = waitid(P_PID, (id_t)pid, ret_end, WEXITED | flags);
	} while (failed < 0 && errno == EINTR);
	return failed == 0;
}

/*
 * A host that ignores SIGCHLD or reaps every child leaves nobody to wait for. The program
 * is killed only when it has just been seen alive and unreaped, so its pid is its own.
 */
void
launch_stop(struct launched *l, siginfo_t *ret_end)
{
	int64_t deadline = clock_ms() + LAUNCH_EXIT_MS;
	siginfo_t end = {0};

	clean_fd(&l->channel);
	while (l->pid > 0 && reap(l->pid, &end, WNOHANG) && end.si_pid == 0) {
		if (clock_ms() < deadline) {
			poll(NULL, 0, 1);
			continue;
		}
		/* one that has not dropped its rights yet is not ours to end; it will by
		 * itself */
		if (kill(l->pid, SIGKILL) == 0)
			reap(l->pid, &end, 0);
		break;
	}
	l->pid = -1;
	if (ret_end != NULL)
		*ret_end = end;
}

/* What this program was started as; some managers start what they have open already. */
static bool
own_path(char path[PATH_MAX])
{
	const char *told = (const char *)getauxval(AT_EXECFN);
	ssize_t len;

	if (told != NULL && told[0] == '/' && strncmp(told, "/dev/fd/", 8) != 0 &&
		strncmp(told, "/proc/", 6) != 0 && strlen(told) < PATH_MAX) {
		strcpy(path, told);
		return true;
	}
	len = readlink("/proc/self/exe", path, PATH_MAX - 1);
	path[len > 0 ? len : 0] = '\0';
	return path[0] == '/';
}

bool
launch_neighbour(char *path, size_t size, const char *name)
{
	char own[PATH_MAX];
	int len;

	if (!own_path(own))
		return false;
	len = snprintf(path, size, "%.*s/%s", (int)(strrchr(own, '/') - own), own, name);
	return len > 0 && (size_t)len < size;
}
