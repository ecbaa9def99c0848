/* The tables of itsmectl, and nothing else. */
#include "cli/commands.h"

#include <string.h>

const struct option_row option_table[OPTION_COUNT] = {
#define OPTION_ROW(id, name, value, kind, help) \
	[OPTION_##id] = {name, value, WORD_##kind, help},
	OPTION_LIST(OPTION_ROW)
#undef OPTION_ROW
};

#define O(id) (1u << OPTION_##id)
#define EVERY (O(CONFIG) | O(JSON) | O(HELP))

#ifdef TABLES_ALONE /* the generator of the manual, which has no commands to run */
#define RUN(name) NULL
#else
#define RUN(name) command_##name
#endif

const struct command command_table[] = {
	{"check", RUN(check), "", WORD_NONE, 0, 0, O(OFFLINE) | O(PUBLISHED) | O(CA_FILE),
		"looks at everything a login needs and says what to type"},
	{"config", RUN(config), "", WORD_NONE, 0, 0, O(LIST) | O(SERVICE),
		"shows the values in force and where each comes from"},
	{"enrol", RUN(enrol), "USER", WORD_USER, 1, 1, O(REPLACE) | O(YES) | O(SUB),
		"lets somebody log in by QR code and gives them the account"},
	{"forget", RUN(forget), "USER", WORD_USER, 1, 1, 0,
		"makes good logins of an account count no longer (remember)"},
	{"help", RUN(help), "[COMMAND]", WORD_COMMAND, 0, 1, 0,
		"says how a command is called"},
	{"jwks", RUN(jwks), "", WORD_NONE, 0, 0, O(CHECK) | O(CA_FILE),
		"prints the public JWK Set to publish for the provider"},
	{"keygen", RUN(keygen), "DIRECTORY", WORD_DIRECTORY, 1, 1,
		O(BITS) | O(ROTATE) | O(STORE),
		"makes the key pairs sig.pem and enc.pem; never overwrites"},
	{"keys", RUN(keys), "pin|show|refresh [FILE]", WORD_OTHER, 1, 2, O(YES),
		"pins the keys of the provider, so that no others count"},
	{"limits", RUN(limits), "[show|clear] [USER]", WORD_OTHER, 0, 2, 0,
		"shows how often phones were rung, or forgets it for an account"},
	{"list", RUN(list), "[USER]", WORD_USER, 0, 1, 0,
		"lists who may enter which account"},
	{"pam", RUN(pam), "enable|confirm|disable|status [SERVICE]", WORD_OTHER, 1, 2,
		O(AS) | O(MINUTES) | O(PENDING) | O(ALL) | O(YES) | O(FORCE),
		"makes a PAM service ask for itsme, and takes it back unless confirmed"},
	{"pass", RUN(pass), "[USER]", WORD_USER, 0, 1,
		O(HOURS) | O(USES) | O(REVOKE) | O(ROOT),
		"makes a one-time way in for somebody who has lost their phone"},
	{"test", RUN(test), "USER", WORD_USER, 1, 1, O(SERVICE),
		"runs a whole login without PAM, step by step"},
	{"token", RUN(token), "FILE", WORD_FILE, 1, 1, O(JWKS) | O(OFFLINE),
		"takes an ID Token apart and says what is right and wrong with it"},
	{"unenrol", RUN(unenrol), "USER", WORD_USER, 1, 1, O(SUB) | O(YES),
		"takes the account away from its identities"},
	{"whoami", RUN(whoami), "", WORD_NONE, 0, 0, 0,
		"logs somebody in by QR code and says which accounts are theirs"},
};
const size_t command_count = sizeof(command_table) / sizeof(command_table[0]);

uint32_t
command_options(const struct command *command)
{
	return command->options | EVERY;
}

const struct command *
command_find(const char *name)
{
	size_t i;

	for (i = 0; i < command_count; i++)
		if (strcmp(name, command_table[i].name) == 0)
			return &command_table[i];
	return NULL;
}
