/* What is accepted of which provider: the policy of tokens, and the levels of itsme®. */
#include "unit.h"

#include "itsme/policy.h"

#define ALL_ENCS (ENC_BIT(ENC_COUNT) - 1)

static void
test_policy_of_itsme_is_its_jose_profile(void **state)
{
	const struct config config = {.provider.profile = CONFIG_PROFILE_ITSME,
		.provider.id_token_encrypted = CONFIG_NO};
	const struct jwt_policy policy = policy_of(&config);

	(void)state;
	assert_int_equal(policy.sig_algs, ALG_BIT(ALG_RS256));
	assert_true(policy.encrypted);
	assert_int_equal(
		policy.key_algs, ALG_BIT(ALG_RSA_OAEP_256) | ALG_BIT(ALG_RSA_OAEP));
	assert_int_equal(policy.encs, ALL_ENCS);
}

static void
test_policy_of_others_table(void **state)
{
	static const struct {
		enum config_choice encrypted;
		size_t keys;
		bool wants;
	} cases[] = {
		{CONFIG_AUTO, 0, false},
		{CONFIG_AUTO, 1, true},
		{CONFIG_AUTO, 2, true},
		{CONFIG_YES, 0, true},
		{CONFIG_YES, 1, true},
		{CONFIG_NO, 0, false},
		{CONFIG_NO, 1, false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct config config = {
			.provider.profile = CONFIG_PROFILE_OIDC,
			.provider.id_token_encrypted = cases[i].encrypted,
			.client.decryption_key_count = cases[i].keys,
		};
		const struct jwt_policy policy = policy_of(&config);

		if (policy.encrypted != cases[i].wants)
			fail_msg("case %zu", i);
		/* all there are: the metadata then leaves what the provider has */
		assert_int_equal(policy.sig_algs, alg_set_kind(ALG_SIGNS));
		assert_int_equal(policy.key_algs, alg_set_kind(ALG_WRAPS));
		assert_int_equal(policy.encs, ALL_ENCS);
	}
}

/* What is used with a provider that names nothing: as it was before there was more. */
static void
test_default_algorithms(void **state)
{
	(void)state;
	assert_int_equal(alg_set_default(),
		ALG_BIT(ALG_RS256) | ALG_BIT(ALG_PS256) | ALG_BIT(ALG_ES256) |
			ALG_BIT(ALG_EDDSA) | ALG_BIT(ALG_RSA_OAEP_256) |
			ALG_BIT(ALG_RSA_OAEP) | ALG_BIT(ALG_ECDH_ES));
}

static void
test_acr_levels_advanced_satisfies_basic(void **state)
{
	const struct config config = {.provider.profile = CONFIG_PROFILE_ITSME};
	const struct profile *itsme = profile_of(&config);
	const char *const none[2] = {NULL}, *const basic[2] = {ITSME_ACR_BASIC},
			  *const advanced[2] = {ITSME_ACR_ADVANCED},
			  *const other[2] = {"urn:x"};
	const char *const *levels;

	(void)state;
	assert_null(profile_levels(itsme, none));
	levels = profile_levels(itsme, basic);
	assert_string_equal(levels[0], ITSME_ACR_BASIC);
	assert_string_equal(levels[1], ITSME_ACR_ADVANCED);
	assert_null(levels[2]);
	levels = profile_levels(itsme, advanced);
	assert_string_equal(levels[0], ITSME_ACR_ADVANCED);
	assert_null(levels[1]);
	levels = profile_levels(itsme, other);
	assert_string_equal(levels[0], ITSME_ACR_ADVANCED);
	assert_null(levels[1]);
}

/* Others' words have no order: only the very one that is required will do. */
static void
test_acr_levels_of_others_are_the_required_one(void **state)
{
	const struct config config = {.provider.profile = CONFIG_PROFILE_OIDC};
	const struct profile *oidc = profile_of(&config);
	const char *const none[2] = {NULL}, *const some[2] = {ITSME_ACR_BASIC};

	(void)state;
	assert_null(profile_levels(oidc, none));
	assert_ptr_equal(profile_levels(oidc, some), some);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policy_of_itsme_is_its_jose_profile),
		cmocka_unit_test(test_policy_of_others_table),
		cmocka_unit_test(test_default_algorithms),
		cmocka_unit_test(test_acr_levels_advanced_satisfies_basic),
		cmocka_unit_test(test_acr_levels_of_others_are_the_required_one),
	};

	return cmocka_run_group_tests_name("profile", tests, NULL, NULL);
}
