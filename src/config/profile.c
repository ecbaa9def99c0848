/* The table of profiles. A property that one of them has and others lack stands here. */
#include "config/profile.h"

#include <string.h>

static const char *const itsme_levels[] = {ITSME_ACR_BASIC, ITSME_ACR_ADVANCED, NULL};

static const struct profile profiles[] = {
	[CONFIG_PROFILE_ITSME] =
		{
			.app = true,
			.rings = CONFIG_FLOW_PUSH,
			.shows = CONFIG_FLOW_QR,
			.other_flow = "[login] flow: itsme has auto, qr and push only",
			.nobody = "push: the map has no sub= of this issuer for the "
				  "account",
			.services = true,
			.one_proof = true,
			.signs = true,
			.encrypts = true,
			.userinfo_jwt = true,
			.sig_algs = "RS256",
			.key_algs = "RSA-OAEP-256 RSA-OAEP",
			.claims = ITSME_CLAIM,
			.levels = itsme_levels,
		},
	[CONFIG_PROFILE_OIDC] =
		{
			.rings = CONFIG_FLOW_CIBA,
			.shows = CONFIG_FLOW_DEVICE,
			.other_flow = "[login] flow: qr and push need profile = itsme",
			.hints = true,
			.nobody = "ciba: nothing says what the account is called at the "
				  "provider; add login= to its line in the map, or "
				  "login_hint to [provider]",
			.claims = "",
		},
};

const struct profile *
profile_of(const struct config *config)
{
	return &profiles[config->provider.profile];
}

const char *const *
profile_levels(const struct profile *profile, const char *const required[2])
{
	const char *const *level = profile->levels;

	if (required[0] == NULL)
		return NULL;
	if (level == NULL)
		return required;
	while (level[1] != NULL && strcmp(level[0], required[0]) != 0)
		level++;
	return level;
}
