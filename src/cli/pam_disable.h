/* The action `disable` of `itsmectl pam`. */
#ifndef CLI_PAM_DISABLE_H
#define CLI_PAM_DISABLE_H

#include "cli/call.h"
#include "cli/pam_service.h"

/*
 * Takes the module out of the service that the call names, or out of several: by
 * --pending where nobody confirmed our lines, by --all wherever it is named. `s` is
 * scratch space, which the caller closes.
 */
enum exit_status pam_disable(struct call *call, struct pam_service *s);

#endif
