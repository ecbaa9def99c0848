/* Whether anybody could log in at all, and whether root can be reached without itsme, by
 * all services of this machine taken together. */
#ifndef CLI_DOCTOR_WAY_IN_H
#define CLI_DOCTOR_WAY_IN_H

#include <stdbool.h>

#include "cli/doctor.h"
#include "cli/pam_stack.h"
#include "cli/pam_way_in.h"

/* What the services by which people come in make possible; begins as zeros. */
struct doctor_way_in {
	bool asks; /* one of all services asks for itsme */
	bool password; /* a password opens one, without an identity */
	struct pam_way_in doors;
};

/*
 * Takes a service in: `asks`, as pam_stack_asks(); `ignores`, whether it passes over
 * accounts without an identity.
 */
void doctor_way_in_add(struct doctor_way_in *w, const char *service,
	const struct pam_stack *stack, bool asks, bool ignores);

/* Says it where nobody could come in: nobody has an identity, and no password opens. Else
 * how root is reached without itsme, or that it is not. */
void doctor_way_in(struct doctor *d, const struct doctor_way_in *w);

#endif
