/* Who could still come in: root, or somebody who may use su or sudo. */
#define _GNU_SOURCE /* fgetpwent */
#include "cli/pam_way_in.h"

#include <grp.h>
#include <pwd.h>
#include <shadow.h>
#include <stdio.h>
#include <string.h>

#include "cli/ssh_key.h"
#include "cli/sudoers.h"
#include "identity/map.h"

#define PEOPLE_MAX 64 /* accounts that are looked at */

/* --- doors ------------------------------------------------------------------------- */

static const struct {
	const char *service;
	enum pam_door door;
} services[] = {
	{"login", PAM_DOOR_CONSOLE},
	{"sshd", PAM_DOOR_SSH},
	{"gdm-password", PAM_DOOR_WINDOW},
	{"greetd", PAM_DOOR_WINDOW},
	{"lightdm", PAM_DOOR_WINDOW},
	{"lxdm", PAM_DOOR_WINDOW},
	{"sddm", PAM_DOOR_WINDOW},
	{"slim", PAM_DOOR_WINDOW},
	{"xdm", PAM_DOOR_WINDOW},
	{"su", PAM_DOOR_SU},
	{"sudo", PAM_DOOR_SUDO},
};

void
pam_way_in_add(struct pam_way_in *w, const char *service, const struct pam_stack *stack,
	bool ignores)
{
	const struct pam_person refused = {PAM_ANSWER_NO, true};
	const struct pam_person unmapped = {
		ignores ? PAM_ANSWER_IGNORED : PAM_ANSWER_NO, true};
	size_t i;

	for (i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
		enum pam_door door = services[i].door;

		if (strcmp(service, services[i].service) != 0 || stack->cut)
			continue;
		w->opens[door] = w->opens[door] || pam_stack_admits(stack, refused);
		w->opens_unmapped[door] =
			w->opens_unmapped[door] || pam_stack_admits(stack, unmapped);
	}
}

static bool
has_password(const char *user)
{
	const struct spwd *entry = getspnam(user);

	return entry != NULL && entry->sp_pwdp[0] != '\0' &&
	       strchr("!*", entry->sp_pwdp[0]) == NULL;
}

/* --- before a change ---------------------------------------------------------------- */

/* Whether somebody who may use sudo has a password. */
static bool
admin_has_password(void)
{
	static const char *const groups[] = {"sudo", "wheel", "admin"};
	size_t i, k;

	for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		const struct group *group = getgrnam(groups[i]);

		for (k = 0; group != NULL && group->gr_mem[k] != NULL; k++)
			if (has_password(group->gr_mem[k]))
				return true;
	}
	return false;
}

enum err
pam_way_in_check(const char *service, struct diag *diag)
{
	static const char *const needed[] = {"login", "sudo"};
	static struct pam_stack stack;
	struct pam_way_in w = {0};
	size_t i;

	for (i = 0; i < 2; i++)
		if (strcmp(needed[i], service) != 0 && pam_stack_read(&stack, needed[i]))
			pam_way_in_add(&w, needed[i], &stack, false);
	if (w.opens[PAM_DOOR_CONSOLE] &&
		(has_password("root") ||
			(w.opens[PAM_DOOR_SUDO] && admin_has_password())))
		return ERR_OK;
	return diag_set(diag, ERR_FILE_INVALID,
		"no way in would be left that itsme is not asked for: leave login "
		"as it is, and type: passwd root (see recovery.md; --force goes on)");
}

/* --- to root ------------------------------------------------------------------------ */

/* Whether the account has an identity; where the map cannot be read, it may have one. */
static bool
is_mapped(const struct config *config, const char *user)
{
	struct map *map = NULL;
	struct diag diag = {0};
	bool mapped = map_load(&map, config->identity.map, user, config->provider.issuer,
			      &diag) != ERR_OK ||
		      map->count > 0;

	map_free(&map);
	return mapped;
}

/* Whether that account's password opens the door. */
static bool
opens_by_password(const struct pam_way_in *w, const struct config *config,
	enum pam_door door, const char *user)
{
	return has_password(user) &&
	       (w->opens[door] || (w->opens_unmapped[door] && !is_mapped(config, user)));
}

/* How root itself comes in; NULL: not at all. */
static const char *
root_comes_in(const struct pam_way_in *w, const struct config *config)
{
	struct ssh_key ssh = {0};

	if (opens_by_password(w, config, PAM_DOOR_CONSOLE, "root"))
		return "by root's password at the console";
	if (!ssh_key_ask(&ssh, "root"))
		return NULL;
	if (ssh.opens)
		return "by root's key over ssh";
	return ssh.asks_pam && opens_by_password(w, config, PAM_DOOR_SSH, "root")
		       ? "by root's password over ssh"
		       : NULL;
}

/* How somebody comes in that is not root; NULL: not at all. */
static const char *
comes_in(const struct pam_way_in *w, const struct config *config, const char *user)
{
	struct ssh_key ssh = {0};

	if (opens_by_password(w, config, PAM_DOOR_CONSOLE, user) ||
		opens_by_password(w, config, PAM_DOOR_WINDOW, user))
		return "password";
	if (!ssh_key_ask(&ssh, user))
		return NULL;
	if (ssh.opens)
		return "key over ssh";
	return ssh.asks_pam && opens_by_password(w, config, PAM_DOOR_SSH, user)
		       ? "password over ssh"
		       : NULL;
}

/* How somebody who is in becomes root; NULL: not at all. */
static const char *
becomes_root(const struct pam_way_in *w, const struct config *config, const char *user)
{
	enum sudoers sudoers = sudoers_find(user);

	if (sudoers == SUDOERS_WITHOUT_PASSWORD)
		return "sudo, which asks for nothing";
	if (sudoers == SUDOERS_BY_PASSWORD &&
		opens_by_password(w, config, PAM_DOOR_SUDO, user))
		return "sudo";
	return opens_by_password(w, config, PAM_DOOR_SU, "root")
		       ? "su, with root's password"
		       : NULL;
}

static bool
has_shell(const struct passwd *account)
{
	const char *shell = account->pw_shell;

	return strstr(shell, "nologin") == NULL && strstr(shell, "/false") == NULL;
}

bool
pam_way_in_to_root(
	const struct pam_way_in *w, const struct config *config, char *how, size_t size)
{
	const char *in = root_comes_in(w, config), *then = NULL;
	FILE *file = in == NULL ? fopen("/etc/passwd", "re") : NULL;
	const struct passwd *account;
	unsigned looked_at = 0;

	if (in != NULL)
		snprintf(how, size, "%s", in);
	while (file != NULL && (in == NULL || then == NULL) && looked_at < PEOPLE_MAX &&
		(account = fgetpwent(file)) != NULL) {
		char user[257];

		if (account->pw_uid == 0 || !has_shell(account))
			continue;
		looked_at++;
		snprintf(user, sizeof(user), "%s", account->pw_name);
		then = becomes_root(w, config, user);
		in = then != NULL ? comes_in(w, config, user) : NULL;
		if (in != NULL)
			snprintf(how, size, "by %.64s's %s, and %s", user, in, then);
	}
	if (file != NULL)
		fclose(file);
	return in != NULL;
}
