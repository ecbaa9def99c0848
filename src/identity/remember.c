/* What is remembered of an account: the last few good logins, in one block. */
#include "identity/remember.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/process.h"
#include "identity/state.h"
#include "jose/digest.h"
#include "wire/wire.h"

#define REMEMBER_BLOCK 1 /* in the account's file */
#define KEY_MAX (512 * 1024) /* bytes of what is digested */
#define SLOTS 10
#define VERSION_TEXT "pam_itsme remembers 2" /* another for each change of the key */

struct slot {
	unsigned char digest[DIGEST_SHA256_SIZE];
	int64_t at; /* clock_boot(); 0: empty */
};

struct slots {
	struct slot slot[SLOTS];
};
_Static_assert(sizeof(struct slots) <= STATE_DATA, "fits a block");

bool
remember_look(struct remember_place *ret, pid_t host)
{
	struct process process, leader;

	if (!process_read(&process, host) || process.terminal == 0 ||
		!process_read(&leader, process.session) || leader.session != leader.pid ||
		leader.terminal != process.terminal || leader.state == 'Z' ||
		leader.state == 'X')
		return false;
	*ret = (struct remember_place){
		.ruid = process.ruid,
		.session = leader.pid,
		.start = leader.start,
		.terminal = process.terminal,
	};
	return true;
}

/* A person who asks for their own account, at a terminal that is seen, not told. */
static bool
is_at_terminal(const struct remember_caller *c)
{
	return c->rhost[0] == '\0' && c->place != NULL && c->place->ruid != 0 &&
	       c->place->ruid == c->uid;
}

/* Whether the line names a key: "publickey ssh-ed25519 AAAA...". */
static bool
names_key(const char *line, size_t len)
{
	static const char method[] = "publickey ";
	const char *key;

	if (len < sizeof(method) || memcmp(line, method, sizeof(method) - 1) != 0)
		return false;
	line += sizeof(method) - 1;
	len -= sizeof(method) - 1;
	key = memchr(line, ' ', len);
	return key != NULL && key > line && key + 1 < line + len;
}

/* Each method that was a key names it, and there is one. A cut text says too little. */
static bool
has_key(const char *factor)
{
	static const char key_method[] = "publickey", cut[] = WIRE_FACTOR_CUT;
	size_t len = strlen(factor);
	bool found = false;

	if (len >= sizeof(cut) - 1 && strcmp(factor + len - (sizeof(cut) - 1), cut) == 0)
		return false;
	for (; *factor != '\0'; factor += len, factor += *factor == '\n') {
		len = strcspn(factor, "\n");
		if (strncmp(factor, key_method, sizeof(key_method) - 1) != 0)
			continue;
		if (!names_key(factor, len))
			return false;
		found = true;
	}
	return found;
}

static bool
is_behind_key(const struct remember_caller *c)
{
	return strcmp(c->tty, "ssh") == 0 && c->rhost[0] != '\0' && has_key(c->factor);
}

/*
 * The services that are known to act for the person who called them. One that is not
 * named here may act for many, or open what somebody else has left.
 */
static const struct {
	const char *name;
	bool (*tells)(const struct remember_caller *c); /* one caller from another */
} services[] = {
	{"doas", is_at_terminal},
	{"sshd", is_behind_key},
	{"su", is_at_terminal},
	{"su-l", is_at_terminal},
	{"sudo", is_at_terminal},
	{"sudo-i", is_at_terminal},
};

#define SERVICES (sizeof(services) / sizeof(services[0]))

/* The row of the service; SERVICES: it has none. */
static size_t
find_service(const char *name)
{
	size_t i = 0;

	while (i < SERVICES && strcmp(name, services[i].name) != 0)
		i++;
	return i;
}

bool
remember_serves(const char *service)
{
	return find_service(service) < SERVICES;
}

static bool
is_told_apart(const struct remember_caller *c)
{
	size_t i = find_service(c->service);

	return i < SERVICES && services[i].tells(c);
}

/* Each text with its length in front: no two callers give the same bytes. */
static void
add_text(struct buf *key, const char *text)
{
	buf_addf(key, "%zu:", strlen(text));
	buf_adds(key, text);
}

static void
add_place(struct buf *key, const struct remember_place *place)
{
	buf_addf(key, "uid %u session %d start %" PRIu64 " terminal %d",
		(unsigned)place->ruid, (int)place->session, place->start,
		place->terminal);
}

enum err
remember_key(struct remember_key *ret, const struct remember_caller *c)
{
	AUTO_BUF struct buf key = BUF_INIT(KEY_MAX);
	enum err e;

	ret->usable = is_told_apart(c);
	add_text(&key, VERSION_TEXT);
	add_text(&key, c->user);
	buf_addf(&key, "%u", (unsigned)c->uid);
	add_text(&key, c->service);
	add_text(&key, c->rhost);
	add_text(&key, c->tty);
	add_text(&key, c->factor);
	add_text(&key, c->rules);
	if (c->place != NULL)
		add_place(&key, c->place);
	e = buf_err(&key);
	return e != ERR_OK ? e : digest_sha256(ret->digest, buf_str(&key), key.len);
}

enum err
remember_has(
	bool *ret, int fd, const struct remember_key *key, unsigned seconds, int64_t now)
{
	struct slots slots = {0};
	bool damaged = true;
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
	struct slots slots = {0};
	struct slot *slot;
	bool damaged = true;
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
