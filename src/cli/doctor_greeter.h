/*
 * What `itsmectl check` says of graphical logins: whether a phone may ring there, and
 * what would end GDM while it shows a code.
 */
#ifndef CLI_DOCTOR_GREETER_H
#define CLI_DOCTOR_GREETER_H

#include "cli/doctor.h"
#include "cli/pam_stack.h"

/* What only all services together tell; begins as zeros. */
struct doctor_greeter {
	bool code; /* GDM's service that shows one asks for itsme */
	bool password; /* the one beside it lets in without itsme */
};

/* A rule of our module in a service, with the configuration that is in force for it. */
void doctor_greeter_rule(struct doctor *d, const char *service,
	const struct pam_rule *rule, const struct config *config);

/* Takes a service in; `asks`: for itsme. */
void doctor_greeter_service(struct doctor *d, struct doctor_greeter *g,
	const char *service, const struct pam_stack *stack, bool asks);

void doctor_greeter_end(struct doctor *d, const struct doctor_greeter *g);

#endif
