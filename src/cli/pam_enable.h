/* The action `enable` of `itsmectl pam`. */
#ifndef CLI_PAM_ENABLE_H
#define CLI_PAM_ENABLE_H

#include "cli/call.h"
#include "cli/pam_service.h"

/*
 * Makes the service that the call names ask for itsme, with what that needs besides its
 * file. `s` is scratch space, which the caller closes.
 */
enum exit_status pam_enable(struct call *call, struct pam_service *s);

#endif
