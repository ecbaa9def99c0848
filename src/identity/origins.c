/* Rows of the shared file. */
#include "identity/origins.h"

#include <string.h>

#include "base/clock.h"
#include "identity/state.h"
#include "jose/digest.h"

#define BLOCKS 1024 /* of each kind */
#define ROWS (STATE_DATA / sizeof(struct origin)) /* in one block */

struct block {
	struct origin row[ROWS];
};
_Static_assert(sizeof(struct block) <= STATE_DATA, "fits a block");
_Static_assert(sizeof(struct origin) == 24, "as an earlier version has written it");

unsigned
origins_count_row(struct origin *row, unsigned most, unsigned window, int64_t now)
{
	if (now - row->window >= (int64_t)window || row->window > now) {
		row->window = now;
		row->starts = 0;
	}
	if (row->starts >= most)
		return (unsigned)(row->window + window - now);
	row->starts++;
	return 0;
}

enum err
origins_counter(struct origins_counter *ret, enum origins_kind kind, const void *place,
	size_t len, unsigned most)
{
	unsigned char digest[DIGEST_SHA256_SIZE];
	enum err e = digest_sha256(digest, place, len);

	if (e != ERR_OK)
		return e;
	*ret = (struct origins_counter){.most = most, .block = BLOCKS * (unsigned)kind};
	memcpy(ret->key, digest, sizeof(ret->key));
	if (kind != ORIGINS_MACHINE_CODES)
		ret->block += (digest[8] | (unsigned)digest[9] << 8) % BLOCKS;
	return ERR_OK;
}

/* NULL: there is none. */
static struct origin *
find_row(struct block *block, const unsigned char key[8])
{
	size_t i;

	for (i = 0; i < ROWS; i++)
		if (memcmp(block->row[i].key, key, sizeof(block->row[i].key)) == 0)
			return &block->row[i];
	return NULL;
}

/* Whether `a` goes before `b` does. */
static bool
goes_first(const struct origin *a, const struct origin *b)
{
	if ((a->vouched != 0) != (b->vouched != 0))
		return b->vouched != 0;
	return a->window < b->window;
}

/* The row of that key, made where there is none. */
static struct origin *
take_row(struct block *block, const unsigned char key[8])
{
	struct origin *row = find_row(block, key);
	size_t i;

	if (row != NULL)
		return row;
	row = &block->row[0];
	for (i = 1; i < ROWS; i++)
		if (goes_first(&block->row[i], row))
			row = &block->row[i];
	*row = (struct origin){0};
	memcpy(row->key, key, sizeof(row->key));
	return row;
}

static enum err
lock(int fd)
{
	enum err e = state_lock(fd, STATE_LOCK_UPDATE);

	return e == ERR_PENDING ? ERR_SYSTEM : e;
}

/* A damaged block reads as an empty one. */
static enum err
read_block(struct block *ret, int fd, const struct origins_counter *counter)
{
	bool damaged;

	return state_read(fd, counter->block, ret, sizeof(*ret), &damaged);
}

static enum err
write_block(int fd, const struct origins_counter *counter, const struct block *block)
{
	return state_write(fd, counter->block, block, sizeof(*block));
}

/* Under the lock. */
static void
take_back(int fd, struct origins_counter *counter)
{
	struct block block;
	struct origin *row = NULL;

	if (counter->window != 0 && read_block(&block, fd, counter) == ERR_OK)
		row = find_row(&block, counter->key);
	if (row != NULL && row->window == counter->window && row->starts > 0) {
		row->starts--;
		if (write_block(fd, counter, &block) != ERR_OK)
			return; /* it stays counted until the window ends */
	}
	counter->window = 0;
}

/* Under the lock. No two counters share a block: their kinds differ. */
static enum err
count_all(int fd, struct origins_counter *counters, size_t count, unsigned window,
	unsigned *ret_wait)
{
	struct block blocks[ORIGINS_COUNTERS_MAX];
	struct origin *rows[ORIGINS_COUNTERS_MAX];
	int64_t now = clock_boot();
	enum err e = ERR_OK;
	size_t i;

	*ret_wait = 0;
	for (i = 0; e == ERR_OK && i < count; i++) {
		unsigned wait;

		e = read_block(&blocks[i], fd, &counters[i]);
		if (e != ERR_OK)
			break;
		rows[i] = take_row(&blocks[i], counters[i].key);
		wait = origins_count_row(rows[i], counters[i].most, window, now);
		*ret_wait = wait > *ret_wait ? wait : *ret_wait;
	}
	for (i = 0; e == ERR_OK && *ret_wait == 0 && i < count; i++) {
		e = write_block(fd, &counters[i], &blocks[i]);
		if (e == ERR_OK)
			counters[i].window = rows[i]->window;
	}
	for (i = 0; e != ERR_OK && i < count; i++)
		take_back(fd, &counters[i]);
	return e;
}

enum err
origins_count(int fd, struct origins_counter *counters, size_t count, unsigned window,
	unsigned *ret_wait)
{
	enum err e = count <= ORIGINS_COUNTERS_MAX ? lock(fd) : ERR_INTERNAL;

	if (e != ERR_OK)
		return e;
	e = count_all(fd, counters, count, window, ret_wait);
	state_unlock(fd, STATE_LOCK_UPDATE);
	return e;
}

void
origins_return(int fd, struct origins_counter *counters, size_t count)
{
	size_t i;

	if (lock(fd) != ERR_OK)
		return; /* they stay counted until the window ends */
	for (i = 0; i < count; i++)
		take_back(fd, &counters[i]);
	state_unlock(fd, STATE_LOCK_UPDATE);
}

void
origins_vouch(int fd, const struct origins_counter *counter)
{
	struct block block;
	struct origin *row;

	if (lock(fd) != ERR_OK)
		return; /* the next login will */
	if (read_block(&block, fd, counter) == ERR_OK) {
		row = take_row(&block, counter->key);
		row->vouched = 1;
		if (write_block(fd, counter, &block) != ERR_OK)
			row = NULL; /* likewise */
	}
	state_unlock(fd, STATE_LOCK_UPDATE);
}

bool
origins_is_vouched(int fd, const struct origins_counter *counter)
{
	struct block block;
	const struct origin *row = NULL;

	if (read_block(&block, fd, counter) == ERR_OK)
		row = find_row(&block, counter->key);
	return row != NULL && row->vouched != 0;
}
