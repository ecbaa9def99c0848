/* Units of encryption: tokens made elsewhere open, and ours open again. */
#include "unit.h"

#include <string.h>

#include "forge.h"
#include "jose/jwe.h"
#include "jose_data.h"

static enum err
open_token(struct secret *ret, const char *token, const struct key *key)
{
	AUTO_JWE struct jwe jwe = {0};
	struct diag diag = {0};
	enum err e = jwe_read(&jwe, token, strlen(token), &diag);

	if (e == ERR_OK)
		e = jwe_decrypt(ret, &jwe, key, 0xffffffff, 0xffffffff, &diag);
	return e;
}

static void
test_jwe_decrypt_every_pair_made_elsewhere(void **state)
{
	struct forge *f = *state;
	const struct {
		const char *token;
		const struct key *key;
	} cases[] = {
		{DATA_OAEP_A128CBC_HS256, f->enc},
		{DATA_OAEP_A256CBC_HS512, f->enc},
		{DATA_OAEP_A128GCM, f->enc},
		{DATA_OAEP_A256GCM, f->enc},
		{DATA_OAEP_256_A128CBC_HS256, f->enc},
		{DATA_OAEP_256_A256CBC_HS512, f->enc},
		{DATA_OAEP_256_A128GCM, f->enc},
		{DATA_OAEP_256_A256GCM, f->enc},
		{DATA_ECDH_A128CBC_HS256, f->ec},
		{DATA_ECDH_A256CBC_HS512, f->ec},
		{DATA_ECDH_A128GCM, f->ec},
		{DATA_ECDH_A256GCM, f->ec},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_SECRET struct secret plain = {0};

		assert_int_equal(
			open_token(&plain, cases[i].token, cases[i].key), ERR_OK);
		assert_string_equal((char *)plain.data, DATA_RS256);
	}
}

/* Every pair, empty to long: what goes in comes out, and never twice the same token. */
static void
test_jwe_encrypt_opens_again(void **state)
{
	static const size_t lengths[] = {0, 1, 15, 16, 17, 1200, 30000};
	struct forge *f = *state;
	uint8_t *plain = malloc(30000);
	enum alg alg;
	enum enc enc;
	size_t i;

	memset(plain, 0xa5, 30000);
	for (alg = 0; alg < ALG_COUNT; alg++) {
		const struct key *key = alg == ALG_ECDH_ES ? f->ec : f->enc;

		if (!(alg_set_kind(ALG_WRAPS) & ALG_BIT(alg)))
			continue;
		for (enc = 0; enc < ENC_COUNT; enc++)
			for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
				AUTO_BUF struct buf one = BUF_INIT(TOKEN_SIZE_MAX);
				AUTO_BUF struct buf two = BUF_INIT(TOKEN_SIZE_MAX);
				AUTO_SECRET struct secret out = {0};

				assert_int_equal(jwe_encrypt(&one, key, alg, enc, "JWT",
							 plain, lengths[i]),
					ERR_OK);
				assert_int_equal(jwe_encrypt(&two, key, alg, enc, "JWT",
							 plain, lengths[i]),
					ERR_OK);
				assert_string_not_equal(buf_str(&one), buf_str(&two));
				assert_int_equal(
					open_token(&out, buf_str(&one), key), ERR_OK);
				assert_int_equal(out.len, lengths[i]);
				assert_memory_equal(out.data, plain, lengths[i]);
			}
	}
	free(plain);
}

static void
test_jwe_encrypt_refuses(void **state)
{
	struct forge *f = *state;
	AUTO_BUF struct buf out = BUF_INIT(TOKEN_SIZE_MAX), small = BUF_INIT(300);

	assert_int_equal(
		jwe_encrypt(&out, f->issuer, ALG_RSA_OAEP, ENC_A128GCM, NULL, "", 0),
		ERR_KEY_USE);
	assert_int_equal(jwe_encrypt(&out, f->enc, ALG_ECDH_ES, ENC_A128GCM, NULL, "", 0),
		ERR_ALG_REFUSED);
	assert_int_equal(
		jwe_encrypt(&out, f->issuer, ALG_RS256, ENC_A128GCM, NULL, "", 0),
		ERR_ALG_REFUSED);
	assert_int_equal(
		jwe_encrypt(&small, f->enc, ALG_RSA_OAEP, ENC_A128GCM, NULL, "", 0),
		ERR_TOKEN_SIZE);
}

/* Algorithm and encryption must be in the policy, whatever the key could do. */
static void
test_jwe_decrypt_obeys_policy(void **state)
{
	static const struct {
		uint32_t algs, encs;
		enum err expected;
	} cases[] = {
		{ALG_BIT(ALG_RSA_OAEP), ENC_BIT(ENC_A128GCM), ERR_OK},
		{ALG_BIT(ALG_RSA_OAEP_256), ENC_BIT(ENC_A128GCM), ERR_ALG_REFUSED},
		{ALG_BIT(ALG_RSA_OAEP), ENC_BIT(ENC_A256GCM), ERR_ENC_REFUSED},
		{0, ENC_BIT(ENC_A128GCM), ERR_ALG_REFUSED},
		{ALG_BIT(ALG_RSA_OAEP), 0, ERR_ENC_REFUSED},
	};
	struct forge *f = *state;
	AUTO_JWE struct jwe jwe = {0};
	size_t i;

	assert_int_equal(
		jwe_read(&jwe, DATA_OAEP_A128GCM, strlen(DATA_OAEP_A128GCM), NULL),
		ERR_OK);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_SECRET struct secret out = {0};
		struct diag diag = {0};

		assert_int_equal(jwe_decrypt(&out, &jwe, f->enc, cases[i].algs,
					 cases[i].encs, &diag),
			cases[i].expected);
		assert_int_equal(out.data != NULL, cases[i].expected == ERR_OK);
	}
}

/* Lengths are public, and one byte more or less is another encryption's. */
static void
test_enc_fits_exactly(void **state)
{
	static const struct {
		size_t iv, tag;
		bool in_blocks;
	} lengths[ENC_COUNT] = {
		[ENC_A128CBC_HS256] = {16, 16, true},
		[ENC_A256CBC_HS512] = {16, 32, true},
		[ENC_A128GCM] = {12, 16, false},
		[ENC_A256GCM] = {12, 16, false},
	};
	static const size_t texts[] = {0, 15, 16, 17, 31, 32};
	uint8_t some[64] = {0};
	enum enc enc;
	size_t i;

	(void)state;
	for (enc = 0; enc < ENC_COUNT; enc++) {
		size_t iv = lengths[enc].iv, tag = lengths[enc].tag;
		struct sealed in = {.iv = {some, iv}, .tag = {some, tag}};

		for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
			in.text = (struct span){some, texts[i]};
			assert_int_equal(enc_fits(enc, &in),
				!lengths[enc].in_blocks ||
					(texts[i] > 0 && texts[i] % 16 == 0));
		}
		for (i = 0; i < sizeof(some); i++) {
			in.iv.len = i;
			assert_int_equal(enc_fits(enc, &in), i == iv);
			in.iv.len = iv;
			in.tag.len = i;
			assert_int_equal(enc_fits(enc, &in), i == tag);
			in.tag.len = tag;
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_jwe_decrypt_every_pair_made_elsewhere),
		cmocka_unit_test(test_jwe_encrypt_opens_again),
		cmocka_unit_test(test_jwe_encrypt_refuses),
		cmocka_unit_test(test_jwe_decrypt_obeys_policy),
		cmocka_unit_test(test_enc_fits_exactly),
	};

	return cmocka_run_group_tests(tests, forge_setup, forge_teardown);
}
