/*
 * The accounts whose logins a doctor looks at: those in the identity map, and where it
 * has none the ordinary ones of this machine.
 */
#ifndef CLI_DOCTOR_PEOPLE_H
#define CLI_DOCTOR_PEOPLE_H

#include <stddef.h>

#include "config/config.h"

#define DOCTOR_PEOPLE_MAX 256

struct doctor_people {
	char *names[DOCTOR_PEOPLE_MAX + 1]; /* owned; NULL behind the last */
	size_t count;
	bool cut; /* the map has more */
};

/* `config` NULL, or a map that cannot be read: as if nobody were in it. */
void doctor_people_read(struct doctor_people *ret, const struct config *config);
void doctor_people_free(struct doctor_people *people);
#define AUTO_DOCTOR_PEOPLE CLEANUP(doctor_people_free)

#endif
