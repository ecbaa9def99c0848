/*
 * What our JOSE costs beside the bare OpenSSL operation, in the same process and the same
 * minute: `jose` prints ratios, `jose timing` compares ways for a decryption to fail.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "../unit/forge.h"
#include "../unit/jose_data.h"
#include "jose/jwe.h"
#include "jose/jws.h"
#include "jose/key_impl.h"

/* An assertion: 300 bytes of claims, and what header and claims make in base64url. */
#define ASSERTION_LEN 300
#define SIGN_LEN 459

#define ROUNDS 301 /* of which the median is shown */

static struct forge f;
static char *claims; /* 1.2 KB */
static char *signed_text, *nested_text;
static struct jws jws;
static struct jwe jwe;

static double
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void
must(bool done)
{
	if (!done)
		abort();
}

/* --- the operations, ours and bare ------------------------------------------------- */

static void
sign_ours(void)
{
	AUTO_BUF struct buf token = BUF_INIT(TOKEN_SIZE_MAX);

	must(jws_sign(&token, f.issuer, "JWT", claims, ASSERTION_LEN) == ERR_OK);
}

/* One signature as the manual shows it, over as many bytes as ours. */
static void
sign_bare(void)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char sig[256];
	size_t len = sizeof(sig);

	must(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, f.issuer->pkey) == 1 &&
		EVP_DigestSign(ctx, sig, &len, (unsigned char *)signed_text, SIGN_LEN) ==
			1);
	EVP_MD_CTX_free(ctx);
}

static void
verify_ours(void)
{
	AUTO_JWS struct jws read = {0};
	AUTO_SECRET struct secret payload = {0};
	const struct key *key;

	must(jws_read(&read, signed_text, strlen(signed_text), NULL) == ERR_OK &&
		jwks_select(&key, f.set, &read.head, NULL) == ERR_OK &&
		jws_verify(&payload, &read, key, ALG_BIT(ALG_RS256), NULL) == ERR_OK);
}

static void
verify_bare(void)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	must(EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, f.issuer->pkey) == 1 &&
		EVP_DigestVerify(ctx, jws.sig.data, jws.sig.len,
			(const unsigned char *)jws.text, jws.text_len) == 1);
	EVP_MD_CTX_free(ctx);
}

/* All there is to do for a login: two tokens, strict JSON, claims. */
static void
nested_ours(void)
{
	static const struct jwt_policy policy = {
		.sig_algs = ALG_BIT(ALG_RS256),
		.encrypted = true,
		.key_algs = ALG_BIT(ALG_RSA_OAEP) | ALG_BIT(ALG_RSA_OAEP_256),
		.encs = ENC_BIT(ENC_A128CBC_HS256),
	};
	AUTO_CLAIMS struct claims *out = NULL;

	must(jwt_verify(&out, nested_text, strlen(nested_text), &policy, &f.enc, 1, f.set,
		     NULL) == ERR_OK);
}

/* The least that OpenSSL can do: everything set up before, hash and mathematics only. */
static void
verify_prepared(void)
{
	static EVP_PKEY_CTX *ctx;
	static EVP_MD *md;
	unsigned char hash[32];

	if (ctx == NULL) {
		md = EVP_MD_fetch(NULL, "SHA256", NULL);
		ctx = EVP_PKEY_CTX_new(f.issuer->pkey, NULL);
		must(EVP_PKEY_verify_init(ctx) == 1 &&
			EVP_PKEY_CTX_set_signature_md(ctx, md) == 1);
	}
	must(EVP_Digest(jws.text, jws.text_len, hash, NULL, md, NULL) == 1 &&
		EVP_PKEY_verify(ctx, jws.sig.data, jws.sig.len, hash, 32) == 1);
}

/* OAEP, HMAC, AES-CBC and one verification, on bytes that are ready. */
static void
nested_bare(void)
{
	EVP_PKEY_CTX *rsa = EVP_PKEY_CTX_new(f.enc->pkey, NULL);
	EVP_CIPHER_CTX *aes = EVP_CIPHER_CTX_new();
	unsigned char cek[256], mac[64], plain[8192];
	size_t len = sizeof(cek), mac_len;
	int n, rest;

	must(EVP_PKEY_decrypt_init(rsa) == 1 &&
		EVP_PKEY_CTX_set_rsa_padding(rsa, RSA_PKCS1_OAEP_PADDING) == 1 &&
		EVP_PKEY_CTX_set_rsa_oaep_md(rsa, EVP_sha256()) == 1 &&
		EVP_PKEY_decrypt(rsa, cek, &len, jwe.ek.data, jwe.ek.len) == 1 &&
		len == 32);
	must(EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, cek, 16, jwe.text.data,
		     jwe.text.len, mac, sizeof(mac), &mac_len) != NULL);
	must(EVP_DecryptInit_ex(aes, EVP_aes_128_cbc(), NULL, cek + 16, jwe.iv.data) ==
			1 &&
		EVP_DecryptUpdate(aes, plain, &n, jwe.text.data, (int)jwe.text.len) ==
			1 &&
		EVP_DecryptFinal_ex(aes, plain + n, &rest) == 1);
	EVP_PKEY_CTX_free(rsa);
	EVP_CIPHER_CTX_free(aes);
	verify_bare();
}

static void
load_ours(void)
{
	AUTO_KEY struct key *key = NULL;

	must(key_load(&key, DATA_SIG_PEM, strlen(DATA_SIG_PEM), KEY_SIG, NULL) == ERR_OK);
}

static void
load_bare(void)
{
	BIO *bio = BIO_new_mem_buf(DATA_SIG_PEM, (int)strlen(DATA_SIG_PEM));
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);

	must(key != NULL);
	EVP_PKEY_free(key);
	BIO_free(bio);
}

static const struct {
	const char *name;
	void (*ours)(void), (*bare)(void);
	double target;
	int batch;
} benches[] = {
	{"sign an assertion (RS256)", sign_ours, sign_bare, 1.02, 20},
	{"verify (RS256, 1.2 KB)", verify_ours, verify_bare, 1.10, 200},
	{"the same, OpenSSL set up before", verify_ours, verify_prepared, 0, 200},
	{"decrypt and verify, nested", nested_ours, nested_bare, 1.05, 20},
	{"load a private key (PEM)", load_ours, load_bare, 1.0, 20},
};

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double
median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), by_value);
	return values[count / 2];
}

/* Microseconds of one operation, over a batch. */
static double
batch_us(void (*operation)(void), int batch)
{
	double start = now_us();
	int i;

	for (i = 0; i < batch; i++)
		operation();
	return (now_us() - start) / batch;
}

/* Turn about, so that what disturbs one disturbs the other; the median of the ratios. */
static void
run(size_t b)
{
	double ours[ROUNDS], bare[ROUNDS], ratio[ROUNDS];
	int i;

	batch_us(benches[b].ours, 3);
	batch_us(benches[b].bare, 3);
	for (i = 0; i < ROUNDS; i++) {
		bool first = i % 2 == 0;

		if (first)
			bare[i] = batch_us(benches[b].bare, benches[b].batch);
		ours[i] = batch_us(benches[b].ours, benches[b].batch);
		if (!first)
			bare[i] = batch_us(benches[b].bare, benches[b].batch);
		ratio[i] = ours[i] / bare[i];
	}
	printf("%-32s %9.2f us %9.2f us   %5.3f", benches[b].name, median(ours, ROUNDS),
		median(bare, ROUNDS), median(ratio, ROUNDS));
	if (benches[b].target > 0)
		printf("  (to reach: %.2f)", benches[b].target);
	printf("\n");
}

/* --- ways to fail ------------------------------------------------------------------ */

enum { WAY_TAG, WAY_KEY, WAY_LENGTH, WAY_COUNT };
#define TOKENS 64 /* of each kind, so that no one number decides */
#define SAMPLES 200 /* of each token */

/* What fails: RSA-OAEP, where the key of another length was padded well, and AES key
 * wrap, whose last way is a wrapped key that is all zero. */
static const struct scheme {
	enum alg alg;
	const char *ways[WAY_COUNT];
} schemes[] = {
	{ALG_RSA_OAEP_256,
		{"good padding, bad tag", "bad padding", "good padding, key too short"}},
	{ALG_ECDH_ES_A256KW,
		{"good wrapping, bad tag", "bad wrapping", "bad wrapping, all zero"}},
};

static const struct key *
scheme_key(const struct scheme *scheme)
{
	return scheme->alg == ALG_RSA_OAEP_256 ? f.enc : f.own[OWN_X25519];
}

static void
make_way(struct parts *parts, const struct scheme *scheme, int way)
{
	const struct key *key = scheme_key(scheme);
	AUTO_FREE char *header =
		forge_text("{\"alg\":\"%s\",\"enc\":\"A128CBC-HS256\",\"cty\":\"JWT\","
			   "\"kid\":\"%s\"}",
			alg_name(scheme->alg), key_kid(key));
	uint8_t cek[32] = {0};
	bool wraps = scheme->alg != ALG_RSA_OAEP_256;

	if (way == WAY_LENGTH && !wraps)
		forge_parts_cek(parts, key, scheme->alg, ENC_A128CBC_HS256, header,
			signed_text, cek, 16);
	else
		forge_parts(
			parts, key, scheme->alg, ENC_A128CBC_HS256, header, signed_text);
	if (way == WAY_KEY)
		parts->ek.data[parts->ek.len / 2] ^= 1;
	if (way == WAY_LENGTH && wraps)
		memset(parts->ek.data, 0, parts->ek.len);
	parts->tag.data[0] ^= 1;
}

/* One refusal, in nanoseconds. */
static double
refusal_ns(const struct jwe *token, const struct key *key)
{
	AUTO_SECRET struct secret out = {0};
	double start = now_us();

	must(jwe_decrypt(&out, token, key, 0xffffffff, 0xffffffff, NULL) == ERR_DECRYPT);
	return (now_us() - start) * 1e3;
}

/* Their medians, how far they are apart, and how far apart chance puts one of them. */
static void
show(const struct scheme *scheme, double ns[WAY_COUNT][TOKENS * SAMPLES])
{
	static double half[2][TOKENS * SAMPLES / 2];
	double first = 0, middle;
	int way, i;

	for (way = 0; way < WAY_COUNT; way++) {
		for (i = 0; i < TOKENS * SAMPLES; i++)
			half[i % 2][i / 2] = ns[way][i];
		middle = median(ns[way], TOKENS * SAMPLES);
		first = way == 0 ? middle : first;
		printf("%-30s median %8.0f ns   from the first %+5.0f ns   "
		       "between its own halves %+5.0f ns\n",
			scheme->ways[way], middle, middle - first,
			median(half[0], TOKENS * SAMPLES / 2) -
				median(half[1], TOKENS * SAMPLES / 2));
	}
}

/* The kinds in turn, each of them as often first, second and third. */
static void
timing(const struct scheme *scheme)
{
	static struct jwe tokens[WAY_COUNT][TOKENS];
	static double ns[WAY_COUNT][TOKENS * SAMPLES];
	int way, turn, i, s;

	for (way = 0; way < WAY_COUNT; way++)
		for (i = 0; i < TOKENS; i++) {
			struct parts parts;
			char *text;

			make_way(&parts, scheme, way);
			text = forge_token(&parts);
			forge_parts_free(&parts);
			jwe_free(&tokens[way][i]);
			must(jwe_read(&tokens[way][i], text, strlen(text), NULL) ==
				ERR_OK);
		}
	for (s = 0; s < SAMPLES; s++)
		for (i = 0; i < TOKENS; i++)
			for (turn = 0; turn < WAY_COUNT; turn++) {
				way = (turn + s) % WAY_COUNT;
				ns[way][s * TOKENS + i] =
					refusal_ns(&tokens[way][i], scheme_key(scheme));
			}
	show(scheme, ns);
}

/* --- key sets ---------------------------------------------------------------------- */

#define SET_KEYS 100

/* What providers publish by mistake, or for others. */
static const char *const odd_keys[] = {
	"{\"kty\":\"oct\",\"kid\":\"o%zu\",\"k\":\"AAAA\"}",
	"{\"kid\":\"o%zu\",\"use\":\"sig\"}",
	"{\"kty\":\"RSA\",\"kid\":\"o%zu\",\"n\":\"sJnhBKH3Wl0Y5q7VQhMiJ\",\"e\":"
	"\"AQAB\"}",
	"{\"kty\":\"EC\",\"crv\":\"P-521\",\"kid\":\"o%zu\"}",
	"{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"o%zu\",\"x\":"
	"\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"y\":"
	"\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
	"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"o%zu\",\"x\":"
	"\"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
};
#define ODD_KEYS (sizeof(odd_keys) / sizeof(odd_keys[0]))

/* The issuer's set with so many odd keys before it. */
static char *
make_set(size_t odd)
{
	AUTO_BUF struct buf text = BUF_INIT(JWKS_SIZE_MAX);
	size_t i;

	buf_adds(&text, "{\"keys\":[");
	for (i = 0; i < odd; i++) {
		const char *name = strstr(odd_keys[i % ODD_KEYS], "%zu");

		buf_addf(&text, "%.*s%zu%s,", (int)(name - odd_keys[i % ODD_KEYS]),
			odd_keys[i % ODD_KEYS], i, name + strlen("%zu"));
	}
	buf_adds(&text, strchr(DATA_ISSUER_JWKS, '[') + 1);
	return buf_take(&text);
}

static void
run_sets(void)
{
	static const size_t odd[] = {0, SET_KEYS - 1};
	size_t i, round;

	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		AUTO_FREE char *text = make_set(odd[i]);
		double us[ROUNDS];

		for (round = 0; round < ROUNDS; round++) {
			AUTO_JWKS struct jwks *set = NULL;
			double start = now_us();

			must(jwks_parse(&set, text, strlen(text), NULL) == ERR_OK);
			us[round] = now_us() - start;
			must(jwks_has(set, "issuer-1"));
		}
		printf("read a key set, %2zu odd and 1 good %10.1f us\n", odd[i],
			median(us, ROUNDS));
	}
}

/* --- set-up ------------------------------------------------------------------------ */

static void
set_up(void)
{
	AUTO_FREE char *fill = malloc(1100);
	AUTO_BUF struct buf token = BUF_INIT(TOKEN_SIZE_MAX),
			    outer = BUF_INIT(TOKEN_SIZE_MAX);

	forge_open(&f);
	memset(fill, 'x', 1099);
	fill[1099] = '\0';
	claims = forge_text("{\"iss\":\"https://idp.example.test/v2\",\"aud\":\"client\","
			    "\"exp\":2000000000,\"iat\":1700000000,\"name\":\"%s\"}",
		fill);
	must(jws_sign(&token, f.issuer, NULL, claims, strlen(claims)) == ERR_OK);
	signed_text = buf_take(&token);
	must(jwe_encrypt(&outer, f.enc, ALG_RSA_OAEP_256, ENC_A128CBC_HS256, "JWT",
		     signed_text, strlen(signed_text)) == ERR_OK);
	nested_text = buf_take(&outer);
	must(jws_read(&jws, signed_text, strlen(signed_text), NULL) == ERR_OK &&
		jwe_read(&jwe, nested_text, strlen(nested_text), NULL) == ERR_OK);
}

int
main(int argc, char **argv)
{
	size_t i;

	set_up();
	if (argc > 1 && strcmp(argv[1], "timing") == 0) {
		for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
			printf("%s\n", alg_name(schemes[i].alg));
			timing(&schemes[i]);
		}
		return 0;
	}
	printf("%-32s %12s %12s   %5s\n", "RSA-2048", "ours", "bare", "ratio");
	for (i = 0; i < sizeof(benches) / sizeof(benches[0]); i++)
		run(i);
	run_sets();
	return 0;
}
