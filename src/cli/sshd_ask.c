/* Running sshd -T, with an empty environment and for a limited time. */
#include "cli/sshd_ask.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

/* The child's side. */
static void
become_sshd(int out, const char *connection)
{
	static char name[] = "sshd", test[] = "-T", which[] = "-C";
	char *const environment[] = {NULL};
	char words[512];
	char *argv[] = {name, test, NULL, NULL, NULL};

	if (connection != NULL) {
		snprintf(words, sizeof(words), "%s", connection);
		argv[2] = which;
		argv[3] = words;
	}
	if (dup2(out, 1) == 1 && dup2(out, 2) == 2)
		execve(SSHD_PATH, argv, environment);
	_exit(127);
}

bool
sshd_ask(struct buf *out, const char *connection, int64_t deadline)
{
	int pipes[2], status = 1;
	char chunk[4096];
	pid_t pid;

	if (pipe(pipes) != 0)
		return false;
	pid = fork();
	if (pid == 0)
		become_sshd(pipes[1], connection);
	close(pipes[1]);
	while (pid > 0) {
		struct pollfd watched = {.fd = pipes[0], .events = POLLIN};
		ssize_t got = 0;

		if (poll(&watched, 1, clock_left(deadline, clock_ms())) > 0)
			got = read(pipes[0], chunk, sizeof(chunk));
		if (got <= 0)
			break;
		buf_add(out, chunk, (size_t)got);
	}
	close(pipes[0]);
	if (pid > 0 && clock_ms() >= deadline)
		kill(pid, SIGKILL);
	if (pid > 0)
		waitpid(pid, &status, 0);
	return status == 0 && buf_err(out) == ERR_OK;
}

const char *
sshd_ask_value(char value[SSHD_ASK_VALUE], const char *text, const char *key)
{
	const char *at = text;
	size_t len = strlen(key);

	value[0] = '\0';
	while (at != NULL && !(strncmp(at, key, len) == 0 && at[len] == ' ')) {
		at = strchr(at, '\n');
		at = at != NULL ? at + 1 : NULL;
	}
	if (at != NULL)
		snprintf(value, SSHD_ASK_VALUE, "%.*s", (int)strcspn(at + len + 1, "\n"),
			at + len + 1);
	return value;
}

bool
sshd_ask_is_yes(const char *text, const char *key)
{
	char value[SSHD_ASK_VALUE];

	return strcmp(sshd_ask_value(value, text, key), "yes") == 0;
}
