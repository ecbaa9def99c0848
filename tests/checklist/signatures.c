/* N47–N49: signatures that a careless verifier takes. */
#include <string.h>

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "../unit/jose_data.h"
#include "checklist.h"
#include "jose/base64url.h"
#include "jose/digest.h"
#include "jose/key_impl.h"

/* The usual header and claims, ready to be signed; the caller frees. */
static char *
input_for(const char *header)
{
	AUTO_FREE char *first = forge_base64url(header, strlen(header));
	AUTO_FREE char *second = forge_base64url(DATA_CLAIMS, strlen(DATA_CLAIMS));

	return forge_text("%s.%s", first, second);
}

static char *
with_signature(const char *input, const void *sig, size_t len)
{
	AUTO_FREE char *third = forge_base64url(sig, len);

	return forge_text("%s.%s", input, third);
}

/* The issuer's private key on a block as it stands. */
static void
raw_sign(uint8_t sig[256], const uint8_t block[256])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(world.issuer->pkey, NULL);
	size_t len = 256;

	if (EVP_PKEY_sign_init(ctx) != 1 ||
		EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) != 1 ||
		EVP_PKEY_sign(ctx, sig, &len, block, 256) != 1)
		abort();
	EVP_PKEY_CTX_free(ctx);
}

/* DigestInfo prefixes (RFC 8017 section 9.2) and what may be wrong with them. */
static const struct {
	const char *what, *prefix;
	size_t len, padding, garbage; /* bytes of 0xff; bytes behind the hash */
	uint8_t type;
	enum err want;
} blocks[] = {
	{"control",
		"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04"
		"\x20",
		19, 202, 0, 1, ERR_OK},
	{"NULL missing",
		"\x30\x2f\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x04\x20",
		17, 204, 0, 1, ERR_SIGNATURE},
	{"no DigestInfo", "", 0, 221, 0, 1, ERR_SIGNATURE},
	{"SHA-1's name", "\x30\x21\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x20",
		15, 206, 0, 1, ERR_SIGNATURE},
	{"SHA-512's name",
		"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04"
		"\x20",
		19, 202, 0, 1, ERR_SIGNATURE},
	{"length in BER",
		"\x30\x81\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00"
		"\x04"
		"\x20",
		20, 201, 0, 1, ERR_SIGNATURE},
	{"short padding, garbage behind",
		"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04"
		"\x20",
		19, 8, 194, 1, ERR_SIGNATURE},
	{"one byte of garbage",
		"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04"
		"\x20",
		19, 201, 1, 1, ERR_SIGNATURE},
	{"block type 2",
		"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04"
		"\x20",
		19, 202, 0, 2, ERR_SIGNATURE},
	{"block type 0",
		"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04"
		"\x20",
		19, 202, 0, 0, ERR_SIGNATURE},
};

void
N47(struct family *f)
{
	AUTO_FREE char *input = input_for(HEADER);
	uint8_t hash[32], block[256], sig[257] = {0};
	size_t i;

	if (digest_sha256(hash, input, strlen(input)) != ERR_OK)
		abort();
	for (i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		uint8_t *at = block;

		memset(block, 0, sizeof(block));
		*at++ = 0;
		*at++ = blocks[i].type;
		memset(at, 0xff, blocks[i].padding);
		at += blocks[i].padding + 1;
		memcpy(at, blocks[i].prefix, blocks[i].len);
		memcpy(at + blocks[i].len, hash, sizeof(hash));
		if (at + blocks[i].len + sizeof(hash) + blocks[i].garbage !=
			block + sizeof(block))
			abort();
		raw_sign(sig, block);
		plain(f, blocks[i].what, with_signature(input, sig, 256), blocks[i].want);
	}
	raw_sign(sig + 1, block);
	plain(f, "255 bytes", with_signature(input, sig + 1, 255), ERR_SIGNATURE);
	plain(f, "257 bytes, zero before", with_signature(input, sig, 257),
		ERR_SIGNATURE);
	plain(f, "zero", with_signature(input, memset(sig, 0, 256), 256), ERR_SIGNATURE);
	plain(f, "one", with_signature(input, (sig[255] = 1, sig), 256), ERR_SIGNATURE);
	plain(f, "the modulus",
		with_signature(input, world.issuer->public.part[PART_N].data, 256),
		ERR_SIGNATURE);
	plain(f, "1 byte", with_signature(input, "\1", 1), ERR_SIGNATURE);
}

/* PS256 by a key of the issuer that is open to it, with other parameters. */
static char *
pss_token(int salt, const char *mgf)
{
	AUTO_FREE char *input = input_for("{\"alg\":\"PS256\",\"kid\":\"issuer-1\"}");
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(world.issuer->pkey, NULL);
	uint8_t hash[32], sig[256];
	size_t len = sizeof(sig);

	if (digest_sha256(hash, input, strlen(input)) != ERR_OK ||
		EVP_PKEY_sign_init(ctx) != 1 ||
		EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) != 1 ||
		EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) != 1 ||
		EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, mgf, NULL) != 1 ||
		EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, salt) != 1 ||
		EVP_PKEY_sign(ctx, sig, &len, hash, sizeof(hash)) != 1)
		abort();
	EVP_PKEY_CTX_free(ctx);
	return with_signature(input, sig, len);
}

/* Against the issuer's key without its "alg". */
static void
pss_case(struct family *f, const char *what, char *token, enum err want)
{
	AUTO_FREE char *text = NULL;
	AUTO_JWKS struct jwks *set = NULL;
	AUTO_CLAIMS struct claims *claims = NULL;
	const struct jwt_policy policy = {.sig_algs = ALG_BIT(ALG_PS256)};
	struct json_object *root = json_tokener_parse(DATA_ISSUER_JWKS), *keys;

	json_object_object_get_ex(root, "keys", &keys);
	json_object_object_del(json_object_array_get_idx(keys, 0), "alg");
	text = forge_text("%s", json_object_to_json_string(root));
	json_object_put(root);
	if (jwks_parse(&set, text, strlen(text), NULL) != ERR_OK)
		abort();
	expect(f, what, jwt_check(&claims, token, strlen(token), &policy, set, NULL),
		want);
	free(token);
}

void
N48(struct family *f)
{
	pss_case(f, "control: salt 32", pss_token(32, "SHA256"), ERR_OK);
	pss_case(f, "salt 0", pss_token(0, "SHA256"), ERR_SIGNATURE);
	pss_case(f, "salt 20", pss_token(20, "SHA256"), ERR_SIGNATURE);
	pss_case(f, "salt 31", pss_token(31, "SHA256"), ERR_SIGNATURE);
	pss_case(f, "salt 33", pss_token(33, "SHA256"), ERR_SIGNATURE);
	pss_case(f, "salt 222", pss_token(222, "SHA256"), ERR_SIGNATURE);
	pss_case(f, "MGF1 with SHA-1", pss_token(32, "SHA1"), ERR_SIGNATURE);
	pss_case(f, "RS256 under the name of PS256",
		signed_token("{\"alg\":\"PS256\",\"kid\":\"issuer-1\"}", NULL),
		ERR_SIGNATURE);
}

void
N49(struct family *f)
{
	/* the order of P-256, and one more */
	static const uint8_t n[33] =
		"\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff"
		"\xff\xff\xff\xbc\xe6\xfa\xad\xa7\x17\x9e\x84\xf3\xb9"
		"\xca\xc2\xfc\x63\x25\x51";
	AUTO_FREE char *token = forge_text("%s", DATA_ES256);
	char *input = token, *third = strrchr(token, '.');
	AUTO_SECRET struct secret good = {0};
	uint8_t sig[4096], other[32];
	size_t i;

	*third++ = '\0';
	if (base64url_decode(&good, third, strlen(third)) != ERR_OK || good.len != 64)
		abort();
	plain(f, "control", with_signature(input, good.data, 64), ERR_OK);
	for (i = 0; i < 2; i++) {
		memcpy(sig, good.data, 64);
		memset(sig + 32 * i, 0, 32);
		plain(f, "0", with_signature(input, sig, 64), ERR_SIGNATURE);
		memcpy(sig + 32 * i, n, 32);
		plain(f, "n", with_signature(input, sig, 64), ERR_SIGNATURE);
		memcpy(other, n, 32);
		other[31]++;
		memcpy(sig + 32 * i, other, 32);
		plain(f, "n + 1", with_signature(input, sig, 64), ERR_SIGNATURE);
		memset(sig + 32 * i, 0xff, 32);
		plain(f, "2^256 - 1", with_signature(input, sig, 64), ERR_SIGNATURE);
	}
	memset(sig, 0, sizeof(sig));
	plain(f, "both 0", with_signature(input, sig, 64), ERR_SIGNATURE);
	memcpy(sig, good.data, 64);
	plain(f, "63 bytes", with_signature(input, sig, 63), ERR_SIGNATURE);
	plain(f, "65 bytes", with_signature(input, sig, 65), ERR_SIGNATURE);
	plain(f, "4,096 bytes", with_signature(input, sig, sizeof(sig)), ERR_SIGNATURE);
	memcpy(sig, "\x30\x44\x02\x20", 4);
	memcpy(sig + 4, good.data, 32);
	memcpy(sig + 36, "\x02\x20", 2);
	memcpy(sig + 38, good.data + 32, 32);
	plain(f, "DER", with_signature(input, sig, 70), ERR_SIGNATURE);
	memcpy(sig, good.data + 32, 32);
	memcpy(sig + 32, good.data, 32);
	plain(f, "r and s swapped", with_signature(input, sig, 64), ERR_SIGNATURE);
}
