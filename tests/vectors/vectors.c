/*
 * Runs the collections in $JOSE_VECTORS and prints for each file what was accepted and
 * refused, and what should have been. Where there are none it says so and is skipped.
 */
#include "vectors.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "jose/base64url.h"
#include "jose/crypto.h"
#include "jose/jwk.h"
#include "jose/key_impl.h"

#define SKIP 77

/* file, runner, cases to accept, cases to refuse: from the README of the collections, and
 * of its cases "valid but outside the list" those that the list has now */
static const struct {
	const char *path;
	void (*run)(struct tally *, struct json_object *);
	unsigned accept, refuse;
} files[] = {
	{"wycheproof/json_web_signature_test.json", run_jws, 32, 369},
	{"wycheproof/json_web_encryption_test.json", run_jwe, 29, 110},
	{"wycheproof/json_web_encryption_test.json", run_aeskw, 8, 22},
	{"wycheproof/json_web_key_test.json", run_jws, 1, 25},
	{"wycheproof/json_web_crypto_test.json", run_mixed, 3, 80},
	{"wycheproof/a128cbc_hs256_test.json", run_cbc128, 67, 27},
	{"wycheproof/a256cbc_hs512_test.json", run_cbc256, 67, 27},
	{"wycheproof/aes_gcm_test.json", run_gcm, 79, 54},
	{"wycheproof/rsa_oaep_2048_sha1_mgf1sha1_test.json", run_oaep, 10, 26},
	{"wycheproof/rsa_oaep_2048_sha256_mgf1sha256_test.json", run_oaep_256, 10, 27},
	{"wycheproof/rsa_oaep_2048_sha256_mgf1sha1_test.json", run_oaep_256, 0, 31},
	/* one case is "acceptable" (a missing NULL): refused */
	{"wycheproof/rsa_signature_2048_sha256_test.json", run_rs256, 9, 250},
	{"wycheproof/rsa_pss_2048_sha256_mgf1_32_test.json", run_ps256, 63, 45},
	{"wycheproof/ecdsa_secp256r1_sha256_p1363_test.json", run_es256, 173, 89},
	{"wycheproof/ed25519_test.json", run_eddsa, 88, 63},
	{"wycheproof/ecdh_secp256r1_webcrypto_test.json", run_ecdh, 330, 23},
	{"rfc/rfc7515.json", run_rfc, 3, 6},
	{"rfc/rfc7516.json", run_rfc, 1, 4},
	{"rfc/rfc7517.json", run_rfc, 3, 1},
	{"rfc/rfc7518.json", run_rfc, 3, 1},
	{"rfc/rfc7519.json", run_rfc, 0, 4},
	{"rfc7520-cookbook/jws/4_1.rsa_v15_signature.json", run_cookbook, 1, 2},
	{"rfc7520-cookbook/jws/4_2.rsa-pss_signature.json", run_cookbook, 1, 2},
	{"rfc7520-cookbook/jws/4_3.ecdsa_signature.json", run_cookbook, 0, 3},
	{"rfc7520-cookbook/jws/4_4.hmac-sha2_integrity_protection.json", run_cookbook, 0,
		3},
	{"rfc7520-cookbook/jws/4_5.signature_with_detached_content.json", run_cookbook, 0,
		3},
	{"rfc7520-cookbook/jws/4_6.protecting_specific_header_fields.json", run_cookbook,
		0, 2},
	{"rfc7520-cookbook/jws/4_7.protecting_content_only.json", run_cookbook, 0, 2},
	{"rfc7520-cookbook/jws/4_8.multiple_signatures.json", run_cookbook, 0, 1},
	{"rfc7520-cookbook/jwe/5_1.key_encryption_using_rsa_v15_and_aes-hmac-sha2.json",
		run_cookbook, 0, 3},
	{"rfc7520-cookbook/jwe/5_2.key_encryption_using_rsa-oaep_with_aes-gcm.json",
		run_cookbook, 1, 2},
	{"rfc7520-cookbook/jwe/"
	 "5_3.key_wrap_using_pbes2-aes-keywrap_with-aes-cbc-hmac-sha2.json",
		run_cookbook, 0, 3},
	{"rfc7520-cookbook/jwe/"
	 "5_4.key_agreement_with_key_wrapping_using_ecdh-es_and_aes-keywrap_with_aes-gcm."
	 "json",
		run_cookbook, 1, 2},
	{"rfc7520-cookbook/jwe/"
	 "5_5.key_agreement_using_ecdh-es_with_aes-cbc-hmac-sha2.json",
		run_cookbook, 1, 2},
	{"rfc7520-cookbook/jwe/5_6.direct_encryption_using_aes-gcm.json", run_cookbook, 0,
		3},
	{"rfc7520-cookbook/jwe/"
	 "5_7.key_wrap_using_aes-gcm_keywrap_with_aes-cbc-hmac-sha2.json",
		run_cookbook, 0, 3},
	{"rfc7520-cookbook/jwe/5_8.key_wrap_using_aes-keywrap_with_aes-gcm.json",
		run_cookbook, 0, 3},
	{"rfc7520-cookbook/jwe/5_9.compressed_content.json", run_cookbook, 0, 3},
	{"rfc7520-cookbook/jwe/5_10.including_additional_authentication_data.json",
		run_cookbook, 0, 2},
	{"rfc7520-cookbook/jwe/5_11.protecting_specific_header_fields.json", run_cookbook,
		0, 2},
	{"rfc7520-cookbook/jwe/5_12.protecting_content_only.json", run_cookbook, 0, 2},
	{"rfc7520-cookbook/jwe/5_13.encrypting_to_multiple_recipients.json", run_cookbook,
		0, 1},
	{"rfc7520-cookbook/curve25519/jws.json", run_cookbook, 1, 2},
	{"rfc7520-cookbook/curve25519/ecdh-es.json", run_cookbook, 1, 2},
	{"rfc7520-cookbook/rfc7797/4.2.hmac-sha2_b64_false.json", run_cookbook, 0, 2},
	{"rfc7520-cookbook/rfc7797/hmac-sha2_b64_false.json", run_cookbook, 0, 3},
	{"rfc7520-cookbook/6.nesting_signatures_and_encryption.json", run_nested, 2, 0},
	{"rfc7520-cookbook/jwk/3_1.ec_public_key.json", run_cookbook_key, 0,
		1}, /* P-521 */
	{"rfc7520-cookbook/jwk/3_2.ec_private_key.json", run_cookbook_key, 0, 1},
	{"rfc7520-cookbook/jwk/3_3.rsa_public_key.json", run_cookbook_key, 1, 0},
	{"rfc7520-cookbook/jwk/3_4.rsa_private_key.json", run_cookbook_key, 1, 0},
	{"rfc7520-cookbook/jwk/3_5.symmetric_key_mac_computation.json", run_cookbook_key,
		0, 1},
	{"rfc7520-cookbook/jwk/3_6.symmetric_key_encryption.json", run_cookbook_key, 0,
		1},
	/* Of the 95 texts to accept we refuse two with equal names and two with U+0000;
	   the two texts that are only named (too large) are made here. */
	{"json-parsing/json_test_suite.json", run_json, 91, 192},
	{"oidc/derived_values.json", run_derived, 3, 0},
};

void
vector(struct tally *t, const char *id, bool should_accept, bool did_accept)
{
	if (should_accept != did_accept) {
		printf("  %s %s: %s, but it should be %s\n", t->file, id,
			did_accept ? "accepted" : "refused",
			should_accept ? "accepted" : "refused");
		t->wrong++;
	} else if (did_accept) {
		t->accepted++;
	} else {
		t->refused++;
	}
}

const char *
text_of(struct json_object *obj, const char *name)
{
	struct json_object *value;

	if (!json_object_object_get_ex(obj, name, &value))
		return "";
	return json_object_get_string(value);
}

static int
hex_digit(char c)
{
	const char *digits = "0123456789abcdef";
	const char *at = strchr(digits, c);

	return at != NULL ? (int)(at - digits) : 0;
}

struct secret
hex_of(struct json_object *obj, const char *name)
{
	const char *text = text_of(obj, name);
	struct secret bytes = {0};
	size_t i;

	if (secret_alloc(&bytes, strlen(text) / 2) != ERR_OK)
		abort();
	for (i = 0; i < bytes.len; i++)
		bytes.data[i] = (uint8_t)(hex_digit(text[2 * i]) << 4 |
					  hex_digit(text[2 * i + 1]));
	return bytes;
}

struct secret
base64url_of(struct json_object *obj, const char *name)
{
	const char *text = text_of(obj, name);
	struct secret bytes = {0};

	if (base64url_decode(&bytes, text, strlen(text)) != ERR_OK)
		return (struct secret){0};
	return bytes;
}

bool
is_valid(struct json_object *test)
{
	return strcmp(text_of(test, "result"), "valid") == 0;
}

struct key *
private_key(struct json_object *jwk, enum key_use use)
{
	const char *text = json_object_to_json_string(jwk);
	struct key *key = NULL;

	if (key_load(&key, text, strlen(text), use, NULL) != ERR_OK)
		return NULL;
	return key;
}

struct key *
public_key(struct json_object *jwk, uint32_t algs)
{
	AUTO_MATERIAL struct material m = {0};
	struct key *key = NULL;

	if (jwk_material(&m, jwk, JWK_FOREIGN, NULL) != ERR_OK ||
		key_new(&key, &m, algs, NULL, NULL) != ERR_OK)
		return NULL;
	return key;
}

struct json_object *
published(struct json_object *jwk)
{
	static const char *const private[] = {"d", "p", "q", "dp", "dq", "qi"};
	struct json_object *copy = json_tokener_parse(json_object_to_json_string(jwk));
	size_t i;

	for (i = 0; i < sizeof(private) / sizeof(private[0]); i++)
		json_object_object_del(copy, private[i]);
	return copy;
}

void
each_test(struct tally *t, struct json_object *file,
	void (*each)(
		struct tally *, struct json_object *, struct json_object *, const char *))
{
	struct json_object *groups, *tests, *group, *test;
	size_t i, j;

	if (!json_object_object_get_ex(file, "testGroups", &groups))
		return;
	for (i = 0; i < json_object_array_length(groups); i++) {
		group = json_object_array_get_idx(groups, i);
		json_object_object_get_ex(group, "tests", &tests);
		for (j = 0; j < json_object_array_length(tests); j++) {
			test = json_object_array_get_idx(tests, j);
			each(t, group, test, text_of(test, "tcId"));
		}
	}
}

/* One file; whether its counts are those that the table promises. */
static bool
run_file(size_t i, const char *directory)
{
	struct tally t = {.file = files[i].path};
	struct json_object *file;
	char path[4096];
	bool good;

	snprintf(path, sizeof(path), "%s/%s", directory, files[i].path);
	file = json_object_from_file(path);
	if (file == NULL) {
		printf("  %s: cannot be read\n", path);
		return false;
	}
	files[i].run(&t, file);
	json_object_put(file);
	good = t.wrong == 0 && t.accepted == files[i].accept &&
	       t.refused == files[i].refuse;
	printf("%-4s accepted %3u of %3u  refused %3u of %3u  not applicable %3u  %s\n",
		good ? "ok" : "FAIL", t.accepted, files[i].accept, t.refused,
		files[i].refuse, t.skipped, files[i].path);
	return good;
}

int
main(void)
{
	const char *directory = getenv("JOSE_VECTORS");
	size_t i, passed = 0, count = sizeof(files) / sizeof(files[0]);

	if (directory == NULL || access(directory, R_OK) != 0) {
		printf("no vectors in JOSE_VECTORS=%s: skipped\n",
			directory != NULL ? directory : "");
		return SKIP;
	}
	if (jose_init() != ERR_OK)
		return 1;
	for (i = 0; i < count; i++)
		passed += run_file(i, directory);
	printf("%zu passed, %zu failed\n", passed, count - passed);
	return passed == count ? 0 : 1;
}
