/* Waiting for somebody else's login, and telling those who wait for ours. */
#include "helper/together.h"

#include <errno.h>
#include <poll.h>
#include <syslog.h>
#include <unistd.h>

#include "base/clock.h"
#include "identity/turn.h"
#include "language/catalogue.h"

/* Nothing was asked: what may come is a new size of the terminal, or the end. */
static enum err
take_input(struct channel *channel)
{
	struct channel_input input;
	enum err e = channel_take(channel, &input);

	if (e != ERR_OK)
		return e;
	if (!input.resized)
		return ERR_PROTOCOL;
	wire_set_number(&channel->request, WIRE_FIELD_COLUMNS, input.columns);
	wire_set_number(&channel->request, WIRE_FIELD_ROWS, input.rows);
	return ERR_OK;
}

/* A moment, with an eye on the channel. */
static enum err
pause_for(struct channel *channel, int64_t deadline)
{
	struct pollfd p = {.fd = channel->fd, .events = POLLIN};
	int left = clock_left(deadline, clock_ms());
	int ready = poll(&p, 1, left < TOGETHER_LOOK_MS ? left : TOGETHER_LOOK_MS);

	if (ready < 0 && errno != EINTR)
		return ERR_SYSTEM;
	if (ready > 0)
		return take_input(channel);
	return clock_ms() < deadline ? ERR_OK : ERR_TIMEOUT;
}

/*
 * Where text appears at once, nobody waits in silence. A live screen is left alone: it
 * may be the one of the login that is waited for.
 */
static enum err
say_waiting(struct channel *channel)
{
	if (wire_number(&channel->request, WIRE_FIELD_STYLE) != WIRE_STYLE_TEXT)
		return ERR_OK;
	return channel_show(channel,
		catalogue_text(channel->language, N_("Waiting for your phone ...")),
		false);
}

/* Until the turn is ours; `*ret_waited`: somebody else has had it meanwhile. */
static enum err
await_turn(bool *ret_taken, bool *ret_waited, const struct stepup *s,
	struct channel *channel, int64_t deadline)
{
	enum err e;

	*ret_taken = *ret_waited = false;
	while ((e = turn_take(s->limits.account, &s->key)) == ERR_PENDING) {
		if (turn_is_stopped(s->limits.account, &s->key))
			return ERR_OK;
		if (!*ret_waited)
			channel_log(channel, LOG_DEBUG,
				"waiting for another login of this caller");
		e = *ret_waited ? ERR_OK : say_waiting(channel);
		*ret_waited = true;
		if (e == ERR_OK)
			e = pause_for(channel, deadline);
		if (e != ERR_OK)
			return e;
	}
	*ret_taken = e == ERR_OK;
	return ERR_OK; /* a turn that cannot be taken is none to wait for */
}

/* The refusal that the one before us ended with. */
static enum err
share_refusal(struct stepup *s, struct channel *channel, int64_t since)
{
	struct turn_end end = {.reason = ERR_OK};
	enum err e = turn_last(&end, s->limits.account, &s->key, since);

	if (e != ERR_OK || end.reason == ERR_OK)
		return e;
	s->wait = end.wait;
	channel_log(channel, LOG_INFO,
		"%s: so ended the login of this caller that this one waited for",
		err_word(end.reason));
	return end.reason;
}

enum err
together_begin(
	struct together *ret, struct stepup *s, struct channel *channel, int64_t deadline)
{
	int64_t since = clock_boot();
	bool taken, waited;
	enum err e;

	*ret = (struct together){.has_turn = false};
	if (!s->key.usable || s->admission != ADMISSION_NONE)
		return ERR_OK;
	e = await_turn(&taken, &waited, s, channel, deadline);
	if (e != ERR_OK || !taken)
		return e;
	e = stepup_recall(s);
	if (e == ERR_OK && s->admission == ADMISSION_NONE && waited)
		e = share_refusal(s, channel, since);
	if (e != ERR_OK || s->admission != ADMISSION_NONE)
		return e;
	ret->has_turn =
		turn_begin(s->limits.account, &s->key, getpid(), clock_boot()) == ERR_OK;
	return ERR_OK;
}

void
together_end(
	const struct together *together, const struct stepup *stepup, enum err result)
{
	const struct turn_end end = {.reason = result, .wait = stepup->wait};

	if (together->has_turn && turn_finish(stepup->limits.account, &stepup->key, &end,
					  clock_boot()) != ERR_OK)
		return; /* those who wait ask for themselves */
}
