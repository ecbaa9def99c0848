/* Asking for a pass. What was typed is wiped, and stands in no log. */
#include "helper/pass.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/clock.h"
#include "helper/prompts.h"
#include "identity/account.h"
#include "identity/pass.h"
#include "language/catalogue.h"

#define QUESTION_MAX 256

/* The account's file, if it has a live pass; ERR_OK and -1 if it has none. */
static enum err
find_live(int *ret_fd, const char *user, struct diag *diag)
{
	struct pass pass = {.uses = 0};
	AUTO_FD int fd = -1;
	enum err e = state_find(&fd, STATE_DIR, user, diag);

	if (e != ERR_OK || fd < 0)
		return e;
	e = pass_read(&pass, fd);
	if (e == ERR_OK && pass_is_live(&pass, clock_boot()))
		*ret_fd = move_fd(&fd);
	return e;
}

void
pass_open(struct pass_gate *ret, struct channel *channel)
{
	const struct wire_msg *request = &channel->request;
	const char *user = wire_text(request, WIRE_FIELD_USER);
	struct account account = {.uid = (uid_t)-1}; /* nobody's */
	uint32_t style = wire_number(request, WIRE_FIELD_STYLE);
	struct diag diag = {0};
	enum err e;

	*ret = (struct pass_gate)PASS_GATE_NONE;
	/* where nothing can be typed, none is asked for */
	if (geteuid() != 0 || channel_identifies(request) ||
		style == WIRE_STYLE_UNATTENDED || style == WIRE_STYLE_GDM)
		return;
	e = account_find(&account, user);
	ret->uid = account.uid;
	if (e == ERR_OK)
		e = find_live(&ret->fd, user, &diag);
	if (e != ERR_OK)
		channel_log(channel, LOG_WARNING, "no one-time pass: %s: %s", err_word(e),
			diag.text);
}

/* Until there is an answer; a new size of the terminal is kept for the phone's screen. */
static enum err
await_answer(struct channel *channel, struct channel_input *ret, int64_t deadline)
{
	struct pollfd p = {.fd = channel->fd, .events = POLLIN};
	enum err e;
	int ready;

	do {
		ready = poll(&p, 1, clock_left(deadline, clock_ms()));
		if (ready < 0 && errno != EINTR)
			return ERR_SYSTEM;
		if (ready == 0)
			return ERR_TIMEOUT;
		if (ready < 0)
			continue;
		e = channel_take(channel, ret);
		if (e != ERR_OK || !ret->resized)
			return e;
		wire_set_number(&channel->request, WIRE_FIELD_COLUMNS, ret->columns);
		wire_set_number(&channel->request, WIRE_FIELD_ROWS, ret->rows);
	} while (true);
}

static enum err
put_question(struct channel *channel, bool again)
{
	char text[QUESTION_MAX];
	uint32_t style = wire_number(&channel->request, WIRE_FIELD_STYLE);

	/* sshd has begun the line: what is typed needs room on the next one */
	snprintf(text, sizeof(text), "%s%s ", style == WIRE_STYLE_PROMPT ? "\n" : "",
		catalogue_text(channel->language,
			again ? N_("Not that one. One-time pass, or press Enter to use "
				   "your phone:")
			      : N_("One-time pass, or press Enter to use your phone:")));
	return channel_question(channel, text);
}

/* The one place that admits by a pass. */
static enum err
try_pass(enum admission *ret, const struct pass_gate *gate, struct channel *channel,
	const char *typed, struct diag *diag)
{
	const char *user = wire_text(&channel->request, WIRE_FIELD_USER);
	bool right = false;
	unsigned left = 0;
	enum err e = pass_use(&right, &left, gate->fd, typed, gate->uid, clock_boot());

	if (e != ERR_OK)
		return diag_set(diag, e, "the use of a one-time pass cannot be kept");
	if (!right) {
		channel_log(channel, LOG_WARNING,
			"one-time pass: a wrong one was typed for %s", user);
		return ERR_WRONG_PASS;
	}
	channel_log(channel, LOG_WARNING,
		"one-time pass: %s is let in by one, without a phone; uses left: %u",
		user, left);
	*ret = ADMISSION_PASS;
	return ERR_OK;
}

/* One question and its answer; `*ret_phone` is true where the phone is to be asked. */
static enum err
ask_once(enum admission *ret, bool *ret_phone, struct pass_gate *gate,
	struct channel *channel, bool again, int64_t deadline, struct diag *diag)
{
	struct channel_input input = {.failed = false};
	int64_t asked = clock_ms();
	enum err e = put_question(channel, again);

	if (e == ERR_OK)
		e = await_answer(channel, &input, deadline);
	*ret_phone = (e == ERR_GONE && input.failed) ||
		     (e == ERR_OK && input.typed[0] == '\0');
	if (*ret_phone) {
		gate->was_read = e == ERR_OK && clock_ms() - asked >= PROMPTS_INSTANT_MS;
		e = ERR_OK;
	} else if (e == ERR_OK)
		e = try_pass(ret, gate, channel, input.typed, diag);
	explicit_bzero(&input, sizeof(input));
	return e;
}

enum err
pass_ask(enum admission *ret, struct pass_gate *gate, struct channel *channel,
	int64_t deadline, struct diag *diag)
{
	bool phone = false;
	enum err e = ERR_OK;
	int i;

	if (gate->fd < 0)
		return ERR_OK;
	for (i = 0; i < PASS_TRIES; i++) {
		e = ask_once(ret, &phone, gate, channel, i > 0, deadline, diag);
		if (phone || e != ERR_WRONG_PASS)
			break;
	}
	return e;
}

void
pass_close(struct pass_gate *gate)
{
	clean_fd(&gate->fd);
}
