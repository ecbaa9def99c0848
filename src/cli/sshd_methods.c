/* Taking AuthenticationMethods apart (sshd_config(5)). */
#include "cli/sshd_methods.h"

#include <stdio.h>
#include <string.h>

#include "cli/sshd_ask.h"

#define ASKING "keyboard-interactive"

static const char *const keys[][2] = {{"publickey", "pubkeyauthentication"},
	{"password", "passwordauthentication"}, {ASKING, "kbdinteractiveauthentication"},
	{"hostbased", "hostbasedauthentication"},
	{"gssapi-with-mic", "gssapiauthentication"},
	{"gssapi-keyex", "gssapikeyexchange"}};

const char *
sshd_methods_key(const char *method)
{
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(method, keys[i][0]) == 0)
			return keys[i][1];
	return "";
}

/* Whether sshd has it and would take it. */
static bool
is_enabled(const char *method, const char *text)
{
	char value[SSHD_ASK_VALUE];
	const char *key = sshd_methods_key(method);

	sshd_ask_value(value, text, key);
	/* what sshd says nothing of is left to sshd, which has read the list */
	return value[0] == '\0' || strcmp(value, "no") != 0;
}

static void
take_method(struct sshd_list *list, char *method, const char *text)
{
	char *sub = strchr(method, ':');
	enum sshd_broken broken = SSHD_BROKEN_NO;

	if (sub != NULL)
		*sub++ = '\0';
	if (!is_enabled(method, text))
		broken = SSHD_BROKEN_DISABLED;
	else if (sub != NULL && (strcmp(method, ASKING) != 0 || strcmp(sub, "pam") != 0))
		broken = SSHD_BROKEN_SUBMETHOD;
	if (broken != SSHD_BROKEN_NO && list->broken == SSHD_BROKEN_NO) {
		list->broken = broken;
		snprintf(list->culprit, sizeof(list->culprit), "%s%s%s", method,
			broken == SSHD_BROKEN_SUBMETHOD ? ":" : "",
			broken == SSHD_BROKEN_SUBMETHOD ? sub : "");
	}
	if (strcmp(method, ASKING) == 0)
		list->asks = true;
	else if (!list->asks)
		list->verifies_first = true;
	if (strcmp(method, "password") == 0)
		list->password = true;
}

static void
read_list(struct sshd_list *list, const char *text)
{
	char words[SSHD_METHODS_LIST], *rest = words, *method;

	strcpy(words, list->text);
	while ((method = strsep(&rest, ",")) != NULL)
		if (method[0] != '\0')
			take_method(list, method, text);
}

void
sshd_methods_read(struct sshd_methods *ret, const char *text)
{
	char value[SSHD_ASK_VALUE], *rest = value, *word;

	memset(ret, 0, sizeof(*ret));
	sshd_ask_value(value, text, "authenticationmethods");
	if (strcmp(value, "any") == 0)
		return;
	while ((word = strsep(&rest, " \t")) != NULL) {
		struct sshd_list *list = &ret->lists[ret->count];

		if (word[0] == '\0' || ret->count == SSHD_METHODS_LISTS)
			continue;
		snprintf(list->text, sizeof(list->text), "%s", word);
		read_list(list, text);
		ret->count++;
		ret->alive += list->broken == SSHD_BROKEN_NO;
		ret->asking += list->broken == SSHD_BROKEN_NO && list->asks;
	}
}

bool
sshd_methods_goes_around(const struct sshd_list *list)
{
	return list->broken == SSHD_BROKEN_NO && !list->asks && !list->password;
}
