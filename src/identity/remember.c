/* What is remembered of an account: the last few good logins, in one block. */
#include "identity/remember.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clean.h"
#include "identity/state.h"
#include "jose/digest.h"

#define REMEMBER_BLOCK 1 /* in the account's file */
#define KEY_MAX (512 * 1024) /* bytes of what is digested */
#define SLOTS 10
#define STAT_START 22 /* field of /proc/PID/stat: when the process began */

struct slot {
	unsigned char digest[DIGEST_SHA256_SIZE];
	int64_t at; /* clock_boot(); 0: empty */
};

struct slots {
	struct slot slot[SLOTS];
};
_Static_assert(sizeof(struct slots) <= STATE_DATA, "fits a block");

/* When the session's first process began, so that its number cannot be used again. */
static bool
read_start(char *ret, size_t size, pid_t session)
{
	char path[64], stat[1024], *at;
	AUTO_FD int fd = -1;
	ssize_t got;
	int field;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)session);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	got = fd >= 0 ? read(fd, stat, sizeof(stat) - 1) : -1;
	if (got <= 0)
		return false;
	stat[got] = '\0';
	at = strrchr(stat, ')'); /* behind the name, which may hold anything */
	for (field = 2; at != NULL && field < STAT_START; field++)
		at = strchr(at + 1, ' ');
	if (at == NULL)
		return false;
	at[1 + strcspn(at + 1, " ")] = '\0';
	snprintf(ret, size, "%s", at + 1);
	return true;
}

/* Each text with its length in front: no two callers give the same bytes. */
static void
add_text(struct buf *key, const char *text)
{
	buf_addf(key, "%zu:", strlen(text));
	buf_adds(key, text);
}

enum err
remember_key(struct remember_key *ret, const struct remember_caller *c)
{
	AUTO_BUF struct buf key = BUF_INIT(KEY_MAX);
	char start[64] = "";
	pid_t session = getsid(0);
	bool has_session =
		c->local && session > 0 && read_start(start, sizeof(start), session);
	enum err e;

	ret->usable = has_session || c->factor[0] != '\0';
	add_text(&key, c->user);
	add_text(&key, c->service);
	add_text(&key, c->rhost);
	add_text(&key, c->tty);
	add_text(&key, c->factor);
	add_text(&key, c->rules);
	if (has_session)
		buf_addf(&key, "%d:%s", (int)session, start);
	e = buf_err(&key);
	return e != ERR_OK ? e : digest_sha256(ret->digest, buf_str(&key), key.len);
}

enum err
remember_has(
	bool *ret, int fd, const struct remember_key *key, unsigned seconds, int64_t now)
{
	struct slots slots;
	bool damaged;
	enum err e = state_read(fd, REMEMBER_BLOCK, &slots, sizeof(slots), &damaged);
	size_t i;

	*ret = false;
	if (e != ERR_OK || damaged || !key->usable)
		return e;
	for (i = 0; i < SLOTS; i++)
		*ret |= slots.slot[i].at > 0 && slots.slot[i].at <= now &&
			now - slots.slot[i].at < (int64_t)seconds &&
			memcmp(slots.slot[i].digest, key->digest, sizeof(key->digest)) ==
				0;
	return ERR_OK;
}

/* The caller's own slot, else the oldest. */
static struct slot *
pick(struct slots *slots, const struct remember_key *key)
{
	struct slot *oldest = &slots->slot[0];
	size_t i;

	for (i = 0; i < SLOTS; i++) {
		if (memcmp(slots->slot[i].digest, key->digest, sizeof(key->digest)) == 0)
			return &slots->slot[i];
		if (slots->slot[i].at < oldest->at)
			oldest = &slots->slot[i];
	}
	return oldest;
}

enum err
remember_add(int fd, const struct remember_key *key, int64_t now)
{
	struct slots slots;
	struct slot *slot;
	bool damaged;
	enum err e;

	if (!key->usable)
		return ERR_OK;
	e = state_lock(fd, STATE_LOCK_UPDATE);
	if (e != ERR_OK)
		return e == ERR_PENDING ? ERR_SYSTEM : e;
	e = state_read(fd, REMEMBER_BLOCK, &slots, sizeof(slots), &damaged);
	if (e == ERR_OK) {
		slot = pick(&slots, key);
		memcpy(slot->digest, key->digest, sizeof(slot->digest));
		slot->at = now;
		e = state_write(fd, REMEMBER_BLOCK, &slots, sizeof(slots));
	}
	state_unlock(fd, STATE_LOCK_UPDATE);
	return e;
}

enum err
remember_forget(int fd)
{
	const struct slots none = {0};
	enum err e = state_lock(fd, STATE_LOCK_UPDATE);

	if (e != ERR_OK)
		return e == ERR_PENDING ? ERR_SYSTEM : e;
	e = state_write(fd, REMEMBER_BLOCK, &none, sizeof(none));
	state_unlock(fd, STATE_LOCK_UPDATE);
	return e;
}
