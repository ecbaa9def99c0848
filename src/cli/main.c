/* itsmectl: the administrator's program. It finds the command and ends as that says. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/call.h"
#include "jose/crypto.h"

/* "itsmectl enrol --help" is "itsmectl help enrol". */
static enum exit_status
run(struct call *call)
{
	if (!call_has(call, OPTION_HELP))
		return call->command->run(call);
	call->words[0] = call->command->name;
	call->count = 1;
	return command_help(call);
}

static enum exit_status
run_command(const struct command *command, int argc, char **argv)
{
	struct call call = {.command = command};
	struct diag diag = {0};
	enum exit_status status;

	if (!call_read(&call, argc, argv, &diag))
		return call_wrong(&call, diag.text);
	if (output_start(&call.out, call_has(&call, OPTION_JSON)) != ERR_OK) {
		fputs("itsmectl: out of memory\n", stderr);
		return EXIT_NOT;
	}
	status = run(&call);
	if (output_end(&call.out, status == EXIT_DONE))
		return status;
	fputs("itsmectl: cannot write the output\n", stderr);
	return EXIT_NOT;
}

int
main(int argc, char **argv)
{
	static char help[] = "help", *only_help[] = {help, NULL};
	const struct command *command;

	umask(077);
	if (jose_init() != ERR_OK) {
		fputs("itsmectl: OpenSSL does not start\n", stderr);
		return EXIT_NOT;
	}
	if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
		return (int)run_command(command_find(help), 1, only_help);
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return puts(USER_AGENT) >= 0 && fflush(stdout) == 0 ? EXIT_DONE
								    : EXIT_NOT;
	command = argc > 1 ? command_find(argv[1]) : NULL;
	if (command != NULL)
		return (int)run_command(command, argc - 1, argv + 1);
	if (argc > 1)
		output_complain("there is no command '%.60s'", argv[1]);
	fputs("usage: itsmectl COMMAND [OPTION…] [WORD…]; itsmectl help lists them\n",
		stderr);
	return EXIT_USAGE;
}
