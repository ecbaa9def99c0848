/*
 * A verified login that counts again for a short while: for programs that open one
 * connection after the other. It counts for the one who made it and nobody else, which
 * can be told in two places only (the table in remember.c):
 *
 *   at a terminal   sudo, or su to oneself: the caller is the account already, by the
 *                   real uid that the kernel tells, in the same session and at the same
 *                   controlling terminal;
 *   behind a key    sshd has verified the same public key, from the same address.
 *
 * Nowhere else: who unlocks a screen, uses a greeter or a daemon that serves many, or
 * enters another account, may be anybody. Never across a boot, and for no longer than is
 * configured when it is looked at.
 */
#ifndef IDENTITY_REMEMBER_H
#define IDENTITY_REMEMBER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* Where the host runs, as the kernel tells. */
struct remember_place {
	uid_t ruid; /* who called it */
	pid_t session;
	uint64_t start; /* when the session's leader began: its pid may be used again */
	int terminal; /* the controlling one, of host and leader */
};

/* Who asks. All borrowed; "" where there is none. */
struct remember_caller {
	const char *user;
	uid_t uid; /* of the account */
	const char *service;
	const char *rhost;
	const char *tty; /* as the host calls it: "ssh" for sshd */
	const char *factor; /* what sshd has verified before, whole (WIRE_FACTOR_CUT) */
	const char *rules; /* who may enter and how: other rules, other callers */
	const struct remember_place *place; /* NULL: nowhere that tells callers apart */
};

/* What the caller is kept under. */
struct remember_key {
	unsigned char digest[32];
	bool usable; /* something tells this caller from others */
};

/*
 * Looks at the process `host`. False: it has no controlling terminal, or the leader of
 * its session has ended.
 */
bool remember_look(struct remember_place *ret, pid_t host);

/* Whether a login to the PAM service can be remembered at all. */
bool remember_serves(const char *service);

/* Makes the key; what an earlier version has kept is under none of these keys. */
enum err remember_key(
	struct remember_key *ret, const struct remember_caller *caller) MUST_USE;

/* Whether a good login of this caller is at most `seconds` old. `fd`: state_open(). */
enum err remember_has(bool *ret, int fd, const struct remember_key *key, unsigned seconds,
	int64_t now) MUST_USE;

/* Keeps one. `now` is clock_boot(). */
enum err remember_add(int fd, const struct remember_key *key, int64_t now) MUST_USE;

/* Forgets all that is kept in the file. */
enum err remember_forget(int fd) MUST_USE;

#endif
