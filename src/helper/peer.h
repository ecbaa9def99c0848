/*
 * Who is at the other end of the channel, and what of its words counts. A module that
 * runs as root is believed. Anybody else may ask for their own account only, and every
 * word of their request is a claim: what could be told as a fact to the person, to the
 * provider or in the log is taken out of it before anything else sees it.
 *
 * A verdict for such a peer is advice to that one process: nobody else acts upon it.
 */
#ifndef HELPER_PEER_H
#define HELPER_PEER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "wire/wire.h"

struct peer {
	uid_t uid; /* SO_PEERCRED: who connected, whoever holds the socket by now */
	pid_t pid;
	bool accepted; /* the connection came through the service's socket */
	bool restricted; /* its words are claims */
};

/*
 * Asks the kernel who is at the other end of `fd`; takes one of their places where the
 * connection is the service's. Where the listener hands the connection over it is put in
 * the place of `fd` first (wire/handover.h). ERR_PROTOCOL: no such channel;
 * ERR_UNKNOWN_USER: their uid is no account's; ERR_BUSY; ERR_SYSTEM with `diag`. `ret` is
 * filled in for all but the first of these, too.
 */
enum err peer_meet(struct peer *ret, int fd, struct diag *diag) MUST_USE;

/*
 * For a restricted peer: leaves user, service, language and what is drawn on in the
 * request, puts the kernel's word for who called in it, and leaves of the module's
 * arguments (copied to `arguments`, to which the request then points) those that lay a
 * setting over the configuration; `config=` would let them read files through us and
 * `debug` write the log. Nothing for others.
 */
void peer_tame(const struct peer *peer, struct wire_msg *request, char arguments[4097]);

/* Whether it may ask for `user`: ERR_OK, ERR_OTHER_USER, ERR_UNKNOWN_USER, ERR_SYSTEM. */
enum err peer_may_ask_for(
	const struct peer *peer, const char *user, struct diag *diag) MUST_USE;

/*
 * Whether it may call itself `service`, where `services` are the names that programs of
 * ordinary users have: else a program of the person could pose as sudo on their phone.
 * ERR_OK or ERR_OTHER_SERVICE.
 */
enum err peer_may_claim(const struct peer *peer, const char *service,
	const char *services, struct diag *diag) MUST_USE;

#endif
