/* What `itsmectl check` says of PAM files line by line, whoever they are for. */
#ifndef CLI_DOCTOR_PAM_H
#define CLI_DOCTOR_PAM_H

#include "cli/doctor.h"
#include "cli/pam_stack.h"

#define DOCTOR_PAM_NAMES 512 /* bytes of a list of services in a finding */

/* What was said already, and which services ask that nobody sits at; begins as zeros. */
struct doctor_pam {
	struct {
		char file[64];
		unsigned line;
	} told[64];
	size_t told_count;
	char by[80]; /* the shared line that makes the services below ask */
	char fall_back[DOCTOR_PAM_NAMES]; /* their password goes on */
	char refused[DOCTOR_PAM_NAMES];
};

/* Every line of every file that libpam may read: those of services, shared ones, and what
 * they include. */
void doctor_pam_files(struct doctor *d);

/* The rules of a service taken together: jumps behind the end, and who sits there. */
void doctor_pam_service(struct doctor *d, struct doctor_pam *p, const char *service,
	const struct pam_stack *stack);

/* What only all services together tell. */
void doctor_pam_end(struct doctor *d, const struct doctor_pam *p);

/* Whether a file of that name in a directory of PAM's is a service's: no leftover of an
 * editor or of dpkg. */
bool doctor_pam_is_file(const char *name);

#endif
