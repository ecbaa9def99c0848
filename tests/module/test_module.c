/*
 * The module inside a PAM host: this program is the host, the helper is fake-helper and
 * behaves as the user's name says. Each attempt goes through libpam with a service file
 * of its own, in a directory that goes with the program.
 */
#define _GNU_SOURCE
#include "unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include <security/pam_appl.h>
#include <security/pam_ext.h>

#include "base/clock.h"
#include "base/verdict.h"
#include "host.h"
#include "leaks.h"
#include "loopback.h"
#include "safedir.h"
#include "wire/wire.h"

#define SHOW_COMMAND "--show-command" /* this program, as a host named sudo */
#define SHOW_TARGET "-p" /* the same, in words that sudo itself understands */

/* How this host's conversation function answers. */
enum replies {
	REPLY_TEXT,
	REPLY_END_OF_INPUT,
	REPLY_NO_ARRAY, /* calls it a success, and gives nothing at all */
	REPLY_FAIL,
	REPLY_FAIL_TEXTS, /* shows what there is to show, calls it an error, and asks */
	REPLY_NOBODY
};

/* One attempt, and what the host saw of it. */
struct attempt {
	const char *service; /* NULL is "test" */
	const char *user;
	const char *tty;
	const char *arguments;
	const char *ssh_connection;
	enum replies replies;
	const char *typed; /* with REPLY_TEXT; NULL: what nobody should care about */
	const char *next_user; /* what the host changes PAM_USER to while it prompts */
	int flags;
	int times; /* calls of pam_authenticate on one handle; 0 is 1 */
	const char *user_after; /* PAM_USER from the second call on; NULL: the same */
	unsigned pause_ms; /* before each call but the first */
	pam_handle_t *pamh;
	char shown[16384]; /* texts and errors, one after the other */
	char errors[1024]; /* errors alone */
	char calls[1024]; /* what is shown and asked, with its style; a line for a call */
	int prompts;
	unsigned delay; /* microseconds asked for */
	int terminal; /* where to copy what is shown; 0: nowhere */
	bool dataless; /* the conversation is as that of sshd's password method */
	pid_t child; /* of the host's; it ends while the host is asked. 0: none */
};

/* --- the host --------------------------------------------------------------------------
 */

static void
append(char *dst, size_t size, const char *text)
{
	size_t at = strlen(dst);

	snprintf(dst + at, size - at, "%s\n", text);
}

/* It is left for the host to reap. */
static void
end_child(pid_t child)
{
	siginfo_t end;

	kill(child, SIGKILL);
	waitid(P_PID, (id_t)child, &end, WEXITED | WNOWAIT);
}

/* As a login screen, which is given all at once: a letter for each style, and the text.
 */
static int
converse_at_a_greeter(int n, const struct pam_message **msg, struct pam_response **resp,
	struct attempt *a)
{
	static const char letters[] = "?-+ei"; /* hidden, visible, error, info */
	char text[512];
	int i;

	for (i = 0; i < n; i++) {
		snprintf(text, sizeof(text), "%c[%s]", letters[msg[i]->msg_style],
			msg[i]->msg);
		strncat(a->calls, text, sizeof(a->calls) - strlen(a->calls) - 1);
	}
	append(a->calls, sizeof(a->calls), "");
	for (i = 0; i < n; i++)
		a->prompts += msg[i]->msg_style <= PAM_PROMPT_ECHO_ON;
	if (a->replies == REPLY_FAIL)
		return PAM_CONV_ERR;
	*resp = NULL;
	if (a->replies == REPLY_NO_ARRAY)
		return PAM_SUCCESS;
	*resp = calloc((size_t)n, sizeof(**resp));
	if (*resp == NULL)
		return PAM_BUF_ERR;
	for (i = 0; i < n; i++) {
		if (msg[i]->msg_style <= PAM_PROMPT_ECHO_ON &&
			a->replies != REPLY_END_OF_INPUT)
			(*resp)[i].resp = strdup(a->typed != NULL ? a->typed : "");
	}
	return PAM_SUCCESS;
}

static int
converse(int n, const struct pam_message **msg, struct pam_response **resp, void *data)
{
	struct attempt *a = data;
	const char *text = msg[0]->msg;

	if (a->arguments != NULL && strstr(a->arguments, "style=greeter") != NULL)
		return converse_at_a_greeter(n, msg, resp, a);
	if (n != 1)
		return PAM_CONV_ERR;
	append(a->shown, sizeof(a->shown), text);
	if (a->terminal > 0 && write(a->terminal, text, strlen(text)) < 0)
		return PAM_CONV_ERR;
	if (a->child > 0)
		end_child(a->child);
	if (strcmp(text, "slow") == 0) /* the helper is gone before it is asked again */
		usleep(100000);
	if (msg[0]->msg_style == PAM_ERROR_MSG)
		append(a->errors, sizeof(a->errors), text);
	if (msg[0]->msg_style == PAM_ERROR_MSG || msg[0]->msg_style == PAM_TEXT_INFO) {
		*resp = NULL;
		return a->replies == REPLY_FAIL || a->replies == REPLY_FAIL_TEXTS
			       ? PAM_CONV_ERR
			       : PAM_SUCCESS;
	}
	if (msg[0]->msg_style != PAM_PROMPT_ECHO_ON)
		return PAM_CONV_ERR;
	a->prompts++;
	if (a->next_user != NULL)
		pam_set_item(a->pamh, PAM_USER, a->next_user);
	if (a->replies == REPLY_FAIL) {
		/* undefined for a module; only libpam's own "login:" looks at it */
		*resp = a->user != NULL ? (struct pam_response *)-1 : NULL;
		return PAM_CONV_ERR;
	}
	*resp = calloc(1, sizeof(**resp));
	if (*resp != NULL && a->replies != REPLY_END_OF_INPUT)
		(*resp)->resp =
			strdup(a->typed != NULL ? a->typed : "\b\n\r\177INCORRECT");
	return *resp != NULL ? PAM_SUCCESS : PAM_BUF_ERR;
}

/* As sshd's for its password method: it takes texts, and has no data to work with. */
static int
converse_by_password(
	int n, const struct pam_message **msg, struct pam_response **resp, void *data)
{
	if (data != NULL || n != 1 || msg[0]->msg_style == PAM_PROMPT_ECHO_ON)
		return PAM_CONV_ERR;
	*resp = calloc(1, sizeof(**resp));
	if (*resp != NULL)
		(*resp)->resp = strdup("");
	return *resp != NULL ? PAM_SUCCESS : PAM_BUF_ERR;
}

/* Takes the place of libpam's own waiting. */
static void
record_delay(int code, unsigned delay, void *data)
{
	struct attempt *a = data;

	if (code != PAM_SUCCESS && a != NULL)
		a->delay = delay;
}

/* Only when it has to be: a hostile caller may not be able to write any more. */
static int
write_service(const char *name, const char *arguments)
{
	static const char *last_name, *last_arguments;

	if (last_name != NULL && strcmp(last_name, name) == 0 &&
		strcmp(last_arguments, arguments) == 0)
		return 0;
	last_name = name;
	last_arguments = arguments;
	return write_stack(name, arguments);
}

/* How often `word` is in `text`. */
static int
occurrences(const char *text, const char *word)
{
	int n = 0;

	for (; (text = strstr(text, word)) != NULL; text++)
		n++;
	return n;
}

/* Runs the attempt and returns what pam_authenticate() said the last time. */
static int
attempt(struct attempt *a)
{
	const struct pam_conv known = {a->replies == REPLY_NOBODY ? NULL : converse, a};
	const struct pam_conv password = {converse_by_password, NULL};
	const struct pam_conv conv = a->dataless ? password : known;
	void (*delay)(int, unsigned, void *) = record_delay;
	bool ssh = a->tty != NULL && strcmp(a->tty, "ssh") == 0;
	const char *usual = ssh ? "sshd" : "test";
	const char *service = a->service != NULL ? a->service : usual;
	const void *delay_item;
	pam_handle_t *pamh = NULL;
	char text[256];
	int i, code;

	memcpy(&delay_item, &delay, sizeof(delay_item));
	logged[0] = '\0';
	if (write_service(service, a->arguments != NULL ? a->arguments : "") != 0 ||
		pam_start_confdir(service, a->user, &conv, confdir, &pamh) != PAM_SUCCESS)
		return -1;
	a->pamh = pamh;
	pam_set_item(pamh, PAM_FAIL_DELAY, delay_item);
	pam_set_item(pamh, PAM_TTY, a->tty);
	pam_set_item(pamh, PAM_RHOST, "192.0.2.7");
	if (a->ssh_connection != NULL) {
		snprintf(text, sizeof(text), "SSH_CONNECTION=%s", a->ssh_connection);
		pam_putenv(pamh, text);
	}
	for (i = 0, code = -1; i < (a->times > 0 ? a->times : 1); i++) {
		if (i > 0 && a->user_after != NULL)
			pam_set_item(pamh, PAM_USER, a->user_after);
		if (i > 0 && a->pause_ms > 0)
			usleep(a->pause_ms * 1000);
		code = pam_authenticate(pamh, a->flags);
	}
	pam_end(pamh, code);
	return code;
}

/* The exit status of `run` in a process of its own; -1 for any other end. */
static int
run_child(int (*run)(void))
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0)
		_exit(run());
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

/* The same on a terminal of its own, which nobody looks at. */
static int
run_on_terminal(int (*run)(void))
{
	char text[256];
	int master, status;
	pid_t pid;

	fflush(NULL);
	pid = forkpty(&master, NULL, NULL, NULL);
	if (pid == 0)
		_exit(run());
	if (pid < 0)
		return -1;
	while (read(master, text, sizeof(text)) > 0)
		;
	close(master);
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

/* An attempt of a user whose helper behaves as `user` says, on a local terminal. */
static int
attempt_as(struct attempt *a, const char *user)
{
	*a = (struct attempt){.user = user, .tty = "/dev/pts/7"};
	return attempt(a);
}

/* --- verdicts --------------------------------------------------------------------------
 */

static void
test_each_verdict_gives_its_code(void **state)
{
	/* libpam reports PERM_DENIED where all that a stack did was ignored */
	static const struct {
		const char *verdict;
		int code, ssh_code;
		unsigned delay;
		int priority;
	} table[] = {
		{"authenticated", PAM_SUCCESS, PAM_SUCCESS, 0, LOG_INFO},
		{"ignored", PAM_PERM_DENIED, PAM_PERM_DENIED, 0, LOG_INFO},
		{"refused", PAM_AUTH_ERR, PAM_AUTH_ERR, 1, LOG_NOTICE},
		{"denied", PAM_PERM_DENIED, PAM_MAXTRIES, 1, LOG_NOTICE},
		{"expired", PAM_PERM_DENIED, PAM_MAXTRIES, 1, LOG_NOTICE},
		{"wrong_number", PAM_PERM_DENIED, PAM_MAXTRIES, 1, LOG_NOTICE},
		{"limited", PAM_PERM_DENIED, PAM_MAXTRIES, 1, LOG_NOTICE},
		{"not_good_enough", PAM_PERM_DENIED, PAM_MAXTRIES, 1, LOG_NOTICE},
		{"wrong_account", PAM_PERM_DENIED, PAM_MAXTRIES, 1, LOG_NOTICE},
		{"bad_token", PAM_PERM_DENIED, PAM_MAXTRIES, 1, LOG_ERR},
		{"aborted", PAM_PERM_DENIED, PAM_ABORT, 0, LOG_INFO},
		{"unreadable_qr", PAM_AUTH_ERR, PAM_AUTH_ERR, 0, LOG_WARNING},
		{"no_picture", PAM_AUTH_ERR, PAM_AUTH_ERR, 0, LOG_WARNING},
		{"unavailable", PAM_AUTH_ERR, PAM_AUTH_ERR, 0, LOG_WARNING},
		{"misconfigured", PAM_AUTH_ERR, PAM_AUTH_ERR, 0, LOG_ERR},
		{"not_interactive", PAM_AUTH_ERR, PAM_AUTH_ERR, 0, LOG_WARNING},
	};
	char line[128];
	size_t i;

	(void)state;
	assert_int_equal(sizeof(table) / sizeof(table[0]), VERDICT_COUNT);
	for (i = 0; i < VERDICT_COUNT; i++) {
		struct attempt local = {.user = table[i].verdict, .tty = "/dev/pts/7"};
		struct attempt none = {.user = table[i].verdict};
		struct attempt ssh = {.user = table[i].verdict, .tty = "ssh"};

		assert_int_equal(attempt(&local), table[i].code);
		assert_int_equal(attempt(&none), table[i].code);
		assert_int_equal(attempt(&ssh), table[i].ssh_code);
		assert_int_equal(ssh.delay >= 1000000, table[i].delay);
		assert_int_equal(ssh.prompts, 0);
		snprintf(line, sizeof(line), "<%d>outcome=%s reason=ok user=%s ",
			table[i].priority, table[i].verdict, table[i].verdict);
		assert_non_null(strstr(logged, line));
	}
}

/* Which errors fall back stands in test_outcome.c; that the module obeys it stands here.
 */
static void
test_each_reason_decides_whether_to_fall_back(void **state)
{
	static const struct {
		const char *reason;
		int code;
	} table[] = {
		{"provider_timeout", PAM_AUTHINFO_UNAVAIL},
		{"provider_status", PAM_AUTHINFO_UNAVAIL},
		{"config_missing", PAM_AUTHINFO_UNAVAIL},
		{"service_shows_no_picture", PAM_AUTHINFO_UNAVAIL},
		{"qr_not_found", PAM_AUTHINFO_UNAVAIL},
		{"provider_refused", PAM_AUTH_ERR},
		{"provider_error", PAM_AUTH_ERR},
		{"client_refused_by_provider", PAM_AUTH_ERR},
		{"helper_busy", PAM_AUTH_ERR},
		{"helper_stopped", PAM_AUTH_ERR},
		{"system_call", PAM_AUTH_ERR},
		{"out_of_memory", PAM_AUTH_ERR},
		{"qr_reader_failed", PAM_AUTH_ERR},
		{"no_terminal", PAM_AUTH_ERR},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct attempt local = {.user = table[i].reason, .tty = "/dev/pts/7"};
		struct attempt ssh = {.user = table[i].reason, .tty = "ssh"};

		if (attempt(&local) != table[i].code || attempt(&ssh) != table[i].code)
			fail_msg("%s", table[i].reason);
	}
}

static void
test_each_verdict_says_its_sentence(void **state)
{
	struct attempt a;
	char line[256];
	int v;

	(void)state;
	for (v = 0; v < VERDICT_COUNT; v++) {
		const char *sentence = verdict_sentence((enum verdict)v);

		attempt_as(&a, verdict_word((enum verdict)v));
		snprintf(line, sizeof(line), "%s\n", sentence);
		assert_string_equal(a.errors, sentence[0] == '\0' ? "" : line);
		assert_string_equal(a.shown, a.errors);
	}
}

static void
test_one_line_in_the_log(void **state)
{
	struct attempt a = {.user = "denied", .tty = "ssh"};

	(void)state;
	attempt(&a);
	assert_ptr_equal(strstr(logged, "<5>outcome=denied reason=ok user=denied "
					"service=sshd rhost=192.0.2.7 tty=ssh flow=qr "
					"subject=1a2b3c4d5e6f time=0."),
		logged);
	assert_ptr_equal(strchr(logged, '\n'), logged + strlen(logged) - 1);
}

/*
 * What each host gets that calls three times on one handle. A final answer stays: no
 * second helper, hence no second line in the log. sudo calls again by itself: there so
 * does any refusal, and what is away is away for a moment; each call has its line, and
 * the person reads one sentence.
 */
static const struct again {
	const char *user, *tty, *service;
	int code, lines, sentences;
} agains[] = {
	{"denied", "/dev/pts/7", NULL, PAM_PERM_DENIED, 1, 1},
	{"expired", "/dev/pts/7", NULL, PAM_PERM_DENIED, 1, 1},
	{"aborted", "/dev/pts/7", NULL, PAM_PERM_DENIED, 1, 0},
	{"not_interactive", "/dev/pts/7", NULL, PAM_AUTH_ERR, 1, 1},
	{"refused", "/dev/pts/7", NULL, PAM_AUTH_ERR, 3, 3},
	{"unavailable", "/dev/pts/7", NULL, PAM_AUTH_ERR, 3, 3},
	{"authenticated", "/dev/pts/7", NULL, PAM_SUCCESS, 3, 0},
	{"denied", "/dev/pts/7", "sudo", PAM_CRED_INSUFFICIENT, 1, 1},
	{"aborted", "/dev/pts/7", "sudo", PAM_AUTH_ERR, 1, 0},
	{"refused", "/dev/pts/7", "sudo", PAM_AUTH_ERR, 3, 1},
	{"unavailable", "/dev/pts/7", "sudo-i", PAM_AUTH_ERR, 3, 1},
	{"misconfigured", "/dev/pts/7", "sudo", PAM_AUTH_ERR, 3, 1},
	{"authenticated", "/dev/pts/7", "sudo", PAM_SUCCESS, 3, 0},
	{"denied", "/dev/pts/7", "login", PAM_MAXTRIES, 1, 1},
	{"refused", "/dev/pts/7", "login", PAM_AUTH_ERR, 3, 3},
	{"unavailable", "/dev/pts/7", "login", PAM_AUTH_ERR, 3, 3},
	/* a locker that root runs keeps its handle, too, and its person may try again */
	{"denied", "/dev/pts/7", "physlock", PAM_PERM_DENIED, 3, 3},
	{"expired", "/dev/pts/7", "physlock", PAM_PERM_DENIED, 3, 3},
	{"denied", "ssh", NULL, PAM_MAXTRIES, 3, 3},
	{"refused", "ssh", NULL, PAM_AUTH_ERR, 3, 3},
	{"unavailable", "ssh", NULL, PAM_AUTH_ERR, 3, 3},
	{"authenticated", "ssh", NULL, PAM_SUCCESS, 3, 0},
};

static bool
goes_as_said(const struct again *again)
{
	struct attempt a = {.user = again->user,
		.tty = again->tty,
		.service = again->service,
		.times = 3};
	int code = attempt(&a);

	return code == again->code && occurrences(logged, "outcome=") == again->lines &&
	       occurrences(a.errors, ".\n") == again->sentences;
}

/* Those that live on terminals need one. */
static int
call_three_times(void)
{
	size_t i;

	for (i = 0; i < sizeof(agains) / sizeof(agains[0]); i++)
		if (!goes_as_said(&agains[i]))
			return (int)i + 1;
	return 0;
}

static void
test_second_call_after_a_final_answer(void **state)
{
	(void)state;
	assert_int_equal(run_on_terminal(call_three_times), 0);
}

/* login asks for another name on the same handle: what was said of one is of no other. */
static void
test_answer_is_kept_for_its_user_alone(void **state)
{
	struct attempt a = {.user = "denied",
		.tty = "/dev/pts/7",
		.times = 2,
		.user_after = "authenticated"};

	(void)state;
	assert_int_equal(attempt(&a), PAM_SUCCESS);
}

/*
 * A stack may have two lines of this module, for two providers or two ways. What one of
 * them says is no answer of the other: behind a password, an account that the first does
 * not know would be let in without the second.
 */
static int
ask_two_lines(void)
{
	struct attempt a = {.user = "by-arguments",
		.tty = "/dev/pts/7",
		.service = "sudo",
		.arguments = "config=/one\nauth required " MODULE " config=/two\n"
			     "auth required pam_permit.so"};

	return attempt(&a) == PAM_AUTH_ERR &&
			       occurrences(logged, "outcome=ignored") == 1 &&
			       occurrences(logged, "outcome=refused") == 1
		       ? 0
		       : 1;
}

static void
test_answer_is_kept_for_its_line_alone(void **state)
{
	(void)state;
	assert_int_equal(run_on_terminal(ask_two_lines), 0);
}

/* What is away may be back when sudo has asked for a password meanwhile. */
static int
look_again(void)
{
	struct attempt late = {.user = "unavailable",
		.tty = "/dev/pts/7",
		.service = "sudo",
		.arguments = "debug",
		.pause_ms = 1100,
		.times = 2};
	struct attempt soon = late;

	if (attempt(&late) != PAM_AUTH_ERR ||
		occurrences(logged, "started; watching") != 2 ||
		occurrences(late.errors, ".\n") != 1)
		return 1;
	soon.pause_ms = 0;
	if (attempt(&soon) != PAM_AUTH_ERR ||
		occurrences(logged, "started; watching") != 1 ||
		occurrences(soon.errors, ".\n") != 1)
		return 2;
	return 0;
}

static void
test_what_is_away_is_looked_for_again_later(void **state)
{
	(void)state;
	assert_int_equal(run_on_terminal(look_again), 0);
}

/* --- helpers that misbehave
 * ------------------------------------------------------------- */

static void
test_misbehaving_helper_admits_nobody(void **state)
{
	static const struct {
		const char *user;
		int code;
		const char *log;
	} table[] = {
		{"eof", PAM_AUTH_ERR, "status 0 and no verdict"},
		{"exit3", PAM_AUTH_ERR, "status 3 and no verdict"},
		{"crash", PAM_AUTH_ERR, "died of signal 11"},
		{"interrupted", PAM_PERM_DENIED, "outcome=aborted reason=caller_gone"},
		{"garbage", PAM_AUTH_ERR, "reason=channel_protocol"},
		{"short", PAM_AUTH_ERR, "reason=channel_protocol"},
		{"empty", PAM_AUTH_ERR, "reason=internal"},
		{"huge", PAM_AUTH_ERR, "reason=channel_protocol"},
		{"trailing", PAM_AUTH_ERR, "reason=channel_protocol"},
		{"truncated", PAM_AUTH_ERR, "reason=channel_protocol"},
		{"wrong-nonce", PAM_AUTH_ERR, "reason=channel_protocol"},
		{"wrong-user", PAM_AUTH_ERR, "reason=channel_protocol"},
		{"user-case", PAM_AUTH_ERR, "reason=channel_protocol"},
		{"user-prefix", PAM_AUTH_ERR, "reason=channel_protocol"},
		{"verdict-99", PAM_AUTH_ERR, "reason=channel_protocol"},
		{"verdict-count", PAM_AUTH_ERR, "reason=channel_protocol"},
		{"identity", PAM_AUTH_ERR, "reason=channel_protocol"},
		{"mirror", PAM_AUTH_ERR, "reason=channel_protocol"},
		{"bad-priority", PAM_AUTH_ERR, "reason=channel_protocol"},
		{"flood-show", PAM_AUTH_ERR, "reason=channel_protocol"},
		{"unasked-status", PAM_AUTH_ERR, "reason=channel_protocol"},
		{"unasked-height", PAM_AUTH_ERR, "reason=channel_protocol"},
		{"flood-prompt", PAM_AUTH_ERR, "reason=channel_protocol"},
		{"flood-log", PAM_AUTH_ERR, "reason=channel_protocol"},
		{"no such behaviour", PAM_AUTH_ERR, "status 2 and no verdict"},
	};
	struct attempt a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		int fds = leaks_fds();

		assert_int_equal(attempt_as(&a, table[i].user), table[i].code);
		assert_non_null(strstr(logged, table[i].log));
		assert_int_equal(leaks_fds(), fds);
		assert_false(leaks_children());
	}
}

/* As where the helper is newer than the module that a program has loaded long ago. */
static void
test_helper_of_another_version_is_named(void **state)
{
	struct attempt a;
	char versions[128];

	(void)state;
	snprintf(versions, sizeof(versions),
		"the helper speaks version %u of the channel, this module version %u",
		WIRE_VERSION + 1, WIRE_VERSION);
	assert_int_equal(attempt_as(&a, "other-version"), PAM_AUTH_ERR);
	assert_non_null(strstr(logged, "outcome=misconfigured reason=channel_version"));
	assert_non_null(strstr(logged, versions));
	assert_string_equal(
		a.errors, "pam_itsme was upgraded; start this program again.\n");
}

static void
test_silent_helper_ends_with_the_cap(void **state)
{
	const char *users[] = {"hang", "stubborn"};
	struct attempt a;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		int64_t start = clock_ms();

		assert_int_equal(attempt_as(&a, users[i]), PAM_PERM_DENIED);
		assert_in_range(clock_ms() - start, 1999, 20000);
		assert_non_null(strstr(logged, "outcome=expired reason=timeout"));
		assert_false(leaks_children());
	}
}

/* --- the conversation
 * ------------------------------------------------------------------- */

static void
test_prompts_are_answered(void **state)
{
	struct attempt a;

	(void)state;
	assert_int_equal(attempt_as(&a, "prompt"), PAM_SUCCESS);
	assert_int_equal(a.prompts, 1);
	assert_string_equal(a.shown, "\nPress Enter: \n");
	assert_int_equal(attempt_as(&a, "prompt3"), PAM_SUCCESS);
	assert_int_equal(a.prompts, 3);
}

/* What a question can be about goes to the helper; a password, say, does not. */
static void
test_question_is_answered_with_what_was_typed(void **state)
{
	static const struct {
		const char *typed, *told;
	} table[] = {
		{"42", "typed=[42]"},
		{" 42 ", "typed=[42]"},
		{"", "typed=[]"},
		{"Link", "typed=[link]"},
		{"lien", "typed=[link]"},
		{"A", "typed=[a]"},
		{"omgekeerd", "typed=[i]"},
		{"0123-4567-89ab-cdef", "typed=[0123-4567-89ab-cdef]"},
		{"correct horse", "typed=[?]"},
		{"hunter2", "typed=[?]"},
		{"4\0332", "typed=[?]"},
		{"\303\251", "typed=[?]"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct attempt a = {.user = "question", .typed = table[i].typed};

		assert_int_equal(attempt(&a), PAM_SUCCESS);
		assert_int_equal(a.prompts, 1);
		if (strstr(a.shown, table[i].told) == NULL)
			fail_msg("case %zu: %s", i, a.shown);
	}
}

/*
 * A greeter gets everything in one call: what some of them show is not what others show.
 * One without an answer has answered (SDDM, of an empty field).
 */
static void
test_greeter_is_given_all_at_once(void **state)
{
	static const char press[] = "i[Press Enter.]-[Press Enter.]i[Check 47.\nThen "
				    "wait.]\n";
	struct attempt a = {.user = "greet", .arguments = "style=greeter"};
	struct attempt empty = {.user = "greet",
		.arguments = "style=greeter",
		.replies = REPLY_END_OF_INPUT};
	struct attempt short_one = {.user = "prompt", .arguments = "style=greeter"};
	struct attempt failed = {
		.user = "greet", .arguments = "style=greeter", .replies = REPLY_FAIL};
	struct attempt nobody = {
		.user = "greet", .arguments = "style=greeter", .replies = REPLY_NO_ARRAY};

	(void)state;
	assert_int_equal(attempt(&a), PAM_SUCCESS);
	assert_string_equal(a.calls, press);
	assert_int_equal(attempt(&empty), PAM_SUCCESS);
	assert_string_equal(empty.calls, press);
	assert_int_equal(attempt(&short_one), PAM_SUCCESS);
	assert_string_equal(short_one.calls, "i[Press Enter:]-[Press Enter:]\n");
	assert_int_equal(attempt(&failed), PAM_AUTH_ERR);
	assert_non_null(strstr(logged, "reason=not_interactive"));
	assert_int_not_equal(attempt(&nobody), PAM_SUCCESS);
}

static void
test_greeter_is_asked_a_question_that_is_seen(void **state)
{
	struct attempt a = {
		.user = "question", .typed = "42", .arguments = "style=greeter"};
	struct attempt lines = {
		.user = "question-lines", .typed = "42", .arguments = "style=greeter"};

	(void)state;
	assert_int_equal(attempt(&a), PAM_SUCCESS);
	assert_string_equal(a.calls, "i[Which number?]+[Which number?]\ni[typed=[42]]\n");
	assert_int_equal(attempt(&lines), PAM_SUCCESS);
	assert_string_equal(lines.calls,
		"i[We sent it.\nWhich number?]+[Which number?]\ni[typed=[42]]\n");
}

/* What it had read is out of date: another helper asks at once, and its word counts. */
static void
test_greeter_asks_anew_where_its_helper_is_outdated(void **state)
{
	struct attempt a = {.user = "greet-twice", .arguments = "style=greeter"};
	struct attempt for_ever = {
		.user = "greet-outdated", .arguments = "style=greeter"};
	struct attempt text = {.user = "outdated", .arguments = "style=text"};

	(void)state;
	assert_int_equal(attempt(&a), PAM_SUCCESS);
	assert_string_equal(a.calls, "i[Press Enter.]-[Press Enter.]i[Check 11.]\n"
				     "i[Press Enter.]-[Press Enter.]i[Check 22.]\n");
	assert_false(leaks_children());
	assert_int_equal(attempt(&for_ever), PAM_AUTH_ERR);
	assert_int_equal(for_ever.prompts, 32);
	assert_int_equal(attempt(&text), PAM_PERM_DENIED);
	assert_non_null(strstr(logged, "outcome=expired reason=outdated"));
}

/* The verdict counts although the channel was reset behind it. */
static void
test_answer_left_unread_loses_no_verdict(void **state)
{
	struct attempt a;

	(void)state;
	assert_int_equal(attempt_as(&a, "unread-answer"), PAM_SUCCESS);
	assert_int_equal(a.prompts, 1);
}

static void
test_answer_to_a_helper_that_has_left_loses_no_verdict(void **state)
{
	struct attempt a;

	(void)state;
	assert_int_equal(attempt_as(&a, "early-verdict"), PAM_SUCCESS);
	assert_int_equal(a.prompts, 1);
}

static void
test_host_that_changes_the_user_is_refused(void **state)
{
	struct attempt a = {.user = "prompt", .next_user = "root"};
	struct attempt same = {.user = "prompt", .next_user = "prompt"};

	(void)state;
	assert_int_equal(attempt(&a), PAM_AUTH_ERR);
	assert_non_null(strstr(logged, "outcome=misconfigured reason=channel_protocol "
				       "user=prompt "));
	assert_int_equal(attempt(&same), PAM_SUCCESS);
}

static void
test_host_that_cannot_ask_is_refused(void **state)
{
	static const struct {
		const char *user;
		enum replies replies;
		int code;
		const char *log;
	} table[] = {
		{"prompt", REPLY_END_OF_INPUT, PAM_PERM_DENIED, "reason=caller_gone"},
		{"prompt", REPLY_FAIL, PAM_AUTH_ERR, "reason=not_interactive"},
		{"question", REPLY_END_OF_INPUT, PAM_PERM_DENIED, "reason=caller_gone"},
		{"question-gone", REPLY_FAIL, PAM_AUTH_ERR, "reason=not_interactive"},
		{"question-unasked", REPLY_FAIL, PAM_SUCCESS, "reason=ok"},
		{"hang", REPLY_FAIL, PAM_AUTH_ERR, "reason=not_interactive"},
		{"prompt", REPLY_NOBODY, PAM_AUTHINFO_UNAVAIL,
			"reason=service_is_silent"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct attempt a = {.user = table[i].user, .replies = table[i].replies};

		assert_int_equal(attempt(&a), table[i].code);
		assert_non_null(strstr(logged, table[i].log));
		assert_string_equal(a.errors, "");
		assert_false(leaks_children());
	}
}

static void
test_foreign_text_is_cleaned(void **state)
{
	struct attempt a;

	(void)state;
	assert_int_equal(attempt_as(&a, "dirty"), PAM_PERM_DENIED);
	assert_string_equal(a.shown, "a?[2Jb?c?\nNo??]0;x?.\n");
	assert_non_null(strstr(logged, "<6>one?two?[0m outcome?authenticated "
				       "user?root\n"));
	assert_non_null(strstr(logged, "flow=qr?user?root? "));
}

/* Whoever may write the helper would be root at the next login of anybody. */
static void
test_helper_that_others_may_write_is_not_run(void **state)
{
	static const struct {
		bool directory;
		mode_t mode;
	} cases[] = {{false, 0775}, {false, 0757}, {false, 04755}, {true, 0775},
		{true, 0757}, {true, 01777}};
	struct attempt a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *path = cases[i].directory ? helper_dir : place_helper;

		assert_int_equal(chmod(path, cases[i].mode), 0);
		attempt_as(&a, "authenticated");
		assert_int_equal(chmod(path, 0755), 0);
		assert_non_null(
			strstr(logged, "outcome=misconfigured reason=helper_unsafe "));
		assert_non_null(strstr(logged, path));
		assert_non_null(strstr(logged, "install pam_itsme again"));
		assert_null(strstr(logged, "outcome=authenticated"));
	}
	assert_int_equal(attempt_as(&a, "authenticated"), PAM_SUCCESS);
}

static void
test_debug_lines_only_when_wanted(void **state)
{
	struct attempt quiet = {.user = "logs"};
	struct attempt debug = {.user = "logs", .arguments = "flow=qr debug"};

	(void)state;
	assert_int_equal(attempt(&quiet), PAM_SUCCESS);
	assert_non_null(strstr(logged, "<6>a line\n"));
	assert_null(strstr(logged, "<7>"));
	assert_int_equal(attempt(&debug), PAM_SUCCESS);
	assert_non_null(strstr(logged, "<0>a line\n"));
	assert_non_null(strstr(logged, "<7>a line\n"));
}

/* --- the request
 * ------------------------------------------------------------------------ */

static void
test_request_says_who_asks(void **state)
{
	struct attempt local = {
		.user = "request", .tty = "/dev/pts/7", .arguments = "flow=qr timeout=5"};
	struct attempt ssh = {.user = "request", .tty = "ssh"};

	(void)state;
	assert_int_equal(attempt(&local), PAM_SUCCESS);
	assert_ptr_equal(
		strstr(local.shown,
			"service=[test]\ntty=[/dev/pts/7]\n"
			"rhost=[192.0.2.7]\nruser=[]\ncommand=[]\ntarget=[]\n"
			"arguments=[flow=qr\ntimeout=5\nstyle=text]\nstyle=[0]\n"),
		local.shown);
	assert_int_equal(attempt(&ssh), PAM_SUCCESS);
	assert_non_null(strstr(ssh.shown, "tty=[ssh]\n"));
	assert_non_null(strstr(ssh.shown, "style=[1]\nsize=[0x0]\n"));
}

/* `style=` is the module's own: a service that the table does not know may be told. */
static void
test_style_argument(void **state)
{
	struct attempt plain = {.user = "request", .arguments = "style=plain"};
	struct attempt wrong = {.user = "request", .arguments = "style=grand"};

	(void)state;
	assert_int_equal(attempt(&plain), PAM_SUCCESS);
	assert_non_null(strstr(plain.shown, "arguments=[style=plain]\nstyle=[3]\n"));
	assert_int_equal(attempt(&wrong), PAM_AUTHINFO_UNAVAIL);
	assert_non_null(strstr(logged, "reason=config_invalid"));
	assert_non_null(
		strstr(logged, "must be one of gdm, greeter, live, plain, prompt, "
			       "text, unattended"));
}

/* This program's own file; /proc/self/exe is not it under valgrind. */
static char program[PATH_MAX];

/*
 * Runs this program once more, as a sudo with `argv` on a terminal; ret_shown: what its
 * user saw.
 */
static void
show_command(char *const argv[], char *ret_shown, size_t size)
{
	size_t len = 0;
	ssize_t got;
	int pipes[2], status, terminal;
	pid_t pid;

	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	fflush(NULL);
	pid = forkpty(&terminal, NULL, NULL, NULL);
	if (pid == 0) {
		dup2(pipes[1], STDOUT_FILENO);
		execv(program, argv);
		_exit(9);
	}
	close(pipes[1]);
	while ((got = read(pipes[0], ret_shown + len, size - 1 - len)) > 0)
		len += (size_t)got;
	ret_shown[len] = '\0';
	close(pipes[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(terminal);
	assert_int_equal(status, 0);
}

/* The other half of it: argv[1] says so, argv[2] where services stand. */
static int
be_sudo(const char *directory)
{
	struct attempt a = {.service = "sudo", .user = "request"};
	const char *helper = getenv(PLACE_HELPER);
	int code;

	snprintf(confdir, sizeof(confdir), "%s", directory);
	snprintf(place_helper, sizeof(place_helper), "%s", helper != NULL ? helper : "");
	code = attempt(&a);
	printf("%s", a.shown);
	return code;
}

static void
test_command_is_what_sudo_was_given(void **state)
{
	static char zero[] = "sudo --evil", one[] = SHOW_COMMAND, two[] = "arg two",
		    three[] = "a\nb\033";
	char *const argv[] = {zero, one, confdir, two, three, NULL};
	char shown[16384], wanted[256];

	(void)state;
	show_command(argv, shown, sizeof(shown));
	snprintf(wanted, sizeof(wanted), "command=[%s %s 'arg two' 'a?b?']\n",
		SHOW_COMMAND, confdir);
	assert_non_null(strstr(shown, wanted));
	assert_non_null(strstr(shown, "target=[root]\n")); /* sudo has no such option */
}

/* The account that exists by the name that was typed; another name of root's is root. */
static void
test_target_is_an_account_that_exists(void **state)
{
	static const struct {
		char option[16];
		const char *line;
	} table[] = {
		{"-unobody", "target=[nobody]\n"},
		{"-u#65533", "target=[#65533]\n"},
		{"-uroot", "target=[root]\n"},
		{"-uno-such-one", "target=[root]\n"},
	};
	static char zero[] = "sudo", one[] = SHOW_TARGET, option[16];
	char *const argv[] = {zero, one, confdir, option, NULL};
	char shown[16384];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		memcpy(option, table[i].option, sizeof(option));
		show_command(argv, shown, sizeof(shown));
		assert_non_null(strstr(shown, table[i].line));
	}
}

/* Also where the part that was read ends exactly with an argument. */
static void
test_command_that_is_cut_off_says_so(void **state)
{
	static char zero[301], one[] = SHOW_COMMAND, filler[4097], tail[] = "tail";
	char *const argv[] = {zero, one, confdir, filler, tail, NULL};
	size_t before = sizeof(zero) + sizeof(one) + strlen(confdir) + 1, i;
	char shown[16384];

	(void)state;
	memset(zero, '0', sizeof(zero) - 1);
	memset(filler, 'f', sizeof(filler) - 1);
	for (i = 4092; i < 4100; i++) {
		filler[i - before - 1] = '\0';
		show_command(argv, shown, sizeof(shown));
		assert_non_null(strstr(shown, "...]\n"));
		assert_null(strstr(shown, "tail"));
		filler[i - before - 1] = 'f';
	}
}

static void
test_users_that_cannot_be_are_refused(void **state)
{
	char longest[258];
	struct attempt a;

	(void)state;
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(attempt_as(&a, longest), PAM_AUTH_ERR);
	assert_non_null(strstr(logged, "outcome=refused reason=unknown_user"));
	assert_string_equal(a.errors, "Login failed.\n");
	assert_true(a.delay > 0);
	assert_int_equal(attempt_as(&a, ""), PAM_AUTH_ERR);
	assert_non_null(strstr(logged, "outcome=refused reason=unknown_user user=- "));
}

/*
 * ssh's password method is looked at, not tried: what the helper says of the account
 * counts, but an admission of whoever was not asked does not. The same conversation of
 * another service is nothing special.
 */
static void
test_password_method_of_ssh_is_known_at_sight(void **state)
{
	static const struct {
		const char *user, *tty, *arguments;
		int code;
		const char *log;
	} table[] = {
		{"prompt", "ssh", "", PAM_AUTH_ERR, "reason=not_interactive"},
		{"question", "ssh", "", PAM_AUTH_ERR, "reason=not_interactive"},
		{"authenticated", "ssh", "", PAM_AUTH_ERR, "reason=not_interactive"},
		{"not_interactive", "ssh", "", PAM_AUTH_ERR, "reason=not_interactive"},
		{"authenticated", "ssh", "style=text", PAM_AUTH_ERR,
			"reason=not_interactive"},
		{"authenticated", "ssh", "style=unattended", PAM_SUCCESS, "reason=ok"},
		{"ignored", "ssh", "", PAM_PERM_DENIED, "outcome=ignored reason=ok"},
		{"refused", "ssh", "", PAM_AUTH_ERR, "outcome=refused reason=ok"},
		{"authenticated", NULL, "", PAM_SUCCESS, "reason=ok"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct attempt a = {.user = table[i].user,
			.tty = table[i].tty,
			.arguments = table[i].arguments,
			.ssh_connection = "127.0.0.1 1 127.0.0.1 22",
			.dataless = true};

		if (attempt(&a) != table[i].code || strstr(logged, table[i].log) == NULL)
			fail_msg("row %zu: %s", i, logged);
		assert_false(leaks_children());
	}
}

/* Another host may call its terminal so, and have no data of its own. */
static void
test_host_like_sshd_is_asked_as_any_other(void **state)
{
	struct attempt a = {.user = "authenticated", .tty = "ssh", .dataless = true};

	(void)state;
	assert_int_equal(attempt(&a), PAM_SUCCESS);
	assert_non_null(strstr(logged, "outcome=authenticated"));
}

/*
 * The dialogs of xfce4-, mate- and cinnamon-screensaver show a text and return an error
 * for it. What a push tells is seen by then; what has to be seen, and an answer, is not
 * to be taken on trust, nor is a host that could not ask either.
 */
static void
test_window_may_call_a_text_that_it_shows_an_error(void **state)
{
	static const struct {
		const char *service, *arguments, *user;
		enum replies replies;
		int code;
	} table[] = {
		{"xfce4-screensaver", "", "show", REPLY_FAIL_TEXTS, PAM_SUCCESS},
		{"mate-screensaver", "", "show", REPLY_FAIL_TEXTS, PAM_SUCCESS},
		{"mate-screensaver", "", "show", REPLY_FAIL, PAM_SUCCESS},
		{"cinnamon-screensaver", "", "show", REPLY_FAIL, PAM_SUCCESS},
		{"test", "style=plain", "show", REPLY_FAIL_TEXTS, PAM_SUCCESS},
		{"mate-screensaver", "", "show-prompt", REPLY_FAIL_TEXTS, PAM_SUCCESS},
		{"mate-screensaver", "", "show-prompt", REPLY_FAIL, PAM_AUTH_ERR},
		{"mate-screensaver", "", "show-needed", REPLY_FAIL_TEXTS, PAM_AUTH_ERR},
		{"mate-screensaver", "", "question-gone", REPLY_FAIL, PAM_AUTH_ERR},
		{"mate-screensaver", "", "question-show", REPLY_FAIL, PAM_AUTH_ERR},
		{"mate-screensaver", "", "show", REPLY_NOBODY, PAM_AUTHINFO_UNAVAIL},
		{"test", "style=text", "show", REPLY_FAIL_TEXTS, PAM_AUTH_ERR},
		{"su", "style=plain", "show", REPLY_FAIL_TEXTS, PAM_AUTH_ERR},
	};
	struct attempt ssh = {.user = "show",
		.tty = "ssh",
		.arguments = "style=plain",
		.replies = REPLY_FAIL_TEXTS};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct attempt a = {.service = table[i].service,
			.user = table[i].user,
			.arguments = table[i].arguments,
			.replies = table[i].replies};

		if (attempt(&a) != table[i].code)
			fail_msg("row %zu: %s", i, logged);
		if (table[i].code == PAM_AUTH_ERR)
			assert_non_null(strstr(logged, "reason=not_interactive"));
	}
	assert_int_equal(attempt(&ssh), PAM_AUTH_ERR);
}

/* A helper that has asked, and says that nobody answers: sshd need not come back. */
static void
test_program_that_answers_ssh_is_asked_by_no_other_try(void **state)
{
	struct attempt once = {.user = "asked-program", .tty = "ssh"};
	struct attempt local = {.user = "asked-program", .tty = "/dev/pts/7"};
	struct attempt fails = {.user = "prompt", .tty = "ssh", .replies = REPLY_FAIL};

	(void)state;
	assert_int_equal(attempt(&once), PAM_MAXTRIES);
	assert_int_equal(once.delay, 0);
	assert_int_equal(attempt(&local), PAM_AUTH_ERR);
	assert_int_equal(attempt(&fails), PAM_MAXTRIES);
}

/* A service that asks for silence, or lives on terminals, away from any terminal. */
static int
ask_in_silence(void)
{
	struct attempt silent = {
		.user = "authenticated", .service = "sudo", .flags = PAM_SILENT};
	struct attempt doas = {.user = "prompt", .service = "doas"};
	struct attempt plain = {
		.user = "authenticated", .service = "doas", .arguments = "style=text"};
	struct attempt ignored = {.user = "ignored", .service = "doas"};
	struct attempt live = {.user = "authenticated", .arguments = "style=live"};
	struct attempt text = {.user = "authenticated", .arguments = "style=text"};
	struct attempt mute = {.user = "authenticated", .service = "xrdp-sesman"};
	struct attempt told = {.user = "authenticated",
		.service = "xrdp-sesman",
		.arguments = "style=text"};
	struct attempt unknown = {.user = "authenticated", .service = "dovecot"};
	struct attempt aloud = {.user = "authenticated"};
	int fd;

	if (setsid() < 0)
		return 200;
	for (fd = 0; fd <= STDERR_FILENO; fd++)
		close(fd);
	if (open("/dev/null", O_RDWR) != 0 || dup(0) != 1 || dup(0) != 2)
		return 201;
	if (attempt(&aloud) != PAM_SUCCESS)
		return 202;
	if (attempt(&silent) != PAM_CRED_INSUFFICIENT ||
		strcmp(silent.errors, "itsme needs a person at a terminal.\n") != 0 ||
		strstr(logged, "outcome=not_interactive reason=no_terminal ") == NULL)
		return 203;
	if (attempt(&doas) != PAM_AUTH_ERR || attempt(&plain) != PAM_AUTH_ERR ||
		attempt(&live) != PAM_AUTH_ERR ||
		strstr(logged, "outcome=not_interactive reason=no_terminal ") == NULL)
		return 205;
	if (attempt(&ignored) != PAM_PERM_DENIED || attempt(&text) != PAM_SUCCESS)
		return 206;
	if (attempt(&mute) != PAM_AUTHINFO_UNAVAIL ||
		strstr(logged, "reason=service_is_silent ") == NULL)
		return 207;
	if (attempt(&told) != PAM_SUCCESS)
		return 208;
	/* a caller may take a terminal away, but not make a silent service of another */
	if (attempt(&unknown) != PAM_AUTHINFO_UNAVAIL || unknown.errors[0] != '\0' ||
		strstr(logged, "<4>service dovecot is not known") == NULL ||
		strstr(logged, "outcome=not_interactive reason=service_unknown ") == NULL)
		return 204;
	return 0;
}

static void
test_silent_host_without_terminal_is_refused(void **state)
{
	(void)state;
	assert_int_equal(run_child(ask_in_silence), 0);
}

static void
test_host_without_a_user_is_aborted(void **state)
{
	struct attempt a = {.replies = REPLY_FAIL};

	(void)state;
	assert_int_equal(attempt(&a), PAM_PERM_DENIED);
	assert_non_null(strstr(logged, "outcome=aborted reason=caller_gone user=- "));
}

static void
test_arguments_with_controls_are_misconfigured(void **state)
{
	struct attempt a = {.user = "authenticated", .arguments = "flow=\001"};

	(void)state;
	assert_int_equal(attempt(&a), PAM_AUTHINFO_UNAVAIL);
	assert_non_null(strstr(logged, "<3>the module's arguments"));
	assert_non_null(strstr(logged, "reason=config_invalid user=authenticated "));
}

/* --- setcred and account ---------------------------------------------------------------
 */

static void
test_setcred_succeeds_and_account_is_ignored(void **state)
{
	struct attempt a = {0};
	const struct pam_conv conv = {converse, &a};
	pam_handle_t *pamh = NULL;

	(void)state;
	assert_int_equal(write_service("test", ""), 0);
	assert_int_equal(
		pam_start_confdir("test", "alice", &conv, confdir, &pamh), PAM_SUCCESS);
	assert_int_equal(pam_setcred(pamh, PAM_ESTABLISH_CRED), PAM_SUCCESS);
	/* a stack in which everything is ignored fails */
	assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_PERM_DENIED);
	pam_end(pamh, PAM_SUCCESS);
}

/* --- hostile callers
 * ---------------------------------------------------------------------- */

/* Runs in a child; 0 if it gets a helper that has inherited nothing. */
static int
try_pristine(void)
{
	struct attempt a;
	int code = attempt_as(&a, "pristine");

	if (code != PAM_SUCCESS)
		dprintf(STDERR_FILENO, "code %d\n%s%s", code, a.shown, logged);
	return code != PAM_SUCCESS;
}

static void
make_environment_hostile(void)
{
	setenv("LD_PRELOAD", "/tmp/evil.so", 1);
	setenv("LD_LIBRARY_PATH", "/tmp", 1);
	setenv("https_proxy", "http://192.0.2.1:1", 1);
	setenv("OPENSSL_CONF", "/tmp/openssl.cnf", 1);
	setenv("SSLKEYLOGFILE", "/tmp/keys", 1);
	setenv("SSL_CERT_FILE", "/tmp/ca.pem", 1);
}

static int
hostile_everything(void)
{
	const struct rlimit twelve = {12, 12}, zero = {0, 0};
	sigset_t all;
	int i;

	make_environment_hostile();
	for (i = 0; i < 20; i++) /* descriptors that nobody closes, some very high */
		if (dup2(STDERR_FILENO, 200 + 7 * i) < 0)
			return 9;
	umask(0);
	if (chdir("/tmp") != 0 || setrlimit(RLIMIT_NOFILE, &twelve) != 0 ||
		setrlimit(RLIMIT_FSIZE, &zero) != 0)
		return 9;
	for (i = 1; i < NSIG; i++)
		signal(i, SIG_IGN); /* SIGCHLD too: there will be no exit status */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	return try_pristine();
}

static int
hostile_no_standard_files(void)
{
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	return try_pristine();
}

static int
hostile_descriptors_below_the_channel(void)
{
	int i;

	for (i = 3; i < 64; i++)
		if (dup2(STDERR_FILENO, i) < 0)
			return 9;
	return try_pristine();
}

/* As su and sudo run: the real user is the caller. */
static int
hostile_real_user(void)
{
	if (geteuid() == 0 && (setregid(65534, 65534) != 0 || setreuid(65534, 0) != 0))
		return 9;
	return try_pristine();
}

/* A host that reaps whatever dies, before the module can. */
static void
reap_all(int signal_number)
{
	(void)signal_number;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

static int
hostile_reaper(void)
{
	struct attempt a;

	signal(SIGCHLD, reap_all);
	if (attempt_as(&a, "eof") != PAM_AUTH_ERR)
		return 1;
	return try_pristine();
}

static void
test_hostile_caller_gets_a_pristine_helper(void **state)
{
	(void)state;
	assert_int_equal(run_child(try_pristine), 0);
	assert_int_equal(run_child(hostile_everything), 0);
	assert_int_equal(run_child(hostile_no_standard_files), 0);
	assert_int_equal(run_child(hostile_descriptors_below_the_channel), 0);
	assert_int_equal(run_child(hostile_real_user), 0);
	assert_int_equal(run_child(hostile_reaper), 0);
}

static volatile sig_atomic_t deaths;

static void
count_death(int signal_number)
{
	(void)signal_number;
	deaths++;
}

/* vsftpd takes each for its own child's, and waits for that one for ever. */
static int
host_with_a_child(void)
{
	struct attempt a = {.user = "prompt"};
	int code, status;

	signal(SIGCHLD, count_death);
	if (attempt_as(&a, "authenticated") != PAM_SUCCESS ||
		attempt_as(&a, "eof") != PAM_AUTH_ERR || deaths != 0)
		return 1;
	a = (struct attempt){.user = "prompt", .child = fork()};
	if (a.child == 0)
		for (;;)
			pause();
	code = attempt(&a);
	if (code != PAM_SUCCESS || deaths != 1)
		return 2;
	return waitpid(a.child, &status, WNOHANG) == a.child ? 0 : 3;
}

/* There is one child more, which outlives the helper. */
static int
host_on_a_terminal(void)
{
	struct attempt a = {.user = "authenticated", .service = "su"};

	signal(SIGCHLD, count_death);
	return attempt(&a) == PAM_SUCCESS && deaths == 0 ? 0 : 1;
}

static void
test_host_is_told_of_its_own_children_alone(void **state)
{
	(void)state;
	assert_int_equal(run_child(host_with_a_child), 0);
	assert_int_equal(run_on_terminal(host_on_a_terminal), 0);
}

/* --- people who leave
 * ---------------------------------------------------------------------- */

/* What the person does while the login waits. */
enum departure { DEPART_CTRL_C, DEPART_HANG_UP };

/* The host on a terminal of its own, with its signals as sudo has them. */
static int
wait_on_terminal(const char *user)
{
	struct attempt a = {.user = user,
		.tty = "/dev/pts/7",
		.service = "sudo",
		.flags = PAM_SILENT};
	sigset_t blocked;
	int code;

	a.terminal = STDOUT_FILENO;
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGINT);
	sigaddset(&blocked, SIGQUIT);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	signal(SIGHUP, SIG_IGN);
	code = attempt(&a);
	if (leaks_children() || strstr(logged, "outcome=aborted") == NULL)
		return 200;
	return code;
}

/* The milliseconds from the departure to the end of the host; ret_code: its PAM code. */
static int64_t
depart(const char *user, enum departure departure, int *ret_code)
{
	char text[256];
	size_t len = 0;
	int64_t left;
	ssize_t got;
	int master, status;
	pid_t pid;

	fflush(NULL);
	pid = forkpty(&master, NULL, NULL, NULL);
	if (pid == 0)
		_exit(wait_on_terminal(user));
	assert_true(pid > 0);
	do {
		got = read(master, text + len, sizeof(text) - 1 - len);
		assert_true(got > 0);
		len += (size_t)got;
		text[len] = '\0';
	} while (strstr(text, "waiting") == NULL);
	left = clock_ms();
	if (departure == DEPART_CTRL_C)
		assert_int_equal(write(master, "\003", 1), 1);
	else
		close(master);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	left = clock_ms() - left;
	if (departure == DEPART_CTRL_C)
		close(master);
	*ret_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	return left;
}

static void
test_departure_ends_the_login_at_once(void **state)
{
	static const struct {
		const char *user;
		enum departure departure;
	} table[] = {
		{"hang", DEPART_CTRL_C},
		{"stubborn", DEPART_CTRL_C},
		{"hang", DEPART_HANG_UP},
		{"stubborn", DEPART_HANG_UP},
	};
	size_t i;
	int code, tries;
	int64_t took;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		/* the best of three: by chance a busy machine is late, by design always
		 */
		for (tries = 3; tries > 0; tries--) {
			took = depart(table[i].user, table[i].departure, &code);
			assert_int_equal(code, PAM_AUTH_ERR); /* sudo looks itself */
			if (took <= 500)
				break;
		}
		assert_true(tries > 0);
	}
}

/* The milliseconds of a login whose client leaves after 300 of them. */
static int64_t
leave_by_ssh(void)
{
	char text[128];
	struct attempt a = {.user = "hang", .tty = "ssh", .ssh_connection = text};
	int server = -1, client = -1;
	int64_t start;
	pid_t pid;

	assert_int_equal(loopback_connect(AF_INET, &server, &client, text), 0);
	fflush(NULL);
	start = clock_ms();
	pid = fork();
	if (pid == 0) { /* the client: it stays for a while */
		close(server);
		usleep(300000);
		_exit(0);
	}
	close(client);
	assert_int_equal(attempt(&a), PAM_ABORT);
	start = clock_ms() - start;
	assert_non_null(strstr(logged, "outcome=aborted reason=caller_gone"));
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_false(leaks_children());
	close(server);
	return start;
}

static void
test_ssh_client_that_leaves_ends_the_login(void **state)
{
	int64_t took = INT64_MAX;
	int tries;

	(void)state;
	for (tries = 3; tries > 0 && took > 1000; tries--) {
		took = leave_by_ssh();
		assert_true(took >= 299);
	}
	assert_true(took <= 1000);
}

/* --- leaks
 * ------------------------------------------------------------------------------------ */

/* Whether a library is mapped into this process. */
static bool
is_mapped(const char *name)
{
	char line[512];
	bool found = false;
	FILE *f = fopen("/proc/self/maps", "r");

	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL)
		found |= strstr(line, name) != NULL;
	fclose(f);
	return found;
}

static void
get_handlers(void (*ret[NSIG])(int))
{
	struct sigaction action;
	int i;

	for (i = 1; i < NSIG; i++) {
		action.sa_handler = NULL;
		sigaction(i, NULL, &action);
		ret[i] = action.sa_handler;
	}
}

static void
test_hundred_logins_leave_nothing(void **state)
{
	static const char *const users[] = {
		"authenticated", "denied", "prompt", "garbage", "eof"};
	void (*before[NSIG])(int) = {0}, (*after[NSIG])(int) = {0};
	sigset_t mask, mask_after;
	struct attempt a;
	int fds, i;
	size_t heap;

	(void)state;
	for (i = 0; i < 5; i++) /* what libpam and libc keep for themselves */
		attempt_as(&a, users[i]);
	fds = leaks_fds();
	get_handlers(before);
	sigprocmask(SIG_SETMASK, NULL, &mask);
	heap = mallinfo2().uordblks;
	for (i = 0; i < 100; i++)
		attempt_as(&a, users[i % 5]);
	assert_in_range(mallinfo2().uordblks, 0, heap + 64); /* by all of them */
	assert_int_equal(leaks_fds(), fds);
	assert_int_equal(leaks_threads(), 3); /* "." and ".." with it */
	assert_false(leaks_children());
	assert_true(is_mapped("libpam.so"));
	assert_false(is_mapped("pam_fake"));
	get_handlers(after);
	assert_memory_equal(before, after, sizeof(before));
	sigprocmask(SIG_SETMASK, NULL, &mask_after);
	for (i = 1; i < NSIG; i++)
		assert_int_equal(sigismember(&mask, i), sigismember(&mask_after, i));
}

/* A pattern as argument names tests to leave out. */
int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_verdict_gives_its_code),
		cmocka_unit_test(test_each_reason_decides_whether_to_fall_back),
		cmocka_unit_test(test_each_verdict_says_its_sentence),
		cmocka_unit_test(test_one_line_in_the_log),
		cmocka_unit_test(test_second_call_after_a_final_answer),
		cmocka_unit_test(test_answer_is_kept_for_its_user_alone),
		cmocka_unit_test(test_answer_is_kept_for_its_line_alone),
		cmocka_unit_test(test_what_is_away_is_looked_for_again_later),
		cmocka_unit_test(test_misbehaving_helper_admits_nobody),
		cmocka_unit_test(test_helper_of_another_version_is_named),
		cmocka_unit_test(test_silent_helper_ends_with_the_cap),
		cmocka_unit_test(test_prompts_are_answered),
		cmocka_unit_test(test_question_is_answered_with_what_was_typed),
		cmocka_unit_test(test_answer_left_unread_loses_no_verdict),
		cmocka_unit_test(test_answer_to_a_helper_that_has_left_loses_no_verdict),
		cmocka_unit_test(test_host_that_changes_the_user_is_refused),
		cmocka_unit_test(test_host_that_cannot_ask_is_refused),
		cmocka_unit_test(test_foreign_text_is_cleaned),
		cmocka_unit_test(test_helper_that_others_may_write_is_not_run),
		cmocka_unit_test(test_debug_lines_only_when_wanted),
		cmocka_unit_test(test_request_says_who_asks),
		cmocka_unit_test(test_style_argument),
		cmocka_unit_test(test_greeter_is_given_all_at_once),
		cmocka_unit_test(test_greeter_is_asked_a_question_that_is_seen),
		cmocka_unit_test(test_greeter_asks_anew_where_its_helper_is_outdated),
		cmocka_unit_test(test_command_is_what_sudo_was_given),
		cmocka_unit_test(test_command_that_is_cut_off_says_so),
		cmocka_unit_test(test_target_is_an_account_that_exists),
		cmocka_unit_test(test_users_that_cannot_be_are_refused),
		cmocka_unit_test(test_silent_host_without_terminal_is_refused),
		cmocka_unit_test(test_password_method_of_ssh_is_known_at_sight),
		cmocka_unit_test(test_host_like_sshd_is_asked_as_any_other),
		cmocka_unit_test(test_window_may_call_a_text_that_it_shows_an_error),
		cmocka_unit_test(test_program_that_answers_ssh_is_asked_by_no_other_try),
		cmocka_unit_test(test_host_without_a_user_is_aborted),
		cmocka_unit_test(test_arguments_with_controls_are_misconfigured),
		cmocka_unit_test(test_setcred_succeeds_and_account_is_ignored),
		cmocka_unit_test(test_hostile_caller_gets_a_pristine_helper),
		cmocka_unit_test(test_host_is_told_of_its_own_children_alone),
		cmocka_unit_test(test_departure_ends_the_login_at_once),
		cmocka_unit_test(test_ssh_client_that_leaves_ends_the_login),
		cmocka_unit_test(test_hundred_logins_leave_nothing),
	};

	if (argc > 2 &&
		(strcmp(argv[1], SHOW_COMMAND) == 0 || strcmp(argv[1], SHOW_TARGET) == 0))
		return be_sudo(argv[2]);
	if (realpath(argv[0], program) == NULL)
		return 1;
	if (argc > 1)
		cmocka_set_skip_filter(argv[1]);
	return cmocka_run_group_tests_name("module", tests, make_confdir, remove_confdir);
}
