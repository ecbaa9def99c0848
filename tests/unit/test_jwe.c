/* Units of encryption: tokens made elsewhere open, and ours open again. */
#include "unit.h"

#include <string.h>

#include "forge.h"
#include "jose/aeskw.h"
#include "jose/alg_row.h"
#include "jose/jwe.h"
#include "jose_data.h"
#include "jose_more.h"

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

/* The same for each curve and each way to use what was agreed on. */
static void
test_jwe_decrypt_every_agreement_made_elsewhere(void **state)
{
#define METHODS(name) \
	name##_A128CBC_HS256, name##_A256CBC_HS512, name##_A128GCM, name##_A256GCM
#define WAYS(curve)                                                \
	METHODS(curve##_ECDH_ES), METHODS(curve##_ECDH_ES_A128KW), \
		METHODS(curve##_ECDH_ES_A256KW)
	static const char *const tokens[OWN_COUNT][12] = {
		[OWN_P256] = {WAYS(DATA_P256)},
		[OWN_P384] = {WAYS(DATA_P384)},
		[OWN_X25519] = {WAYS(DATA_X25519)},
	};
	struct forge *f = *state;
	size_t i, j, k;

	for (i = 0; i < OWN_COUNT; i++)
		for (j = 0; j < 12; j++)
			for (k = 0; k < OWN_COUNT; k++) {
				AUTO_SECRET struct secret plain = {0};
				enum err e = open_token(&plain, tokens[i][j], f->own[k]);

				/* on another curve there is nothing to agree on */
				if (e != (i == k ? ERR_OK : ERR_HEADER_REFUSED))
					fail_msg("token %zu of key %zu, key %zu: %s", j,
						i, k, err_word(e));
				if (i == k)
					assert_string_equal(
						(char *)plain.data, DATA_ES384);
			}
}

/* Every pair, empty to long: what goes in comes out, and never twice the same token. */
static void
opens_again(const struct key *key, enum alg alg, enum enc enc, const uint8_t *plain,
	size_t len)
{
	AUTO_BUF struct buf one = BUF_INIT(TOKEN_SIZE_MAX);
	AUTO_BUF struct buf two = BUF_INIT(TOKEN_SIZE_MAX);
	AUTO_SECRET struct secret out = {0};

	assert_int_equal(jwe_encrypt(&one, key, alg, enc, "JWT", plain, len), ERR_OK);
	assert_int_equal(jwe_encrypt(&two, key, alg, enc, "JWT", plain, len), ERR_OK);
	assert_string_not_equal(buf_str(&one), buf_str(&two));
	assert_int_equal(open_token(&out, buf_str(&one), key), ERR_OK);
	assert_int_equal(out.len, len);
	assert_memory_equal(out.data, plain, len);
}

static void
test_jwe_encrypt_opens_again(void **state)
{
	static const size_t lengths[] = {0, 1, 15, 16, 17, 1200, 30000};
	struct forge *f = *state;
	const struct key *const keys[] = {
		f->enc, f->own[OWN_P256], f->own[OWN_P384], f->own[OWN_X25519]};
	uint8_t *plain = malloc(30000);
	enum alg alg;
	enum enc enc;
	size_t i, k, pairs = 0;

	memset(plain, 0xa5, 30000);
	for (k = 0; k < sizeof(keys) / sizeof(keys[0]); k++)
		for (alg = 0; alg < ALG_COUNT; alg++) {
			if (!(key_algs(keys[k]) & ALG_BIT(alg)))
				continue;
			pairs++;
			for (enc = 0; enc < ENC_COUNT; enc++)
				for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
					opens_again(keys[k], alg, enc, plain, lengths[i]);
		}
	assert_int_equal(pairs, 2 + 3 * 3);
	free(plain);
}

/* RFC 3394 sections 4.1, 4.4 and 4.6: both ways, and nothing else in its place. */
static void
test_aeskw_known_answers(void **state)
{
	static const struct {
		size_t kek_len, len;
		const char *wrapped;
	} cases[] = {
		{16, 16,
			"\x1f\xa6\x8b\x0a\x81\x12\xb4\x47\xae\xf3\x4b\xd8\xfb\x5a\x7b\x82"
			"\x9d\x3e\x86\x23\x71\xd2\xcf\xe5"},
		{32, 16,
			"\x64\xe8\xc3\xf9\xce\x0f\x5b\xa2\x63\xe9\x77\x79\x05\x81\x8a\x2a"
			"\x93\xc8\x19\x1e\x7d\x6e\x8a\xe7"},
		{32, 32,
			"\x28\xc9\xf4\x04\xc4\xb8\x10\xf4\xcb\xcc\xb3\x5c\xfb\x87\xf8\x26"
			"\x3f\x57\x86\xe2\xd8\x0e\xd3\x26\xcb\xc7\xf0\xe7\x1a\x99\xf4\x3b"
			"\xfb\x98\x8b\x9b\x7a\x02\xdd\x21"},
	};
	static const uint8_t key[] =
		"\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc"
		"\xdd\xee\xff\x00\x01\x02\x03\x04\x05\x06\x07\x08"
		"\x09\x0a\x0b\x0c\x0d\x0e\x0f";
	uint8_t kek[32], out[CEK_MAX + AESKW_MORE], ek[CEK_MAX + AESKW_MORE],
		kept[CEK_MAX];
	size_t i, j, ek_len;

	(void)state;
	memset(kept, 0xa5, sizeof(kept));
	for (i = 0; i < sizeof(kek); i++)
		kek[i] = (uint8_t)i;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ek_len = cases[i].len + AESKW_MORE;
		memcpy(ek, cases[i].wrapped, ek_len);
		assert_int_equal(
			aeskw_wrap(out, key, cases[i].len, kek, cases[i].kek_len),
			ERR_OK);
		assert_memory_equal(out, ek, ek_len);
		assert_int_equal(aeskw_unwrap(out, cases[i].len, kek, cases[i].kek_len,
					 ek, ek_len),
			ERR_OK);
		assert_memory_equal(out, key, cases[i].len);
		/* one bit anywhere, one block less or more: what was there stays */
		for (j = 0; j < 8 * ek_len; j++) {
			memcpy(out, kept, sizeof(kept));
			ek[j / 8] ^= (uint8_t)(1 << j % 8);
			assert_int_equal(aeskw_unwrap(out, cases[i].len, kek,
						 cases[i].kek_len, ek, ek_len),
				ERR_OK);
			assert_memory_equal(out, kept, sizeof(kept));
			ek[j / 8] ^= (uint8_t)(1 << j % 8);
		}
		for (j = 0; j <= sizeof(ek); j++) {
			if (j == ek_len)
				continue;
			assert_int_equal(aeskw_unwrap(out, cases[i].len, kek,
						 cases[i].kek_len, ek, j),
				ERR_OK);
			assert_memory_equal(out, kept, sizeof(kept));
		}
	}
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
		cmocka_unit_test(test_jwe_decrypt_every_agreement_made_elsewhere),
		cmocka_unit_test(test_jwe_encrypt_opens_again),
		cmocka_unit_test(test_aeskw_known_answers),
		cmocka_unit_test(test_jwe_encrypt_refuses),
		cmocka_unit_test(test_jwe_decrypt_obeys_policy),
		cmocka_unit_test(test_enc_fits_exactly),
	};

	return cmocka_run_group_tests(tests, forge_setup, forge_teardown);
}
