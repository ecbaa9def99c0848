/*
 * How many helpers one person may keep busy through the service's socket: connecting is
 * free for them, a helper is not for the machine. The listener counts them before one is
 * started (listener/places.h). This count holds where another service manager starts
 * helpers without it, and across its restarts.
 */
#ifndef HELPER_QUOTA_H
#define HELPER_QUOTA_H

#include <sys/types.h>

#include "base/err.h"

#define QUOTA_EACH 3 /* helpers at once for one uid */
#define QUOTA_FILE RUN_DIR "/peers"

/*
 * Takes one of the places of `uid` until this process ends, however it ends. Needs the
 * privilege to open QUOTA_FILE. ERR_BUSY: all are taken; ERR_SYSTEM with `diag`.
 */
enum err quota_take(uid_t uid, struct diag *diag) MUST_USE;

#endif
