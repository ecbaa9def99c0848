/*
 * The terminal that the host talks to: what it is, how large, and what it can take.
 */
#ifndef PAM_TERMINAL_H
#define PAM_TERMINAL_H

#include <stdbool.h>
#include <sys/types.h>

#include "wire/wire.h"

struct terminal {
	bool there;
	enum wire_terminal kind;
	unsigned columns, rows; /* 0: unknown */
	bool steerable; /* the cursor can be moved on it */
	bool coloured; /* and colours are welcome */
};

/* Opens the controlling terminal for writing that never blocks; -1: there is none. */
int terminal_open(void);

/* Looks at an open terminal. */
void terminal_look(struct terminal *ret, int fd);

/* --- pure parts ----------------------------------------------------------------- */

/* What a device number says. */
enum wire_terminal terminal_kind(dev_t device);

/*
 * Whether a terminal of this kind and size whose TERM is `term` (NULL: not set) can be
 * steered. The names in the list are those of terminals that cannot; a serial line may
 * lead to anything.
 */
bool terminal_is_steerable(
	enum wire_terminal kind, unsigned columns, unsigned rows, const char *term);

#endif
