/*
 * Ctrl-C and Ctrl-\ that would end the host at once, held back for as long as a login
 * leaves its line in the log and the terminal as it was. Nothing is taken from the host:
 * what is its own business (handlers, what it ignores or blocks) stays so, and what was
 * held back arrives afterwards. A closed terminal, or a kill, waits for nothing.
 */
#ifndef PAM_HOLD_H
#define PAM_HOLD_H

#include <signal.h>
#include <stdbool.h>

struct hold {
	sigset_t held; /* by us */
};

/* Holds them back in this thread; not `wanted`: none, and the rest does nothing. */
void hold_begin(struct hold *ret, bool wanted);

/* Lets them through while the host asks the person something, which they may end. */
void hold_pause(const struct hold *hold);
void hold_resume(const struct hold *hold);

/* As it was before: what has come may end the process. */
void hold_end(struct hold *hold);

#endif
