/* Reading sudoers, as far as its simple lines go. */
#include "cli/sudoers.h"

#include <dirent.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clean.h"
#include "base/safefile.h"

#define FILE_PATH "/etc/sudoers"
#define FILE_MAX 65536
#define DIRECTORY "/etc/sudoers.d"
#define LINE_MOST 1024
#define GROUPS_MAX 256

/* Whether the first word of a line means that user: NAME, %GROUP or ALL. */
static bool
means(const char *word, const char *user,
	int (*is_member)(const char *user, const char *group))
{
	if (word[0] == '%')
		return is_member(user, word + 1) != 0;
	return strcmp(word, user) == 0 || strcmp(word, "ALL") == 0;
}

/* Whether what is given may run as root: "(ALL : ALL)", or no "(...)" at all. */
static bool
runs_as_root(const char *given)
{
	const char *at = strchr(given, '(');
	size_t len;

	if (at == NULL)
		return true;
	for (at++; *at != '\0' && *at != ')' && *at != ':'; at += len) {
		at += strspn(at, " \t,");
		len = strcspn(at, " \t,:)");
		if ((len == 3 && strncmp(at, "ALL", len) == 0) ||
			(len == 4 && strncmp(at, "root", len) == 0))
			return true;
	}
	return false;
}

/* What a line without its end gives the user. */
static enum sudoers
judge(char *line, const char *user, int (*is_member)(const char *user, const char *group))
{
	char *rest = line, *word;
	char *given;
	size_t len;

	line[strcspn(line, "#")] = '\0';
	given = strchr(line, '=');
	rest += strspn(rest, " \t");
	word = strsep(&rest, " \t");
	if (given == NULL || rest == NULL || !means(word, user, is_member))
		return SUDOERS_NO;
	len = strlen(rest);
	while (len > 0 && (rest[len - 1] == ' ' || rest[len - 1] == '\t'))
		rest[--len] = '\0';
	if (len < 4 || strcmp(rest + len - 3, "ALL") != 0 || rest[len - 4] == '!')
		return SUDOERS_NO; /* single commands, or all but those */
	if (!runs_as_root(given))
		return SUDOERS_NO;
	return strstr(rest, "NOPASSWD:") != NULL ? SUDOERS_WITHOUT_PASSWORD
						 : SUDOERS_BY_PASSWORD;
}

enum sudoers
sudoers_find_in(const char *text, const char *user,
	int (*is_member)(const char *user, const char *group))
{
	enum sudoers found = SUDOERS_NO;

	while (*text != '\0') {
		size_t len = strcspn(text, "\n");
		char line[LINE_MOST];
		enum sudoers now;

		snprintf(line, sizeof(line), "%.*s", (int)len, text);
		now = strncmp(line, "Defaults", 8) == 0 ? SUDOERS_NO
							: judge(line, user, is_member);
		if (now != SUDOERS_NO)
			found = now; /* as in sudo: the last one counts */
		text += len + (text[len] == '\n');
	}
	return found;
}

static int
is_in_group(const char *user, const char *group)
{
	const struct passwd *account = getpwnam(user);
	const struct group *wanted;
	gid_t groups[GROUPS_MAX];
	int count = GROUPS_MAX, i;

	if (account == NULL || getgrouplist(user, account->pw_gid, groups, &count) < 0)
		return 0;
	wanted = getgrnam(group);
	for (i = 0; wanted != NULL && i < count; i++)
		if (groups[i] == wanted->gr_gid)
			return 1;
	return 0;
}

static void
look_into(const char *path, const char *user, enum sudoers *found)
{
	AUTO_BUF struct buf text = BUF_INIT(FILE_MAX);
	AUTO_FD int file = safefile_open_plain(path);
	char chunk[4096];
	enum sudoers now;
	ssize_t got;

	while (buf_err(&text) == ERR_OK && file >= 0 &&
		(got = read(file, chunk, sizeof(chunk))) > 0)
		buf_add(&text, chunk, (size_t)got);
	now = sudoers_find_in(buf_str(&text), user, is_in_group);
	if (now != SUDOERS_NO)
		*found = now;
}

/* sudo passes over names with a dot or a tilde. */
static int
is_read(const struct dirent *entry)
{
	return strpbrk(entry->d_name, ".~") == NULL;
}

enum sudoers
sudoers_find(const char *user)
{
	enum sudoers found = SUDOERS_NO;
	struct dirent **entries = NULL;
	char path[512];
	int i, count = scandir(DIRECTORY, &entries, is_read, alphasort);

	look_into(FILE_PATH, user, &found);
	for (i = 0; i < count; i++) {
		snprintf(path, sizeof(path), DIRECTORY "/%s", entries[i]->d_name);
		look_into(path, user, &found);
		free(entries[i]);
	}
	free(entries);
	return found;
}
