/*
 * A good login that counts again for a short while: for programs that open one
 * connection after the other. It counts for the same account, service, remote address,
 * session and first factor alone; for no longer than is configured when it is looked at;
 * never across a boot; and not at all where there is nothing that tells one caller
 * from another: neither a session of the machine nor a first factor.
 */
#ifndef IDENTITY_REMEMBER_H
#define IDENTITY_REMEMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* Who asks. All borrowed; "" where there is none. */
struct remember_caller {
	const char *user;
	const char *service;
	const char *rhost;
	const char *tty; /* as the host calls it */
	const char *factor; /* what was verified before, with the key it was done by */
	const char *rules; /* who may enter and how: other rules, other callers */
	bool local; /* on this machine: `session` tells callers apart */
};

/* What the caller is kept under. */
struct remember_key {
	unsigned char digest[32];
	bool usable; /* something tells this caller from others */
};

/*
 * Makes the key. As root, in the caller's session (setsid(2)): that, and when its first
 * process began, go into it.
 */
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
