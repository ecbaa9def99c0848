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

#endif
