/* The rules of ringing phones, and keeping count of it. */
#include "identity/limits.h"

#include <string.h>

#include "base/clock.h"
#include "config/address.h"

#define RECORD_BLOCK 0 /* in the account's file */
#define QUIET_WINDOWS 8 /* so many without a request, and old overruns are forgotten */

_Static_assert(sizeof(struct limits_record) <= STATE_DATA, "fits a block");
_Static_assert(sizeof(struct limits_record) == 288, "one of another size is damaged");

/* `seconds`, doubled `times` times, within bounds. */
static unsigned
grown(unsigned seconds, uint32_t times)
{
	unsigned most = seconds > LIMITS_PAUSE_MAX ? seconds : LIMITS_PAUSE_MAX;

	while (times-- > 0 && seconds < most)
		seconds *= 2;
	return seconds < most ? seconds : most;
}

unsigned
limits_pause(const struct limits_record *record, int64_t now)
{
	return record->blocked > now ? (unsigned)(record->blocked - now) : 0;
}

/* A window that is used up begins anew where its pause ends; a refusal's does not. */
bool
limits_is_refused(const struct limits_record *record, int64_t now)
{
	return limits_pause(record, now) > 0 && record->blocked > record->window;
}

unsigned
limits_live(const struct limits_record *record, int64_t now)
{
	int64_t left = (int64_t)record->live - now;

	if (left <= 0)
		return 0;
	return left < LIMITS_LIVE_MAX ? (unsigned)left : LIMITS_LIVE_MAX;
}

unsigned
limits_count(struct limits_record *r, const struct config *cfg, int64_t now)
{
	unsigned window = cfg->limits.window, pause = limits_pause(r, now);

	if (pause > 0)
		return pause;
	if (now - (r->blocked > r->window ? r->blocked : r->window) >=
		(int64_t)window * QUIET_WINDOWS)
		r->overruns = r->refusals = 0;
	if (now - r->window >= (int64_t)window || r->window > now) {
		r->window = now;
		r->starts = 0;
	}
	if (r->starts < cfg->limits.starts) {
		r->starts++;
		return 0;
	}
	pause = grown(window, r->overruns++);
	r->blocked = now + pause;
	r->window = r->blocked;
	r->starts = 0;
	return pause;
}

void
limits_refused(struct limits_record *r, const struct config *cfg, int64_t now)
{
	int64_t blocked = now + grown(cfg->limits.cooldown, r->refusals++);

	if (r->blocked < blocked)
		r->blocked = blocked;
}

/* --- files ------------------------------------------------------------------------ */

/* A damaged record counts as a window that is used up: it locks nobody out for long. */
static enum err
read_record(struct limits_record *ret, int fd)
{
	bool damaged;
	enum err e = state_read(fd, RECORD_BLOCK, ret, sizeof(*ret), &damaged);

	if (e == ERR_OK && damaged) {
		ret->window = clock_boot();
		ret->starts = UINT32_MAX;
	}
	ret->user[sizeof(ret->user) - 1] = '\0';
	return e;
}

static enum err
write_record(int fd, const struct limits_record *record)
{
	return state_write(fd, RECORD_BLOCK, record, sizeof(*record));
}

enum err
limits_open(struct limits *ret, const char *dir, const struct config *cfg,
	const char *user, const char *rhost, struct diag *diag)
{
	AUTO_FD int account = -1, shared = -1;
	enum err e = state_open(&account, dir, user, diag);

	if (e == ERR_OK)
		e = state_open_shared(&shared, dir, diag);
	if (e != ERR_OK)
		return e;
	*ret = (struct limits){.account = move_fd(&account),
		.shared = move_fd(&shared),
		.user = user,
		.rhost = rhost,
		.cfg = cfg};
	return ERR_OK;
}

/* The account's lock; a holder that never lets go is a fault. */
static enum err
lock_record(int fd)
{
	enum err e = state_lock(fd, STATE_LOCK_UPDATE);

	return e == ERR_PENDING ? ERR_SYSTEM : e;
}

static enum err
start_account(struct limits *l, unsigned seconds, unsigned *ret_wait)
{
	struct limits_record record;
	int64_t now = clock_boot();
	enum err e = lock_record(l->account);

	if (e != ERR_OK)
		return e;
	e = read_record(&record, l->account);
	if (e == ERR_OK && (*ret_wait = limits_live(&record, now)) > 0)
		e = ERR_PUSH_PENDING; /* somebody was faster */
	if (e == ERR_OK) {
		*ret_wait = limits_count(&record, l->cfg, now);
		l->is_refused = limits_is_refused(&record, now);
		if (*ret_wait == 0)
			record.live = l->live = (uint32_t)(now + seconds);
		strncpy(record.user, l->user, sizeof(record.user) - 1);
		e = write_record(l->account, &record);
	}
	state_unlock(l->account, STATE_LOCK_UPDATE);
	l->started = now;
	return e == ERR_OK && *ret_wait > 0 ? ERR_PUSH_LIMITED : e;
}

/* Local callers have no address. */
static enum err
count_address(struct limits *l, unsigned *ret_wait)
{
	unsigned char network[16];
	bool is_address = address_network(network, l->rhost);
	enum err e;

	l->address.window = 0;
	if (l->rhost[0] == '\0')
		return ERR_OK;
	e = origins_counter(&l->address, ORIGINS_RINGS,
		is_address ? (const void *)network : l->rhost,
		is_address ? sizeof(network) : strlen(l->rhost),
		l->cfg->limits.starts_from);
	if (e == ERR_OK)
		e = origins_count(
			l->shared, &l->address, 1, l->cfg->limits.window, ret_wait);
	return e == ERR_OK && *ret_wait > 0 ? ERR_PUSH_LIMITED : e;
}

/*
 * Counts the caller's address and the account: both or none, so that an address that is
 * limited uses up nobody's starts.
 */
static enum err
start_both(struct limits *l, unsigned seconds, unsigned *ret_wait)
{
	enum err e = count_address(l, ret_wait);

	if (e != ERR_OK)
		return e;
	e = start_account(l, seconds, ret_wait);
	if (e != ERR_OK)
		origins_return(l->shared, &l->address, 1);
	return e;
}

/* Whether a request that somebody else has made, and may have left, is live. */
static enum err
find_live(const struct limits *l, unsigned *ret_wait)
{
	struct limits_record record;
	enum err e = read_record(&record, l->account);

	if (e == ERR_OK)
		*ret_wait = limits_live(&record, clock_boot());
	return e == ERR_OK && *ret_wait > 0 ? ERR_PUSH_PENDING : e;
}

enum err
limits_start(struct limits *l, unsigned seconds, unsigned *ret_wait)
{
	enum err held = state_lock(l->account, STATE_LOCK_PENDING), e;

	*ret_wait = 0;
	l->is_refused = false;
	if (held != ERR_OK && held != ERR_PENDING)
		return held;
	/* a process that was stopped keeps its lock, but no phone rings for it for ever
	 */
	e = find_live(l, ret_wait);
	if (e == ERR_OK)
		e = start_both(l, seconds, ret_wait);
	l->pending = e == ERR_OK;
	if (e != ERR_OK && held == ERR_OK)
		state_unlock(l->account, STATE_LOCK_PENDING);
	return e;
}

/* When the request is over, at the latest. */
static uint32_t
end_of(const struct limits *l, unsigned live, int64_t now)
{
	int64_t most = l->started + LIMITS_LIVE_MAX, end = now + live;

	return live == 0 ? 0 : (uint32_t)(end < most ? end : most);
}

void
limits_ring(struct limits *l, unsigned seconds)
{
	struct limits_record record;

	if (!l->pending || lock_record(l->account) != ERR_OK)
		return; /* what the start has written stands */
	if (read_record(&record, l->account) == ERR_OK && record.live == l->live) {
		record.live = end_of(l, seconds, clock_boot());
		if (write_record(l->account, &record) == ERR_OK)
			l->live = record.live;
	}
	state_unlock(l->account, STATE_LOCK_UPDATE);
}

/* Rewrites the account's record after its request has ended, or was left. */
static enum err
note_end(const struct limits *l, const struct limits_ending *ending)
{
	struct limits_record record;
	int64_t now = clock_boot();
	enum err e = read_record(&record, l->account);
	uint32_t live = record.live;

	if (e != ERR_OK)
		return e;
	if (live == l->live) /* else it is of a later request than ours, or was wiped */
		live = end_of(l, ending->live, now);
	if (ending->result == ERR_OK)
		record = (struct limits_record){0};
	else if (ending->result == ERR_USER_DENIED || ending->result == ERR_WRONG_NUMBER)
		limits_refused(&record, l->cfg, now);
	else if (ending->is_nothing && record.starts > 0)
		record.starts--;
	record.live = live;
	strncpy(record.user, l->user, sizeof(record.user) - 1);
	return write_record(l->account, &record);
}

void
limits_end(struct limits *l, const struct limits_ending *ending)
{
	enum err e;

	if (!l->pending)
		return;
	l->pending = false;
	e = lock_record(l->account);
	if (e == ERR_OK) {
		e = note_end(l, ending);
		state_unlock(l->account, STATE_LOCK_UPDATE);
	}
	if (e == ERR_OK && ending->is_nothing)
		origins_return(l->shared, &l->address, 1);
	/* where it could not be written, what the start has written stands */
	state_unlock(l->account, STATE_LOCK_PENDING);
}

void
limits_close(struct limits *l)
{
	clean_fd(&l->account);
	clean_fd(&l->shared);
	l->pending = false;
}

enum err
limits_read(struct limits_record *ret, bool *ret_pending, int fd)
{
	*ret_pending = state_is_locked(fd, STATE_LOCK_PENDING);
	return read_record(ret, fd);
}

enum err
limits_clear(int fd)
{
	struct limits_record record;
	enum err e = lock_record(fd);

	if (e != ERR_OK)
		return e;
	e = read_record(&record, fd);
	if (e == ERR_OK) {
		struct limits_record clean = {0};

		if (state_is_locked(fd, STATE_LOCK_PENDING))
			clean.live = record.live; /* it rings now */
		memcpy(clean.user, record.user, sizeof(clean.user));
		e = write_record(fd, &clean);
	}
	state_unlock(fd, STATE_LOCK_UPDATE);
	return e;
}
