/*
 * What a graphical login needs in the configuration besides its PAM file: a section of
 * its own, with lines of ours that are found again whatever else was changed meanwhile.
 *
 * Whoever stands at a greeter has shown nothing yet, and a code cannot be scanned there:
 * so the phone has to ring for a name that somebody picks. That is the administrator's
 * word, never a default.
 */
#ifndef CLI_PAM_SETTING_H
#define CLI_PAM_SETTING_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "config/config.h"

#define PAM_SETTING_MOST 262144 /* bytes of a configuration */

#define PAM_SETTING "push_requires = none" /* in [service:NAME] */

/* Whether the service is a graphical login at which a phone can be rung. */
bool pam_setting_is_greeter(const char *service);

/* Whether such a service lacks the setting, `config` being what is in force for it. */
bool pam_setting_is_lacking(const struct config *config, const char *service);

/*
 * Appends `text` with the setting in the service's section, which is made at the end
 * where there is none. ERR_CONFIG_INVALID where the section says something else; `diag`
 * names its line.
 */
enum err pam_setting_add(struct buf *out, const char *text, const char *service,
	struct diag *diag) MUST_USE;

/* The same; ERR_CONFIG_INVALID also where only `text` as it was could be read. */
enum err pam_setting_with(struct buf *out, const char *text, const char *service,
	struct diag *diag) MUST_USE;

/*
 * Appends `text` without our lines for that service: to the byte what it was, where
 * nobody has changed it (but for an end of line that was missing). `*ret_found`: there
 * were some.
 */
enum err pam_setting_remove(
	struct buf *out, const char *text, const char *service, bool *ret_found) MUST_USE;

/* The same with the configuration of logins. ERR_CONFIG_… with a line in `diag`. */
enum err pam_setting_look(
	bool *ret_lacking, const char *service, struct diag *diag) MUST_USE;
enum err pam_setting_write(const char *service, struct diag *diag) MUST_USE;
enum err pam_setting_take_back(const char *service, struct diag *diag) MUST_USE;

#endif
