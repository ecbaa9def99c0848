/* What `itsmectl check` says of sshd's settings, once its PAM stack asks for itsme. */
#ifndef CLI_DOCTOR_SSHD_H
#define CLI_DOCTOR_SSHD_H

#include <stdbool.h>

#include "cli/doctor.h"

#define DOCTOR_ROOM 8 /* seconds that a host must wait longer than we do */

/* `timeout`: how long itsme waits there; `remembers`: good logins are remembered. */
void doctor_sshd(struct doctor *d, unsigned timeout, bool remembers);

/* Whether a public key alone opens it, as far as the settings tell. */
bool doctor_sshd_takes_key(void);

#endif
