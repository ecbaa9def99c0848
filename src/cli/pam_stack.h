/*
 * PAM's configuration of one service, flattened: what stands in included files stands in
 * its place (pam.conf(5); Debian's @include). And whom it lets in.
 */
#ifndef CLI_PAM_STACK_H
#define CLI_PAM_STACK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "cli/pam_rule.h"

#ifndef PAM_STACK_DIR /* a test has its own */
#define PAM_STACK_DIR "/etc/pam.d"
#endif
#ifndef PAM_STACK_VENDOR
#define PAM_STACK_VENDOR "/usr/lib/pam.d" /* for what is not in PAM_STACK_DIR */
#endif
#define PAM_STACK_MAX 128 /* rules */
#define PAM_STACK_TEXT 65536 /* bytes of a file */

struct pam_stack {
	struct pam_rule rules[PAM_STACK_MAX];
	size_t count;
	unsigned files; /* that it includes */
	bool cut; /* there was more, or something that could not be read */
};

/*
 * Appends the file of that name as libpam finds it: by its whole path, or in
 * PAM_STACK_DIR or else in PAM_STACK_VENDOR. False: there is none, or it cannot be read
 * whole.
 */
bool pam_stack_text(struct buf *ret, const char *name);

/* Reads the service's file; false where there is none. */
bool pam_stack_read(struct pam_stack *ret, const char *service);

/* The same of a text that would stand in it. */
void pam_stack_read_text(struct pam_stack *ret, const char *service, const char *text);

/* Whether other services include the file of that name: it is no service. */
bool pam_stack_is_shared(const char *name);

/* Whether any rule calls our module. */
bool pam_stack_asks(const struct pam_stack *stack);

/* Whether a rule of auth asks for something else: a password, mostly. */
bool pam_stack_asks_for_secret(const struct pam_stack *stack);

/*
 * The index behind `i` at which PAM goes on after that rule's module returned success:
 * i + 1, further where it jumps or ends a substack, or `stack->count` where that ends the
 * whole stack well.
 */
size_t pam_stack_after_success(const struct pam_stack *stack, size_t i);

/*
 * Whether a result makes the rule at `i` leave out more rules of its type than follow:
 * libpam refuses whoever it is then.
 */
bool pam_stack_jumps_too_far(const struct pam_stack *stack, size_t i);

enum pam_answer {
	PAM_ANSWER_NO, /* itsme refuses */
	PAM_ANSWER_YES,
	PAM_ANSWER_IGNORED, /* an account that itsme passes over (unmapped = ignore) */
	PAM_ANSWER_AWAY /* the network or the provider is away */
};

/* What somebody has to show. */
struct pam_person {
	enum pam_answer itsme;
	bool secret; /* every other module that asks for something is given it */
};

/*
 * Whether the auth part of a stack that was read whole lets that person in, as libpam
 * would decide. Modules that ask for nothing let an ordinary person pass.
 */
bool pam_stack_admits(const struct pam_stack *stack, struct pam_person person);

#endif
