/* sshd's own settings: whether it ever asks PAM, by a method that can show a code. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "cli/doctor.h"
#include "cli/doctor_sshd.h"

#define SSHD "/usr/sbin/sshd"
#define SSHD_MS 10000 /* for sshd -T */
#define SSHD_MOST 65536
#define SSHD_VALUE 1024
#define WRITE(line) "write " line " into /etc/ssh/sshd_config; type: systemctl reload ssh"

/* Standard output of `sshd -T`; false with what it said where that is no settings. */
static bool
ask_sshd(struct buf *out)
{
	int64_t deadline = clock_ms() + SSHD_MS;
	int pipes[2], status = 1;
	char chunk[4096];
	pid_t pid;

	if (pipe(pipes) != 0)
		return false;
	pid = fork();
	if (pid == 0) {
		char *const environment[] = {NULL};
		static char name[] = "sshd", test[] = "-T";
		char *const argv[] = {name, test, NULL};

		if (dup2(pipes[1], 1) == 1 && dup2(pipes[1], 2) == 2)
			execve(SSHD, argv, environment);
		_exit(127);
	}
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

/* The value of a key in what sshd said, "" where it said nothing of it. */
static const char *
setting(char value[SSHD_VALUE], const char *text, const char *key)
{
	const char *at = text;
	size_t len = strlen(key);

	value[0] = '\0';
	while (at != NULL && !(strncmp(at, key, len) == 0 && at[len] == ' ')) {
		at = strchr(at, '\n');
		at = at != NULL ? at + 1 : NULL;
	}
	if (at != NULL)
		snprintf(value, SSHD_VALUE, "%.*s", (int)strcspn(at + len + 1, "\n"),
			at + len + 1);
	return value;
}

static void
check_sshd_yes(struct doctor *d, const char *text, const char *key, const char *advice)
{
	char value[SSHD_VALUE];

	if (strcmp(setting(value, text, key), "yes") == 0)
		finding(&d->findings, FINDING_GOOD, "sshd", NULL, "%s yes", key);
	else
		finding(&d->findings, FINDING_FAULT, "sshd", advice, "%s is %s", key,
			value[0] != '\0' ? value : "not known to it");
}

/* Whether one of the methods in a list ("publickey,password") is that one. */
static bool
has_method(const char *list, size_t len, const char *method)
{
	size_t i, part, wanted = strlen(method);

	for (i = 0; i < len; i += part + 1) {
		part = strcspn(list + i, ",: \t"); /* "keyboard-interactive:pam" */
		if (part == wanted && strncmp(list + i, method, wanted) == 0)
			return true;
	}
	return false;
}

/* In how many of the lists of methods it is, and how many there are; "any" is none. */
static unsigned
count_method(const char *text, const char *method, unsigned *ret_lists)
{
	char value[SSHD_VALUE];
	const char *at = setting(value, text, "authenticationmethods");
	unsigned found = 0;

	*ret_lists = 0;
	if (strcmp(value, "any") == 0)
		return 0;
	for (at += strspn(at, " \t"); *at != '\0'; at += strspn(at, " \t")) {
		size_t len = strcspn(at, " \t");

		++*ret_lists;
		found += has_method(at, len, method);
		at += len;
	}
	return found;
}

/* Whether sshd itself verifies something before it asks PAM for a code, in every list. */
static bool
verifies_first(const char *text)
{
	static const char *const factors[] = {
		"publickey", "password", "hostbased", "gssapi-with-mic"};
	char value[SSHD_VALUE];
	const char *at = setting(value, text, "authenticationmethods");

	if (value[0] == '\0' || strcmp(value, "any") == 0)
		return false;
	for (at += strspn(at, " \t"); *at != '\0'; at += strspn(at, " \t")) {
		size_t len = strcspn(at, " \t"), before = 0, i;
		bool verified = false;

		while (before < len &&
			strncmp(at + before, "keyboard-interactive", 20) != 0)
			before++;
		for (i = 0; i < sizeof(factors) / sizeof(factors[0]); i++)
			verified = verified || has_method(at, before, factors[i]);
		if (before < len && !verified)
			return false;
		at += len;
	}
	return true;
}

/* Whether a stranger gets a code, which they may forward to the phone's owner. */
static void
check_relay(struct doctor *d, const char *text, const struct doctor_sshd_stack *stack)
{
	if (!stack->shows_strangers || verifies_first(text))
		return;
	finding(&d->findings, FINDING_WARNING, "sshd",
		"write AuthenticationMethods publickey,keyboard-interactive into "
		"/etc/ssh/sshd_config, and qr_requires = first_factor below "
		"[service:sshd]; see relayed-codes.md",
		"itsme is the only factor: whoever knows the name of an account is shown "
		"a code, which they can forward to its owner");
	if (stack->phone_is_mute)
		finding(&d->findings, FINDING_WARNING, "sshd",
			"order a service of type Confirmation and set [provider] "
			"confirm_service; see onboarding.md",
			"whoever scans a forwarded code CANNOT TELL: without "
			"confirm_service the phone names neither machine nor account");
}

static bool
is_yes(const char *text, const char *key)
{
	char value[SSHD_VALUE];

	return strcmp(setting(value, text, key), "yes") == 0;
}

/* The method that shows the code must be in a list, and the one that cannot in none. */
static void
check_methods(struct doctor *d, const char *text)
{
	char value[SSHD_VALUE];
	unsigned lists, asking = count_method(text, "keyboard-interactive", &lists);
	unsigned mute = count_method(text, "password", &lists);

	setting(value, text, "authenticationmethods");
	if (lists > 0 && asking == 0)
		finding(&d->findings, FINDING_FAULT, "sshd",
			WRITE("AuthenticationMethods publickey,keyboard-interactive"),
			"authenticationmethods %s never asks for itsme", value);
	if (mute > 0)
		finding(&d->findings, FINDING_WARNING, "sshd",
			"take password out of AuthenticationMethods; for both: itsmectl "
			"pam "
			"enable sshd --as second",
			"authenticationmethods %s: the method password never shows a "
			"code",
			value);
	else if (lists == 0 && is_yes(text, "passwordauthentication"))
		finding(&d->findings, FINDING_WARNING, "sshd",
			WRITE("PasswordAuthentication no"),
			"passwordauthentication yes: that method never shows a code, and "
			"a "
			"password that is tried first spoils the login");
}

void
doctor_sshd(struct doctor *d, const struct doctor_sshd_stack *stack)
{
	unsigned timeout = stack->timeout;
	AUTO_BUF struct buf text = BUF_INIT(SSHD_MOST);
	char value[SSHD_VALUE], advice[128];
	unsigned long grace;

	if (access(SSHD, X_OK) != 0)
		return;
	if (!ask_sshd(&text)) {
		finding(&d->findings, FINDING_WARNING, "sshd", "type: " SSHD " -t",
			"cannot tell its settings: %.*s",
			(int)strcspn(buf_str(&text), "\r\n"), buf_str(&text));
		return;
	}
	check_sshd_yes(d, buf_str(&text), "usepam", WRITE("UsePAM yes"));
	check_sshd_yes(d, buf_str(&text), "kbdinteractiveauthentication",
		WRITE("KbdInteractiveAuthentication yes"));
	check_methods(d, buf_str(&text));
	check_relay(d, buf_str(&text), stack);
	if (stack->remembers)
		finding(&d->findings, FINDING_NOTE, "sshd", NULL,
			"remember counts over ssh only behind a public key, for that "
			"very "
			"key");
	grace = strtoul(setting(value, buf_str(&text), "logingracetime"), NULL, 10);
	snprintf(advice, sizeof(advice),
		"write LoginGraceTime %u into /etc/ssh/sshd_config, or set [login] "
		"timeout",
		timeout + DOCTOR_ROOM);
	if (grace != 0 && grace < timeout + DOCTOR_ROOM)
		finding(&d->findings, FINDING_WARNING, "sshd", advice,
			"ends a login after %lu s, itsme after %u s", grace, timeout);
	else
		finding(&d->findings, FINDING_GOOD, "sshd", NULL,
			"logingracetime %lu leaves %u s for itsme", grace, timeout);
}

bool
doctor_sshd_takes_key(void)
{
	AUTO_BUF struct buf text = BUF_INIT(SSHD_MOST);
	char value[SSHD_VALUE];
	unsigned lists;

	if (access(SSHD, X_OK) != 0 || !ask_sshd(&text) ||
		!is_yes(buf_str(&text), "pubkeyauthentication"))
		return false;
	count_method(buf_str(&text), "publickey", &lists);
	setting(value, buf_str(&text), "authenticationmethods");
	return lists == 0 || strcmp(value, "publickey") == 0;
}
