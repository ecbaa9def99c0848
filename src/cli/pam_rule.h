/*
 * One line of a PAM file as libpam reads it (pam.conf(5)): the words of a rule, and what
 * the rule does with what its module returns.
 */
#ifndef CLI_PAM_RULE_H
#define CLI_PAM_RULE_H

#include <stdbool.h>
#include <stddef.h>

/* Why libpam does not understand a line. */
enum pam_fault {
	PAM_FAULT_NONE,
	PAM_FAULT_TYPE, /* neither auth nor account, password or session */
	PAM_FAULT_CONTROL, /* a word that is no control */
	PAM_FAULT_BRACKET, /* the [ of the control is not closed */
	PAM_FAULT_RESULT, /* no result, or no = behind it, where the control needs one */
	PAM_FAULT_ACTION, /* neither an action nor a number behind the = */
	PAM_FAULT_NO_CONTROL, /* the line ends behind the type */
	PAM_FAULT_NO_MODULE, /* the line ends behind the control */
	PAM_FAULT_NO_FILE, /* an include of any kind that names none */
	PAM_FAULT_UNFINISHED /* the file ends with a line that a backslash continues */
};

struct pam_rule {
	char type[16]; /* auth, account, password, session; "@include" */
	char control[192]; /* a word, or "[success=1 default=ignore]" */
	char module[192]; /* of an include of any kind: the file */
	char arguments[512]; /* as written */
	bool optional; /* "-auth": no word in the log where the module is not there; the
			  rule counts as any other */
	bool cut; /* longer than there is room for here */
	bool broken; /* libpam does not understand the line */
	enum pam_fault fault; /* why it is broken */
	char wrong[64]; /* the word that it does not understand; "": one is missing */
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
 * Whether libpam takes "perm_denied" for what the rule's module returned, without calling
 * it: the control decides what comes of that.
 */
bool pam_rule_never_calls(const struct pam_rule *rule);

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

/* The words that may stand where the fault is, one after the other; NULL behind them. */
const char *pam_rule_word(enum pam_fault fault, size_t i);

/* The most rules that any result makes it leave out; 0: it never jumps. */
size_t pam_rule_longest_jump(const struct pam_rule *rule);

#endif
