/* itsmectl help: what the tables say, for a person. */
#include <stdio.h>

#include "cli/call.h"

static void
describe_option(struct call *call, const struct option_row *option)
{
	struct json_object *row = output_add(&call->out, "options");
	char name[64];

	snprintf(name, sizeof(name), "--%s%s%s", option->name,
		option->value[0] != '\0' ? " " : "", option->value);
	output_line(&call->out, "  %-18s %s", name, option->help);
	output_put(row, "name", option->name);
	output_put(row, "value", option->value);
	output_put(row, "help", option->help);
}

static void
describe(struct call *call, const struct command *command)
{
	AUTO_BUF struct buf synopsis = BUF_INIT(1024);
	unsigned i;

	call_synopsis(&synopsis, command);
	output_line(&call->out, "usage: %s\n\n%s %s.\n", buf_str(&synopsis),
		command->name, command->help);
	output_str(&call->out, "usage", buf_str(&synopsis));
	output_str(&call->out, "help", command->help);
	for (i = 0; i < OPTION_COUNT; i++)
		if ((command_options(command) >> i & 1u) != 0)
			describe_option(call, &option_table[i]);
}

static void
list_commands(struct call *call)
{
	size_t i;

	output_line(&call->out, "usage: itsmectl COMMAND [OPTION…] [WORD…]\n");
	for (i = 0; i < command_count; i++) {
		const struct command *command = &command_table[i];
		struct json_object *row = output_add(&call->out, "commands");

		output_line(&call->out, "  %-8s %-10s %s", command->name, command->words,
			command->help);
		output_put(row, "name", command->name);
		output_put(row, "words", command->words);
		output_put(row, "help", command->help);
	}
	output_line(&call->out,
		"\nitsmectl help COMMAND lists its options. Every command takes --json.");
}

enum exit_status
command_help(struct call *call)
{
	const struct command *command;

	if (call->count == 0) {
		list_commands(call);
		return EXIT_DONE;
	}
	command = command_find(call->words[0]);
	if (command == NULL) {
		output_complain("there is no command '%.60s'", call->words[0]);
		return EXIT_USAGE;
	}
	describe(call, command);
	return EXIT_DONE;
}
