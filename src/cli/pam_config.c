/* From a rule's arguments to a configuration. */
#include "cli/pam_config.h"

#include <stdlib.h>
#include <string.h>

#include "base/clean.h"

/* The next argument off `*rest`; NULL at the end. */
static char *
next_argument(char **rest)
{
	char *word;

	do
		word = *rest != NULL ? strsep(rest, " \t") : NULL;
	while (word != NULL && word[0] == '\0');
	return word;
}

/* The last of them counts. */
static const char *
find_path(char *arguments, const char *usual)
{
	const char *path = usual, *word;

	while ((word = next_argument(&arguments)) != NULL)
		if (config_argument_path(word) != NULL)
			path = config_argument_path(word);
	return path;
}

enum err
pam_config_load(struct config **ret, bool *ret_elsewhere, const struct pam_rule *rule,
	const char *service, const char *usual, struct diag *diag)
{
	AUTO_FREE char *names = strdup(rule->arguments);
	AUTO_FREE char *words = strdup(rule->arguments);
	const char *path, *word;
	char *rest = words;
	enum err e;

	*ret_elsewhere = false;
	if (names == NULL || words == NULL)
		return ERR_NOMEM;
	path = find_path(names, usual);
	e = config_load(ret, path, diag);
	if (e != ERR_OK)
		return e;
	*ret_elsewhere = strcmp(path, usual) != 0;
	e = config_apply_service(*ret, service, diag);
	while (e == ERR_OK && (word = next_argument(&rest)) != NULL)
		e = config_apply_argument(*ret, word, diag);
	return e;
}
