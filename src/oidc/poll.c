/* The arithmetic of polling. */
#include "oidc/poll.h"

#define DAY 86400

/* Due `wait` ms from now, or later if the provider says so. */
static void
due(struct poll *poll, int64_t now, int64_t wait, int retry_after)
{
	if (wait < (int64_t)retry_after * 1000)
		wait = (int64_t)retry_after * 1000;
	poll->next = now + wait;
}

enum err
poll_start(struct poll *ret, int64_t now, int64_t interval, int64_t expires_in)
{
	if (interval < 0 || interval > POLL_MAX_INTERVAL || expires_in <= 0)
		return ERR_PROVIDER_ANSWER;
	if (interval == 0)
		interval = POLL_DEFAULT_INTERVAL;
	if (expires_in > DAY)
		expires_in = DAY;
	*ret = (struct poll){
		.interval = interval * 1000,
		.next = now + interval * 1000,
		.expires = now + expires_in * 1000,
	};
	return ERR_OK;
}

void
poll_pending(struct poll *poll, int64_t now, int retry_after)
{
	poll->failures = 0;
	due(poll, now, poll->interval, retry_after);
}

void
poll_slow_down(struct poll *poll, int64_t now, int retry_after)
{
	poll->interval += POLL_SLOW_DOWN * 1000;
	poll_pending(poll, now, retry_after);
}

bool
poll_failed(struct poll *poll, int64_t now, bool timed_out, int retry_after)
{
	if (++poll->failures > POLL_MAX_FAILURES)
		return false;
	if (timed_out && poll->interval < POLL_MAX_INTERVAL * 1000 / 2)
		poll->interval *= 2;
	else if (timed_out && poll->interval < POLL_MAX_INTERVAL * 1000)
		poll->interval = POLL_MAX_INTERVAL * 1000;
	poll->wait = poll->failures == 1 ? poll->interval : 2 * poll->wait;
	due(poll, now, poll->wait, retry_after);
	return true;
}

void
poll_end(struct poll *poll, int64_t now)
{
	poll->next = poll->expires = now;
}

bool
poll_expired(const struct poll *poll)
{
	return poll->next >= poll->expires;
}
