/* One-time passes in an account's file. The text of one never comes into the file. */
#include "identity/pass.h"

#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "jose/digest.h"
#include "jose/random.h"

#define PASS_BLOCK 3 /* in the account's file */
#define ALPHABET_BITS 5

_Static_assert(sizeof(struct pass) <= STATE_DATA, "fits a block");
_Static_assert(sizeof(TYPED_PASS_ALPHABET) - 1 == 1 << ALPHABET_BITS,
	"each character is as likely as any other");

enum err
pass_draw(char ret[PASS_SIZE])
{
	unsigned char bytes[PASS_SIZE - 1];
	enum err e = random_bytes(bytes, sizeof(bytes));
	size_t i;

	if (e != ERR_OK)
		return e;
	for (i = 0; i < sizeof(bytes); i++)
		ret[i] = i % (TYPED_PASS_GROUP + 1) == TYPED_PASS_GROUP
				 ? '-'
				 : TYPED_PASS_ALPHABET[bytes[i] % (1 << ALPHABET_BITS)];
	ret[sizeof(bytes)] = '\0';
	explicit_bzero(bytes, sizeof(bytes));
	return ERR_OK;
}

static enum err
digest_of(
	unsigned char ret[DIGEST_SHA256_SIZE], const struct pass *pass, const char *text)
{
	unsigned char bytes[sizeof(pass->salt) + PASS_SIZE] = {0};
	size_t len = strlen(text);
	enum err e;

	if (len >= PASS_SIZE)
		return ERR_INTERNAL;
	memcpy(bytes, pass->salt, sizeof(pass->salt));
	memcpy(bytes + sizeof(pass->salt), text, len);
	e = digest_sha256(ret, bytes, sizeof(bytes));
	explicit_bzero(bytes, sizeof(bytes));
	return e;
}

enum err
pass_read(struct pass *ret, int fd)
{
	bool damaged;
	enum err e = state_read(fd, PASS_BLOCK, ret, sizeof(*ret), &damaged);

	ret->user[sizeof(ret->user) - 1] = '\0';
	ret->maker[sizeof(ret->maker) - 1] = '\0';
	return e;
}

bool
pass_is_live(const struct pass *pass, int64_t now)
{
	return pass->uses > 0 && pass->uses <= PASS_USES_MAX && now < pass->until;
}

static enum err
lock(int fd)
{
	enum err e = state_lock(fd, STATE_LOCK_UPDATE);

	return e == ERR_PENDING ? ERR_SYSTEM : e;
}

/* Under the lock. */
static enum err
replace(bool *ret_replaced, int fd, const struct pass *new, int64_t now)
{
	struct pass old = {.uses = 0};
	enum err e = pass_read(&old, fd);

	*ret_replaced = e == ERR_OK && pass_is_live(&old, now);
	return e != ERR_OK ? e : state_write(fd, PASS_BLOCK, new, sizeof(*new));
}

static enum err
put(bool *ret_replaced, int fd, const struct pass *new, int64_t now)
{
	enum err e = lock(fd);

	if (e != ERR_OK)
		return e;
	e = replace(ret_replaced, fd, new, now);
	state_unlock(fd, STATE_LOCK_UPDATE);
	return e;
}

enum err
pass_make(bool *ret_replaced, int fd, const struct pass_terms *terms, const char *text,
	int64_t now)
{
	struct pass pass = {
		.until = terms->until, .uses = terms->uses, .uid = terms->uid};
	enum err e = random_bytes(pass.salt, sizeof(pass.salt));

	*ret_replaced = false;
	if (e == ERR_OK)
		e = digest_of(pass.digest, &pass, text);
	if (e != ERR_OK)
		return e;
	snprintf(pass.user, sizeof(pass.user), "%s", terms->user);
	snprintf(pass.maker, sizeof(pass.maker), "%s", terms->maker);
	return put(ret_replaced, fd, &pass, now);
}

enum err
pass_revoke(bool *ret_was, int fd, int64_t now)
{
	const struct pass none = {.uses = 0};

	*ret_was = false;
	return put(ret_was, fd, &none, now);
}

/* Under the lock: reads, compares, and writes that it was used. */
static enum err
take_one(bool *ret_right, unsigned *ret_left, int fd, const char *text, uid_t uid,
	int64_t now)
{
	unsigned char digest[DIGEST_SHA256_SIZE];
	struct pass pass = {.uses = 0};
	enum err e = pass_read(&pass, fd);

	if (e == ERR_OK)
		e = digest_of(digest, &pass, text);
	if (e != ERR_OK || !secret_equal(digest, pass.digest, sizeof(digest)) ||
		!pass_is_live(&pass, now) || pass.uid != uid)
		return e;
	if (--pass.uses == 0)
		pass = (struct pass){.uses = 0};
	e = state_write(fd, PASS_BLOCK, &pass, sizeof(pass));
	*ret_left = pass.uses;
	*ret_right = e == ERR_OK;
	return e;
}

enum err
pass_use(bool *ret_right, unsigned *ret_left, int fd, const char *text, uid_t uid,
	int64_t now)
{
	enum err e = lock(fd);

	*ret_right = false;
	*ret_left = 0;
	if (e != ERR_OK)
		return e;
	e = take_one(ret_right, ret_left, fd, text, uid, now);
	state_unlock(fd, STATE_LOCK_UPDATE);
	return e;
}
