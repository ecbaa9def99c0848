/*
 * Finding out that a person is there, before a phone rings for them.
 */
#ifndef HELPER_READY_H
#define HELPER_READY_H

#include "base/err.h"
#include "helper/session.h"

/*
 * Asks for an Enter until somebody has taken the time to read what for.
 * ERR_NOT_INTERACTIVE: a program answers. ERR_TIMEOUT: nobody does. ERR_GONE: nobody is
 * there any more.
 */
enum err ready_ask(struct session *session) MUST_USE;

/*
 * The same at a login screen, which may stand there for days with nobody before it, and
 * may answer for a person who has pressed a key for it already. What there is to say
 * about the request is said at once, since some show no more once they were answered. The
 * session has the number for it. `app`: it is itsme®'s that asks. ERR_OUTDATED: nobody
 * has come until `until` (clock_ms).
 */
enum err ready_greet(struct session *session, bool app, int64_t until) MUST_USE;

#endif
