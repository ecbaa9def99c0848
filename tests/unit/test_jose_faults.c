/*
 * Everything that can fail in the middle fails once: the n-th allocation of ours and of
 * OpenSSL's, then the n-th call of each OpenSSL and json-c function that we use, with
 * every value that means failure. Nothing may come out then, and nothing may leak.
 *
 * The linker's --wrap puts the functions here between us and the libraries.
 */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "forge.h"
#include "jose/crypto.h"
#include "jose/jwe.h"
#include "jose/jws.h"
#include "jose_data.h"
#include "jose_more.h"

/* Which call fails: 0, none; counted while `armed`. */
static struct {
	bool armed, fired;
	unsigned left, seen;
	int value; /* what a failing function of OpenSSL returns */
} memory, calls;

static void
arm(unsigned nth, bool in_memory, int value)
{
	memory.armed = in_memory;
	calls.armed = !in_memory;
	memory.fired = calls.fired = false;
	memory.left = calls.left = nth;
	memory.seen = calls.seen = 0;
	calls.value = value;
}

static void
disarm(void)
{
	memory.armed = calls.armed = false;
}

/* Whether this allocation is the one. */
static bool
memory_fails(void)
{
	if (!memory.armed)
		return false;
	memory.seen++;
	if (--memory.left != 0)
		return false;
	memory.fired = true;
	return true;
}

static bool
call_fails(void)
{
	if (!calls.armed)
		return false;
	calls.seen++;
	if (--calls.left != 0)
		return false;
	calls.fired = true;
	return true;
}

/* --- allocations ------------------------------------------------------------------- */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
char *__wrap_strdup(const char *text);

void *
__wrap_malloc(size_t size)
{
	return memory_fails() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
	return memory_fails() ? NULL : __real_calloc(count, size);
}

char *
__wrap_strdup(const char *text)
{
	return memory_fails() ? NULL : __real_strdup(text);
}

static void *
openssl_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return memory_fails() ? NULL : __real_malloc(size);
}

static void *
openssl_realloc(void *p, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return memory_fails() ? NULL : realloc(p, size);
}

static void
openssl_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

/* --- functions: the list is in tests/jose.am too, for the linker ---------------------
 */

/* A function that returns 1 for success: name, parameters, arguments. */
#define RETURNS_INT(name, params, args)                                 \
	int __real_##name params;                                       \
	int __wrap_##name params;                                       \
	int __wrap_##name params                                        \
	{                                                               \
		return call_fails() ? calls.value : __real_##name args; \
	}
/* A function that returns a pointer. */
#define RETURNS_POINTER(type, name, params, args)                \
	type __real_##name params;                               \
	type __wrap_##name params;                               \
	type __wrap_##name params                                \
	{                                                        \
		return call_fails() ? NULL : __real_##name args; \
	}

RETURNS_INT(EVP_Digest,
	(const void *d, size_t n, unsigned char *md, unsigned *size, const EVP_MD *type,
		ENGINE *impl),
	(d, n, md, size, type, impl))
RETURNS_INT(EVP_PKEY_sign,
	(EVP_PKEY_CTX * c, unsigned char *s, size_t *n, const unsigned char *t,
		size_t tn),
	(c, s, n, t, tn))
RETURNS_INT(EVP_PKEY_verify,
	(EVP_PKEY_CTX * c, const unsigned char *s, size_t n, const unsigned char *t,
		size_t tn),
	(c, s, n, t, tn))
RETURNS_INT(EVP_PKEY_decrypt,
	(EVP_PKEY_CTX * c, unsigned char *o, size_t *n, const unsigned char *i,
		size_t in),
	(c, o, n, i, in))
RETURNS_INT(EVP_PKEY_encrypt,
	(EVP_PKEY_CTX * c, unsigned char *o, size_t *n, const unsigned char *i,
		size_t in),
	(c, o, n, i, in))
RETURNS_INT(EVP_PKEY_derive, (EVP_PKEY_CTX * c, unsigned char *k, size_t *n), (c, k, n))
RETURNS_INT(EVP_PKEY_derive_set_peer, (EVP_PKEY_CTX * c, EVP_PKEY *peer), (c, peer))
RETURNS_INT(EVP_PKEY_fromdata,
	(EVP_PKEY_CTX * c, EVP_PKEY **k, int selection, OSSL_PARAM *p),
	(c, k, selection, p))
RETURNS_INT(EVP_DigestVerify,
	(EVP_MD_CTX * c, const unsigned char *s, size_t n, const unsigned char *t,
		size_t tn),
	(c, s, n, t, tn))
RETURNS_INT(EVP_DigestVerifyInit,
	(EVP_MD_CTX * c, EVP_PKEY_CTX **pc, const EVP_MD *md, ENGINE *e, EVP_PKEY *k),
	(c, pc, md, e, k))
RETURNS_INT(EVP_MAC_init,
	(EVP_MAC_CTX * c, const unsigned char *k, size_t n, const OSSL_PARAM *p),
	(c, k, n, p))
RETURNS_INT(
	EVP_MAC_update, (EVP_MAC_CTX * c, const unsigned char *d, size_t n), (c, d, n))
RETURNS_INT(EVP_MAC_final, (EVP_MAC_CTX * c, unsigned char *o, size_t *n, size_t size),
	(c, o, n, size))
RETURNS_INT(EVP_CipherInit_ex2,
	(EVP_CIPHER_CTX * c, const EVP_CIPHER *t, const unsigned char *k,
		const unsigned char *iv, int enc, const OSSL_PARAM *p),
	(c, t, k, iv, enc, p))
RETURNS_INT(EVP_CipherUpdate,
	(EVP_CIPHER_CTX * c, unsigned char *o, int *n, const unsigned char *i, int in),
	(c, o, n, i, in))
RETURNS_INT(EVP_CIPHER_CTX_set_padding, (EVP_CIPHER_CTX * c, int pad), (c, pad))
RETURNS_INT(EVP_PKEY_get_raw_public_key, (const EVP_PKEY *k, unsigned char *o, size_t *n),
	(k, o, n))
RETURNS_INT(EVP_CipherFinal_ex, (EVP_CIPHER_CTX * c, unsigned char *o, int *n), (c, o, n))
RETURNS_INT(EVP_CIPHER_CTX_ctrl, (EVP_CIPHER_CTX * c, int type, int arg, void *p),
	(c, type, arg, p))
RETURNS_POINTER(EVP_PKEY *, EVP_PKEY_new_raw_private_key_ex,
	(OSSL_LIB_CTX * l, const char *type, const char *q, const unsigned char *d,
		size_t n),
	(l, type, q, d, n))
RETURNS_POINTER(EVP_PKEY_CTX *, EVP_PKEY_CTX_new, (EVP_PKEY * k, ENGINE *e), (k, e))
RETURNS_POINTER(EVP_PKEY_CTX *, EVP_PKEY_CTX_new_from_name,
	(OSSL_LIB_CTX * l, const char *name, const char *q), (l, name, q))
RETURNS_POINTER(EVP_MD_CTX *, EVP_MD_CTX_new, (void), ())
RETURNS_POINTER(EVP_MAC *, EVP_MAC_fetch,
	(OSSL_LIB_CTX * l, const char *name, const char *q), (l, name, q))
RETURNS_POINTER(EVP_MAC_CTX *, EVP_MAC_CTX_new, (EVP_MAC * m), (m))
RETURNS_POINTER(EVP_CIPHER_CTX *, EVP_CIPHER_CTX_new, (void), ())
RETURNS_POINTER(EVP_PKEY *, EVP_PKEY_Q_keygen,
	(OSSL_LIB_CTX * l, const char *q, const char *type, const char *curve),
	(l, q, type, curve))
RETURNS_POINTER(struct json_tokener *, json_tokener_new_ex, (int depth), (depth))
RETURNS_POINTER(struct json_object *, json_tokener_parse_ex,
	(struct json_tokener * t, const char *s, int n), (t, s, n))

ssize_t __real_getrandom(void *data, size_t len, unsigned flags);
ssize_t __wrap_getrandom(void *data, size_t len, unsigned flags);

ssize_t
__wrap_getrandom(void *data, size_t len, unsigned flags)
{
	if (!call_fails())
		return __real_getrandom(data, len, flags);
	errno = ENOSYS;
	return -1;
}

/* --- what is done while something fails ----------------------------------------------
 */

static struct forge f;

/* Each: ERR_OK and the right outcome, or an error and no outcome. */
static enum err
do_verify(const char *token, const struct jwt_policy *policy)
{
	AUTO_CLAIMS struct claims *claims = NULL;
	enum err e =
		jwt_verify(&claims, token, strlen(token), policy, &f.enc, 1, f.set, NULL);

	disarm();
	assert_int_equal(e == ERR_OK, claims != NULL);
	return e;
}

static const struct jwt_policy nested = {0xffffffff, true, 0xffffffff, 0xffffffff};
static const struct jwt_policy plain = {.sig_algs = 0xffffffff};

static enum err
verify_cbc(void)
{
	return do_verify(DATA_OAEP_256_A256CBC_HS512, &nested);
}

static enum err
verify_gcm(void)
{
	return do_verify(DATA_OAEP_A256GCM, &nested);
}

static enum err
verify_es256(void)
{
	return do_verify(DATA_ES256, &plain);
}

/* Under the other name, with at_hash made by the second of the two digests. */
static enum err
verify_ed25519(void)
{
	static const char token[] = DATA_ED25519_AT_HASH_SHA256;
	AUTO_CLAIMS struct claims *claims = NULL;
	enum err e = jwt_check(&claims, token, strlen(token), &plain, f.more, NULL);

	if (e == ERR_OK)
		e = claims_check_hash(
			claims, "at_hash", "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y");
	disarm();
	return e;
}

static enum err
verify_eddsa(void)
{
	return do_verify(DATA_EDDSA, &plain);
}

static enum err
do_decrypt(const char *token, const struct key *key, const char *inside)
{
	AUTO_SECRET struct secret out = {0};
	AUTO_JWE struct jwe jwe = {0};
	enum err e = jwe_read(&jwe, token, strlen(token), NULL);

	if (e == ERR_OK)
		e = jwe_decrypt(&out, &jwe, key, 0xffffffff, 0xffffffff, NULL);
	disarm();
	assert_int_equal(e == ERR_OK, out.data != NULL);
	if (e == ERR_OK)
		assert_string_equal((char *)out.data, inside);
	return e;
}

static enum err
decrypt_ecdh(void)
{
	return do_decrypt(DATA_ECDH_A128CBC_HS256, f.ec, DATA_RS256);
}

static enum err
decrypt_x25519_kw(void)
{
	return do_decrypt(
		DATA_X25519_ECDH_ES_A256KW_A256GCM, f.own[OWN_X25519], DATA_ES384);
}

static enum err
do_encrypt(const struct key *key, enum alg alg, enum enc enc)
{
	AUTO_BUF struct buf out = BUF_INIT(TOKEN_SIZE_MAX);
	enum err e =
		jwe_encrypt(&out, key, alg, enc, "JWT", DATA_RS256, strlen(DATA_RS256));

	disarm();
	if (e == ERR_OK)
		assert_int_equal(do_decrypt(buf_str(&out), key, DATA_RS256), ERR_OK);
	return e;
}

static enum err
encrypt_ecdh(void)
{
	return do_encrypt(f.ec, ALG_ECDH_ES, ENC_A128GCM);
}

static enum err
encrypt_p384_kw(void)
{
	return do_encrypt(f.own[OWN_P384], ALG_ECDH_ES_A128KW, ENC_A128GCM);
}

static enum err
encrypt_x25519(void)
{
	return do_encrypt(f.own[OWN_X25519], ALG_ECDH_ES, ENC_A256GCM);
}

static enum err
encrypt_rsa(void)
{
	return do_encrypt(f.enc, ALG_RSA_OAEP, ENC_A128CBC_HS256);
}

static enum err
do_load(const char *text, enum key_use use)
{
	AUTO_KEY struct key *key = NULL;
	enum err e = key_load(&key, text, strlen(text), use, NULL);

	disarm();
	assert_int_equal(e == ERR_OK, key != NULL);
	return e;
}

static enum err
load_pem(void)
{
	return do_load(DATA_SIG_PEM, KEY_SIG);
}

static enum err
load_sec1(void)
{
	return do_load(DATA_EC_PEM_SEC1, KEY_SIG);
}

static enum err
load_x25519(void)
{
	return do_load(DATA_X25519_PEM, KEY_ENC);
}

static enum err
load_jwk(void)
{
	return do_load(DATA_ENC_JWK, KEY_ENC);
}

/* With a key of its own, so that its context is made each time. */
static enum err
do_sign(const char *pem)
{
	AUTO_BUF struct buf out = BUF_INIT(TOKEN_SIZE_MAX), set = BUF_INIT(65536);
	AUTO_JWKS struct jwks *keys = NULL;
	AUTO_KEY struct key *key = NULL;
	AUTO_CLAIMS struct claims *claims = NULL;
	enum err e = key_load(&key, pem, strlen(pem), KEY_SIG, NULL);

	if (e == ERR_OK)
		e = jws_sign(&out, key, "JWT", DATA_CLAIMS, strlen(DATA_CLAIMS));
	if (e == ERR_OK)
		e = key_public_jwks(&set, &key, 1);
	if (e == ERR_OK)
		e = jwks_parse(&keys, buf_str(&set), set.len, NULL);
	if (e == ERR_OK)
		e = jwt_check(&claims, buf_str(&out), out.len, &plain, keys, NULL);
	disarm();
	return e;
}

static enum err
sign_rs256(void)
{
	return do_sign(DATA_SIG_PEM);
}

static enum err
sign_es256(void)
{
	return do_sign(DATA_EC_PEM);
}

static enum err
sign_es384(void)
{
	return do_sign(DATA_P384_PEM);
}

static enum err
read_set(void)
{
	AUTO_JWKS struct jwks *set = NULL;
	enum err e = jwks_parse(
		&set, DATA_ISSUER_ALL_JWKS, strlen(DATA_ISSUER_ALL_JWKS), NULL);

	/* a key that OpenSSL fails to make is one that it found no good: it is skipped */
	if (e == ERR_OK && jwks_counts(set)->odd > 0) {
		jwks_free(&set);
		e = ERR_JWK_REFUSED;
	}
	disarm();
	assert_int_equal(e == ERR_OK, set != NULL);
	return e;
}

static const struct {
	const char *name;
	enum err (*run)(void);
} scenarios[] = {
	/* first: a failure of RSA would let the MAC be fetched before its own turn */
	{"decrypt, ECDH-ES", decrypt_ecdh},
	{"verify a nested token, CBC", verify_cbc},
	{"verify a nested token, GCM", verify_gcm},
	{"verify ES256", verify_es256},
	{"verify EdDSA", verify_eddsa},
	{"verify Ed25519 and at_hash", verify_ed25519},
	{"encrypt, ECDH-ES", encrypt_ecdh},
	{"encrypt, ECDH-ES+A128KW on P-384", encrypt_p384_kw},
	{"encrypt, ECDH-ES on X25519", encrypt_x25519},
	{"decrypt, ECDH-ES+A256KW on X25519", decrypt_x25519_kw},
	{"encrypt, RSA-OAEP", encrypt_rsa},
	{"load PEM", load_pem},
	{"load SEC 1", load_sec1},
	{"load JWK", load_jwk},
	{"load X25519", load_x25519},
	{"load, sign, publish, verify: RSA", sign_rs256},
	{"load, sign, publish, verify: P-256", sign_es256},
	{"load, sign, publish, verify: P-384", sign_es384},
	{"read a key set", read_set},
};

/* Drops the contexts that keys keep, so that making them can fail again. */
static void
renew(void)
{
	forge_close(&f);
	forge_open(&f);
}

/* The scenario with its first, second, … point of failure, until none is left. */
static void
fail_at_each(size_t scenario, bool in_memory, int value)
{
	unsigned nth, failed = 0;
	enum err e;

	for (nth = 1; nth < 100000; nth++) {
		renew();
		arm(nth, in_memory, value);
		e = scenarios[scenario].run();
		ERR_clear_error();
		if (!memory.fired && !calls.fired)
			break;
		/* OpenSSL may do without some memory; without the call there is no
		 * outcome */
		if (e == ERR_OK && !in_memory)
			fail_msg("%s: call %u failed, and it was ERR_OK",
				scenarios[scenario].name, nth);
		failed += e != ERR_OK;
	}
	assert_int_equal(e, ERR_OK);
	assert_true(nth > 1);
	printf("%-36s %s: %u points, %u of them an error\n", scenarios[scenario].name,
		in_memory ? "memory" : "calls ", nth - 1, failed);
	assert_true(failed > 0);
}

static void
test_memory_runs_out_anywhere(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++)
		fail_at_each(i, true, 0);
}

static void
test_calls_fail_with_zero(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++)
		fail_at_each(i, false, 0);
}

/* A negative value is as true as 1 to a careless `if`. */
static void
test_calls_fail_with_minus_one(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++)
		fail_at_each(i, false, -1);
}

static int
setup(void **state)
{
	(void)state;
	forge_open(&f);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	forge_close(&f);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls_fail_with_zero),
		cmocka_unit_test(test_calls_fail_with_minus_one),
		cmocka_unit_test(test_memory_runs_out_anywhere),
	};

	/* before OpenSSL allocates anything */
	if (CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) != 1)
		return 1;
	return cmocka_run_group_tests(tests, setup, teardown);
}
