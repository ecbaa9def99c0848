/*
 * The configuration that a rule of our module calls for.
 */
#ifndef CLI_PAM_CONFIG_H
#define CLI_PAM_CONFIG_H

#include <stdbool.h>

#include "cli/pam_rule.h"
#include "config/config.h"

/*
 * Reads what the rule names (config=), or `usual`, and lays the service's section and the
 * rule's arguments over it, as the helper would. `*ret_elsewhere`: the rule names another
 * file than `usual`, and that was read. Where only a section or an argument is wrong
 * `*ret` is set as well, with what is right of it; the caller frees it.
 */
enum err pam_config_load(struct config **ret, bool *ret_elsewhere,
	const struct pam_rule *rule, const char *service, const char *usual,
	struct diag *diag) MUST_USE;

#endif
