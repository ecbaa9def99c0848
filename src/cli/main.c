/* itsmectl: the administrator's program. A table of subcommands, and nothing else. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/commands.h"
#include "jose/crypto.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *arguments;
	const char *help;
} commands[] = {
	{"keygen", command_keygen, "DIRECTORY",
		"makes the key pairs sig.pem and enc.pem; never overwrites"},
	{"jwks", command_jwks, "[--config FILE]",
		"prints the public JWK Set to publish for the provider"},
};

#define COUNT (sizeof(commands) / sizeof(commands[0]))

static void
usage(FILE *out)
{
	size_t i;

	fputs("usage: itsmectl COMMAND [ARGUMENT…]\n\n", out);
	for (i = 0; i < COUNT; i++)
		fprintf(out, "  %-8s %-16s %s\n", commands[i].name, commands[i].arguments,
			commands[i].help);
}

int
main(int argc, char **argv)
{
	size_t i;

	umask(077);
	if (jose_init() != ERR_OK) {
		fputs("itsmectl: OpenSSL does not start\n", stderr);
		return 1;
	}
	if (argc == 2 &&
		(strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)) {
		usage(stdout);
		return 0;
	}
	for (i = 0; argc > 1 && i < COUNT; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	if (argc > 1)
		fprintf(stderr, "itsmectl: there is no command %s\n", argv[1]);
	usage(stderr);
	return 2;
}
