/* N36–N46: what may be wrong with an encrypted token, and with what is inside it. */
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "../unit/jose_data.h"
#include "checklist.h"
#include "jose/key_impl.h"
#include "jose/random.h"

#define HEADER_OF(enc)                                                                 \
	"{\"alg\":\"RSA-OAEP-256\",\"enc\":\"" enc "\",\"cty\":\"JWT\",\"kid\":\"enc-" \
	"1\"}"

void
N36(struct family *f)
{
	static const size_t lengths[] = {0, 1, 32, 255, 257, 512, 1024};
	const struct secret *n = &world.enc->public.part[PART_N];
	struct parts parts;
	uint8_t longer[257] = {0};
	size_t i;

	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		usual_parts(&parts, ENC_A128CBC_HS256);
		forge_resize(&parts.ek, lengths[i]);
		nested(f, "length", token_of(&parts), ERR_DECRYPT);
	}
	usual_parts(&parts, ENC_A128CBC_HS256);
	memcpy(longer + 1, parts.ek.data, 256);
	forge_replace(&parts.ek, longer, 257);
	nested(f, "leading zero byte", token_of(&parts), ERR_DECRYPT);
	/* a number that would decrypt, without the zero byte that it begins with */
	do {
		usual_parts(&parts, ENC_A128CBC_HS256);
		if (parts.ek.data[0] != 0)
			forge_parts_free(&parts);
	} while (parts.ek.data == NULL);
	nested(f, "control: zero byte in its place", forge_token(&parts), ERR_OK);
	memcpy(longer, parts.ek.data + 1, 255);
	forge_replace(&parts.ek, longer, 255);
	nested(f, "zero byte left out", token_of(&parts), ERR_DECRYPT);
	usual_parts(&parts, ENC_A128CBC_HS256);
	forge_replace(&parts.ek, n->data, n->len);
	nested(f, "the modulus", token_of(&parts), ERR_DECRYPT);
	usual_parts(&parts, ENC_A128CBC_HS256);
	memset(parts.ek.data, 0xff, parts.ek.len);
	nested(f, "above the modulus", token_of(&parts), ERR_DECRYPT);
	usual_parts(&parts, ENC_A128CBC_HS256);
	memset(parts.ek.data, 0, parts.ek.len);
	nested(f, "zero", token_of(&parts), ERR_DECRYPT);
}

/* The reason given for a token, which must not say more than another's. */
static void
reason_of(char *ret, size_t size, char *token, enum err *ret_err)
{
	const struct jwt_policy policy = {0xffffffff, true, 0xffffffff, 0xffffffff};
	AUTO_CLAIMS struct claims *claims = NULL;
	struct diag diag = {0};

	*ret_err = jwt_verify(
		&claims, token, strlen(token), &policy, &world.enc, 1, world.set, &diag);
	snprintf(ret, size, "%s", diag.text);
	free(token);
}

/* Every way for a decryption to fail, one error and one reason. The time it takes is
 * measured in tests/bench/jose. */
void
N37(struct family *f)
{
	static const uint8_t cek[64] = {1, 2, 3};
	static const size_t lengths[] = {1, 16, 31, 33, 48, 64};
	AUTO_FREE char *inside = signed_token(NULL, NULL);
	struct parts parts;
	char first[256], text[256];
	enum err e;
	size_t i;

	usual_parts(&parts, ENC_A128CBC_HS256);
	parts.ek.data[100] ^= 1;
	reason_of(first, sizeof(first), token_of(&parts), &e);
	expect(f, "bad OAEP", e, ERR_DECRYPT);
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		forge_parts_cek(&parts, world.enc, ALG_RSA_OAEP_256, ENC_A128CBC_HS256,
			HEADER_OF("A128CBC-HS256"), inside, cek, lengths[i]);
		reason_of(text, sizeof(text), token_of(&parts), &e);
		expect(f, "good OAEP, key of another length", e, ERR_DECRYPT);
		expect(f, "its reason", strcmp(text, first) == 0 ? ERR_OK : ERR_INTERNAL,
			ERR_OK);
	}
	forge_parts_cek(&parts, world.enc, ALG_RSA_OAEP_256, ENC_A128CBC_HS256,
		HEADER_OF("A128CBC-HS256"), inside, cek, 32);
	nested(f, "control: key of the right length", token_of(&parts), ERR_OK);
	usual_parts(&parts, ENC_A128CBC_HS256);
	parts.tag.data[0] ^= 0x80;
	reason_of(text, sizeof(text), token_of(&parts), &e);
	expect(f, "bad tag", e, ERR_DECRYPT);
	expect(f, "its reason", strcmp(text, first) == 0 ? ERR_OK : ERR_INTERNAL, ERR_OK);
	usual_parts(&parts, ENC_A128CBC_HS256);
	forge_resize(&parts.ek, 200);
	reason_of(text, sizeof(text), token_of(&parts), &e);
	expect(f, "short encrypted key", e, ERR_DECRYPT);
	expect(f, "its reason", strcmp(text, first) == 0 ? ERR_OK : ERR_INTERNAL, ERR_OK);
	agreed_keys(f);
}

void
N38(struct family *f)
{
	/* sealed with the key zero-padded or cut to what the cipher takes */
	static const struct {
		const char *header;
		enum enc sealed;
		size_t len;
	} cases[] = {
		{HEADER_OF("A256GCM"), ENC_A128GCM, 16},
		{HEADER_OF("A256GCM"), ENC_A256GCM, 16},
		{HEADER_OF("A256GCM"), ENC_A256GCM, 1},
		{HEADER_OF("A256GCM"), ENC_A256GCM, 0},
		{HEADER_OF("A256GCM"), ENC_A256GCM, 31},
		{HEADER_OF("A256GCM"), ENC_A256GCM, 33},
		{HEADER_OF("A128GCM"), ENC_A128GCM, 32},
		{HEADER_OF("A128GCM"), ENC_A256GCM, 32},
		{HEADER_OF("A128GCM"), ENC_A128GCM, 1},
		{HEADER_OF("A128GCM"), ENC_A128GCM, 0},
		{HEADER_OF("A256CBC-HS512"), ENC_A256CBC_HS512, 32},
		{HEADER_OF("A128CBC-HS256"), ENC_A128CBC_HS256, 16},
		{HEADER_OF("A128CBC-HS256"), ENC_A128CBC_HS256, 0},
	};
	static const uint8_t cek[64] = {1, 2, 3};
	AUTO_FREE char *inside = signed_token(NULL, NULL);
	struct parts parts;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		forge_parts_cek(&parts, world.enc, ALG_RSA_OAEP_256, cases[i].sealed,
			cases[i].header, inside, cek, cases[i].len);
		nested(f, cases[i].header, token_of(&parts), ERR_DECRYPT);
	}
	for (i = 0; i < ENC_COUNT; i++) {
		usual_parts(&parts, (enum enc)i);
		nested(f, "control", token_of(&parts), ERR_OK);
	}
}

/* The part cut or made longer to each length. */
static void
length_cases(struct family *f, enum enc enc, size_t offset, const size_t *lengths,
	size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		struct parts parts;

		usual_parts(&parts, enc);
		forge_resize((struct secret *)((char *)&parts + offset), lengths[i]);
		nested(f, enc_name(enc), token_of(&parts), ERR_DECRYPT);
	}
}
#define LENGTHS(f, enc, part, ...)                         \
	length_cases(f, enc, offsetof(struct parts, part), \
		(const size_t[]){__VA_ARGS__},             \
		sizeof((const size_t[]){__VA_ARGS__}) / sizeof(size_t))

void
N39(struct family *f)
{
	LENGTHS(f, ENC_A128GCM, tag, 0, 1, 4, 8, 12, 15, 17, 32);
	LENGTHS(f, ENC_A256GCM, tag, 0, 1, 4, 8, 12, 15, 17, 32);
}

void
N40(struct family *f)
{
	LENGTHS(f, ENC_A128GCM, iv, 0, 8, 11, 13, 16);
	LENGTHS(f, ENC_A256GCM, iv, 0, 8, 11, 13, 16);
	LENGTHS(f, ENC_A128CBC_HS256, iv, 0, 12, 15, 17, 32);
	LENGTHS(f, ENC_A256CBC_HS512, iv, 0, 12, 15, 17, 32);
}

/* One bit of each kind of part turned. */
static void
bit_cases(struct family *f, enum enc enc)
{
	size_t i;

	for (i = 0; i < 5; i++) {
		struct parts parts;
		struct secret *const part[] = {
			&parts.ek, &parts.iv, &parts.text, &parts.tag};

		usual_parts(&parts, enc);
		if (i < 4)
			part[i]->data[part[i]->len / 2] ^= 4;
		else /* aad: the same header, spelled with a space */
			parts.header[strlen(parts.header) -
				     1] = ' ',
				     parts.header =
					     strcat(realloc(parts.header,
							    strlen(parts.header) + 2),
						     "}");
		nested(f, enc_name(enc), token_of(&parts), ERR_DECRYPT);
	}
}

void
N41(struct family *f)
{
	AUTO_FREE char *inside = signed_token(NULL, NULL);
	uint8_t cek[32];
	struct parts parts;
	enum enc enc;
	size_t i;

	LENGTHS(f, ENC_A128CBC_HS256, tag, 0, 1, 8, 15, 17, 32);
	LENGTHS(f, ENC_A256CBC_HS512, tag, 0, 1, 16, 31, 33, 64);
	for (enc = 0; enc < ENC_COUNT; enc++)
		bit_cases(f, enc);
	/* sealed under the halves of the content key in the other order */
	for (i = 0; i < sizeof(cek); i++)
		cek[i] = (uint8_t)(i * 11);
	forge_parts_cek(&parts, world.enc, ALG_RSA_OAEP_256, ENC_A128CBC_HS256,
		HEADER_OF("A128CBC-HS256"), inside, cek, sizeof(cek));
	struct parts swapped;
	uint8_t other[32];

	memcpy(other, cek + 16, 16);
	memcpy(other + 16, cek, 16);
	forge_parts_cek(&swapped, world.enc, ALG_RSA_OAEP_256, ENC_A128CBC_HS256,
		HEADER_OF("A128CBC-HS256"), inside, other, sizeof(other));
	nested(f, "control", forge_token(&parts), ERR_OK);
	nested(f, "control", forge_token(&swapped), ERR_OK);
	forge_replace(&swapped.ek, parts.ek.data, parts.ek.len);
	nested(f, "halves swapped", token_of(&swapped), ERR_DECRYPT);
	forge_parts_free(&parts);
}

/* Seals whole blocks as they are, padding or not, with a tag that is good. */
static void
seal_blocks(struct parts *parts, const uint8_t *blocks, size_t len)
{
	AUTO_FREE char *aad = forge_base64url(parts->header, strlen(parts->header));
	AUTO_BUF struct buf input = BUF_INIT(100000);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t text[256], mac[32], bits[8] = {0};
	int n = 0, rest = 0;

	EVP_EncryptInit_ex2(
		ctx, EVP_aes_128_cbc(), parts->cek + 16, parts->iv.data, NULL);
	EVP_CIPHER_CTX_set_padding(ctx, 0);
	if (EVP_EncryptUpdate(ctx, text, &n, blocks, (int)len) != 1 ||
		EVP_EncryptFinal_ex(ctx, text + n, &rest) != 1)
		abort();
	EVP_CIPHER_CTX_free(ctx);
	forge_replace(&parts->text, text, len);
	bits[6] = (uint8_t)(strlen(aad) * 8 >> 8);
	bits[7] = (uint8_t)(strlen(aad) * 8);
	buf_adds(&input, aad);
	buf_add(&input, parts->iv.data, parts->iv.len);
	buf_add(&input, text, len);
	buf_add(&input, bits, sizeof(bits));
	HMAC(EVP_sha256(), parts->cek, 16, (uint8_t *)input.data, input.len, mac, NULL);
	forge_replace(&parts->tag, mac, 16);
}

void
N42(struct family *f)
{
	/* last bytes of a block: PKCS#7 counts them, and all are the same */
	static const struct {
		const char *what;
		uint8_t last[4];
		enum err want;
	} cases[] = {
		{"control: one byte of padding", {7, 7, 7, 1}, ERR_TOKEN_FORM},
		{"control: three bytes of padding", {7, 3, 3, 3}, ERR_TOKEN_FORM},
		{"0", {7, 7, 7, 0}, ERR_DECRYPT},
		{"17", {17, 17, 17, 17}, ERR_DECRYPT},
		{"255", {7, 7, 7, 255}, ERR_DECRYPT},
		{"two that differ", {7, 7, 3, 2}, ERR_DECRYPT},
		{"ISO 10126", {7, 9, 8, 3}, ERR_DECRYPT},
	};
	uint8_t blocks[32];
	size_t i;

	LENGTHS(f, ENC_A128CBC_HS256, text, 0, 1, 15, 17, 31);
	LENGTHS(f, ENC_A256CBC_HS512, text, 0, 1, 15, 17, 31);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct parts parts;

		memset(blocks, 'x', sizeof(blocks));
		memcpy(blocks + sizeof(blocks) - 4, cases[i].last, 4);
		usual_parts(&parts, ENC_A128CBC_HS256);
		seal_blocks(&parts, blocks, sizeof(blocks));
		nested(f, cases[i].what, token_of(&parts), cases[i].want);
	}
	memset(blocks, 16, sizeof(blocks));
	struct parts parts;

	usual_parts(&parts, ENC_A128CBC_HS256);
	seal_blocks(&parts, blocks, 16);
	nested(f, "nothing but padding: an empty token", token_of(&parts),
		ERR_TOKEN_FORM);
}

/* --- nesting ----------------------------------------------------------------------- */

void
N43(struct family *f)
{
	static const char *const names[] = {"none", "None", "NONE"};
	AUTO_FREE char *claims = forge_base64url(DATA_CLAIMS, strlen(DATA_CLAIMS));
	size_t i;

	for (i = 0; i < 3; i++) {
		AUTO_FREE char *header =
			forge_text("{\"alg\":\"%s\",\"kid\":\"issuer-1\"}", names[i]);
		AUTO_FREE char *first = forge_base64url(header, strlen(header));

		nested(f, names[i],
			encrypted_token(NULL, forge_text("%s.%s.", first, claims)),
			ERR_TOKEN_FORM);
		nested(f, names[i],
			encrypted_token(NULL, forge_text("%s.%s.AAAA", first, claims)),
			ERR_ALG_REFUSED);
	}
}

void
N44(struct family *f)
{
	nested(f, "claims alone", encrypted_token(NULL, forge_text("{\"sub\":\"x\"}")),
		ERR_TOKEN_FORM);
	nested(f, "claims with two dots in them",
		encrypted_token(NULL, forge_text("{\"iss\":\"https://a.b.test\"}")),
		ERR_BASE64);
	nested(f, "claims in base64url", encrypted_token(NULL, forge_base64url("{}", 2)),
		ERR_TOKEN_FORM);
	nested(f, "nothing", encrypted_token(NULL, forge_text("%s", "")), ERR_TOKEN_FORM);
	nested(f, "made elsewhere", forge_text("%s", DATA_BARE_IN_JWE), ERR_BASE64);
}

void
N45(struct family *f)
{
	nested(f, "JWE in JWE",
		encrypted_token(NULL, encrypted_token(NULL, signed_token(NULL, NULL))),
		ERR_TOKEN_NESTING);
	nested(f, "JWE in JWE, made elsewhere", forge_text("%s", DATA_JWE_IN_JWE),
		ERR_TOKEN_NESTING);
	nested(f, "JWS where a JWE must be", signed_token(NULL, NULL), ERR_TOKEN_NESTING);
	plain(f, "JWE where a JWS must be",
		encrypted_token(NULL, signed_token(NULL, NULL)), ERR_TOKEN_NESTING);
	AUTO_FREE char *inner = signed_token(NULL, NULL);

	plain(f, "JWS in JWS", signed_token(NULL, inner), ERR_JSON);
	plain(f, "JWS in JWS, said so",
		signed_token("{\"alg\":\"RS256\",\"kid\":\"issuer-1\",\"cty\":\"JWT\"}",
			inner),
		ERR_TYP_REFUSED);
	nested(f, "JWS in JWS in JWE", encrypted_token(NULL, signed_token(NULL, inner)),
		ERR_JSON);
}

void
N46(struct family *f)
{
	nested(f, "a stranger's key under the issuer's kid",
		encrypted_token(NULL, forge_jws(world.stranger, ALG_RS256, HEADER,
					      DATA_CLAIMS, strlen(DATA_CLAIMS))),
		ERR_SIGNATURE);
	nested(f, "a stranger's key under its own kid",
		encrypted_token(
			NULL, forge_jws(world.stranger, ALG_RS256,
				      "{\"alg\":\"RS256\",\"kid\":\"" DATA_SIG_KID "\"}",
				      DATA_CLAIMS, strlen(DATA_CLAIMS))),
		ERR_KID_UNKNOWN);
	nested(f, "our own decryption key's kid",
		encrypted_token(NULL, forge_jws(world.stranger, ALG_RS256,
					      "{\"alg\":\"RS256\",\"kid\":\"enc-1\"}",
					      DATA_CLAIMS, strlen(DATA_CLAIMS))),
		ERR_KID_UNKNOWN);
}
