/*
 * The module's side of the channel, for a person at a terminal who is root already. The
 * helper is started as the module starts it, and never in any other way.
 */
#include "cli/attempt.h"

#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <syslog.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/clock.h"
#include "base/launch.h"
#include "base/text.h"
#include "jose/random.h"
#include "wire/typed.h"

#define PATIENCE_MS (15 * 60 * 1000) /* no login takes longer */

struct run {
	struct attempt *attempt;
	struct launched helper;
	unsigned char nonce[WIRE_NONCE_SIZE];
	int64_t started;
	enum wire_kind asked; /* PROMPT or QUESTION that waits for an answer */
	bool done;
};

/* --- asking --------------------------------------------------------------- */

static void
set_terminal(struct wire_msg *msg)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0)
		return;
	wire_set_number(msg, WIRE_FIELD_COLUMNS, size.ws_col);
	wire_set_number(msg, WIRE_FIELD_ROWS, size.ws_row);
}

/* The locale that messages are asked for in, as POSIX orders the variables. */
static const char *
locale_name(void)
{
	static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);

		if (value != NULL && value[0] != '\0')
			return value;
	}
	return NULL;
}

/* As if the person had called the host themselves, the way sudo is called. */
static void
set_caller(struct wire_msg *msg, const char *user)
{
	const struct passwd *account = getpwnam(user);

	if (account != NULL)
		wire_set_number(msg, WIRE_FIELD_RUID, (uint32_t)account->pw_uid);
}

static enum err
send_request(struct run *run, struct diag *diag)
{
	const struct attempt *a = run->attempt;
	struct wire_msg msg = {.kind = WIRE_KIND_REQUEST};
	char arguments[4097];
	enum err e = random_bytes(run->nonce, sizeof(run->nonce));

	if (e != ERR_OK)
		return e;
	if (snprintf(arguments, sizeof(arguments), "config=%s\ndebug\nfirst_factor",
		    a->config) >= (int)sizeof(arguments))
		return diag_set(diag, ERR_CONFIG_INVALID, "the name is too long");
	wire_set_nonce(&msg, run->nonce);
	wire_set_text(&msg, WIRE_FIELD_USER, a->user);
	wire_set_text(&msg, WIRE_FIELD_SERVICE, a->service);
	wire_set_text(&msg, WIRE_FIELD_LANGUAGE, locale_name());
	wire_set_text(&msg, WIRE_FIELD_ARGUMENTS, arguments);
	wire_set_number(&msg, WIRE_FIELD_STYLE, WIRE_STYLE_TEXT);
	wire_set_number(&msg, WIRE_FIELD_PURPOSE, a->purpose);
	set_terminal(&msg);
	set_caller(&msg, a->user);
	return wire_send(run->helper.channel, &msg);
}

/* --- listening ------------------------------------------------------------ */

static void
copy(char *to, size_t size, const struct wire_msg *msg, enum wire_field field)
{
	const char *text = wire_text(msg, field);

	text_line(to, size, text, strlen(text));
}

static enum err
take_text(struct run *run, const struct wire_msg *msg)
{
	const char *text = wire_text(msg, WIRE_FIELD_TEXT);
	AUTO_FREE char *cleaned = malloc(strlen(text) * 3 + 1);

	if (cleaned == NULL)
		return ERR_NOMEM;
	run->attempt->shown = true;
	text_clean(cleaned, strlen(text) * 3 + 1, text, strlen(text));
	if (run->attempt->quiet)
		run->done = true;
	else
		fprintf(stderr, "%s\n", cleaned);
	return ERR_OK;
}

/* Something to be answered, which what is typed at the terminal does. */
static enum err
take_prompt(struct run *run, const struct wire_msg *msg)
{
	run->asked = msg->kind;
	return take_text(run, msg);
}

/* The line that was typed; nobody there is an answer, too. */
static enum err
answer(struct run *run)
{
	struct wire_msg msg = {.kind = WIRE_KIND_ANSWER};
	char line[256], typed[TYPED_SIZE];
	ssize_t got = read(STDIN_FILENO, line, sizeof(line) - 1);
	enum err e;

	line[got > 0 ? got : 0] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	wire_set_number(
		&msg, WIRE_FIELD_REPLY, got > 0 ? WIRE_REPLY_ENTER : WIRE_REPLY_FAILED);
	typed_read(typed, line);
	if (run->asked == WIRE_KIND_QUESTION)
		wire_set_text(&msg, WIRE_FIELD_TYPED, typed);
	run->asked = WIRE_KIND_NONE;
	e = wire_send(run->helper.channel, &msg);
	explicit_bzero(line, sizeof(line));
	explicit_bzero(typed, sizeof(typed));
	return e;
}

static enum err
take_log(struct run *run, const struct wire_msg *msg)
{
	struct attempt *a = run->attempt;
	const struct attempt_line line = {
		(int)wire_number(msg, WIRE_FIELD_PRIORITY),
		clock_ms() - run->started,
		wire_text(msg, WIRE_FIELD_TEXT),
	};

	if (line.priority <= LOG_ERR)
		copy(a->message, sizeof(a->message), msg, WIRE_FIELD_TEXT);
	if (a->log != NULL)
		a->log(a->arg, &line);
	return ERR_OK;
}

/* Byte for byte: it is about to be written into the map, which checks it again. */
static enum err
take_identity(struct run *run, const struct wire_msg *msg)
{
	struct attempt *a = run->attempt;

	if (a->purpose != WIRE_PURPOSE_IDENTIFY || !wire_nonce_is(msg, run->nonce) ||
		a->sub[0] != '\0')
		return ERR_PROTOCOL;
	snprintf(a->issuer, sizeof(a->issuer), "%s", wire_text(msg, WIRE_FIELD_ISSUER));
	snprintf(a->sub, sizeof(a->sub), "%s", wire_text(msg, WIRE_FIELD_SUB));
	copy(a->name, sizeof(a->name), msg, WIRE_FIELD_NAME);
	return ERR_OK;
}

static enum err
take_verdict(struct run *run, const struct wire_msg *msg)
{
	struct attempt *a = run->attempt;

	if (!wire_nonce_is(msg, run->nonce) ||
		strcmp(wire_text(msg, WIRE_FIELD_USER), a->user) != 0)
		return ERR_PROTOCOL;
	a->verdict = (enum verdict)wire_number(msg, WIRE_FIELD_VERDICT);
	copy(a->reason, sizeof(a->reason), msg, WIRE_FIELD_REASON);
	copy(a->sentence, sizeof(a->sentence), msg, WIRE_FIELD_TEXT);
	run->done = true;
	return ERR_OK;
}

static enum err
take(struct run *run, const struct wire_msg *msg)
{
	switch (msg->kind) {
	case WIRE_KIND_SHOW:
		return take_text(run, msg);
	case WIRE_KIND_PROMPT:
	case WIRE_KIND_QUESTION:
		return take_prompt(run, msg);
	case WIRE_KIND_LOG:
		return take_log(run, msg);
	case WIRE_KIND_IDENTITY:
		return take_identity(run, msg);
	case WIRE_KIND_VERDICT:
		return take_verdict(run, msg);
	default:
		return ERR_PROTOCOL;
	}
}

/* Waits for the helper, or for the person where there is something to answer. */
static enum err
listen_once(struct run *run, int wait_ms)
{
	static struct wire_packet packet;
	struct pollfd watched[] = {
		{.fd = run->helper.channel, .events = POLLIN},
		{.fd = run->asked != WIRE_KIND_NONE ? STDIN_FILENO : -1,
			.events = POLLIN},
	};
	struct wire_msg msg;
	enum err e;

	if (poll(watched, 2, wait_ms) <= 0)
		return ERR_OK;
	if (watched[0].revents == 0)
		return answer(run);
	e = wire_recv(run->helper.channel, &msg, &packet, WIRE_SIDE_HELPER);
	return e != ERR_OK ? e : take(run, &msg);
}

static enum err
listen_to(struct run *run, struct diag *diag)
{
	enum err e = ERR_OK;

	while (e == ERR_OK && !run->done) {
		int left = clock_left(run->started + PATIENCE_MS, clock_ms());

		e = left > 0 ? listen_once(run, left) : ERR_TIMEOUT;
	}
	return e == ERR_GONE
		       ? diag_set(diag, e,
				 "the helper went without a verdict; type: journalctl -t "
				 "kernel | grep itsme-helper")
		       : e;
}

enum err
attempt_run(struct attempt *attempt, struct diag *diag)
{
	struct run run = {
		.attempt = attempt, .helper = LAUNCHED_NONE, .started = clock_ms()};
	enum err e = launch_start(&run.helper, HELPER_PATH, LAUNCH_PACKETS, diag);

	if (e == ERR_OK)
		e = send_request(&run, diag);
	if (e == ERR_OK)
		e = listen_to(&run, diag);
	attempt->took = clock_ms() - run.started;
	launch_stop(&run.helper, NULL);
	return e;
}
