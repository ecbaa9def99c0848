/*
 * The ways in that itsme is not asked for: by which services a password is enough, and
 * whether one of them leads to root. Asked before a PAM service is changed, and by the
 * doctor.
 */
#ifndef CLI_PAM_WAY_IN_H
#define CLI_PAM_WAY_IN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "config/config.h"
#include "cli/pam_stack.h"

enum pam_door {
	PAM_DOOR_CONSOLE, /* login */
	PAM_DOOR_SSH,
	PAM_DOOR_WINDOW, /* a greeter */
	PAM_DOOR_SU,
	PAM_DOOR_SUDO,
	PAM_DOOR_COUNT
};

/* For whom a password opens each of them; begins as zeros. */
struct pam_way_in {
	bool opens[PAM_DOOR_COUNT]; /* whoever has one */
	bool opens_unmapped[PAM_DOOR_COUNT]; /* at least those who are in no map */
};

/* Takes a service in; `ignores`: it passes over accounts without an identity. */
void pam_way_in_add(struct pam_way_in *w, const char *service,
	const struct pam_stack *stack, bool ignores);

/*
 * Whether somebody becomes root without itsme, by those doors or by a public key over
 * ssh, and how ("by root's password at the console"). As far as files tell: passwords,
 * authorized keys, sshd's settings, the usual lines of sudoers. For root only. `config`
 * says where the map is.
 */
bool pam_way_in_to_root(
	const struct pam_way_in *w, const struct config *config, char *how, size_t size);

/* ERR_FILE_INVALID with what to type where none would be left at the console once
 * `service` asks. */
enum err pam_way_in_check(const char *service, struct diag *diag) MUST_USE;

#endif
