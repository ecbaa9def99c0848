/*
 * Taking back all that `itsmectl pam enable` did for a service, in an order that a kill
 * at any moment leaves to be done again.
 */
#ifndef CLI_PAM_UNDO_H
#define CLI_PAM_UNDO_H

#include "cli/pam_service.h"

/*
 * Our lines in the service's file (pam_service_take_out()), what was done besides, and at
 * last the record: after an error it is still there, and all may be done again. Where the
 * file has none of our lines the rest is done, and the error is ERR_FILE_INVALID.
 */
enum err pam_undo(struct pam_service *s) MUST_USE;

/* What was done besides alone: GNOME's switch, and lines of the configuration. */
enum err pam_undo_besides(struct pam_service *s) MUST_USE;

#endif
