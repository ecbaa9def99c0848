/* sshd's settings for one account, and whether its files of keys have one. */
#include "cli/ssh_key.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/clock.h"
#include "base/safefile.h"
#include "cli/sshd_ask.h"

#define SSHD_MS 10000
#define KEYS_MOST 16384 /* bytes; of so much some line is a key, or no one meant one */

/* The settings that are in force for the account, from this machine. */
static bool
ask_about(struct buf *out, const char *user)
{
	char connection[400];

	snprintf(connection, sizeof(connection),
		"user=%s,host=localhost,addr=127.0.0.1,laddr=127.0.0.1,lport=22", user);
	return access(SSHD_PATH, X_OK) == 0 &&
	       sshd_ask(out, connection, clock_ms() + SSHD_MS);
}

static bool
is_set(const char *text, const char *key)
{
	char value[SSHD_ASK_VALUE];

	sshd_ask_value(value, text, key);
	return value[0] != '\0' && strcmp(value, "none") != 0;
}

static bool
is_one_of(const char *text, const char *key, const char *const *words)
{
	char value[SSHD_ASK_VALUE];

	sshd_ask_value(value, text, key);
	for (; *words != NULL; words++)
		if (strcmp(value, *words) == 0)
			return true;
	return false;
}

/* Whether the method alone is enough: no list of methods, or one that is just it. */
static bool
is_enough(const char *text, const char *method)
{
	static const char *const any[] = {"", "any", NULL};
	char value[SSHD_ASK_VALUE], *rest = value, *list;

	if (is_one_of(text, "authenticationmethods", any))
		return true;
	sshd_ask_value(value, text, "authenticationmethods");
	while ((list = strsep(&rest, " ")) != NULL)
		if (strcmp(list, method) == 0)
			return true;
	return false;
}

/* Whether a file of authorized keys has a line that is no comment. */
static bool
has_line(const char *path)
{
	AUTO_FD int file = safefile_open_plain(path);
	char text[KEYS_MOST];
	ssize_t got = file >= 0 ? read(file, text, sizeof(text) - 1) : -1;
	const char *at = text;

	text[got > 0 ? got : 0] = '\0';
	for (at += strspn(at, " \t\r\n"); *at == '#'; at += strspn(at, " \t\r\n"))
		at += strcspn(at, "\n");
	return *at != '\0';
}

/* One of AuthorizedKeysFile's names, with its %h and %u, below the home if relative. */
static bool
has_key_in(const char *name, const struct passwd *account)
{
	AUTO_BUF struct buf path = BUF_INIT(SSHD_ASK_VALUE);
	const char *at;

	if (name[0] != '/' && name[0] != '%')
		buf_addf(&path, "%s/", account->pw_dir);
	for (at = name; *at != '\0'; at++) {
		if (strncmp(at, "%h", 2) == 0 || strncmp(at, "%u", 2) == 0)
			buf_adds(
				&path, *++at == 'h' ? account->pw_dir : account->pw_name);
		else
			buf_add(&path, at, 1);
	}
	return buf_err(&path) == ERR_OK && has_line(buf_str(&path));
}

/* Whether some key is the account's; one that a program or an authority says may be. */
static bool
has_key(const char *text, const struct passwd *account)
{
	char value[SSHD_ASK_VALUE], *rest = value, *name;

	if (is_set(text, "authorizedkeyscommand") || is_set(text, "trustedusercakeys"))
		return true;
	sshd_ask_value(value, text, "authorizedkeysfile");
	while ((name = strsep(&rest, " ")) != NULL)
		if (name[0] != '\0' && strcmp(name, "none") != 0 &&
			has_key_in(name, account))
			return true;
	return false;
}

bool
ssh_key_ask(struct ssh_key *ret, const char *user)
{
	static const char *const yes[] = {"yes", NULL};
	static const char *const by_key[] = {
		"yes", "prohibit-password", "without-password", NULL};
	AUTO_BUF struct buf out = BUF_INIT(SSHD_ASK_MOST);
	const struct passwd *account;
	const char *text;
	bool is_root;

	if (!ask_about(&out, user))
		return false;
	account = getpwnam(user);
	if (account == NULL)
		return false;
	text = buf_str(&out);
	is_root = account->pw_uid == 0;
	ret->opens = sshd_ask_is_yes(text, "pubkeyauthentication") &&
		     is_enough(text, "publickey") && has_key(text, account) &&
		     (!is_root || is_one_of(text, "permitrootlogin", by_key));
	ret->asks_pam = (!is_root || is_one_of(text, "permitrootlogin", yes)) &&
			((sshd_ask_is_yes(text, "kbdinteractiveauthentication") &&
				 is_enough(text, "keyboard-interactive")) ||
				(sshd_ask_is_yes(text, "passwordauthentication") &&
					is_enough(text, "password")));
	return true;
}
