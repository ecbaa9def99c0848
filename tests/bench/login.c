/*
 * Logs in through libpam as a host program does, with the conversation scripted, and
 * says what it cost and what it left behind in this process, as one JSON line.
 *
 *	login CONFDIR SERVICE USER ssh|local ENTER-MS [LOGINS]
 *
 * ssh: one prompt that is answered ENTER-MS after it came. local: text, then waiting.
 */
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
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Logins after which libc and libpam have whatever they keep for good. */
#define WARM 2

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
cpu(void)
{
	struct rusage u[2];
	double sum = 0;

	getrusage(RUSAGE_SELF, &u[0]);
	getrusage(RUSAGE_CHILDREN, &u[1]);
	for (int i = 0; i < 2; i++)
		sum += (double)(u[i].ru_utime.tv_sec + u[i].ru_stime.tv_sec) +
		       (double)(u[i].ru_utime.tv_usec + u[i].ru_stime.tv_usec) / 1e6;
	return sum;
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

int
main(int argc, char **argv)
{
	int logins = argc == 7 ? atoi(argv[6]) : 1, result = PAM_SUCCESS;
	struct host before, after;
	double began, used, ended = 0;
	size_t heap;

	if (argc < 6 || argc > 7)
		return 2;
	login.ssh = strcmp(argv[4], "ssh") == 0;
	login.enter = atoi(argv[5]);
	inspect(); /* once for nothing, so that looking changes nothing below */
	before = inspect();
	login.inspecting = 0;
	heap = mallinfo2().uordblks;
	used = cpu();
	began = now();
	for (int i = 0; i < logins && result == PAM_SUCCESS; i++) {
		if (i == WARM)
			heap = mallinfo2().uordblks;
		result = log_in(argv, &ended);
	}
	used = cpu() - used - login.inspecting;
	heap = mallinfo2().uordblks - heap;
	after = inspect();
	printf("{\"result\": %d, \"began\": %.6f, \"shown\": %.6f, \"entered\": %.6f, "
	       "\"ended\": %.6f, \"cpu\": %.6f, \"heap\": %ld, \"anonymous\": %ld, "
	       "\"libraries_added\": %d, \"libraries_left\": %d, \"fds_left\": %d, "
	       "\"threads_left\": %d, \"children_left\": %d, \"handlers_left\": %d, "
	       "\"mask_left\": %d}\n",
		result, began, login.shown, login.entered, ended, used, (long)heap,
		login.prompt.anonymous - before.anonymous,
		login.prompt.libraries - before.libraries,
		after.libraries - before.libraries, after.fds - before.fds,
		after.threads - before.threads, after.children - before.children,
		after.handlers - before.handlers,
		memcmp(&after.mask, &before.mask, sizeof(after.mask)) != 0);
	return 0;
}
