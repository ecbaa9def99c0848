/*
 * What may be wrong with sshd's settings for one kind of connection.
 */
#ifndef CLI_SSHD_CHECKS_H
#define CLI_SSHD_CHECKS_H

#include <stdbool.h>

#include "cli/doctor_sshd.h"
#include "cli/findings.h"
#include "cli/sshd_methods.h"
#include "cli/sshd_survey.h"
#include "cli/sshd_words.h"

#define SSHD_METHODS_KEY "authenticationmethods"

/* One kind of connection, as the checks look at it. */
struct sshd_view {
	const struct sshd_survey *survey;
	const struct sshd_visit *visit;
	const struct doctor_sshd_stack *stack;
	struct sshd_methods methods;
};

/* What a check has to say of it. */
struct sshd_opinion {
	enum finding_level level; /* where it is so for everybody */
	bool firm; /* and for some as well; else that is a warning */
	const char *key; /* whose line is to blame */
	char text[SSHD_WORDS_MAX];
	char advice[SSHD_WORDS_MAX];
};

/* Whether there is something to say; then it is in `ret`, whose key is the methods'. */
typedef bool sshd_check(const struct sshd_view *v, struct sshd_opinion *ret);

/* Whether the method that shows codes is switched off, though it would be asked. */
sshd_check sshd_checks_asking;

/* All others; NULL at their end. */
extern sshd_check *const sshd_checks[];

#endif
