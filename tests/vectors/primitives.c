/* Single operations below the tokens: content encryption, key encryption, signatures. */
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>

#include "jose/aeskw.h"
#include "jose/alg_row.h"
#include "jose/base64url.h"
#include "jose/der.h"
#include "jose/ecdh.h"
#include "jose/enc.h"
#include "jose/header.h"
#include "jose/key_impl.h"
#include "vectors.h"

/* --- content encryption ------------------------------------------------------------ */

/* Opens the vector, and seals it again: the same bytes must come out. */
static bool
aead(enum enc enc, struct json_object *test)
{
	AUTO_SECRET struct secret key = hex_of(test, "key"), iv = hex_of(test, "iv");
	AUTO_SECRET struct secret aad = hex_of(test, "aad"), msg = hex_of(test, "msg");
	AUTO_SECRET struct secret ct = hex_of(test, "ct"), tag = hex_of(test, "tag");
	AUTO_SECRET struct secret plain = {0}, again = {0};
	struct sealed in = {{aad.data, aad.len}, {iv.data, iv.len}, {ct.data, ct.len},
		{tag.data, tag.len}};
	struct span from = {msg.data, msg.len};
	uint8_t made[ENC_TAG_MAX];

	if (enc_open(&plain, enc, key.data, &in) != ERR_OK)
		return false;
	return plain.len == msg.len && memcmp(plain.data, msg.data, msg.len) == 0 &&
	       enc_seal(&again, made, enc, key.data, &in, &from) == ERR_OK &&
	       again.len == ct.len && memcmp(again.data, ct.data, ct.len) == 0 &&
	       memcmp(made, tag.data, tag.len) == 0;
}

static void
cbc128_test(struct tally *t, struct json_object *group, struct json_object *test,
	const char *id)
{
	(void)group;
	vector(t, id, is_valid(test), aead(ENC_A128CBC_HS256, test));
}

static void
cbc256_test(struct tally *t, struct json_object *group, struct json_object *test,
	const char *id)
{
	(void)group;
	vector(t, id, is_valid(test), aead(ENC_A256CBC_HS512, test));
}

/* Only the sizes that JOSE has apply. */
static void
gcm_test(struct tally *t, struct json_object *group, struct json_object *test,
	const char *id)
{
	const char *key = text_of(group, "keySize");

	if (strcmp(text_of(group, "ivSize"), "96") != 0 ||
		strcmp(text_of(group, "tagSize"), "128") != 0 ||
		(strcmp(key, "128") != 0 && strcmp(key, "256") != 0)) {
		t->skipped++;
		return;
	}
	vector(t, id, is_valid(test),
		aead(strcmp(key, "128") == 0 ? ENC_A128GCM : ENC_A256GCM, test));
}

void
run_cbc128(struct tally *t, struct json_object *file)
{
	each_test(t, file, cbc128_test);
}

void
run_cbc256(struct tally *t, struct json_object *file)
{
	each_test(t, file, cbc256_test);
}

void
run_gcm(struct tally *t, struct json_object *file)
{
	each_test(t, file, gcm_test);
}

/* --- RSA-OAEP ---------------------------------------------------------------------- */

/*
 * The context that a key works with decrypts exactly what it should; and rsa_unwrap(),
 * which never says whether it did, puts the message there or leaves what was there.
 */
static bool
unwrap(const struct key *key, enum alg alg, const struct secret *ct,
	const struct secret *msg, struct tally *t, const char *id)
{
	EVP_PKEY_CTX *ctx = key_ready(key, alg, EVP_PKEY_decrypt_init);
	struct header head = {.alg = alg};
	uint8_t plain[1024] = {0}, cek[1024], before[1024];
	size_t len = sizeof(plain), cek_len = msg->len > 0 ? msg->len : 16;
	bool raw, out;

	memset(before, 0xa5, sizeof(before));
	memcpy(cek, before, sizeof(cek));
	raw = EVP_PKEY_decrypt(ctx, plain, &len, ct->data, ct->len) == 1 &&
	      ct->len == key->public.part[PART_N].len && len == msg->len &&
	      memcmp(plain, msg->data, len) == 0;
	ERR_clear_error();
	if (alg_row(alg)->unwrap(cek, cek_len, key, &head, ct->data, ct->len, NULL) !=
		ERR_OK)
		return false;
	/* an empty message is no content key */
	out = msg->len > 0 && memcmp(cek, msg->data, cek_len) == 0;
	if (out != (raw && msg->len > 0) ||
		(!out && memcmp(cek, before, sizeof(cek)) != 0)) {
		printf("  %s %s: unwrap disagrees\n", t->file, id);
		t->wrong++;
	}
	return raw;
}

static void
oaep(struct tally *t, struct json_object *group, struct json_object *test, const char *id,
	enum alg alg)
{
	AUTO_SECRET struct secret der = hex_of(group, "privateKeyPkcs8");
	AUTO_SECRET struct secret ct = hex_of(test, "ct"), msg = hex_of(test, "msg");
	AUTO_MATERIAL struct material m = {0};
	AUTO_KEY struct key *key = NULL;
	bool same_mgf = strcmp(text_of(group, "sha"), text_of(group, "mgfSha")) == 0;

	if (der_pkcs8(&m, der.data, der.len) != ERR_OK ||
		key_new(&key, &m, ALG_BIT(alg), NULL, NULL) != ERR_OK) {
		t->wrong++;
		return;
	}
	/* JOSE has no label, and one hash for both */
	vector(t, id, is_valid(test) && text_of(test, "label")[0] == '\0' && same_mgf,
		unwrap(key, alg, &ct, &msg, t, id));
}

static void
oaep_test(struct tally *t, struct json_object *group, struct json_object *test,
	const char *id)
{
	oaep(t, group, test, id, ALG_RSA_OAEP);
}

static void
oaep_256_test(struct tally *t, struct json_object *group, struct json_object *test,
	const char *id)
{
	oaep(t, group, test, id, ALG_RSA_OAEP_256);
}

void
run_oaep(struct tally *t, struct json_object *file)
{
	each_test(t, file, oaep_test);
}

void
run_oaep_256(struct tally *t, struct json_object *file)
{
	each_test(t, file, oaep_256_test);
}

/* --- AES key wrap ------------------------------------------------------------------ */

/* One segment of a token, counted from 0; empty where it is not canonical. */
static struct secret
segment_of(const char *token, size_t n)
{
	struct secret bytes = {0};

	for (; n > 0 && token != NULL; n--) {
		token = strchr(token, '.');
		token += token != NULL;
	}
	if (token != NULL &&
		base64url_decode(&bytes, token, strcspn(token, ".")) != ERR_OK)
		return (struct secret){0};
	return bytes;
}

/*
 * A token under a key that only wraps. We take none, but what they wrap with is half of
 * ECDH-ES+A…KW: unwrapped it must open the token, and wrapped again be the same bytes.
 */
static bool
opens(const char *token, enum enc enc, const struct secret *kek)
{
	AUTO_SECRET struct secret ek = segment_of(token, 1), iv = segment_of(token, 2);
	AUTO_SECRET struct secret text = segment_of(token, 3), tag = segment_of(token, 4);
	AUTO_SECRET struct secret plain = {0};
	struct sealed in = {{(const uint8_t *)token, strcspn(token, ".")},
		{iv.data, iv.len}, {text.data, text.len}, {tag.data, tag.len}};
	size_t len = enc_key_len(enc);
	uint8_t cek[CEK_MAX] = {0}, again[CEK_MAX + AESKW_MORE];

	return aeskw_unwrap(cek, len, kek->data, kek->len, ek.data, ek.len) == ERR_OK &&
	       enc_open(&plain, enc, cek, &in) == ERR_OK &&
	       aeskw_wrap(again, cek, len, kek->data, kek->len) == ERR_OK &&
	       ek.len == len + AESKW_MORE && memcmp(again, ek.data, ek.len) == 0;
}

static void
aeskw_case(struct tally *t, const char *id, struct json_object *jwk, const char *token,
	bool good)
{
	AUTO_SECRET struct secret kek = base64url_of(jwk, "k"),
				  head = segment_of(token, 0);
	struct json_object *header =
		head.len > 0 ? json_tokener_parse((char *)head.data) : NULL;
	const char *alg = text_of(header, "alg");
	enum enc enc;

	if ((strcmp(alg, "A128KW") != 0 && strcmp(alg, "A256KW") != 0) ||
		strcmp(alg, text_of(jwk, "alg")) != 0 ||
		enc_find(&enc, text_of(header, "enc")) != ERR_OK)
		t->skipped++;
	else
		vector(t, id, good, opens(token, enc, &kek));
	json_object_put(header);
}

static void
aeskw_test(struct tally *t, struct json_object *group, struct json_object *test,
	const char *id)
{
	struct json_object *jwk;

	json_object_object_get_ex(group, "private", &jwk);
	aeskw_case(t, id, jwk, text_of(test, "jwe"), is_valid(test));
}

void
run_aeskw(struct tally *t, struct json_object *file)
{
	each_test(t, file, aeskw_test);
}

/* --- signatures -------------------------------------------------------------------- */

/* The group's key: its JWK, or for a point without one the last 64 bytes of the DER. */
static struct key *
group_key(struct json_object *group, enum alg alg)
{
	AUTO_SECRET struct secret der = {0};
	AUTO_MATERIAL struct material m = {.kty = KTY_P256};
	struct json_object *jwk;
	struct key *key = NULL;

	if (json_object_object_get_ex(group, "publicKeyJwk", &jwk) ||
		json_object_object_get_ex(group, "keyJwk", &jwk))
		return public_key(jwk, ALG_BIT(alg));
	der = hex_of(group, "publicKeyDer");
	if (der.len < 64 || secret_alloc(&m.part[PART_X], 32) != ERR_OK ||
		secret_alloc(&m.part[PART_Y], 32) != ERR_OK)
		return NULL;
	memcpy(m.part[PART_X].data, der.data + der.len - 64, 32);
	memcpy(m.part[PART_Y].data, der.data + der.len - 32, 32);
	if (key_new(&key, &m, ALG_BIT(alg), NULL, NULL) != ERR_OK)
		return NULL;
	return key;
}

static void
signature(struct tally *t, struct json_object *group, struct json_object *test,
	const char *id, enum alg alg)
{
	AUTO_SECRET struct secret msg = hex_of(test, "msg"), sig = hex_of(test, "sig");
	AUTO_KEY struct key *key = group_key(group, alg);

	vector(t, id, is_valid(test),
		key != NULL && alg_row(alg)->verify(key, alg, msg.data, msg.len, sig.data,
				       sig.len) == ERR_OK);
}

#define SIGNATURE_RUNNER(name, alg)                                         \
	static void name##_test(struct tally *t, struct json_object *group, \
		struct json_object *test, const char *id)                   \
	{                                                                   \
		signature(t, group, test, id, alg);                         \
	}                                                                   \
	void run_##name(struct tally *t, struct json_object *file)          \
	{                                                                   \
		each_test(t, file, name##_test);                            \
	}
SIGNATURE_RUNNER(rs256, ALG_RS256)
SIGNATURE_RUNNER(ps256, ALG_PS256)
SIGNATURE_RUNNER(es256, ALG_ES256)
SIGNATURE_RUNNER(eddsa, ALG_EDDSA)

/* --- ECDH -------------------------------------------------------------------------- */

/* The peer's key arrives as "epk"; what we derive must come from the right secret. */
static bool
agree(struct json_object *private, struct json_object *public,
	const struct secret *shared)
{
	static const struct secret nobody;
	struct header head = {.alg = ALG_ECDH_ES, .enc = ENC_A256GCM};
	AUTO_KEY struct key *key = private_key(private, KEY_ENC);
	uint8_t cek[32], expected[32];
	bool good;

	head.json = json_object_new_object();
	json_object_object_add(head.json, "epk", json_object_get(public));
	good = key != NULL &&
	       ecdh_unwrap(cek, sizeof(cek), key, &head, NULL, 0, NULL) == ERR_OK &&
	       ecdh_concat_kdf(expected, sizeof(expected), shared, enc_name(head.enc),
		       &nobody, &nobody) == ERR_OK &&
	       memcmp(cek, expected, sizeof(cek)) == 0;
	json_object_put(head.json);
	return good;
}

static void
ecdh_test(struct tally *t, struct json_object *group, struct json_object *test,
	const char *id)
{
	AUTO_SECRET struct secret shared = hex_of(test, "shared");
	struct json_object *private, *public;

	(void)group;
	json_object_object_get_ex(test, "private", &private);
	json_object_object_get_ex(test, "public", &public);
	vector(t, id, is_valid(test), agree(private, public, &shared));
}

void
run_ecdh(struct tally *t, struct json_object *file)
{
	each_test(t, file, ecdh_test);
}
