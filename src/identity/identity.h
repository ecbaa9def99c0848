/*
 * Who is who: the two questions of a login. May this account ask at all (before the
 * network), and is this person the one it belongs to (after the ID Token was verified).
 */
#ifndef IDENTITY_IDENTITY_H
#define IDENTITY_IDENTITY_H

#include <stdbool.h>

#include "base/err.h"
#include "config/config.h"
#include "identity/map.h"

/*
 * Whether `user` may ask, as identity/account.h tables it. Reads the map that `cfg`
 * names, so it runs while the process may still read it. The map is handed out only
 * with ERR_OK and then holds at least one pair; the caller frees it. `diag` has what is
 * wrong with the map, or what an account is called whose name was spelled otherwise.
 */
enum err identity_admits(struct map **ret, const struct config *cfg, const char *user,
	struct diag *diag) MUST_USE;

/*
 * Whether the verified (`issuer`, `sub`) may enter `user`. Nothing that was not verified
 * may be passed in here.
 */
bool identity_matches(const struct map *map, const char *user, const char *issuer,
	const char *sub) MUST_USE;

#endif
