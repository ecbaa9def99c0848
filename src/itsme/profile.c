/* itsme®'s own constants. */
#include "itsme/profile.h"

#include <string.h>

const struct jwt_policy itsme_jwt_policy = {
	.sig_algs = ALG_BIT(ALG_RS256),
	.encrypted = true,
	.key_algs = ALG_BIT(ALG_RSA_OAEP_256) | ALG_BIT(ALG_RSA_OAEP),
	.encs = ENC_BIT(ENC_A128CBC_HS256) | ENC_BIT(ENC_A256CBC_HS512) |
		ENC_BIT(ENC_A128GCM) | ENC_BIT(ENC_A256GCM),
};

const char *const *
itsme_acr_levels(const char *required)
{
	static const char *const basic[] = {ITSME_ACR_BASIC, ITSME_ACR_ADVANCED, NULL};
	static const char *const advanced[] = {ITSME_ACR_ADVANCED, NULL};

	if (required == NULL)
		return NULL;
	return strcmp(required, ITSME_ACR_BASIC) == 0 ? basic : advanced;
}

struct jwt_policy
profile_jwt_policy(const struct config *config)
{
	enum config_choice encrypted = config->provider.id_token_encrypted;

	if (config->provider.profile == CONFIG_PROFILE_ITSME)
		return itsme_jwt_policy;
	return (struct jwt_policy){
		.sig_algs = alg_set_kind(ALG_SIGNS),
		.encrypted = encrypted == CONFIG_YES ||
			     (encrypted == CONFIG_AUTO &&
				     config->client.decryption_key_count > 0),
		.key_algs = alg_set_kind(ALG_WRAPS),
		.encs = ENC_BIT(ENC_COUNT) - 1,
	};
}
