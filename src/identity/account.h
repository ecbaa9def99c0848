/*
 * Whether a local account may ask for itsme at all. Decided before any network use,
 * from the account database and the map alone:
 *
 *   account                          mapped  not mapped, deny  not mapped, ignore
 *   unknown to the system            UNKNOWN UNKNOWN           UNKNOWN
 *   uid 0                            may     ROOT              IGNORED
 *   below minimum_uid                may     SYSTEM            IGNORED
 *   anybody else                     may     UNMAPPED          IGNORED
 *   known under another spelling     may     as with deny      as with deny
 *
 * "ignore" leaves an account without an identity to the rest of the stack, whoever it is:
 * root must not be locked out because itsme knows no root. A name that the database takes
 * for another (it may fold case) is not ignored: else "ALICE" would be ignored where
 * "alice" is asked.
 */
#ifndef IDENTITY_ACCOUNT_H
#define IDENTITY_ACCOUNT_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "config/config.h"

/*
 * ERR_OK, or ERR_UNKNOWN_USER, ERR_ROOT_USER, ERR_SYSTEM_USER, ERR_UNMAPPED_USER,
 * ERR_UNMAPPED_IGNORED by the table. ERR_SYSTEM: the database could not be asked. A
 * refusal of another spelling says in `diag` what the account is called.
 */
enum err account_check(const char *user, bool is_mapped, unsigned minimum_uid,
	enum config_unmapped unmapped, struct diag *diag) MUST_USE;

#define ACCOUNT_NAME_MAX 64 /* bytes of a name in a sentence, with its end */

/* What the account database says of a name. */
struct account {
	uid_t uid;
	gid_t gid; /* of the primary group */
	bool same_name; /* it spells the name as it was asked */
	char name[ACCOUNT_NAME_MAX]; /* as it spells it, made fit for the log */
};

/* ERR_UNKNOWN_USER; ERR_SYSTEM: the database could not be asked. */
enum err account_find(struct account *ret, const char *user) MUST_USE;
enum err account_find_uid(struct account *ret, uid_t uid) MUST_USE;

/*
 * Whether there is an account of exactly this name: ERR_UNKNOWN_USER with what to do in
 * `diag`, also where the database spells it otherwise, since a login would not find it.
 */
enum err account_exists(const char *user, struct diag *diag) MUST_USE;

#endif
