/*
 * What is wrong with one line of a PAM file: that libpam does not understand it, or finds
 * no module or no file of that name; and what libpam does then.
 */
#ifndef CLI_PAM_LINT_H
#define CLI_PAM_LINT_H

#include <stdbool.h>

#include "cli/pam_rule.h"

/* In the order of how bad it is. */
enum pam_lint_effect {
	PAM_LINT_IGNORED, /* the control passes over it: the line does nothing */
	PAM_LINT_REFUSES, /* whoever comes to the line */
	PAM_LINT_ABORTS, /* nothing of any file that includes it is taken */
	PAM_LINT_CRASHES /* the program that asks PAM */
};

struct pam_lint {
	enum pam_lint_effect effect;
	bool understood; /* the line itself is in order: what it names is missing */
	char what[256]; /* "there is no module pam_untix.so" */
	char advice[128]; /* "did you mean pam_unix.so?" */
};

/*
 * Whether something is wrong with the line of the file called `file`. What distributions
 * ship is right: a module of another package that is not installed is nothing to tell of
 * where the line does without it.
 */
bool pam_lint(struct pam_lint *ret, const struct pam_rule *rule, const char *file);

/* What libpam does then: "refuses everybody". */
const char *pam_lint_effect(const struct pam_lint *lint, const struct pam_rule *rule);

/* Whether libpam finds the file that an include of any kind names. */
bool pam_lint_has_file(const char *name);

#endif
