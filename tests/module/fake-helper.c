/*
 * A helper for tests: the user name in the REQUEST says how it behaves. It knows the
 * channel and no identity; the name of each behaviour is the first word of its row.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <syslog.h>
#include <unistd.h>

#include "base/launch.h"
#include "wire/wire.h"

#define CHANNEL 3

extern char **environ;

static struct wire_packet packet; /* holds the request */
static struct wire_msg request;
static unsigned char nonce[WIRE_NONCE_SIZE];

static void
send_message(const struct wire_msg *msg)
{
	if (wire_send(CHANNEL, msg) != ERR_OK)
		_exit(3);
}

static void
send_raw(const void *data, size_t len)
{
	if (send(CHANNEL, data, len, MSG_NOSIGNAL) < 0)
		_exit(3);
}

static void
say(enum wire_kind kind, const char *text)
{
	struct wire_msg msg = {.kind = kind};

	if (kind == WIRE_KIND_LOG)
		wire_set_number(&msg, WIRE_FIELD_PRIORITY, LOG_INFO);
	wire_set_text(&msg, WIRE_FIELD_TEXT, text);
	send_message(&msg);
}

static struct wire_msg
verdict_message(enum verdict verdict, enum err reason)
{
	struct wire_msg msg = {.kind = WIRE_KIND_VERDICT};

	wire_set_nonce(&msg, nonce);
	wire_set_text(&msg, WIRE_FIELD_USER, wire_text(&request, WIRE_FIELD_USER));
	wire_set_number(&msg, WIRE_FIELD_VERDICT, verdict);
	wire_set_text(&msg, WIRE_FIELD_REASON, err_word(reason));
	wire_set_text(&msg, WIRE_FIELD_FLOW, "qr");
	wire_set_text(&msg, WIRE_FIELD_SUBJECT, "1a2b3c4d5e6f");
	return msg;
}

static void
admit(void)
{
	struct wire_msg msg = verdict_message(VERDICT_AUTHENTICATED, ERR_OK);

	send_message(&msg);
}

/* Whether the next message is ANSWER ENTER. */
static bool
entered(void)
{
	struct wire_packet answer;
	struct wire_msg msg;

	return wire_recv(CHANNEL, &msg, &answer, WIRE_SIDE_MODULE) == ERR_OK &&
	       msg.kind == WIRE_KIND_ANSWER &&
	       wire_number(&msg, WIRE_FIELD_REPLY) == WIRE_REPLY_ENTER;
}

/* --- behaviours: well-formed -------------------------------------------------------- */

static void
prompt_times(int times)
{
	while (times-- > 0) {
		say(WIRE_KIND_PROMPT, "\nPress Enter: ");
		if (!entered())
			_exit(4);
	}
	admit();
}

static void
do_prompt(void)
{
	prompt_times(1);
}

static void
do_prompt3(void)
{
	prompt_times(3);
}

/* Has asked once, and takes the answer for a program's. */
static void
do_asked_program(void)
{
	struct wire_msg msg =
		verdict_message(VERDICT_NOT_INTERACTIVE, ERR_NOT_INTERACTIVE);

	say(WIRE_KIND_PROMPT, "\nPress Enter: ");
	if (!entered())
		_exit(4);
	send_message(&msg);
}

/* Repeats what was typed. */
static void
do_question(void)
{
	struct wire_packet answer;
	struct wire_msg msg;
	char text[64];

	say(WIRE_KIND_QUESTION, "Which number? ");
	if (wire_recv(CHANNEL, &msg, &answer, WIRE_SIDE_MODULE) != ERR_OK)
		_exit(4);
	snprintf(text, sizeof(text), "typed=[%s]", wire_text(&msg, WIRE_FIELD_TYPED));
	say(WIRE_KIND_SHOW, text);
	admit();
}

/* Needs the answer, and leaves where there is none. */
static void
do_question_gone(void)
{
	say(WIRE_KIND_QUESTION, "Which number? ");
	if (entered())
		admit();
}

/* Admits only where the host could not ask; whatever was typed, it says nothing more. */
static void
do_question_unasked(void)
{
	say(WIRE_KIND_QUESTION, "Which number? ");
	if (!entered())
		admit();
}

/* Tells something and admits; `needed`: without seeing it nobody could go on. */
static void
show_and_admit(uint32_t needed)
{
	struct wire_msg msg = {.kind = WIRE_KIND_SHOW};

	wire_set_text(&msg, WIRE_FIELD_TEXT, "A request was sent.");
	if (needed > 0)
		wire_set_number(&msg, WIRE_FIELD_NEEDED, needed);
	send_message(&msg);
	admit();
}

static void
do_show(void)
{
	show_and_admit(0);
}

static void
do_show_needed(void)
{
	show_and_admit(1);
}

static void
do_show_prompt(void)
{
	say(WIRE_KIND_SHOW, "A request was sent.");
	prompt_times(1);
}

/* Can do without the answer, as where a one-time pass is asked for. */
static void
do_question_show(void)
{
	say(WIRE_KIND_QUESTION, "Which number? ");
	if (entered())
		_exit(4);
	show_and_admit(0);
}

/* Says everything, waits until the answer is there, and leaves it unread. */
static void
do_unread_answer(void)
{
	struct pollfd p = {.fd = CHANNEL, .events = POLLIN};

	say(WIRE_KIND_PROMPT, "\nPress Enter: ");
	say(WIRE_KIND_SHOW, "slow");
	admit();
	poll(&p, 1, -1);
}

/* Leaves before the prompt is answered, its verdict on the way. */
static void
do_early_verdict(void)
{
	say(WIRE_KIND_PROMPT, "slow");
	admit();
}

/* Repeats the request, one field a line. */
static void
do_request(void)
{
	static const struct {
		const char *name;
		enum wire_field field;
	} texts[] = {
		{"service", WIRE_FIELD_SERVICE},
		{"tty", WIRE_FIELD_TTY},
		{"rhost", WIRE_FIELD_RHOST},
		{"ruser", WIRE_FIELD_RUSER},
		{"command", WIRE_FIELD_COMMAND},
		{"target", WIRE_FIELD_TARGET},
		{"arguments", WIRE_FIELD_ARGUMENTS},
	};
	char text[16384];
	size_t i, at = 0;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s=[%s]\n",
			texts[i].name, wire_text(&request, texts[i].field));
	snprintf(text + at, sizeof(text) - at, "style=[%u]\nsize=[%ux%u]\n",
		wire_number(&request, WIRE_FIELD_STYLE),
		wire_number(&request, WIRE_FIELD_COLUMNS),
		wire_number(&request, WIRE_FIELD_ROWS));
	say(WIRE_KIND_SHOW, text);
	admit();
}

static void
do_dirty(void)
{
	struct wire_msg msg = verdict_message(VERDICT_DENIED, ERR_USER_DENIED);

	say(WIRE_KIND_SHOW, "a\033[2Jb\xe2\x80\xae"
			    "c\xff");
	say(WIRE_KIND_LOG, "one\ntwo\033[0m outcome=authenticated user=root");
	wire_set_text(&msg, WIRE_FIELD_TEXT, "No\r\033]0;x\007.");
	wire_set_text(&msg, WIRE_FIELD_FLOW, "qr user=root\n");
	send_message(&msg);
}

static void
do_logs(void)
{
	struct wire_msg msg = {.kind = WIRE_KIND_LOG};
	uint32_t i;

	for (i = LOG_EMERG; i <= LOG_DEBUG; i++) {
		wire_set_number(&msg, WIRE_FIELD_PRIORITY, i);
		wire_set_text(&msg, WIRE_FIELD_TEXT, "a line");
		send_message(&msg);
	}
	admit();
}

/* The account is known by the configuration of the second line alone, and refused. */
static void
do_by_arguments(void)
{
	bool second = strstr(wire_text(&request, WIRE_FIELD_ARGUMENTS), "/two") != NULL;
	struct wire_msg msg =
		second ? verdict_message(VERDICT_REFUSED, ERR_WRONG_PASS)
		       : verdict_message(VERDICT_IGNORED, ERR_UNMAPPED_IGNORED);

	send_message(&msg);
}

/* --- behaviours: a dialog ------------------------------------------------------------
 */

#define JSON "{\"authSelection\":{\"words\":\"\\u001b\033 caf\xc3\xa9\"}}"

/* The phone says yes before anybody presses "Done". */
static void
do_dialog(void)
{
	say(WIRE_KIND_DIALOG, JSON);
	say(WIRE_KIND_SHOW, "scanned");
	admit();
}

static void
do_dialog_done(void)
{
	say(WIRE_KIND_DIALOG, JSON);
	if (!entered())
		_exit(4);
	say(WIRE_KIND_SHOW, "waiting");
	admit();
}

/* Leaves when the dialog has. */
static void
do_dialog_closed(void)
{
	say(WIRE_KIND_DIALOG, JSON);
	if (entered())
		admit();
}

/* A dialog, and the end that `reason` leads to. */
static void
end_dialog(enum err reason)
{
	struct wire_msg msg = verdict_message(err_verdict(reason), reason);

	say(WIRE_KIND_DIALOG, JSON);
	wire_set_text(&msg, WIRE_FIELD_TEXT, "the reason");
	send_message(&msg);
}

static void
do_dialog_denied(void)
{
	end_dialog(ERR_USER_DENIED);
}

static void
do_dialog_outage(void)
{
	end_dialog(ERR_HTTP_CONNECT);
}

static void
do_dialog_twice(void)
{
	say(WIRE_KIND_DIALOG, JSON);
	do_dialog();
}

static void
do_dialog_prompt(void)
{
	say(WIRE_KIND_DIALOG, JSON);
	prompt_times(1);
}

static void
do_dialog_question(void)
{
	say(WIRE_KIND_DIALOG, JSON);
	do_question();
}

static void
do_show_dialog(void)
{
	say(WIRE_KIND_SHOW, "too early");
	do_dialog();
}

/* --- behaviours: everything a helper must not do --------------------------------------
 */

static void
do_eof(void)
{
}

static void
do_exit3(void)
{
	_exit(3);
}

static void
do_crash(void)
{
	signal(SIGSEGV, SIG_DFL); /* a sanitizer's report would be noise */
	raise(SIGSEGV);
}

static void
do_interrupted(void)
{
	raise(SIGINT);
}

static void
do_garbage(void)
{
	send_raw("pi\001\006\377\377garbage", 13);
}

static void
do_short(void)
{
	send_raw("pi", 2);
}

static void
do_empty(void)
{
	send_raw("", 0);
	pause();
}

static void
do_huge(void)
{
	static char data[WIRE_MAX + 1];

	send_raw(data, sizeof(data));
}

/* A good verdict with one byte added, or the last one missing. */
static void
send_resized(int change)
{
	struct wire_msg msg = verdict_message(VERDICT_AUTHENTICATED, ERR_OK);
	struct wire_packet resized;
	size_t len;

	if (wire_pack(&resized, &len, &msg) != ERR_OK)
		_exit(3);
	resized.data[len] = 0;
	send_raw(resized.data, change < 0 ? len - 1 : len + 1);
}

static void
do_trailing(void)
{
	send_resized(1);
}

/* A verdict as it will be in another version, as far as anybody can tell. */
static void
do_other_version(void)
{
	struct wire_msg msg = verdict_message(VERDICT_AUTHENTICATED, ERR_OK);
	static struct wire_packet other;
	size_t len;

	if (wire_pack(&other, &len, &msg) != ERR_OK)
		_exit(3);
	other.data[2] = WIRE_VERSION + 1;
	send_raw(other.data, len);
}

static void
do_truncated(void)
{
	send_resized(-1);
}

static void
do_wrong_nonce(void)
{
	nonce[WIRE_NONCE_SIZE - 1] ^= 1;
	admit();
}

static void
admit_as(const char *user)
{
	struct wire_msg msg = verdict_message(VERDICT_AUTHENTICATED, ERR_OK);

	wire_set_text(&msg, WIRE_FIELD_USER, user);
	send_message(&msg);
}

static void
do_wrong_user(void)
{
	admit_as("root");
}

static void
do_user_case(void)
{
	admit_as("User-case");
}

static void
do_user_prefix(void)
{
	admit_as("user");
}

static void
do_verdict_99(void)
{
	struct wire_msg msg = verdict_message((enum verdict)99, ERR_OK);

	send_message(&msg);
}

/* The first value behind the table. */
static void
do_verdict_count(void)
{
	struct wire_msg msg = verdict_message(VERDICT_COUNT, ERR_OK);

	send_message(&msg);
}

/* What only itsmectl asks for. */
static void
do_identity(void)
{
	struct wire_msg msg = {.kind = WIRE_KIND_IDENTITY};

	msg.has = request.has & 1u << WIRE_FIELD_NONCE;
	msg.text[WIRE_FIELD_NONCE] = request.text[WIRE_FIELD_NONCE];
	wire_set_text(&msg, WIRE_FIELD_ISSUER, "https://idp.example");
	wire_set_text(&msg, WIRE_FIELD_SUB, "somebody");
	send_message(&msg);
}

static void
do_mirror(void)
{
	send_message(&request);
}

static void
do_bad_priority(void)
{
	struct wire_msg msg = {.kind = WIRE_KIND_LOG};

	wire_set_number(&msg, WIRE_FIELD_PRIORITY, LOG_DEBUG + 1);
	wire_set_text(&msg, WIRE_FIELD_TEXT, "a line");
	send_message(&msg);
	admit();
}

static void
flood(enum wire_kind kind, int times)
{
	while (times-- > 0) {
		say(kind, "x");
		if (kind == WIRE_KIND_PROMPT && !entered())
			_exit(4);
	}
	admit();
}

static void
do_flood_show(void)
{
	flood(WIRE_KIND_SHOW, 64 + 256 + 1);
}

/* Where nothing can be drawn in place, nobody asked for it. */
static void
do_unasked_status(void)
{
	say(WIRE_KIND_STATUS, "x");
	admit();
}

static void
do_unasked_height(void)
{
	struct wire_msg msg = {.kind = WIRE_KIND_SHOW};

	wire_set_text(&msg, WIRE_FIELD_TEXT, "x");
	wire_set_number(&msg, WIRE_FIELD_HEIGHT, 1);
	send_message(&msg);
	admit();
}

static void
do_flood_prompt(void)
{
	flood(WIRE_KIND_PROMPT, 33);
}

static void
do_flood_log(void)
{
	flood(WIRE_KIND_LOG, 4097);
}

/* Says nothing, and leaves when the module does. */
static void
do_hang(void)
{
	say(WIRE_KIND_SHOW, "waiting");
	entered();
}

/* Says nothing and does not leave. */
static void
do_stubborn(void)
{
	int i;

	for (i = 1; i < NSIG; i++)
		signal(i, SIG_IGN);
	say(WIRE_KIND_SHOW, "waiting");
	for (;;)
		pause();
}

/* --- behaviour "pristine": what was inherited?
 * ------------------------------------------ */

static void
complain(const char *what)
{
	char text[256];

	snprintf(text, sizeof(text), "inherited: %s", what);
	say(WIRE_KIND_SHOW, text);
	_exit(5);
}

static void
check_files(void)
{
	struct dirent *entry;
	struct stat st;
	DIR *dir;
	int fd;

	for (fd = 0; fd < CHANNEL; fd++)
		if (fstat(fd, &st) != 0 || !S_ISCHR(st.st_mode) ||
			st.st_rdev != makedev(1, 3))
			complain("standard files");
	dir = opendir("/proc/self/fd");
	if (dir == NULL)
		complain("no /proc");
	while ((entry = readdir(dir)) != NULL)
		if (atoi(entry->d_name) > CHANNEL && atoi(entry->d_name) != dirfd(dir))
			complain("a descriptor");
	closedir(dir);
}

/* The very limit, or all that a host without CAP_SYS_RESOURCE can give. */
static void
check_limit(int resource, rlim_t wanted, const char *name)
{
	const struct rlimit raised = {wanted, wanted};
	struct rlimit limit;

	if (getrlimit(resource, &limit) != 0)
		complain(name);
	if (limit.rlim_cur == wanted && limit.rlim_max == wanted)
		return;
	if (limit.rlim_cur != limit.rlim_max || setrlimit(resource, &raised) == 0)
		complain(name);
}

static void
check_limits(void)
{
	check_limit(RLIMIT_CORE, 0, "RLIMIT_CORE");
	check_limit(RLIMIT_NOFILE, 256, "RLIMIT_NOFILE");
	check_limit(RLIMIT_FSIZE, 16 << 20, "RLIMIT_FSIZE");
	check_limit(RLIMIT_NPROC, RLIM_INFINITY, "RLIMIT_NPROC");
}

static void
check_signals(void)
{
	struct sigaction action;
	sigset_t mask;
	int i;

	sigprocmask(SIG_SETMASK, NULL, &mask);
	for (i = 1; i < NSIG; i++) {
		if (sigismember(&mask, i) == 1)
			complain("a blocked signal");
		if (sigaction(i, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
			complain("an ignored signal");
	}
}

static void
do_pristine(void)
{
	char place[16];
	uid_t real, effective, saved;

	if (environ[0] == NULL || strcmp(environ[0], LAUNCH_ENVIRONMENT) != 0)
		complain("no environment, or another one");
	else if (environ[1] != NULL)
		complain(environ[1]);
	check_files();
	check_limits();
	check_signals();
	if (umask(0) != 077)
		complain("umask");
	if (getcwd(place, sizeof(place)) == NULL || strcmp(place, "/") != 0)
		complain("directory");
	if (getresuid(&real, &effective, &saved) != 0 || real != effective ||
		saved != effective)
		complain("user");
	if (getpgrp() != getpgid(getppid()) || getsid(0) != getsid(getppid()))
		complain("no longer of the host's process group");
	admit();
}

/* --- which one
 * -------------------------------------------------------------------------- */

static const struct {
	const char *user;
	void (*behave)(void);
} behaviours[] = {
	{"prompt", do_prompt},
	{"prompt3", do_prompt3},
	{"asked-program", do_asked_program},
	{"question", do_question},
	{"question-gone", do_question_gone},
	{"question-unasked", do_question_unasked},
	{"show", do_show},
	{"show-needed", do_show_needed},
	{"show-prompt", do_show_prompt},
	{"question-show", do_question_show},
	{"unread-answer", do_unread_answer},
	{"early-verdict", do_early_verdict},
	{"request", do_request},
	{"dirty", do_dirty},
	{"logs", do_logs},
	{"by-arguments", do_by_arguments},
	{"dialog", do_dialog},
	{"dialog-done", do_dialog_done},
	{"dialog-closed", do_dialog_closed},
	{"dialog-denied", do_dialog_denied},
	{"dialog-outage", do_dialog_outage},
	{"dialog-twice", do_dialog_twice},
	{"dialog-prompt", do_dialog_prompt},
	{"dialog-question", do_dialog_question},
	{"show-dialog", do_show_dialog},
	{"eof", do_eof},
	{"exit3", do_exit3},
	{"crash", do_crash},
	{"interrupted", do_interrupted},
	{"garbage", do_garbage},
	{"short", do_short},
	{"empty", do_empty},
	{"huge", do_huge},
	{"trailing", do_trailing},
	{"other-version", do_other_version},
	{"truncated", do_truncated},
	{"wrong-nonce", do_wrong_nonce},
	{"wrong-user", do_wrong_user},
	{"user-case", do_user_case},
	{"user-prefix", do_user_prefix},
	{"verdict-99", do_verdict_99},
	{"verdict-count", do_verdict_count},
	{"identity", do_identity},
	{"mirror", do_mirror},
	{"bad-priority", do_bad_priority},
	{"flood-show", do_flood_show},
	{"unasked-status", do_unasked_status},
	{"unasked-height", do_unasked_height},
	{"flood-prompt", do_flood_prompt},
	{"flood-log", do_flood_log},
	{"hang", do_hang},
	{"stubborn", do_stubborn},
	{"pristine", do_pristine},
};

/* A user named like a verdict gets it; one named like an error gets what it leads to. */
static bool
give_verdict(const char *user)
{
	enum err e = err_find(user);
	struct wire_msg msg;
	int v;

	for (v = 0; v < VERDICT_COUNT; v++)
		if (strcmp(verdict_word((enum verdict)v), user) == 0) {
			msg = verdict_message((enum verdict)v, ERR_OK);
			send_message(&msg);
			return true;
		}
	if (strcmp(err_word(e), user) != 0)
		return false;
	msg = verdict_message(err_verdict(e), e);
	send_message(&msg);
	return true;
}

int
main(void)
{
	const char *user;
	size_t i;

	launched_arrive();
	if (wire_recv(CHANNEL, &request, &packet, WIRE_SIDE_MODULE) != ERR_OK ||
		request.kind != WIRE_KIND_REQUEST)
		return 2;
	memcpy(nonce, request.text[WIRE_FIELD_NONCE].data, sizeof(nonce));
	user = wire_text(&request, WIRE_FIELD_USER);
	if (give_verdict(user))
		return 0;
	for (i = 0; i < sizeof(behaviours) / sizeof(behaviours[0]); i++)
		if (strcmp(behaviours[i].user, user) == 0) {
			behaviours[i].behave();
			return 0;
		}
	return 2;
}
