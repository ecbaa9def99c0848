/* Digests in blocks. What has expired stays until its place is needed. */
#include "identity/spent.h"

#include <string.h>

#include "identity/state.h"

struct row {
	uint8_t digest[DIGEST_SHA256_SIZE];
	int64_t until; /* clock_boot(); 0: empty */
};

#define ROWS (STATE_DATA / sizeof(struct row)) /* in one block */

struct block {
	struct row row[ROWS];
};
_Static_assert(sizeof(struct block) <= STATE_DATA, "fits a block");

enum err
spent_open(int *ret_fd, const char *dir, struct diag *diag)
{
	return state_open_tokens(ret_fd, dir, diag);
}

/* The block that a digest has its place in. */
static unsigned
place_of(const uint8_t digest[DIGEST_SHA256_SIZE])
{
	return (digest[0] | (unsigned)digest[1] << 8) % SPENT_BLOCKS;
}

/* The row to write the digest to. NULL: every one is still needed. */
static struct row *
find_room(struct block *block, int64_t now)
{
	struct row *first = &block->row[0];
	size_t i;

	for (i = 1; i < ROWS; i++)
		if (block->row[i].until < first->until)
			first = &block->row[i];
	return first->until <= now ? first : NULL;
}

static bool
has(const struct block *block, const uint8_t digest[DIGEST_SHA256_SIZE])
{
	size_t i;

	for (i = 0; i < ROWS; i++)
		if (block->row[i].until != 0 &&
			memcmp(block->row[i].digest, digest, DIGEST_SHA256_SIZE) == 0)
			return true;
	return false;
}

/* Under the lock. */
static enum err
take(int fd, const uint8_t digest[DIGEST_SHA256_SIZE], int64_t until, int64_t now,
	struct diag *diag)
{
	struct block block = {0};
	struct row *row;
	bool damaged = true;
	enum err e = state_read(fd, place_of(digest), &block, sizeof(block), &damaged);

	if (e != ERR_OK)
		return diag_set(diag, e, "the spent tokens cannot be read");
	if (damaged)
		return diag_set(diag, ERR_SYSTEM,
			"the spent tokens are damaged; remove %s/%s", STATE_DIR,
			STATE_TOKENS);
	if (has(&block, digest))
		return diag_set(diag, ERR_TOKEN_SPENT,
			"this token has counted on this machine before");
	row = find_room(&block, now);
	if (row == NULL)
		return diag_set(diag, ERR_TOKENS_FULL,
			"no room to keep this token until it expires");
	memcpy(row->digest, digest, DIGEST_SHA256_SIZE);
	row->until = until;
	e = state_write(fd, place_of(digest), &block, sizeof(block));
	return e == ERR_OK ? e : diag_set(diag, e, "this token cannot be kept as spent");
}

enum err
spent_take(bool *ret_taken, int fd, const uint8_t digest[DIGEST_SHA256_SIZE],
	unsigned seconds, int64_t now, struct diag *diag)
{
	enum err e = state_lock(fd, STATE_LOCK_UPDATE);

	*ret_taken = false;
	if (e == ERR_PENDING)
		e = ERR_SYSTEM;
	if (e != ERR_OK)
		return diag_set(diag, e, "the spent tokens cannot be locked");
	e = take(fd, digest, now + (int64_t)seconds + 1, now, diag);
	state_unlock(fd, STATE_LOCK_UPDATE);
	*ret_taken = e == ERR_OK;
	return e;
}
