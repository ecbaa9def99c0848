/*
 * Reading sudo's arguments as sudo 1.9 does: getopt_long() that stops at the first word
 * which is no option, VAR=value words between the options, "--" as the end.
 */
#include "pam/sudo_target.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS_MAX 10 /* of a uid */

/*
 * 0: there is no such letter. Two are not understood: -h may take the next word or not,
 * and --preserve-env=LIST is cut into words by sudo itself, in the very block that is
 * read here, so that a name in the list could pass for an option.
 */
static const struct option {
	char letter;
	const char *name;
	bool takes; /* a value */
} options[] = {
	{'A', "askpass", false},
	{'B', "bell", false},
	{'C', "close-from", true},
	{'D', "chdir", true},
	{'E', "preserve-env", false},
	{'H', "set-home", false},
	{'K', "remove-timestamp", false},
	{'N', "no-update", false},
	{'P', "preserve-groups", false},
	{'R', "chroot", true},
	{'S', "stdin", false},
	{'T', "command-timeout", true},
	{'U', "other-user", true},
	{'V', "version", false},
	{'a', "auth-type", true},
	{'b', "background", false},
	{'c', "login-class", true},
	{'e', "edit", false},
	{'g', "group", true},
	{0, "help", false},
	{0, "host", true},
	{'i', "login", false},
	{'k', "reset-timestamp", false},
	{'l', "list", false},
	{'n', "non-interactive", false},
	{'p', "prompt", true},
	{'r', "role", true},
	{'s', "shell", false},
	{'t', "type", true},
	{'u', "user", true},
	{'v', "validate", false},
};

#define OPTIONS (sizeof(options) / sizeof(options[0]))

/* The words that are left, and what was found in those before. */
struct words {
	const char *at, *end;
	const char *last; /* the word before `at` */
	const char *user; /* NULL: none was named */
	bool understood;
};

/* The next word; NULL: there is none, or not all of it. */
static const char *
next(struct words *w)
{
	const char *word = w->at;
	const char *stop =
		word < w->end ? memchr(word, '\0', (size_t)(w->end - word)) : NULL;

	if (stop == NULL) {
		w->understood = w->understood && word == w->end;
		w->at = w->end;
		return NULL;
	}
	w->at = stop + 1;
	w->last = word;
	return word;
}

static void
take(struct words *w, const struct option *option, const char *value)
{
	if (option->letter != 'u')
		return;
	w->understood = w->understood && w->user == NULL;
	w->user = value;
}

/* By its whole name, or by a beginning that no other one has. */
static const struct option *
find_long(const char *name, size_t len)
{
	const struct option *found = NULL;
	size_t i, fit = 0;

	for (i = 0; i < OPTIONS; i++) {
		if (strncmp(options[i].name, name, len) != 0)
			continue;
		if (options[i].name[len] == '\0')
			return &options[i];
		found = &options[i];
		fit++;
	}
	return fit == 1 ? found : NULL;
}

static void
read_long(struct words *w, const char *name)
{
	size_t len = strcspn(name, "=");
	const char *value = name[len] == '=' ? name + len + 1 : NULL;
	const struct option *option = find_long(name, len);

	if (option != NULL && option->takes && value == NULL)
		value = next(w);
	if (option == NULL || option->takes != (value != NULL))
		w->understood = false;
	else
		take(w, option, value);
}

static const struct option *
find_letter(char letter)
{
	size_t i;

	for (i = 0; i < OPTIONS; i++)
		if (options[i].letter == letter)
			return &options[i];
	return NULL;
}

/* One letter or several; the first that takes a value has the rest, or the next word. */
static void
read_letters(struct words *w, const char *letters)
{
	const struct option *option;
	const char *value = NULL;

	for (; *letters != '\0' && value == NULL; letters++) {
		option = find_letter(*letters);
		if (option != NULL && option->takes) {
			value = letters[1] != '\0' ? letters + 1 : next(w);
			w->understood = w->understood && value != NULL;
		}
		if (option == NULL || !w->understood) {
			w->understood = false;
			return;
		}
		take(w, option, value);
	}
}

/* A variable for the command. sudo takes "--" for the end wherever it stands. */
static bool
is_variable(const char *word, const char *before)
{
	return strcmp(before, "--") != 0 && word[0] != '/' && word[0] != '=' &&
	       strchr(word, '=') != NULL;
}

/* All that stands before the command. */
static void
read_options(struct words *w)
{
	const char *before = "", *word;

	while (w->understood && (word = next(w)) != NULL) {
		if (strcmp(word, "--") == 0)
			return;
		if (strncmp(word, "--", 2) == 0)
			read_long(w, word + 2);
		else if (word[0] == '-' && word[1] != '\0')
			read_letters(w, word + 1);
		else if (!is_variable(word, before))
			return;
		before = w->last;
	}
}

/* A uid as sudo would take it, and neither root's nor what sudo once took for root's. */
static bool
is_other_number(const char *digits)
{
	size_t len = strlen(digits);
	unsigned long long number;

	if (len == 0 || len > DIGITS_MAX || strspn(digits, "0123456789") != len)
		return false;
	number = strtoull(digits, NULL, 10);
	return number > 0 && number < UINT32_MAX;
}

void
sudo_target(char *dst, size_t size, const char *block, size_t len)
{
	struct words w = {.at = block, .end = block + len, .understood = true};
	const char *user;

	if (next(&w) != NULL) /* argv[0] */
		read_options(&w);
	user = w.understood && w.user != NULL ? w.user : SUDO_TARGET_ROOT;
	if (user[0] == '\0' || strlen(user) >= size ||
		(user[0] == '#' && !is_other_number(user + 1)))
		user = SUDO_TARGET_ROOT;
	snprintf(dst, size, "%s", user);
}
