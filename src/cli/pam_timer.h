/*
 * The process that takes a change of a PAM service back unless somebody confirms it.
 * While it waits it holds a lock on the service's record, so that others see whether it
 * is there.
 */
#ifndef CLI_PAM_TIMER_H
#define CLI_PAM_TIMER_H

#include <stdint.h>

#include "cli/pam_service.h"

/* Writes the record, and starts a process that outlives the terminal. */
enum err pam_timer_start(struct pam_service *s, unsigned minutes) MUST_USE;

/*
 * Seconds until the change is taken back; 0: it waits to be confirmed, but nobody watches
 * (a reboot, or the process was ended); -1: nothing waits. `keep`: pam_service_keep().
 */
int64_t pam_timer_left(int keep, const char *record);

#endif
