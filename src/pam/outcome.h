/*
 * What a PAM host is told about a verdict, and about who can bring it about.
 */
#ifndef PAM_OUTCOME_H
#define PAM_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/verdict.h"

/* Hosts differ in what a code makes them say, and in how often they come back. */
enum outcome_host {
	OUTCOME_LOCAL, /* su, doas, screen lockers, and what is not known better */
	OUTCOME_SSH,
	OUTCOME_SUDO, /* sudo and sudo-rs */
	OUTCOME_LOGIN,
	OUTCOME_DIALOG, /* GDM, in whose dialog the code is */
	OUTCOME_HOSTS
};

struct outcome {
	int codes[OUTCOME_HOSTS]; /* of PAM */
	int priority; /* of the line in the system log */
	bool delay; /* somebody may be guessing: slow them down */
	bool final; /* asking again on the same handle gives the same answer */
};

/*
 * What follows from both; a refusal for any value outside the table. `asked`: the host
 * was made to ask something before.
 */
const struct outcome *outcome_of(enum verdict verdict, enum cause cause, bool asked);

/* What kind of host asks as that PAM service; `ssh`: it is sshd. That it has a dialog is
 * for the caller to know. */
enum outcome_host outcome_host(const char *service, bool ssh);

/* The PAM code of a row for that host; `asked`: as above. */
int outcome_code(const struct outcome *outcome, enum outcome_host host, bool asked);

/*
 * Whether the host calls the module again by itself, with nobody asked in between: then
 * no sentence is said twice.
 */
bool outcome_repeats(enum outcome_host host);

/* How long the answer stands for a handle that comes back with it, in ms; 0: not at all.
 */
int64_t outcome_lasts(const struct outcome *outcome, enum outcome_host host);

#endif
