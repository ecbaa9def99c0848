/* Turns: a lock on a byte that the caller's key chooses, and one block of slots. */
#include "identity/turn.h"

#include <stdio.h>
#include <string.h>

#include "base/process.h"
#include "identity/state.h"

#define TURN_BLOCK 2 /* in the account's file */
#define SLOTS 6
#define DIGEST 24 /* bytes of the key's digest */
#define LOCK_BITS 30 /* of it, in the lock's place: an offset of any size takes them */

struct slot {
	unsigned char digest[DIGEST];
	int64_t at; /* clock_boot(): when it began, or ended; 0: empty */
	int32_t pid; /* whose turn it is or was */
	uint32_t wait;
	char reason[24]; /* err_word(); "": it goes on, or says nothing */
};

struct slots {
	struct slot slot[SLOTS];
};
_Static_assert(sizeof(struct slots) <= STATE_DATA, "fits a block");

/* Whether others may take the end for their own: somebody was asked, and this came of it.
 */
static bool
counts_for_others(enum err reason)
{
	if (reason == ERR_HTTP_TOO_MANY)
		return false; /* nobody was asked */
	switch (err_verdict(reason)) {
	case VERDICT_DENIED:
	case VERDICT_EXPIRED:
	case VERDICT_WRONG_NUMBER:
	case VERDICT_LIMITED:
	case VERDICT_NOT_GOOD_ENOUGH:
	case VERDICT_WRONG_ACCOUNT:
	case VERDICT_BAD_TOKEN:
		return true;
	default: /* an outage, a fault: everybody meets it, or not, by themselves */
		return false;
	}
}

static off_t
lock_of(const struct remember_key *key)
{
	const unsigned char *d = key->digest;
	uint32_t bits =
		(uint32_t)d[0] << 24 | (uint32_t)d[1] << 16 | (uint32_t)d[2] << 8 | d[3];

	return (off_t)STATE_LOCK_TURN + (off_t)(bits & ((1u << LOCK_BITS) - 1));
}

enum err
turn_take(int fd, const struct remember_key *key)
{
	return state_lock(fd, lock_of(key));
}

static bool
is_of(const struct slot *slot, const struct remember_key *key)
{
	return slot->at > 0 && memcmp(slot->digest, key->digest, DIGEST) == 0;
}

/* The caller's own slot, else the oldest. */
static struct slot *
pick(struct slots *slots, const struct remember_key *key)
{
	struct slot *oldest = &slots->slot[0];
	size_t i;

	for (i = 0; i < SLOTS; i++) {
		if (is_of(&slots->slot[i], key))
			return &slots->slot[i];
		if (slots->slot[i].at < oldest->at)
			oldest = &slots->slot[i];
	}
	return oldest;
}

static enum err
read_slots(struct slots *ret, int fd)
{
	bool damaged;

	return state_read(fd, TURN_BLOCK, ret, sizeof(*ret), &damaged);
}

static enum err
write_slot(int fd, const struct remember_key *key, struct slot new)
{
	struct slots slots = {0};
	enum err e = state_lock(fd, STATE_LOCK_UPDATE);

	if (e != ERR_OK)
		return e == ERR_PENDING ? ERR_SYSTEM : e;
	e = read_slots(&slots, fd);
	if (e == ERR_OK) {
		memcpy(new.digest, key->digest, DIGEST);
		*pick(&slots, key) = new;
		e = state_write(fd, TURN_BLOCK, &slots, sizeof(slots));
	}
	state_unlock(fd, STATE_LOCK_UPDATE);
	return e;
}

enum err
turn_begin(int fd, const struct remember_key *key, pid_t self, int64_t now)
{
	return write_slot(fd, key, (struct slot){.at = now, .pid = self});
}

enum err
turn_finish(
	int fd, const struct remember_key *key, const struct turn_end *end, int64_t now)
{
	struct slot slot = {.at = now, .wait = end->wait};

	if (!counts_for_others(end->reason))
		return ERR_OK;
	snprintf(slot.reason, sizeof(slot.reason), "%s", err_word(end->reason));
	return write_slot(fd, key, slot);
}

/* The caller's slot; false: there is none. */
static bool
find(struct slot *ret, int fd, const struct remember_key *key)
{
	struct slots slots = {0};
	size_t i;

	if (read_slots(&slots, fd) != ERR_OK)
		return false;
	for (i = 0; i < SLOTS; i++)
		if (is_of(&slots.slot[i], key)) {
			*ret = slots.slot[i];
			return true;
		}
	return false;
}

enum err
turn_last(struct turn_end *ret, int fd, const struct remember_key *key, int64_t since)
{
	struct slot slot = {.at = 0};
	struct turn_end end;

	*ret = (struct turn_end){.reason = ERR_OK};
	if (!find(&slot, fd, key) || slot.at < since)
		return ERR_OK;
	slot.reason[sizeof(slot.reason) - 1] = '\0';
	end = (struct turn_end){.reason = err_find(slot.reason), .wait = slot.wait};
	if (counts_for_others(end.reason))
		*ret = end;
	return ERR_OK;
}

bool
turn_is_stopped(int fd, const struct remember_key *key)
{
	struct slot slot = {.at = 0};
	struct process process;

	return find(&slot, fd, key) && process_read(&process, slot.pid) &&
	       (process.state == 'T' || process.state == 't');
}
