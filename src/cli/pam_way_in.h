/*
 * The way in that stays while a PAM service is changed: the console, by a password that
 * itsme is not asked for.
 */
#ifndef CLI_PAM_WAY_IN_H
#define CLI_PAM_WAY_IN_H

#include "base/err.h"

/* ERR_FILE_INVALID with what to type where none would be left once `service` asks. */
enum err pam_way_in_check(const char *service, struct diag *diag) MUST_USE;

#endif
