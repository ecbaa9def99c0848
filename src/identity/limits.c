/* The rules of ringing phones, and keeping count of it. */
#include "identity/limits.h"

#include <string.h>

#include "base/clock.h"
#include "config/address.h"
#include "jose/digest.h"

#define RECORD_BLOCK 0 /* in the account's file */
#define SOURCE_BLOCKS 1024 /* in the shared one: it can never be filled up */
#define SOURCES ((STATE_DATA) / sizeof(struct limits_source)) /* in one block */
#define QUIET_WINDOWS 8 /* so many without a request, and old overruns are forgotten */

struct source_block {
	struct limits_source source[SOURCES];
};
_Static_assert(sizeof(struct source_block) <= STATE_DATA, "fits a block");
_Static_assert(sizeof(struct limits_record) <= STATE_DATA, "fits a block");

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

unsigned
limits_count_source(struct limits_source *s, const struct config *cfg, int64_t now)
{
	if (now - s->window >= (int64_t)cfg->limits.window || s->window > now) {
		s->window = now;
		s->starts = 0;
	}
	if (s->starts >= cfg->limits.starts_from)
		return (unsigned)(s->window + cfg->limits.window - now);
	s->starts++;
	return 0;
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

/* The caller's place among the sources: the block, and its key in it. */
static enum err
find_source(unsigned *ret_block, unsigned char ret_key[8], const char *rhost)
{
	unsigned char network[16], digest[DIGEST_SHA256_SIZE];
	bool is_address = address_network(network, rhost);
	enum err e = digest_sha256(digest, is_address ? (const void *)network : rhost,
		is_address ? sizeof(network) : strlen(rhost));

	if (e != ERR_OK)
		return e;
	memcpy(ret_key, digest, 8);
	*ret_block = (digest[8] | (unsigned)digest[9] << 8) % SOURCE_BLOCKS;
	return ERR_OK;
}

/* The caller's own row in the block, else the one that has been quiet for longest. */
static struct limits_source *
pick_source(struct source_block *block, const unsigned char key[8])
{
	struct limits_source *oldest = &block->source[0];
	size_t i;

	for (i = 0; i < SOURCES; i++) {
		struct limits_source *s = &block->source[i];

		if (memcmp(s->key, key, sizeof(s->key)) == 0)
			return s;
		if (s->window < oldest->window)
			oldest = s;
	}
	*oldest = (struct limits_source){0};
	memcpy(oldest->key, key, sizeof(oldest->key));
	return oldest;
}

static enum err
start_account(struct limits *l, unsigned *ret_wait)
{
	struct limits_record record;
	enum err e = state_lock(l->account, STATE_LOCK_UPDATE);

	if (e != ERR_OK)
		return e == ERR_PENDING ? ERR_SYSTEM : e;
	e = read_record(&record, l->account);
	if (e == ERR_OK) {
		*ret_wait = limits_count(&record, l->cfg, clock_boot());
		strncpy(record.user, l->user, sizeof(record.user) - 1);
		e = write_record(l->account, &record);
	}
	state_unlock(l->account, STATE_LOCK_UPDATE);
	return e == ERR_OK && *ret_wait > 0 ? ERR_PUSH_LIMITED : e;
}

/*
 * Counts the caller's address and the account: both or none, so that an address that is
 * limited uses up nobody's starts. Local callers have no address.
 */
static enum err
start_both(struct limits *l, unsigned *ret_wait)
{
	struct source_block block;
	unsigned char key[8];
	unsigned index;
	bool damaged;
	enum err e;

	if (l->rhost[0] == '\0')
		return start_account(l, ret_wait);
	e = find_source(&index, key, l->rhost);
	if (e == ERR_OK)
		e = state_lock(l->shared, STATE_LOCK_UPDATE);
	if (e != ERR_OK)
		return e == ERR_PENDING ? ERR_SYSTEM : e;
	e = state_read(l->shared, index, &block, sizeof(block), &damaged);
	if (e == ERR_OK) {
		*ret_wait = limits_count_source(
			pick_source(&block, key), l->cfg, clock_boot());
		e = *ret_wait > 0 ? ERR_PUSH_LIMITED : start_account(l, ret_wait);
	}
	if (e == ERR_OK)
		e = state_write(l->shared, index, &block, sizeof(block));
	state_unlock(l->shared, STATE_LOCK_UPDATE);
	return e;
}

enum err
limits_start(struct limits *l, unsigned *ret_wait)
{
	enum err e = state_lock(l->account, STATE_LOCK_PENDING);

	if (e != ERR_OK)
		return e == ERR_PENDING ? ERR_PUSH_PENDING : e;
	*ret_wait = 0;
	e = start_both(l, ret_wait);
	l->pending = e == ERR_OK;
	if (e != ERR_OK)
		state_unlock(l->account, STATE_LOCK_PENDING);
	return e;
}

/* Rewrites the account's record after its request has ended. */
static enum err
note_end(struct limits *l, enum err result)
{
	struct limits_record record;
	enum err e = read_record(&record, l->account);

	if (e != ERR_OK)
		return e;
	if (result == ERR_OK)
		record = (struct limits_record){0};
	else
		limits_refused(&record, l->cfg, clock_boot());
	strncpy(record.user, l->user, sizeof(record.user) - 1);
	return write_record(l->account, &record);
}

void
limits_end(struct limits *l, enum err result)
{
	bool counts = result == ERR_OK || result == ERR_USER_DENIED ||
		      result == ERR_WRONG_NUMBER;

	if (!l->pending)
		return;
	l->pending = false;
	if (counts && state_lock(l->account, STATE_LOCK_UPDATE) == ERR_OK) {
		if (note_end(l, result) != ERR_OK)
			counts = false; /* the start stays counted */
		state_unlock(l->account, STATE_LOCK_UPDATE);
	}
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
	enum err e = state_lock(fd, STATE_LOCK_UPDATE);

	if (e != ERR_OK)
		return e == ERR_PENDING ? ERR_SYSTEM : e;
	e = read_record(&record, fd);
	if (e == ERR_OK) {
		struct limits_record clean = {0};

		memcpy(clean.user, record.user, sizeof(clean.user));
		e = write_record(fd, &clean);
	}
	state_unlock(fd, STATE_LOCK_UPDATE);
	return e;
}
