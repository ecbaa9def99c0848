/* Dropping privilege. Every call is checked and the result is looked at again. */
#define _GNU_SOURCE /* setresuid */
#include "base/privilege.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* The account to become; never uid 0. */
static const struct passwd *
find_account(void)
{
	static const char *const names[] = {HELPER_USER, "nobody"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct passwd *pw = getpwnam(names[i]);

		if (pw != NULL && pw->pw_uid != 0 && pw->pw_gid != 0)
			return pw;
	}
	return NULL;
}

/* Real, effective and saved ids are all `uid` and `gid`, and root is out of reach. */
static bool
is_dropped(uid_t uid, gid_t gid)
{
	uid_t r, e, s;
	gid_t rg, eg, sg;

	return getresuid(&r, &e, &s) == 0 && r == uid && e == uid && s == uid &&
	       getresgid(&rg, &eg, &sg) == 0 && rg == gid && eg == gid && sg == gid &&
	       getgroups(0, NULL) == 0 && setuid(0) != 0 && setgid(0) != 0;
}

enum err
privilege_find(struct privilege_account *ret, struct diag *diag)
{
	const struct passwd *pw;

	if (geteuid() != 0) {
		*ret = (struct privilege_account){geteuid(), getegid()};
		return ERR_OK;
	}
	pw = find_account();
	if (pw == NULL)
		return diag_set(diag, ERR_PRIVILEGE,
			"neither the account " HELPER_USER " nor nobody exists; type: "
			"adduser --system " HELPER_USER);
	*ret = (struct privilege_account){pw->pw_uid, pw->pw_gid};
	return ERR_OK;
}

/*
 * What root's rights could come back to. A container may have taken the right to do so;
 * then nothing can be run that would get them, either.
 */
static void
empty_bounding_set(void)
{
	unsigned long cap;

	for (cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		(void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
}

static enum err
become_nobody(const struct privilege_account *account, struct diag *diag)
{
	uid_t uid = account->uid;
	gid_t gid = account->gid;

	empty_bounding_set();
	if (uid == 0 || gid == 0 || setgroups(0, NULL) != 0 ||
		setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
		return diag_set(diag, ERR_PRIVILEGE, "cannot become uid %u: %s",
			(unsigned)uid, strerror(errno));
	if (!is_dropped(uid, gid))
		return diag_set(diag, ERR_PRIVILEGE, "became uid %u, but not for good",
			(unsigned)uid);
	return ERR_OK;
}

enum err
privilege_become(const struct privilege_account *account, struct diag *diag)
{
	const struct rlimit none = {0, 0};
	enum err e = geteuid() == 0 ? become_nobody(account, diag) : ERR_OK;

	if (e != ERR_OK)
		return e;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
		setrlimit(RLIMIT_CORE, &none) != 0)
		return diag_set(diag, ERR_PRIVILEGE, "prctl: %s", strerror(errno));
	return ERR_OK;
}

enum err
privilege_drop(struct diag *diag)
{
	struct privilege_account account;
	enum err e = privilege_find(&account, diag);

	return e != ERR_OK ? e : privilege_become(&account, diag);
}
