/* Reading the arguments by the tables. What the tables do not spell is refused. */
#include "cli/call.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"

/* Says how the call is wrong; always false. */
__attribute__((format(printf, 2, 3))) static bool
wrong(struct diag *diag, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(diag->text, sizeof(diag->text), fmt, ap);
	va_end(ap);
	return false;
}

/* The option of that name (up to `len`) that the command takes; OPTION_COUNT: none. */
static enum option
find_option(const struct command *command, const char *name, size_t len)
{
	unsigned i;

	for (i = 0; i < OPTION_COUNT; i++)
		if ((command_options(command) >> i & 1u) != 0 &&
			strlen(option_table[i].name) == len &&
			strncmp(option_table[i].name, name, len) == 0)
			break;
	return (enum option)i;
}

/* Takes "--name" or "--name=VALUE"; `next` is the argument behind it. */
static bool
take_option(struct call *call, const char *arg, const char *next, bool *ret_used_next,
	struct diag *diag)
{
	size_t len = strcspn(arg, "=");
	enum option option = find_option(call->command, arg, len);
	bool wants, has = arg[len] == '=';
	const char *value = has ? arg + len + 1 : next;

	if (option == OPTION_COUNT)
		return wrong(diag, "%s has no option --%.40s", call->command->name, arg);
	wants = option_table[option].value[0] != '\0';
	if (call_has(call, option))
		return wrong(diag, "--%s is given twice", option_table[option].name);
	if (wants ? value == NULL || value[0] == '\0' : has)
		return wrong(diag, "--%s %s", option_table[option].name,
			wants ? "needs a value" : "takes no value");
	call->value[option] = wants ? value : "";
	*ret_used_next = wants && !has;
	return true;
}

static bool
take_word(struct call *call, const char *word, struct diag *diag)
{
	if (call->count == call->command->most || call->count == CALL_WORDS_MAX)
		return wrong(diag, "'%.60s' is one word too many", word);
	call->words[call->count++] = word;
	return true;
}

bool
call_read(struct call *ret, int argc, char **argv, struct diag *diag)
{
	bool words_only = false;
	int i;

	for (i = 1; i < argc; i++) {
		bool used_next = false, good;

		if (!words_only && strcmp(argv[i], "--") == 0) {
			words_only = true;
			continue;
		}
		if (!words_only && strncmp(argv[i], "--", 2) == 0)
			good = take_option(ret, argv[i] + 2,
				i + 1 < argc ? argv[i + 1] : NULL, &used_next, diag);
		else if (!words_only && strcmp(argv[i], "-h") == 0)
			good = take_option(ret, option_table[OPTION_HELP].name, NULL,
				&used_next, diag);
		else if (!words_only && argv[i][0] == '-' && argv[i][1] != '\0')
			good = wrong(diag, "options are written --name");
		else
			good = take_word(ret, argv[i], diag);
		if (!good)
			return false;
		i += used_next;
	}
	if (ret->count < ret->command->least && !call_has(ret, OPTION_HELP))
		return wrong(diag, "%s is missing", ret->command->words);
	return true;
}

const char *
call_config_path(const struct call *call)
{
	return call_has(call, OPTION_CONFIG) ? call->value[OPTION_CONFIG] : CONFIG_PATH;
}

void
call_synopsis(struct buf *out, const struct command *command)
{
	unsigned i;

	buf_addf(out, "itsmectl %s", command->name);
	for (i = 0; i < OPTION_COUNT; i++) {
		const struct option_row *option = &option_table[i];

		if ((command->options >> i & 1u) != 0)
			buf_addf(out, " [--%s%s%s]", option->name,
				option->value[0] != '\0' ? " " : "", option->value);
	}
	if (command->words[0] != '\0')
		buf_addf(out, " %s", command->words);
}

enum exit_status
call_wrong(const struct call *call, const char *what)
{
	AUTO_BUF struct buf synopsis = BUF_INIT(1024);

	call_synopsis(&synopsis, call->command);
	output_complain("%s\nusage: %s", what, buf_str(&synopsis));
	return EXIT_USAGE;
}

bool
call_confirm(const struct call *call, const char *question)
{
	char answer[16];

	if (call_has(call, OPTION_YES))
		return true;
	if (isatty(STDIN_FILENO) != 1) {
		output_complain("nobody is there to ask; say --yes");
		return false;
	}
	fprintf(stderr, "%s [y/N] ", question);
	fflush(stderr);
	return fgets(answer, sizeof(answer), stdin) != NULL &&
	       (strcmp(answer, "y\n") == 0 || strcmp(answer, "yes\n") == 0);
}

enum exit_status
call_result(struct call *call, enum err e, const struct diag *diag)
{
	if (e == ERR_OK)
		return EXIT_DONE;
	output_failed(&call->out, e, diag);
	return EXIT_NOT;
}
