/* What `itsmectl check` says of sshd's settings, once its PAM stack asks for itsme. */
#ifndef CLI_DOCTOR_SSHD_H
#define CLI_DOCTOR_SSHD_H

#include <stdbool.h>

#include "cli/doctor.h"

#define DOCTOR_ROOM 8 /* seconds that a host must wait longer than we do */

/* What the rules of a stack do together; begins as zeros. */
struct doctor_sshd_stack {
	unsigned timeout; /* seconds that itsme waits */
	bool remembers; /* good logins are remembered */
	bool shows_strangers; /* a code is shown, and nothing else asked for */
	bool phone_is_mute; /* nothing on the phone says what a code is for */
};

void doctor_sshd(struct doctor *d, const struct doctor_sshd_stack *stack);

/* Whether a public key alone opens it, as far as the settings tell. */
bool doctor_sshd_takes_key(void);

#endif
