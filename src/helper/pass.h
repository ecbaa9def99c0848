/*
 * A one-time pass in place of the phone: whether the account has one, and asking for it.
 */
#ifndef HELPER_PASS_H
#define HELPER_PASS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "helper/admission.h"
#include "helper/channel.h"

#define PASS_TRIES 3 /* passes that may be typed in one login */

struct pass_gate {
	int fd; /* the account's file; -1: nobody is asked for a pass */
	uid_t uid; /* of the account */
	bool was_read; /* somebody took the time to, and left the login to the phone */
};

#define PASS_GATE_NONE   \
	{                \
		.fd = -1 \
	}

/*
 * As root: whether the account has a live pass, and somebody can be asked. No fault keeps
 * the phone from being asked: it is logged, and there is no pass then. The caller closes.
 */
void pass_open(struct pass_gate *ret, struct channel *channel);

/*
 * Without privilege, before any request: asks for the pass. `*ret` becomes PASS where
 * the right one was typed and its use has been written; ERR_OK says nothing by itself.
 * Enter alone, or a host that cannot ask, leaves the login to the phone; `was_read` tells
 * the one that nobody but a person gives.
 * ERR_WRONG_PASS: too many wrong ones; ERR_TIMEOUT at `deadline` (clock_ms); ERR_GONE.
 */
enum err pass_ask(enum admission *ret, struct pass_gate *gate, struct channel *channel,
	int64_t deadline, struct diag *diag) MUST_USE;

void pass_close(struct pass_gate *gate);

#endif
