/*
 * The subcommands of itsmectl and their options: two tables, from which come parsing,
 * help, manual and completion.
 */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include <stddef.h>
#include <stdint.h>

/* What a call ends with, for scripts. */
enum exit_status {
	EXIT_DONE = 0, /* done; nothing wrong was found; the login would succeed */
	EXIT_NOT = 1, /* could not; something wrong was found; refused */
	EXIT_USAGE = 2 /* called wrongly; nothing was done */
};

/* What stands for a word or an option's value, so that a shell can complete it. */
enum word_kind {
	WORD_NONE, /* there is none */
	WORD_OTHER,
	WORD_USER,
	WORD_FILE,
	WORD_DIRECTORY,
	WORD_COMMAND
};

/* name (--name), its value ("" for a switch), kind of the value, help */
#define OPTION_LIST(X)                                                                  \
	X(CONFIG, "config", "FILE", FILE, "read this configuration")                    \
	X(JSON, "json", "", NONE, "write one JSON object to standard output")           \
	X(HELP, "help", "", NONE, "say how the command is called")                      \
	X(YES, "yes", "", NONE, "do not ask")                                           \
	X(BITS, "bits", "N", OTHER, "size of new keys: 2048, 3072 or 4096")             \
	X(ROTATE, "rotate", "", NONE, "make the successors of keys that are in use")    \
	X(STORE, "store", "URI", OTHER,                                                 \
		"the signing key lives in a store, such as pkcs11:")                    \
	X(CHECK, "check", "URL", OTHER,                                                 \
		"compare with what is published at this address")                       \
	X(CA_FILE, "ca-file", "FILE", FILE, "trust only these certificates for that")   \
	X(PUBLISHED, "published", "URL", OTHER,                                         \
		"compare our keys with what is published at this address")              \
	X(OFFLINE, "offline", "", NONE, "leave the provider alone")                     \
	X(REPLACE, "replace", "", NONE, "put the new identity in the place of the old") \
	X(SUB, "sub", "SUBJECT", OTHER, "the identity, by its subject")                 \
	X(SERVICE, "service", "NAME", OTHER, "as this PAM service would ask")           \
	X(LIST, "list", "", NONE, "list what may be written, without reading a file")   \
	X(JWKS, "jwks", "FILE", FILE, "keys of the issuer, instead of fetching them")   \
	X(AS, "as", "WAY", OTHER, "how it asks: sole, second or fallback")              \
	X(MINUTES, "minutes", "N", OTHER, "until it is taken back: 1 to 60")            \
	X(PENDING, "pending", "", NONE,                                                 \
		"all that nobody confirmed and no timer watches")                       \
	X(HOURS, "hours", "N", OTHER, "until it ends: 1 to 72")                         \
	X(USES, "uses", "N", OTHER, "how often it counts: 1 to 10")                     \
	X(REVOKE, "revoke", "", NONE, "end it now")                                     \
	X(ROOT, "root", "", NONE, "also for root")                                      \
	X(ALL, "all", "", NONE, "every service whose file names pam_itsme.so")          \
	X(FORCE, "force", "", NONE, "also without a way back in, or with faults")

enum option {
#define OPTION_ENUM(id, name, value, kind, help) OPTION_##id,
	OPTION_LIST(OPTION_ENUM)
#undef OPTION_ENUM
		OPTION_COUNT
};

struct option_row {
	const char *name, *value;
	enum word_kind kind;
	const char *help;
};
extern const struct option_row option_table[OPTION_COUNT];

struct call;

struct command {
	const char *name;
	enum exit_status (*run)(struct call *call);
	const char *words; /* what follows the name, for the synopsis */
	enum word_kind kind;
	size_t least, most; /* number of words */
	uint32_t options; /* bit i: takes option i, beside those that all take */
	const char *help;
};
extern const struct command command_table[];
extern const size_t command_count;

/* The options of a command with those that all take. */
uint32_t command_options(const struct command *command);

/* NULL where there is no such command. */
const struct command *command_find(const char *name);

enum exit_status command_check(struct call *call);
enum exit_status command_config(struct call *call);
enum exit_status command_enrol(struct call *call);
enum exit_status command_forget(struct call *call);
enum exit_status command_help(struct call *call);
enum exit_status command_jwks(struct call *call);
enum exit_status command_keygen(struct call *call);
enum exit_status command_keys(struct call *call);
enum exit_status command_limits(struct call *call);
enum exit_status command_list(struct call *call);
enum exit_status command_pam(struct call *call);
enum exit_status command_pass(struct call *call);
enum exit_status command_test(struct call *call);
enum exit_status command_token(struct call *call);
enum exit_status command_unenrol(struct call *call);
enum exit_status command_whoami(struct call *call);

#endif
