/*
 * PAM's configuration of one service, flattened: what stands in included files stands in
 * its place (pam.conf(5); Debian's @include).
 */
#ifndef CLI_PAM_STACK_H
#define CLI_PAM_STACK_H

#include <stdbool.h>
#include <stddef.h>

#ifndef PAM_STACK_DIR /* a test has its own */
#define PAM_STACK_DIR "/etc/pam.d"
#endif
#define PAM_STACK_MAX 128 /* rules */

struct pam_rule {
	char type[16]; /* auth, account, password, session */
	char control[192]; /* a word, or "[success=1 default=ignore]" */
	char module[192];
	char arguments[512]; /* as written */
	char file[64]; /* in which it stands */
	unsigned line;
	unsigned depth; /* of substacks that it stands in */
	size_t end; /* of the innermost of them: the index behind */
};

struct pam_stack {
	struct pam_rule rules[PAM_STACK_MAX];
	size_t count;
	bool cut; /* there was more, or something that could not be read */
};

/* Reads the service's file; false where there is none. */
bool pam_stack_read(struct pam_stack *ret, const char *service);

/* Whether other services include the file of that name: it is no service. */
bool pam_stack_is_shared(const char *name);

/* Whether the rule calls our module, and whether any rule does. */
bool pam_rule_is_itsme(const struct pam_rule *rule);
bool pam_stack_asks(const struct pam_stack *stack);

/* Whether the rule is one of auth. */
bool pam_rule_is_auth(const struct pam_rule *rule);

/* Whether its module's success ends the whole stack well. */
bool pam_rule_suffices(const struct pam_rule *rule);

/*
 * The index behind `i` at which PAM goes on after that rule's module returned success:
 * i + 1, further where it jumps or ends a substack, or `stack->count` where that ends the
 * whole stack well.
 */
size_t pam_stack_after_success(const struct pam_stack *stack, size_t i);

/* What somebody has to show. */
struct pam_person {
	bool itsme; /* itsme says yes */
	bool secret; /* every other module that asks for something is given it */
};

/*
 * Whether the auth part of a stack that was read whole lets that person in, as libpam
 * would decide. Modules that ask for nothing let an ordinary person pass.
 */
bool pam_stack_admits(const struct pam_stack *stack, struct pam_person person);

#endif
