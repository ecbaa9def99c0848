/*
 * A small process that gives a terminal its echo back where the host could not: it was
 * killed, or stopped. It is a child of the host in a process group of its own, blocks
 * every signal, and holds nothing but the terminal and its end of a channel. It ends with
 * the host, or when guard_stop() says so.
 *
 * It touches the terminal only while its modes are exactly those of guard_hushed(), so it
 * never takes away what a shell or an editor has set.
 */
#ifndef PAM_GUARD_H
#define PAM_GUARD_H

#include <stdbool.h>
#include <termios.h>

#include "pam/spawn.h"

#define GUARD_STEP_MS 20 /* how soon it sees that the host is in the background */

/*
 * Starts one for `tty`, in whose foreground the calling process must be. False: there is
 * none, and nothing is left behind. Ended by guard_stop().
 */
bool guard_start(struct spawn *ret, int tty) MUST_USE;

/*
 * From now on it puts `before` back where the host is gone or in the background. Once it
 * has seen the host in the background it needs to be told again. False: it is gone.
 */
bool guard_arm(const struct spawn *guard, const struct termios *before) MUST_USE;

/* From now on it does nothing: the modes are the host's own. */
void guard_rest(const struct spawn *guard);

/*
 * Ends and reaps it; does nothing where none runs. One that is armed still puts the modes
 * back, as if the host had gone.
 */
void guard_stop(struct spawn *guard);

/* `before` without its echo: what a terminal is set to while nobody is asked. */
struct termios guard_hushed(const struct termios *before);

bool guard_same(const struct termios *one, const struct termios *other);

#endif
