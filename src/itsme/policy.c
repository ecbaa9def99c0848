/* From the names in a profile's row to what the verifier takes. */
#include "itsme/policy.h"

#include <string.h>

#define NAME_MAX_LEN 32 /* bytes of an algorithm's name */

/* The named algorithms, or all of that kind. A name that does not exist adds nothing. */
static uint32_t
alg_set_of(enum alg_kind kind, const char *names)
{
	uint32_t set = 0;

	if (names == NULL)
		return alg_set_kind(kind);
	for (; *names != '\0'; names += strspn(names, " ")) {
		size_t len = strcspn(names, " ");
		char name[NAME_MAX_LEN] = "";
		enum alg alg;

		if (len < sizeof(name))
			memcpy(name, names, len);
		if (alg_find(&alg, kind, name) == ERR_OK)
			set |= ALG_BIT(alg);
		names += len;
	}
	return set;
}

struct jwt_policy
policy_of(const struct config *config)
{
	const struct profile *profile = profile_of(config);
	enum config_choice encrypted = config->provider.id_token_encrypted;

	return (struct jwt_policy){
		.sig_algs = alg_set_of(ALG_SIGNS, profile->sig_algs),
		.encrypted = profile->encrypts || encrypted == CONFIG_YES ||
			     (encrypted == CONFIG_AUTO &&
				     config->client.decryption_key_count > 0),
		.key_algs = alg_set_of(ALG_WRAPS, profile->key_algs),
		.encs = ENC_BIT(ENC_COUNT) - 1,
	};
}
