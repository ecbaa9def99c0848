/*
 * One line of a PAM file as libpam reads it (pam.conf(5)): the words of a rule, and what
 * the rule does with what its module returns.
 */
#ifndef CLI_PAM_RULE_H
#define CLI_PAM_RULE_H

#include <stdbool.h>
#include <stddef.h>

struct pam_rule {
	char type[16]; /* auth, account, password, session; "@include" */
	char control[192]; /* a word, or "[success=1 default=ignore]" */
	char module[192]; /* of an include of any kind: the file */
	char arguments[512]; /* as written */
	bool optional; /* "-auth": no word in the log where the module is not there */
	bool cut; /* longer than there is room for here */
	bool broken; /* libpam does not understand the line: the module is never called */
	char file[64]; /* in which it stands */
	unsigned line;
	unsigned depth; /* of substacks that it stands in */
	size_t end; /* of the innermost of them: the index behind */
};

/* A line with those that continue it, as it stands in a text. */
struct pam_line {
	const char *text; /* borrowed */
	size_t len; /* with the ends of the lines */
	unsigned lines; /* that it takes up */
	bool is_rule; /* else it is empty or a comment */
	struct pam_rule rule;
};

/* Takes the next line off the text at `*at`; false at the end. */
bool pam_line_next(struct pam_line *ret, const char **at);

/* "auth" and the like, whatever their case. */
bool pam_rule_is_of(const struct pam_rule *rule, const char *type);
bool pam_rule_is_auth(const struct pam_rule *rule);

/* Whether it brings another file's rules, and which way. */
enum pam_include {
	PAM_INCLUDE_NONE,
	PAM_INCLUDE_ALL, /* @include: rules of all types */
	PAM_INCLUDE_TYPE, /* include */
	PAM_INCLUDE_SUBSTACK
};
enum pam_include pam_rule_include(const struct pam_rule *rule);

/* The module's file without its directory. */
const char *pam_rule_module(const struct pam_rule *rule);

/* Whether the rule calls our module; whether it would, were it not broken. */
bool pam_rule_is_itsme(const struct pam_rule *rule);
bool pam_rule_names_itsme(const struct pam_rule *rule);

/*
 * What a module returns that asks nobody for anything ("success", "auth_err", "ignore");
 * NULL: it asks, or is not known.
 */
const char *pam_rule_silent(const struct pam_rule *rule);

enum pam_action_kind {
	PAM_ACTION_IGNORE,
	PAM_ACTION_OK,
	PAM_ACTION_DONE,
	PAM_ACTION_BAD,
	PAM_ACTION_DIE,
	PAM_ACTION_RESET,
	PAM_ACTION_JUMP
};

struct pam_action {
	enum pam_action_kind kind;
	size_t jump; /* rules to be left out */
};

/* What the rule does with that result ("success"); what is not said is bad. */
struct pam_action pam_rule_action(const struct pam_rule *rule, const char *result);

/* Whether its module's success ends the whole stack well. */
bool pam_rule_suffices(const struct pam_rule *rule);

/* The most rules that any result makes it leave out; 0: it never jumps. */
size_t pam_rule_longest_jump(const struct pam_rule *rule);

#endif
