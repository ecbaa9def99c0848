/*
 * Logs in through libpam as a host program does, with the conversation scripted, and
 * says what it cost and what it left behind in this process, as one JSON line.
 *
 *	login CONFDIR SERVICE USER ssh|local ENTER-MS [LOGINS]
 *
 * ssh: one prompt that is answered ENTER-MS after it came. local: text, then waiting.
 * It begins when standard input ends, so that many can begin at once.
 *
 * Two processes: the host, and its parent, to which any program of a login falls that the
 * host or the helper did not wait for. So the CPU of all of them is known.
 */
#define _GNU_SOURCE /* wait4 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <security/pam_appl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Logins after which libc and libpam have whatever they keep for good. */
#define WARM 2
#define ORPHANS_MS 2000 /* to end in, after the host */

/* What a module could leave behind. */
struct host {
	int libraries, fds, threads, children, handlers;
	long anonymous; /* kB */
	sigset_t mask;
};

static struct {
	bool ssh;
	int enter; /* ms */
	struct host prompt;
	double shown, entered; /* monotonic seconds, 0: not yet */
	double inspecting; /* CPU seconds that went into looking at ourselves */
} login;

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
seconds(const struct rusage *u)
{
	return (double)(u->ru_utime.tv_sec + u->ru_stime.tv_sec) +
	       (double)(u->ru_utime.tv_usec + u->ru_stime.tv_usec) / 1e6;
}

static double
cpu(void)
{
	struct rusage self, children;

	getrusage(RUSAGE_SELF, &self);
	getrusage(RUSAGE_CHILDREN, &children);
	return seconds(&self) + seconds(&children);
}

static int
count_library(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)info;
	(void)size;
	++*(int *)arg;
	return 0;
}

/* Entries of a directory of /proc, without the two dots (and the one we hold open). */
static int
entries(const char *path)
{
	DIR *dir = opendir(path);
	int n = 0;

	if (dir == NULL)
		return -1;
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n - 2 - (strcmp(path, "/proc/self/fd") == 0);
}

/* kB of anonymous memory of this process. */
static long
anonymous(void)
{
	static char text[4096];
	int fd = open("/proc/self/smaps_rollup", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
	const char *line;

	close(fd);
	text[n > 0 ? n : 0] = '\0';
	line = strstr(text, "\nAnonymous:");
	return line != NULL ? atol(line + strlen("\nAnonymous:")) : -1;
}

/* Whether there is a child of any kind, running or not reaped. */
static int
children(void)
{
	siginfo_t info;

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0;
}

static int
handlers(void)
{
	struct sigaction act;
	int n = 0;

	for (int i = 1; i < NSIG; i++)
		n += sigaction(i, NULL, &act) == 0 && act.sa_handler != SIG_DFL;
	return n;
}

static struct host
inspect(void)
{
	double before = cpu();
	struct host host = {
		.fds = entries("/proc/self/fd"),
		.threads = entries("/proc/self/task"),
		.children = children(),
		.handlers = handlers(),
		.anonymous = anonymous(),
	};

	dl_iterate_phdr(count_library, &host.libraries);
	sigprocmask(SIG_BLOCK, NULL, &host.mask);
	login.inspecting += cpu() - before;
	return host;
}

/* The first message that has blocks in it is the QR code. */
static void
see(const char *text)
{
	if (login.shown > 0 || strstr(text, "\xe2\x96") == NULL)
		return;
	login.shown = now();
	login.prompt = inspect();
}

static int
converse(int count, const struct pam_message **message, struct pam_response **response,
	void *arg)
{
	(void)arg;
	*response = calloc((size_t)count, sizeof(**response));
	for (int i = 0; i < count; i++) {
		see(message[i]->msg);
		if (message[i]->msg_style != PAM_PROMPT_ECHO_ON)
			continue;
		usleep((useconds_t)login.enter * 1000);
		login.entered = now();
		(*response)[i].resp = strdup("");
	}
	return PAM_SUCCESS;
}

/* In the place of libpam's sleep after a failure. */
static void
hurry(int result, unsigned delay, void *arg)
{
	(void)result;
	(void)delay;
	(void)arg;
}

/* One login; what pam_authenticate returned, and when. */
static int
log_in(char **argv, double *ended)
{
	static const struct pam_conv conv = {converse, NULL};
	pam_handle_t *pam = NULL;
	int result = pam_start_confdir(argv[2], argv[3], &conv, argv[1], &pam);

	if (result != PAM_SUCCESS)
		return result;
	pam_set_item(pam, PAM_FAIL_DELAY, (const void *)hurry);
	if (login.ssh) {
		pam_set_item(pam, PAM_TTY, "ssh");
		pam_set_item(pam, PAM_RHOST, "192.0.2.1");
	} else {
		pam_set_item(pam, PAM_RUSER, argv[3]);
	}
	result = pam_authenticate(pam, 0);
	*ended = now();
	pam_end(pam, result);
	return result;
}

/* What the host has to say of its logins. */
struct account {
	int result;
	double began, ended, cpu;
	long heap;
	struct host before, after;
	double shown, entered;
	struct host prompt;
};

static void
host(char **argv, int logins, struct account *ret)
{
	struct account a = {.result = PAM_SUCCESS};
	size_t heap;
	char byte;

	inspect(); /* once for nothing, so that looking changes nothing below */
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	a.before = inspect();
	login.inspecting = 0;
	heap = mallinfo2().uordblks;
	a.cpu = cpu();
	a.began = now();
	for (int i = 0; i < logins && a.result == PAM_SUCCESS; i++) {
		if (i == WARM)
			heap = mallinfo2().uordblks;
		a.result = log_in(argv, &a.ended);
	}
	a.cpu = cpu() - a.cpu - login.inspecting;
	a.heap = (long)(mallinfo2().uordblks - heap);
	a.after = inspect();
	a.shown = login.shown;
	a.entered = login.entered;
	a.prompt = login.prompt;
	*ret = a;
}

/* Waits for the host, and a moment for what it left; false: the host broke. */
static bool
wait_for(pid_t host_pid, int *ret_orphans, double *ret_cpu)
{
	double until = 0;
	struct rusage used;
	bool good = false;
	int status;
	pid_t pid;

	*ret_orphans = 0;
	*ret_cpu = 0;
	while ((pid = wait4(-1, &status, until > 0 ? WNOHANG : 0, &used)) >= 0) {
		if (pid == host_pid) {
			good = status == 0;
			until = now() + ORPHANS_MS / 1e3;
		} else if (pid > 0) {
			++*ret_orphans;
			*ret_cpu += seconds(&used);
		} else if (now() > until) {
			++*ret_orphans; /* at least: one does not end */
			break;
		} else {
			usleep(1000);
		}
	}
	return good;
}

static void
print(const struct account *a, int orphans, double orphans_cpu)
{
	const struct host *before = &a->before, *after = &a->after;

	printf("{\"result\": %d, \"began\": %.6f, \"shown\": %.6f, \"entered\": %.6f, "
	       "\"ended\": %.6f, \"cpu\": %.6f, \"heap\": %ld, \"anonymous\": %ld, "
	       "\"libraries_added\": %d, \"libraries_left\": %d, \"fds_left\": %d, "
	       "\"threads_left\": %d, \"children_left\": %d, \"handlers_left\": %d, "
	       "\"mask_left\": %d, \"orphans\": %d}\n",
		a->result, a->began, a->shown, a->entered, a->ended, a->cpu + orphans_cpu,
		a->heap, a->prompt.anonymous - before->anonymous,
		a->prompt.libraries - before->libraries,
		after->libraries - before->libraries, after->fds - before->fds,
		after->threads - before->threads, after->children - before->children,
		after->handlers - before->handlers,
		memcmp(&after->mask, &before->mask, sizeof(after->mask)) != 0, orphans);
}

int
main(int argc, char **argv)
{
	struct account *account = mmap(NULL, sizeof(*account), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	double orphans_cpu;
	int orphans;
	pid_t pid;

	if (argc < 6 || argc > 7 || account == MAP_FAILED)
		return 2;
	login.ssh = strcmp(argv[4], "ssh") == 0;
	login.enter = atoi(argv[5]);
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
		return 2;
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); /* we may be ended early */
		host(argv, argc == 7 ? atoi(argv[6]) : 1, account);
		_exit(0);
	}
	if (pid < 0 || !wait_for(pid, &orphans, &orphans_cpu))
		return 1;
	print(account, orphans, orphans_cpu);
	return 0;
}
