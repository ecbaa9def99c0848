/*
 * One call of a subcommand: its words and options, and where its result goes.
 */
#ifndef CLI_CALL_H
#define CLI_CALL_H

#include <stdbool.h>

#include "base/err.h"
#include "cli/commands.h"
#include "cli/output.h"

#define CALL_WORDS_MAX 4

struct call {
	const struct command *command;
	const char *words[CALL_WORDS_MAX]; /* borrowed from argv */
	size_t count;
	const char *value[OPTION_COUNT]; /* "" for a switch; NULL: not given */
	struct output out;
};

/*
 * Reads argv (argv[0] is the command's name). False: called wrongly, and `diag` says
 * how. Options may stand anywhere, as --name VALUE or --name=VALUE; none may come twice;
 * what follows "--" are words.
 */
bool call_read(struct call *ret, int argc, char **argv, struct diag *diag) MUST_USE;

static inline bool
call_has(const struct call *call, enum option option)
{
	return call->value[option] != NULL;
}

/* The configuration that the call is about. */
const char *call_config_path(const struct call *call);

/* Says on standard error what is wrong with the call. */
enum exit_status call_wrong(const struct call *call, const char *what);

/* Ends a command: says why it could not, where it could not. */
enum exit_status call_result(struct call *call, enum err e, const struct diag *diag);

/*
 * Whether the person at the terminal says yes, or has said so beforehand (--yes). Where
 * nobody is there to ask, the answer is no, and says so.
 */
bool call_confirm(const struct call *call, const char *question);

/* Appends the synopsis of a command: "keygen [OPTION…] DIRECTORY". */
void call_synopsis(struct buf *out, const struct command *command);

#endif
