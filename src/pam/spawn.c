/*
 * Starting and ending the helper. Everything that a caller of su or sudo can hand down
 * (environment, descriptors, limits, share of the machine, signals, directory, umask,
 * real uid) is replaced by constants here. No setsid: the helper must go when the host's
 * process group is killed.
 *
 * Between fork() and execve() only system calls are made, as in any threaded host.
 */
#define _GNU_SOURCE /* setresuid, pipe2, sched_setaffinity */
#include "pam/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ioprio.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
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

/* What a child that could not become the helper tells its parent. */
struct failure {
	size_t step;
	int error;
};

/* The child's ends of what its parent holds the others of. */
struct ends {
	int channel, report;
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

/* su and sudo keep the caller as real user, who could then send the helper signals. */
static bool
set_ids(const struct ends *ends)
{
	(void)ends;
	return geteuid() != 0 || (setresgid(0, 0, 0) == 0 && setresuid(0, 0, 0) == 0);
}

/* CAP_SYS_RESOURCE may raise a limit; a host without it gets as close as it can. */
static bool
set_limits(const struct ends *ends)
{
	struct rlimit limit;
	size_t i;

	(void)ends;
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

/* Out of memory, the helper is as good a victim as any other. */
static void
set_oom_score(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "0", 1) < 0)
		return; /* a host without root, or without /proc */
	close(fd);
}

/*
 * A caller can give away its share of the machine, and its children's. As root the helper
 * takes it back; where that fails it still knows how long it did not run (base/ran.h).
 */
static bool
set_share(const struct ends *ends)
{
	const struct sched_param ordinary = {0};
	cpu_set_t all;

	(void)ends;
	memset(&all, 0xff, sizeof(all));
	sched_setscheduler(0, SCHED_OTHER, &ordinary);
	setpriority(PRIO_PROCESS, 0, 0);
	sched_setaffinity(0, sizeof(all), &all);
	syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, 0);
	prctl(PR_SET_TIMERSLACK, TIMER_SLACK_NS, 0, 0, 0);
	set_oom_score();
	return true;
}

/* Handlers are reset while all signals are blocked, so that none of the host's runs. */
static bool
set_signals(const struct ends *ends)
{
	sigset_t none;
	int i;

	(void)ends;
	for (i = 1; i < NSIG; i++)
		signal(i, SIG_DFL); /* fails for SIGKILL and SIGSTOP, as it must */
	sigemptyset(&none);
	return sigprocmask(SIG_SETMASK, &none, NULL) == 0;
}

/* 0 to 2 on /dev/null, the channel on 3, the report until execve(); nothing else. */
static bool
set_files(const struct ends *ends)
{
	int fd;

	for (fd = 0; fd < SPAWN_CHANNEL; fd++)
		close(fd);
	if (open("/dev/null", O_RDWR) != 0 || dup(0) != 1 || dup(0) != 2 ||
		dup2(ends->channel, SPAWN_CHANNEL) < 0)
		return false;
	descriptors_close(SPAWN_CHANNEL + 1, ends->report, -1);
	return true;
}

static bool
set_place(const struct ends *ends)
{
	(void)ends;
	umask(077);
	return chdir("/") == 0;
}

static bool
run(const struct ends *ends)
{
	static char name[] = "itsme-helper";
	char *const argv[] = {name, NULL};
	char *const environment[] = {NULL};

	(void)ends;
	execve(HELPER_PATH, argv, environment);
	return false;
}

static const struct {
	bool (*take)(const struct ends *ends);
	const char *name;
} steps[] = {
	{set_ids, "set its user"},
	{set_limits, "set its limits"},
	{set_share, "set its share"},
	{set_signals, "set its signals"},
	{set_files, "set its files"},
	{set_place, "set its place"},
	{run, "run"},
};

#define STEPS (sizeof(steps) / sizeof(steps[0]))

__attribute__((noreturn)) static void
become_helper(const struct ends *ends)
{
	struct failure failure = {0};

	while (failure.step < STEPS && steps[failure.step].take(ends))
		failure.step++;
	failure.error = errno;
	_exit(write(ends->report, &failure, sizeof(failure)) < 0 ? 126 : 127);
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

	if (*fd > SPAWN_CHANNEL)
		return true;
	lifted = fcntl(*fd, F_DUPFD_CLOEXEC, SPAWN_CHANNEL + 1);
	if (lifted < 0)
		return false;
	close(*fd);
	*fd = lifted;
	return true;
}

bool
spawn_pair(int pair[2], bool channel)
{
	int made = channel ? socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)
			   : pipe2(pair, O_CLOEXEC);

	return made == 0 && lift(&pair[0]) && lift(&pair[1]);
}

static sigset_t
only_sigchld(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	return set;
}

bool
spawn_hold(void)
{
	const sigset_t set = only_sigchld();
	sigset_t before;

	return pthread_sigmask(SIG_BLOCK, &set, &before) == 0 &&
	       sigismember(&before, SIGCHLD) == 0;
}

/* Whether a child of the host has ended and waits to be reaped. It goes on waiting. */
static bool
has_dead_child(void)
{
	siginfo_t end = {0};

	return waitid(P_ALL, 0, &end, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       end.si_pid != 0;
}

/* Takes the one that `pid` has left; it may stand for a child of the host as well. */
static void
drop_sigchld(pid_t pid)
{
	const sigset_t set = only_sigchld();
	const struct timespec now = {0};
	siginfo_t from = {0};

	if (sigtimedwait(&set, &from, &now) != SIGCHLD)
		return;
	if (from.si_pid != pid || has_dead_child())
		kill(getpid(), SIGCHLD);
}

void
spawn_release(bool held)
{
	const sigset_t set = only_sigchld();

	if (held)
		pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* Forks with all signals blocked: the child may not run a handler of the host. */
static pid_t
fork_quietly(const struct ends *ends)
{
	sigset_t all, before;
	int saved;
	pid_t pid;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid == 0)
		become_helper(ends);
	saved = errno;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
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
await_exec(int report, struct diag *diag)
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
		return diag_set(diag, ERR_SYSTEM, "the helper did not start");
	is_program = steps[failure.step].take == run;
	errno = failure.error;
	return diag_set(diag, is_missing(&failure) ? ERR_HELPER_MISSING : ERR_SYSTEM,
		"the helper could not %s%s%s: %m", steps[failure.step].name,
		is_program ? " " : "", is_program ? HELPER_PATH : "");
}

/* Before it is run as root. One that is not there is not run: execve() then says why. */
static enum err
check_helper(struct diag *diag)
{
	struct diag why = {0};
	enum err e =
		safefile_fault(safefile_program(HELPER_PATH, &why), &safefile_helper);

	if (e == ERR_HELPER_MISSING)
		return ERR_OK;
	return e == ERR_HELPER_UNSAFE
		       ? diag_set(diag, e,
				 "the helper is not run: %.170s; install pam_itsme again",
				 why.text)
		       : diag_set(diag, e, "%s", why.text);
}

enum err
spawn_start(struct spawn *ret, struct diag *diag)
{
	AUTO_FD int ours = -1, theirs = -1, report = -1, reported = -1;
	struct spawn child = SPAWN_NONE;
	int sockets[2] = {-1, -1}, pipes[2] = {-1, -1};
	enum err e = check_helper(diag);
	bool made;

	if (e != ERR_OK)
		return e;
	made = spawn_pair(sockets, true) && spawn_pair(pipes, false);
	ours = sockets[0];
	theirs = sockets[1];
	report = pipes[0];
	reported = pipes[1];
	if (!made)
		return diag_set(diag, ERR_SYSTEM, "no channel to the helper: %m");
	child.holds = spawn_hold();
	child.pid = fork_quietly(&(struct ends){theirs, reported});
	if (child.pid < 0) {
		diag_set(diag, ERR_SYSTEM, "no process for the helper: %m");
		spawn_release(child.holds);
		return ERR_SYSTEM;
	}
	clean_fd(&theirs);
	clean_fd(&reported);
	child.channel = move_fd(&ours);
	e = await_exec(report, diag);
	if (e != ERR_OK)
		spawn_stop(&child, NULL);
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
 * A host that ignores SIGCHLD or reaps every child leaves nobody to wait for. The helper
 * is killed only when it has just been seen alive and unreaped, so its pid is its own.
 */
void
spawn_stop(struct spawn *s, siginfo_t *ret_end)
{
	int64_t deadline = clock_ms() + SPAWN_EXIT_MS;
	pid_t pid = s->pid;
	siginfo_t end = {0};

	clean_fd(&s->channel);
	while (s->pid > 0 && reap(s->pid, &end, WNOHANG) && end.si_pid == 0) {
		if (clock_ms() < deadline) {
			poll(NULL, 0, 1);
			continue;
		}
		kill(s->pid, SIGKILL);
		reap(s->pid, &end, 0);
		break;
	}
	if (pid > 0)
		drop_sigchld(pid);
	spawn_release(s->holds);
	s->holds = false;
	s->pid = -1;
	if (ret_end != NULL)
		*ret_end = end;
}
