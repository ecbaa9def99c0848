/*
 * What a PAM host is told about a verdict, and about who can bring it about.
 */
#ifndef PAM_OUTCOME_H
#define PAM_OUTCOME_H

#include <stdbool.h>

#include "base/err.h"
#include "base/verdict.h"

struct outcome {
	int code; /* PAM code for local hosts: sudo, login, su */
	int ssh_code; /* PAM code for sshd */
	int priority; /* of the line in the system log */
	bool delay; /* somebody may be guessing: slow them down */
	bool final; /* asking again on the same handle gives the same answer */
};

/*
 * What follows from both; a refusal for any value outside the table. `asked`: the host
 * was made to ask something before.
 */
const struct outcome *outcome_of(enum verdict verdict, enum cause cause, bool asked);

/* The PAM code of a row, for sshd or for a local host. */
int outcome_code(const struct outcome *outcome, bool ssh);

#endif
