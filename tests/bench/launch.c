/*
 * Stands where the PAM host stands, for a program that is no module: starts it, notes
 *when its first bytes and its last line OK arrive, reaps it, and prints what it cost as
 *one JSON line. Links nothing but libc, so that fork() is as cheap as from a bare host.
 *
 *	launch PROGRAM ARGUMENT...
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
cpu(int who)
{
	struct rusage u;

	getrusage(who, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static pid_t
start(char **argv, int out)
{
	char *none[] = {NULL};
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	dup2(out, STDOUT_FILENO);
	execve(argv[0], argv, none);
	_exit(127);
}

int
main(int argc, char **argv)
{
	double began = now(), shown = 0, ended = 0;
	double used = cpu(RUSAGE_SELF) + cpu(RUSAGE_CHILDREN);
	char text[65536];
	bool ok = false;
	int ends[2], status;
	ssize_t n;
	pid_t pid;

	if (argc < 2 || pipe(ends) != 0)
		return 2;
	pid = start(argv + 1, ends[1]);
	close(ends[1]);
	while ((n = read(ends[0], text, sizeof(text))) > 0) {
		shown = shown > 0 ? shown : now();
		ok = n >= 4 && memcmp(text + n - 4, "\nOK\n", 4) == 0;
		ended = now();
	}
	waitpid(pid, &status, 0);
	used = cpu(RUSAGE_SELF) + cpu(RUSAGE_CHILDREN) - used;
	if (!ok || status != 0)
		return 1;
	printf("{\"began\": %.6f, \"shown\": %.6f, \"ended\": %.6f, \"cpu\": %.6f}\n",
		began, shown, ended, used);
	return 0;
}
