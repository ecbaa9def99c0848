/* Keys that come and stay. A stranger's token can cost at most one fetch a minute. */
#include "jose/keyset.h"

void
keyset_free(struct keyset *set)
{
	jwks_free(&set->keys);
	*set = (struct keyset){0};
}

bool
keyset_may_fetch(struct keyset *set, enum err why, int64_t now_ms)
{
	if (set->keys != NULL && why != ERR_KID_UNKNOWN)
		return false;
	if (set->fetched && now_ms - set->at < KEYSET_COOLDOWN_MS)
		return false;
	set->fetched = true;
	set->at = now_ms;
	return true;
}

enum err
keyset_update(struct keyset *set, const char *text, size_t len, struct diag *diag)
{
	struct jwks *keys = NULL;
	enum err e = jwks_parse(&keys, text, len, diag);

	if (e != ERR_OK)
		return e;
	jwks_free(&set->keys);
	set->keys = keys;
	return ERR_OK;
}
