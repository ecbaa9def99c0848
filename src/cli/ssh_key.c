/* sshd's settings for one account, and whether its files of keys have one. */
#include "cli/ssh_key.h"

#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

#define SSHD "/usr/sbin/sshd"
#define SSHD_MS 10000
#define SSHD_MOST 65536
#define VALUE_MAX 1024

__attribute__((noreturn)) static void
become_sshd(int output, const char *user)
{
	static char name[] = "sshd", test[] = "-T", with[] = "-C";
	char whom[320];
	char *const argv[] = {name, test, with, whom, NULL};
	char *const environment[] = {NULL};

	snprintf(whom, sizeof(whom), "user=%s,host=localhost,addr=127.0.0.1", user);
	if (dup2(output, STDOUT_FILENO) == STDOUT_FILENO)
		execve(SSHD, argv, environment);
	_exit(127);
}

/* The settings that are in force for the account. */
static bool
ask_sshd(struct buf *out, const char *user)
{
	int64_t deadline = clock_ms() + SSHD_MS;
	int pipes[2], status = 1;
	pid_t pid;

	if (access(SSHD, X_OK) != 0 || pipe(pipes) != 0)
		return false;
	pid = fork();
	if (pid == 0)
		become_sshd(pipes[1], user);
	close(pipes[1]);
	while (pid > 0) {
		struct pollfd watched = {.fd = pipes[0], .events = POLLIN};
		char chunk[4096];
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

/* The value of a key, "" where there is none. */
static const char *
value_of(char value[VALUE_MAX], const char *text, const char *key)
{
	size_t len = strlen(key);

	value[0] = '\0';
	for (; *text != '\0'; text += strcspn(text, "\n"), text += *text == '\n')
		if (strncmp(text, key, len) == 0 && text[len] == ' ')
			snprintf(value, VALUE_MAX, "%.*s",
				(int)strcspn(text + len + 1, "\n"), text + len + 1);
	return value;
}

static bool
is_set(const char *text, const char *key)
{
	char value[VALUE_MAX];

	value_of(value, text, key);
	return value[0] != '\0' && strcmp(value, "none") != 0;
}

static bool
is_one_of(const char *text, const char *key, const char *const *words)
{
	char value[VALUE_MAX];

	value_of(value, text, key);
	for (; *words != NULL; words++)
		if (strcmp(value, *words) == 0)
			return true;
	return false;
}

/* Whether the method alone is enough: no list of methods, or one that is just it. */
static bool
is_enough(const char *text, const char *method)
{
	static const char *const any[] = {"", "any", NULL};
	char value[VALUE_MAX], *rest = value, *list;

	if (is_one_of(text, "authenticationmethods", any))
		return true;
	value_of(value, text, "authenticationmethods");
	while ((list = strsep(&rest, " ")) != NULL)
		if (strcmp(list, method) == 0)
			return true;
	return false;
}

/* Whether a file of authorized keys has a line that is no comment. */
static bool
has_line(const char *path)
{
	FILE *file = fopen(path, "re");
	bool found = false;
	char line[64];

	while (file != NULL && !found && fgets(line, sizeof(line), file) != NULL) {
		const char *at = line + strspn(line, " \t\r\n");

		found = *at != '\0' && *at != '#';
	}
	if (file != NULL)
		fclose(file);
	return found;
}

/* One of AuthorizedKeysFile's names, with its %h and %u, below the home if relative. */
static bool
has_key_in(const char *name, const struct passwd *account)
{
	AUTO_BUF struct buf path = BUF_INIT(VALUE_MAX);
	const char *at;

	if (name[0] != '/' && name[0] != '%')
		buf_addf(&path, "%s/", account->pw_dir);
	for (at = name; *at != '\0'; at++) {
		if (strncmp(at, "%h", 2) == 0 || strncmp(at, "%u", 2) == 0)
			buf_adds(
				&path, *++at == 'h' ? account->pw_dir : account->pw_name);
		else
			buf_add(&path, at, 1);
	}
	return buf_err(&path) == ERR_OK && has_line(buf_str(&path));
}

/* Whether some key is the account's; one that a program or an authority says may be. */
static bool
has_key(const char *text, const struct passwd *account)
{
	char value[VALUE_MAX], *rest = value, *name;

	if (is_set(text, "authorizedkeyscommand") || is_set(text, "trustedusercakeys"))
		return true;
	value_of(value, text, "authorizedkeysfile");
	while ((name = strsep(&rest, " ")) != NULL)
		if (name[0] != '\0' && strcmp(name, "none") != 0 &&
			has_key_in(name, account))
			return true;
	return false;
}

bool
ssh_key_ask(struct ssh_key *ret, const char *user)
{
	static const char *const yes[] = {"yes", NULL};
	static const char *const by_key[] = {
		"yes", "prohibit-password", "without-password", NULL};
	AUTO_BUF struct buf out = BUF_INIT(SSHD_MOST);
	const struct passwd *account;
	const char *text;
	bool is_root;

	if (!ask_sshd(&out, user))
		return false;
	account = getpwnam(user);
	if (account == NULL)
		return false;
	text = buf_str(&out);
	is_root = account->pw_uid == 0;
	ret->opens = is_one_of(text, "pubkeyauthentication", yes) &&
		     is_enough(text, "publickey") && has_key(text, account) &&
		     (!is_root || is_one_of(text, "permitrootlogin", by_key));
	ret->asks_pam = (!is_root || is_one_of(text, "permitrootlogin", yes)) &&
			((is_one_of(text, "kbdinteractiveauthentication", yes) &&
				 is_enough(text, "keyboard-interactive")) ||
				(is_one_of(text, "passwordauthentication", yes) &&
					is_enough(text, "password")));
	return true;
}
