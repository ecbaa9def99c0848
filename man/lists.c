/*
 * What the manual pages and the shells' completions take from the program's own tables.
 * Runs while the project is built and is installed nowhere.
 *
 *   lists keys | arguments | services | commands      pieces of mdoc(7)
 *   lists bash | zsh | fish                a completion
 */
#include <stdio.h>
#include <string.h>

#include "base/service.h"
#include "cli/commands.h"
#include "config/setting.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* --- mdoc ----------------------------------------------------------------- */

/* Text that no macro and no escape of roff may be seen in. */
static void
put_roff(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text == '\\')
			fputs("\\e", stdout);
		else if (*text == '-')
			fputs("\\-", stdout);
		else
			putchar(*text);
}

/* A sentence of a table on a line of its own. */
static void
put_sentence(const char *text)
{
	fputs("\\&", stdout);
	put_roff(text);
	puts(".");
}

static void
put_values(const struct setting *setting)
{
	const char *word = setting->words;

	if (setting->kind == SETTING_NUMBER)
		printf("From %u to %u.\n", setting->least, setting->most);
	if (setting_most(setting) > 0)
		printf("At most %zu bytes.\n", setting_most(setting));
	if (setting->kind == SETTING_CHOICE) {
		puts("One of");
		for (; *word != '\0'; word += strcspn(word, "|"), word += *word == '|') {
			size_t len = strcspn(word, "|");

			printf(".Cm %.*s%s\n", (int)len, word,
				word[len] == '|' ? " ," : " .");
		}
	}
	if (setting->fallback != NULL && setting->fallback[0] != '\0') {
		fputs("Without it:\n.Li ", stdout);
		put_roff(setting->fallback);
		puts(" .");
	}
}

static void
list_keys(void)
{
	const char *section = "";
	size_t i;

	for (i = 0; i < setting_count; i++) {
		const struct setting *setting = &setting_table[i];

		if (strcmp(section, setting->section) != 0) {
			if (section[0] != '\0')
				puts(".El");
			section = setting->section;
			printf(".Ss Section [%s]\n.Bl -tag -width Ds\n", section);
		}
		printf(".It Ic %s\n", setting->name);
		put_sentence(setting->help);
		put_values(setting);
		if (setting->service)
			puts("May also stand in a\n.Bq service : Ns Ar NAME\nsection.");
	}
	puts(".El");
}

static void
list_arguments(void)
{
	size_t i;

	for (i = 0; i < setting_count; i++) {
		const struct setting *setting = &setting_table[i];

		if (!setting->argument)
			continue;
		printf(".It Ic %s Ns = Ns Ar value\n", setting->name);
		put_sentence(setting->help);
		put_values(setting);
	}
}

/* One item for each kind, with the names of its services. */
static void
list_services(void)
{
	static const char *const names[] = {
#define NAME(name, kind, whose) name,
		SERVICE_LIST(NAME)
#undef NAME
	};
	static const struct {
		enum service_kind kind;
		const char *what;
	} kinds[] = {
		{SERVICE_TERMINAL, "a terminal, and nobody without one"},
		{SERVICE_WINDOW, "a window that cannot show a code"},
		{SERVICE_FORM, "a page that shows a text only together with a question"},
		{SERVICE_DIALOG, "a login screen that draws the code itself"},
		{SERVICE_GREETER, "a login screen, which asks for a key press first"},
		{SERVICE_MUTE, "nothing that anybody sees"},
	};
	size_t k, i;

	puts(".Bl -tag -width Ds");
	for (k = 0; k < COUNT(kinds); k++) {
		printf(".It %s\n", kinds[k].what);
		for (i = 0; i < COUNT(names); i++) {
			if (service_kind(names[i]) != kinds[k].kind)
				continue;
			fputs(".Li ", stdout);
			put_roff(names[i]);
			putchar('\n');
		}
	}
	puts(".El");
}

static void
put_option(const struct option_row *option)
{
	printf(".It Fl Fl %s", option->name);
	if (option->value[0] != '\0')
		printf(" Ar %s", option->value);
	putchar('\n');
	put_sentence(option->help);
}

static void
list_commands(void)
{
	size_t i;
	unsigned o;

	puts(".Bl -tag -width Ds");
	for (i = 0; i < command_count; i++) {
		const struct command *command = &command_table[i];

		printf(".It Cm %s", command->name);
		if (command->words[0] != '\0')
			printf(" Ar %s", command->words);
		putchar('\n');
		put_sentence(command->help);
		if (command->options == 0)
			continue;
		puts(".Bl -tag -width Ds -compact");
		for (o = 0; o < OPTION_COUNT; o++)
			if ((command->options >> o & 1u) != 0)
				put_option(&option_table[o]);
		puts(".El");
	}
	puts(".El");
	puts(".Pp\nEvery command takes these as well:\n.Bl -tag -width Ds -compact");
	for (o = 0; o < OPTION_COUNT; o++)
		if ((command_options(&(struct command){.options = 0}) >> o & 1u) != 0)
			put_option(&option_table[o]);
	puts(".El");
}

/* --- completion ----------------------------------------------------------- */

#define MARK "# Made from the tables of itsmectl; do not edit.\n"

/* How each shell names what may stand there. */
static const struct {
	const char *bash, *zsh, *fish;
} kinds[] = {
	[WORD_NONE] = {"", "", ""},
	[WORD_OTHER] = {"", " ", ""},
	[WORD_USER] = {"-u", "_users", "(__fish_complete_users)"},
	[WORD_FILE] = {"-f", "_files", "(__fish_complete_path)"},
	[WORD_DIRECTORY] = {"-d", "_files -/", "(__fish_complete_directories)"},
	[WORD_COMMAND] = {"-W \"$commands\"", "($commands)", "(__itsmectl_commands)"},
};

static void
bash_commands(void)
{
	size_t i;
	unsigned o;

	fputs("    local commands=\"", stdout);
	for (i = 0; i < command_count; i++)
		printf("%s%s", i > 0 ? " " : "", command_table[i].name);
	puts("\" options= words=");
	puts("    case ${COMP_WORDS[1]} in");
	for (i = 0; i < command_count; i++) {
		const struct command *command = &command_table[i];

		printf("    %s) options=\"", command->name);
		for (o = 0; o < OPTION_COUNT; o++)
			if ((command_options(command) >> o & 1u) != 0)
				printf("--%s ", option_table[o].name);
		printf("\" words='%s' ;;\n", kinds[command->kind].bash);
	}
	puts("    esac");
}

static void
complete_bash(void)
{
	unsigned o;

	puts(MARK "_itsmectl() {\n    local cur=${COMP_WORDS[COMP_CWORD]}\n"
		  "    local prev=${COMP_WORDS[COMP_CWORD - 1]}");
	bash_commands();
	puts("    if [ \"$COMP_CWORD\" = 1 ]; then\n"
	     "        COMPREPLY=($(compgen -W \"$commands\" -- \"$cur\"))\n"
	     "        return\n    fi\n    case $prev in");
	for (o = 0; o < OPTION_COUNT; o++)
		if (option_table[o].value[0] != '\0')
			printf("    --%s) COMPREPLY=($(compgen %s -- \"$cur\")); return "
			       ";;\n",
				option_table[o].name,
				kinds[option_table[o].kind].bash[0] != '\0'
					? kinds[option_table[o].kind].bash
					: "-W ''");
	puts("    esac\n    case $cur in\n"
	     "    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$cur\")) ;;\n"
	     "    *) [ -z \"$words\" ] ||\n"
	     "        COMPREPLY=($(eval \"compgen $words -- \\\"\\$cur\\\"\")) ;;\n"
	     "    esac\n}\ncomplete -o filenames -F _itsmectl itsmectl");
}

static void
complete_zsh(void)
{
	size_t i;
	unsigned o;

	puts("#compdef itsmectl\n" MARK "_itsmectl() {\n    local -a described\n"
	     "    local commands\n    described=(");
	for (i = 0; i < command_count; i++)
		printf("        '%s:%s'\n", command_table[i].name, command_table[i].help);
	puts("    )\n    commands=\"${described[@]%%:*}\"\n"
	     "    if ((CURRENT == 2)); then\n"
	     "        _describe command described\n        return\n    fi\n"
	     "    shift words\n    ((CURRENT--))\n    case $words[1] in");
	for (i = 0; i < command_count; i++) {
		const struct command *command = &command_table[i];

		printf("    %s)\n        _arguments", command->name);
		for (o = 0; o < OPTION_COUNT; o++) {
			const struct option_row *option = &option_table[o];

			if ((command_options(command) >> o & 1u) == 0)
				continue;
			printf(" \\\n            '--%s[%s]", option->name, option->help);
			if (option->value[0] != '\0')
				printf(":%s:%s", option->value, kinds[option->kind].zsh);
			putchar('\'');
		}
		if (command->most > 0)
			printf(" \\\n            \"1%s:%s:%s\"",
				command->least == 0 ? ":" : "",
				command->kind == WORD_COMMAND ? "command"
							      : command->words,
				kinds[command->kind].zsh);
		puts("\n        ;;");
	}
	puts("    esac\n}\n_itsmectl \"$@\"");
}

static void
complete_fish(void)
{
	size_t i;
	unsigned o;

	fputs(MARK "function __itsmectl_commands\n    printf '%s\\n'", stdout);
	for (i = 0; i < command_count; i++)
		printf(" %s", command_table[i].name);
	puts("\nend\ncomplete -c itsmectl -f");
	for (i = 0; i < command_count; i++) {
		const struct command *command = &command_table[i];
		const char *seen = "__fish_seen_subcommand_from";

		printf("complete -c itsmectl -n __fish_use_subcommand -a %s -d '%s'\n",
			command->name, command->help);
		if (command->kind != WORD_NONE)
			printf("complete -c itsmectl -n '%s %s' -a '%s'\n", seen,
				command->name, kinds[command->kind].fish);
		for (o = 0; o < OPTION_COUNT; o++) {
			const struct option_row *option = &option_table[o];
			const char *values = kinds[option->kind].fish;

			if ((command_options(command) >> o & 1u) == 0)
				continue;
			printf("complete -c itsmectl -n '%s %s' -l %s -d \"%s\"", seen,
				command->name, option->name, option->help);
			if (option->value[0] != '\0')
				printf(" -r%s%s%s", values[0] != '\0' ? " -a '" : "",
					values, values[0] != '\0' ? "'" : "");
			putchar('\n');
		}
	}
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*write)(void);
	} lists[] = {
		{"keys", list_keys},
		{"arguments", list_arguments},
		{"services", list_services},
		{"commands", list_commands},
		{"bash", complete_bash},
		{"zsh", complete_zsh},
		{"fish", complete_fish},
	};
	size_t i;

	for (i = 0; argc == 2 && i < COUNT(lists); i++)
		if (strcmp(argv[1], lists[i].name) == 0) {
			lists[i].write();
			return fflush(stdout) == 0 && ferror(stdout) == 0 ? 0 : 1;
		}
	fputs("usage: lists keys|arguments|services|commands|bash|zsh|fish\n", stderr);
	return 2;
}
