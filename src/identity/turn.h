/*
 * Logins of one caller at once: they take turns, so that a phone rings once for all of
 * them. A turn is a lock, which ends with the process that holds it, however that ends.
 * Who the caller is says remember.h; without its key there are no turns.
 *
 * Beside it, the account's file keeps who has the turn and how the last one ended. A
 * refusal by the person or the provider counts for those who waited for it, and nobody
 * else.
 */
#ifndef IDENTITY_TURN_H
#define IDENTITY_TURN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "identity/remember.h"

/* How a login ended. */
struct turn_end {
	enum err reason; /* ERR_OK: it said nothing that counts for others */
	unsigned wait; /* seconds until asking again may help; 0: nobody knows */
};

/* Takes the turn of `key`. ERR_PENDING: another login has it. `fd`: state_open(). */
enum err turn_take(int fd, const struct remember_key *key) MUST_USE;

/* Keeps who has taken it, and forgets how the last one ended. `now` is clock_boot(). */
enum err turn_begin(
	int fd, const struct remember_key *key, pid_t self, int64_t now) MUST_USE;

/* Keeps how it ended, where that counts for those who wait. */
enum err turn_finish(int fd, const struct remember_key *key, const struct turn_end *end,
	int64_t now) MUST_USE;

/* How the last one ended, unless that was before `since` (clock_boot). */
enum err turn_last(struct turn_end *ret, int fd, const struct remember_key *key,
	int64_t since) MUST_USE;

/* Whether the process that has the turn was stopped, as by Ctrl-Z at its terminal. */
bool turn_is_stopped(int fd, const struct remember_key *key);

#endif
