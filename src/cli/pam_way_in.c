/* Who could still come in: root, or somebody who may use sudo, at the console. */
#include "cli/pam_way_in.h"

#include <grp.h>
#include <shadow.h>
#include <string.h>

#include "cli/pam_stack.h"

#define CONSOLE "login"

static bool
has_password(const char *user)
{
	const struct spwd *entry = getspnam(user);

	return entry != NULL && entry->sp_pwdp[0] != '\0' &&
	       strchr("!*", entry->sp_pwdp[0]) == NULL;
}

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

/* Whether `service` will ask nobody for itsme once `changed` does. */
static bool
stays_free(const char *service, const char *changed)
{
	static struct pam_stack stack;

	return strcmp(service, changed) != 0 && pam_stack_read(&stack, service) &&
	       !stack.cut && !pam_stack_asks(&stack);
}

enum err
pam_way_in_check(const char *service, struct diag *diag)
{
	if (stays_free(CONSOLE, service) &&
		(has_password("root") ||
			(stays_free("sudo", service) && admin_has_password())))
		return ERR_OK;
	return diag_set(diag, ERR_FILE_INVALID,
		"no way in would be left that itsme is not asked for: leave " CONSOLE
		" as it is, and type: passwd root (see recovery.md; --force goes on)");
}
