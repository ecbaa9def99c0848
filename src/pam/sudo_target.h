/*
 * Whom sudo's command is to run as, from the arguments that sudo itself was given.
 */
#ifndef PAM_SUDO_TARGET_H
#define PAM_SUDO_TARGET_H

#include <stddef.h>

#define SUDO_TARGET_ROOT "root"

/*
 * `block` is the argument block of a sudo process: `len` bytes, each argument ends with a
 * NUL. `dst` gets the argument of -u or --user as it was typed: a name, or "#" and the
 * number of an account that is not root's. It gets SUDO_TARGET_ROOT where no user is
 * named, where several are, and where anything in front of the command is not understood:
 * a person decides by this, so it must never be less than the truth.
 */
void sudo_target(char *dst, size_t size, const char *block, size_t len);

#endif
