/* Adding our lines to the text of a PAM service's file, and taking exactly them out. */
#include "cli/pam_edit.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define MARK "# itsmectl pam" /* at the end of each line that is ours */
#define WAS "#itsmectl-pam# " /* before a line that ours stands for */

/* What goes before and after the shared part, and whether that stays. */
static const struct way {
	const char *name;
	const char *before, *after;
	bool keeps;
} ways[PAM_WAY_COUNT] = {
	[PAM_WAY_SOLE] = {"sole",
		"auth [success=done ignore=ignore default=die] pam_itsme.so " MARK "\n"
		"auth requisite pam_deny.so " MARK "\n",
		"", false},
	[PAM_WAY_SECOND] = {"second", "", "auth required pam_itsme.so " MARK "\n", true},
	[PAM_WAY_FALLBACK] = {"fallback",
		"auth [success=done authinfo_unavail=ignore ignore=ignore default=die] "
		"pam_itsme.so " MARK "\n",
		"", true},
};

enum pam_way
pam_way_of(const char *word)
{
	unsigned i;

	for (i = 0; i < PAM_WAY_COUNT; i++)
		if (strcmp(word, ways[i].name) == 0)
			break;
	return (enum pam_way)i;
}

/* The length of the line at `text` with its end. */
static size_t
line_length(const char *text)
{
	size_t len = strcspn(text, "\n");

	return len + (text[len] == '\n');
}

/* Whether the line includes what other services share of auth. */
static bool
is_shared(const char *line)
{
	char first[32] = "", second[32] = "", third[64] = "";

	if (sscanf(line, " %31[^ \t\n] %31[^ \t\n] %63[^ \t\n]", first, second, third) <
		2)
		return false;
	if (strcmp(first, "@include") == 0)
		return strcmp(second, "common-auth") == 0;
	return strcasecmp(first, "auth") == 0 &&
	       (strcmp(second, "include") == 0 || strcmp(second, "substack") == 0) &&
	       (strcmp(third, "system-auth") == 0 || strcmp(third, "password-auth") == 0);
}

enum err
pam_edit_enable(struct buf *out, const char *text, enum pam_way way, struct diag *diag)
{
	const struct way *w = &ways[way];
	unsigned found = 0;
	size_t len;

	if (pam_edit_is_ours(text))
		return diag_set(diag, ERR_FILE_INVALID, "it asks for itsme already");
	for (; *text != '\0'; text += len) {
		len = line_length(text);
		if (!is_shared(text)) {
			buf_add(out, text, len);
			continue;
		}
		found++;
		buf_adds(out, w->before);
		buf_adds(out, w->keeps ? "" : WAS);
		buf_add(out, text, len);
		if (text[len - 1] != '\n')
			buf_adds(out, "\n");
		buf_adds(out, w->after);
	}
	if (found != 1)
		return diag_set(diag, ERR_FILE_INVALID,
			"%s what other services share of auth; edit it by hand, after "
			"the examples in the documentation's pam.d/",
			found == 0 ? "it does not include" : "it includes several times");
	return buf_err(out);
}

enum err
pam_edit_disable(struct buf *out, const char *text)
{
	size_t len, end, mark = strlen(MARK), was = strlen(WAS);

	for (; *text != '\0'; text += len) {
		len = line_length(text);
		end = strcspn(text, "\n");
		if (end >= mark && memcmp(text + end - mark, MARK, mark) == 0)
			continue;
		if (strncmp(text, WAS, was) == 0)
			buf_add(out, text + was, len - was);
		else
			buf_add(out, text, len);
	}
	return buf_err(out);
}

bool
pam_edit_is_ours(const char *text)
{
	return strstr(text, MARK "\n") != NULL || strstr(text, WAS) != NULL;
}
