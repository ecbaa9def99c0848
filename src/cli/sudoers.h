/*
 * Whether sudo lets somebody become root, by the lines that nearly every sudoers has:
 * "NAME HOSTS=(WHOM) [NOPASSWD:] ALL". Aliases and conditions are not followed.
 */
#ifndef CLI_SUDOERS_H
#define CLI_SUDOERS_H

enum sudoers { SUDOERS_NO, SUDOERS_BY_PASSWORD, SUDOERS_WITHOUT_PASSWORD };

enum sudoers sudoers_find(const char *user);

/* The same of a text; `is_member` says whether the user is in a group. */
enum sudoers sudoers_find_in(const char *text, const char *user,
	int (*is_member)(const char *user, const char *group));

#endif
