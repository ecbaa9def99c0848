/* Which local accounts may ask: the table of account.h, row by row. */
#include "identity/account.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "base/clean.h"
#include "base/text.h"

#define ENTRY_MAX (1u << 20) /* bytes of one account's entry */

/* One question to the account database: by name, or by uid where the name is NULL. */
static int
look_up(const char *name, uid_t uid, struct passwd *entry, char *room, size_t size,
	struct passwd **ret)
{
	int rc;

	do
		rc = name != NULL ? getpwnam_r(name, entry, room, size, ret)
				  : getpwuid_r(uid, entry, room, size, ret);
	while (rc == EINTR);
	return rc;
}

static enum err
find(struct account *ret, const char *name, uid_t uid)
{
	size_t size;

	for (size = 4096; size <= ENTRY_MAX; size *= 2) {
		AUTO_FREE char *room = malloc(size);
		struct passwd entry, *found = NULL;
		int rc;

		if (room == NULL)
			return ERR_NOMEM;
		rc = look_up(name, uid, &entry, room, size, &found);
		if (rc == ERANGE)
			continue;
		if (rc != 0 && rc != ENOENT && rc != ESRCH)
			return ERR_SYSTEM;
		if (found == NULL)
			return ERR_UNKNOWN_USER;
		*ret = (struct account){
			.uid = found->pw_uid,
			.gid = found->pw_gid,
			.same_name = name == NULL || strcmp(found->pw_name, name) == 0,
		};
		text_log(ret->name, sizeof(ret->name), found->pw_name);
		return ERR_OK;
	}
	return ERR_SYSTEM;
}

enum err
account_find(struct account *ret, const char *user)
{
	return find(ret, user, (uid_t)-1);
}

enum err
account_find_uid(struct account *ret, uid_t uid)
{
	return find(ret, NULL, uid);
}

/* Refuses a name that is another spelling of an account's, and says which. */
static enum err
refuse_spelling(const struct account *account, enum err e, struct diag *diag)
{
	return diag_set(diag, e, "the account is called %s", account->name);
}

enum err
account_exists(const char *user, struct diag *diag)
{
	struct account account;
	enum err e = account_find(&account, user);

	if (e == ERR_UNKNOWN_USER)
		return diag_set(diag, e, "there is no account %.60s; type: adduser %.60s",
			user, user);
	if (e != ERR_OK || account.same_name)
		return e;
	return refuse_spelling(&account, ERR_UNKNOWN_USER, diag);
}

enum err
account_check(const char *user, bool is_mapped, unsigned minimum_uid,
	enum config_unmapped unmapped, struct diag *diag)
{
	struct account account = {0};
	enum err e = account_find(&account, user);

	if (e != ERR_OK || is_mapped)
		return e;
	if (unmapped == CONFIG_UNMAPPED_IGNORE && account.same_name)
		return ERR_UNMAPPED_IGNORED;
	if (account.uid == 0)
		e = ERR_ROOT_USER;
	else if (account.uid < minimum_uid)
		e = ERR_SYSTEM_USER;
	else
		e = ERR_UNMAPPED_USER;
	return account.same_name ? e : refuse_spelling(&account, e, diag);
}
