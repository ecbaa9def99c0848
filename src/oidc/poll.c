/* The arithmetic of polling. */
#include "oidc/poll.h"

#define DAY 86400

static int64_t
longer(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t
sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* The wait, or up to a tenth more: nothing depends on nobody guessing how much. */
static int64_t
spread(struct poll *poll, int64_t wait)
{
	if (poll->seed == 0)
		return wait;
	poll->seed = poll->seed * 1664525u + 1013904223u;
	poll->seed += poll->seed == 0;
	return wait + wait * (int64_t)(poll->seed >> 16) / (10 * 65536);
}

/* Due `wait` ms from now; later if the provider says so, but not beyond `last`. */
static void
due(struct poll *poll, int64_t now, int64_t wait, int retry_after, int64_t last)
{
	int64_t asked = (int64_t)retry_after * 1000;

	poll->next = now + spread(poll, wait);
	if (asked > wait)
		poll->next = longer(poll->next, sooner(now + spread(poll, asked), last));
}

void
poll_init(struct poll *ret, int64_t now, uint32_t seed)
{
	*ret = (struct poll){
		.interval = POLL_FIRST_WAIT * 1000,
		.next = now,
		.expires = INT64_MAX,
		.seed = seed,
	};
}

enum err
poll_start(struct poll *poll, int64_t now, int64_t interval, int64_t expires_in)
{
	if (interval <= 0 || expires_in <= 0 || interval >= DAY)
		return ERR_PROVIDER_ANSWER;
	if (expires_in > DAY)
		expires_in = DAY;
	poll->interval = interval * 1000;
	poll->next = now + spread(poll, poll->interval);
	poll->expires = longer(now + expires_in * 1000, poll->next + 1);
	return ERR_OK;
}

void
poll_pending(struct poll *poll, int64_t now, int retry_after, int64_t last)
{
	poll->failures = 0;
	due(poll, now, poll->interval, retry_after, last);
}

void
poll_slow_down(struct poll *poll, int64_t now, int retry_after, int64_t last)
{
	poll->interval += POLL_SLOW_DOWN * 1000;
	poll_pending(poll, now, retry_after, last);
}

/* Half as often, but not less than once a minute on our own account. */
static void
slow_down_for_good(struct poll *poll)
{
	int64_t most = longer(poll->interval, POLL_MAX_INTERVAL * 1000);

	poll->interval = sooner(2 * poll->interval, most);
}

bool
poll_failed(struct poll *poll, int64_t now, const struct poll_fault *fault)
{
	int64_t least, wait;

	if (fault->timed_out)
		slow_down_for_good(poll);
	least = poll->interval;
	wait = ++poll->failures == 1 ? least : longer(least, 2 * poll->wait);
	poll->wait = sooner(wait, longer(2 * least, POLL_WAIT * 1000));
	if (now + least > fault->last)
		return false;
	wait = longer(poll->wait, (int64_t)fault->retry_after * 1000);
	if (fault->whole && now + wait > fault->last)
		return false;
	poll->next = longer(now + least, sooner(now + spread(poll, wait), fault->last));
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
