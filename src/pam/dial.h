/*
 * Reaching a helper that the service manager starts, for a host that could start none of
 * its own: one that runs as the person (a screen locker), whose helper could not read the
 * configuration, or as root away from the network (polkit), whose helper could ask
 * nobody.
 */
#ifndef PAM_DIAL_H
#define PAM_DIAL_H

#include <stdbool.h>

#include "base/err.h"

/* Where the service listens, and the usual configuration; tests have others. */
#ifndef DIAL_PATH
#define DIAL_PATH RUN_DIR "/helper.sock"
#define DIAL_CONFIG CONFIG_DIR "/pam_itsme.conf"
#endif
#define DIAL_MAX_MS 2000 /* how long to stand in a queue that is full */
#define DIAL_AGAIN_MS 10000 /* how long to come back where a connection is dropped */

/*
 * Whether the service is needed, from the module's `arguments` (one a line): root needs
 * nobody else to read the configuration, nor does a person who names one of their own.
 * Root needs it where the kernel lets this process have no internet socket, or where it
 * is in a network namespace that is not process 1's and has no route. The first nobody
 * but root can bring about for a setuid program (it takes no_new_privs); the second a
 * caller might, and gains nothing: the service's helper believes root as its own would,
 * and remembers less.
 */
bool dial_needed(const char *arguments);

/*
 * Connects, for DIAL_MAX_MS at most. The channel is the caller's to close. With a line in
 * `diag` that says what to do: ERR_SOCKET where there is none for this user,
 * ERR_SOCKET_DEAF where nobody listens (a flood of callers can bring that about),
 * ERR_SOCKET_OWNER where somebody else than root does, ERR_BUSY where the queue stays
 * full, ERR_SYSTEM. ERR_GONE: the person has interrupted.
 */
enum err dial_open(int *ret_channel, struct diag *diag) MUST_USE;

#endif
