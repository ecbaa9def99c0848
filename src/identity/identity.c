/* The two questions of a login, put to the map and the account database. */
#include "identity/identity.h"

#include "identity/account.h"

enum err
identity_admits(
	struct map **ret, const struct config *cfg, const char *user, struct diag *diag)
{
	AUTO_MAP struct map *map = NULL;
	enum err e;

	e = map_load(&map, cfg->identity.map, user, cfg->provider.issuer, diag);
	if (e == ERR_OK)
		e = account_check(user, map->count > 0, cfg->identity.minimum_uid,
			cfg->identity.unmapped, diag);
	if (e == ERR_OK)
		*ret = MOVE(map);
	return e;
}

bool
identity_matches(
	const struct map *map, const char *user, const char *issuer, const char *sub)
{
	return map != NULL && map_match(map, user, issuer, sub);
}
