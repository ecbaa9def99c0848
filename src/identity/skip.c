/* The table of skip.h, row by row. */
#include "identity/skip.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>

#include "base/clean.h"
#include "config/address.h"
#include "identity/account.h"

#define GROUPS_MAX 65536 /* the kernel's own limit */
#define NAME_MAX_BYTES 33 /* as the configuration takes them, with the NUL */
#define ENTRY_MAX (1u << 20) /* bytes of one group's entry */

/* The gid of a group's name or number. ERR_UNKNOWN_USER: there is no such group. */
static enum err
find_group(gid_t *ret, const char *name)
{
	size_t size;

	if (name[strspn(name, "0123456789")] == '\0' && strlen(name) < 10) {
		*ret = (gid_t)strtoul(name, NULL, 10);
		return ERR_OK;
	}
	for (size = 4096; size <= ENTRY_MAX; size *= 2) {
		AUTO_FREE char *room = malloc(size);
		struct group entry, *found = NULL;
		int rc;

		if (room == NULL)
			return ERR_NOMEM;
		do
			rc = getgrnam_r(name, &entry, room, size, &found);
		while (rc == EINTR);
		if (rc == ERANGE)
			continue;
		if (rc != 0 && rc != ENOENT && rc != ESRCH)
			return ERR_SYSTEM;
		if (found == NULL)
			return ERR_UNKNOWN_USER;
		*ret = found->gr_gid;
		return ERR_OK;
	}
	return ERR_SYSTEM;
}

/* All groups of the account; the caller frees. */
static enum err
read_groups(gid_t **ret, int *ret_count, const char *user, gid_t gid)
{
	int size = 64, count;

	for (; size <= GROUPS_MAX; size *= 4) {
		AUTO_FREE gid_t *groups = calloc((size_t)size, sizeof(*groups));

		if (groups == NULL)
			return ERR_NOMEM;
		count = size;
		if (getgrouplist(user, gid, groups, &count) < 0)
			continue;
		*ret_count = count;
		*ret = MOVE(groups);
		return ERR_OK;
	}
	return ERR_SYSTEM;
}

/* Whether the account is in one of the groups; a group that is nowhere has no member. */
static enum err
is_member(bool *ret, const char *list, const gid_t *groups, int count)
{
	char name[NAME_MAX_BYTES];
	size_t len;
	gid_t gid = 0;
	int i;

	*ret = false;
	for (list += strspn(list, " \t"); *list != '\0';
		list += len, list += strspn(list, " \t")) {
		enum err e;

		len = strcspn(list, " \t");
		if (len >= sizeof(name))
			return ERR_INTERNAL;
		memcpy(name, list, len);
		name[len] = '\0';
		e = find_group(&gid, name);
		if (e == ERR_UNKNOWN_USER)
			continue;
		if (e != ERR_OK)
			return e;
		for (i = 0; i < count; i++)
			*ret |= groups[i] == gid;
	}
	return ERR_OK;
}

static enum err
check_groups(const struct config *cfg, const char *user, const struct account *account,
	struct diag *diag)
{
	bool ordinary = account->uid != 0 && account->uid >= cfg->identity.minimum_uid;
	AUTO_FREE gid_t *groups = NULL;
	bool skipped = false, wanted = true;
	int count = 0;
	enum err e = read_groups(&groups, &count, user, account->gid);

	if (e == ERR_OK)
		e = is_member(&skipped, cfg->login.skip_groups, groups, count);
	if (e == ERR_OK && cfg->login.only_groups[0] != '\0')
		e = is_member(&wanted, cfg->login.only_groups, groups, count);
	if (e != ERR_OK)
		return e;
	if (skipped)
		return diag_set(diag, ERR_SKIPPED_GROUP,
			"passed over: a member of one of skip_groups");
	if (!wanted && ordinary)
		return diag_set(
			diag, ERR_SKIPPED_GROUP, "passed over: in none of only_groups");
	return ERR_OK;
}

enum err
skip_check(
	const struct config *cfg, const char *user, const char *rhost, struct diag *diag)
{
	struct account account;
	enum err e;

	if (cfg->login.skip_groups[0] == '\0' && cfg->login.only_groups[0] == '\0' &&
		cfg->login.skip_from[0] == '\0')
		return ERR_OK;
	e = account_find(&account, user);
	if (e == ERR_UNKNOWN_USER || (e == ERR_OK && !account.same_name))
		return ERR_OK; /* the map refuses it */
	if (e == ERR_OK && address_list_has(cfg->login.skip_from, rhost))
		return diag_set(diag, ERR_SKIPPED_FROM,
			"passed over: the address is in skip_from");
	return e != ERR_OK ? e : check_groups(cfg, user, &account, diag);
}
