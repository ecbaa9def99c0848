/*
 * Whose a uid is. Accounts of this machine's own file are found at once. The others are
 * looked for by one child, since a directory that is far away may not answer for
 * minutes: nobody else waits for that.
 */
#ifndef LISTENER_PEOPLE_H
#define LISTENER_PEOPLE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

struct people {
	int fd; /* to the child: a question a packet; readable: an answer */
};

/* Starts the child, which closes `fd` and ends with this process. ERR_SYSTEM, errno. */
enum err people_start(struct people *ret, int fd) MUST_USE;

/* Whether the uid is root's or stands in the machine's own file of accounts. */
bool people_is_local(uid_t uid);

/* Asks the child. Never waits; false: it has too many questions already. */
bool people_ask(const struct people *people, uid_t uid) MUST_USE;

/*
 * Its next answer: ERR_OK, `ret_uid` is an account's; ERR_UNKNOWN_USER; ERR_SYSTEM: the
 * database could not be asked. ERR_PENDING: there is none yet. ERR_GONE: the child is.
 */
enum err people_answer(const struct people *people, uid_t *ret_uid) MUST_USE;

#endif
