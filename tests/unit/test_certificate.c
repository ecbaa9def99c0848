/* Our certificate: what is taken for one, what is shown, and what a refusal means. */
#include "unit.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509err.h>

#include "base/clock.h"
#include "handshake.h"
#include "jose/certificate_impl.h"
#include "jose/crypto.h"
#include "jose/key_impl.h"

/* The PEM text of a new certificate for `key`; owned by the caller. */
static char *
issue(EVP_PKEY *key, long from, long to)
{
	X509 *x = handshake_certificate(key, from, to);
	BIO *bio = BIO_new(BIO_s_mem());
	char *text, *copy;
	long len;

	assert_int_equal(PEM_write_bio_X509(bio, x), 1);
	len = BIO_get_mem_data(bio, &text);
	copy = strndup(text, (size_t)len);
	BIO_free(bio);
	X509_free(x);
	return copy;
}

/* A key as files have them. */
static struct key *
make_key(int bits)
{
	AUTO_BUF struct buf pem = BUF_INIT(KEY_FILE_MAX);
	struct key *key = NULL;
	struct diag diag = {0};

	assert_int_equal(key_generate(&pem, KEY_SIG, bits), ERR_OK);
	assert_int_equal(key_load(&key, buf_str(&pem), pem.len, KEY_SIG, &diag), ERR_OK);
	return key;
}

/* Loads `text` with the key as itsme-fetch is given it. */
static enum err
load(struct certificate **ret, const char *text, size_t len, const struct key *key,
	struct diag *diag)
{
	AUTO_BUF struct buf pem = BUF_INIT(KEY_FILE_MAX);
	struct certificate_source source = {
		.pem = text, .len = len, .name = "file", .key_name = "key file"};

	assert_int_equal(key_private_pem(&pem, key), ERR_OK);
	source.key_pem = buf_str(&pem);
	source.key_len = pem.len;
	return certificate_load(ret, &source, clock_unix(), diag);
}

static struct certificate *
load_good(const struct key *key)
{
	AUTO_FREE char *text = issue(key->pkey, -60, 3600);
	struct certificate *c = NULL;
	struct diag diag = {0};

	if (load(&c, text, strlen(text), key, &diag) != ERR_OK)
		fail_msg("%s", diag.text);
	return c;
}

#define HOUR 3600L

static void
test_certificate_load_table(void **state)
{
	static const struct {
		long from, to;
		bool other; /* of another key */
		int times; /* that the text is repeated */
		size_t cut; /* bytes off its end */
		const char *before, *said; /* NULL: it is taken */
	} cases[] = {
		{-HOUR, HOUR, false, 1, 0, "", NULL},
		{-HOUR, HOUR, false, CERTIFICATE_CHAIN_MAX, 0, "", NULL},
		{-HOUR, HOUR, false, 1, 0, "Bag Attributes\n  name: host\n", NULL},
		{-HOUR, HOUR, false, CERTIFICATE_CHAIN_MAX + 1, 0, "", "more than"},
		{-HOUR, HOUR, true, 1, 0, "", "does not belong"},
		{-2 * HOUR, -HOUR, false, 1, 0, "", "has expired: it ended 20"},
		{HOUR, 2 * HOUR, false, 1, 0, "", "not valid yet; see the clock"},
		{-HOUR, HOUR, false, 0, 0, "", "no certificate"},
		{-HOUR, HOUR, false, 0, 0,
			"-----BEGIN X509 CRL-----\nAA==\n-----END X509 CRL-----\n",
			"no certificate"},
		{-HOUR, HOUR, false, 1, 40, "", "damaged"},
		{-HOUR, HOUR, false, 1, 0,
			"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
			"damaged"},
	};
	AUTO_KEY struct key *key = make_key(256), *other = make_key(256);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_CERTIFICATE struct certificate *c = NULL;
		AUTO_BUF struct buf text = BUF_INIT(CERTIFICATE_FILE_MAX);
		AUTO_FREE char *one = issue(cases[i].other ? other->pkey : key->pkey,
			cases[i].from, cases[i].to);
		struct diag diag = {0};
		enum err e;
		int n;

		buf_adds(&text, cases[i].before);
		for (n = 0; n < cases[i].times; n++)
			buf_adds(&text, one);
		e = load(&c, buf_str(&text), text.len - cases[i].cut, key, &diag);
		if (e != (cases[i].said == NULL ? ERR_OK : ERR_KEY_INVALID) ||
			(c != NULL) != (e == ERR_OK) ||
			(cases[i].said != NULL &&
				strstr(diag.text, cases[i].said) == NULL))
			fail_msg("case %zu: %s %s", i, err_word(e), diag.text);
	}
}

/* Keys come as PKCS#8 without a passphrase, or as the URI of a store; nobody is asked. */
static void
test_certificate_key_that_cannot_be_read_is_told(void **state)
{
	static const char *const names[] = {"RSA PRIVATE KEY", "EC PRIVATE KEY",
		"ENCRYPTED PRIVATE KEY", "PUBLIC KEY"};
	AUTO_KEY struct key *key = make_key(256);
	AUTO_FREE char *text = issue(key->pkey, -60, 3600);
	AUTO_BUF struct buf pem = BUF_INIT(KEY_FILE_MAX);
	struct certificate_source source = {
		.pem = text, .len = strlen(text), .name = "file", .key_name = "key file"};
	const char *body, *end;
	size_t i;

	(void)state;
	assert_int_equal(key_private_pem(&pem, key), ERR_OK);
	body = strchr(buf_str(&pem), '\n');
	end = strstr(body, "-----END");
	for (i = 0; i < 8; i++) {
		AUTO_CERTIFICATE struct certificate *c = NULL;
		AUTO_BUF struct buf other = BUF_INIT(KEY_FILE_MAX);
		struct diag diag = {0};

		if (i < 4)
			buf_addf(&other, "-----BEGIN %s-----%.*s-----END %s-----\n",
				names[i], (int)(end - body), body, names[i]);
		else if (i < 6) /* cut, or empty */
			buf_add(&other, buf_str(&pem), i == 4 ? pem.len / 2 : 0);
		else /* a JWK, or the certificate */
			buf_adds(&other, i == 6 ? "{\"kty\":\"EC\"}" : text);
		source.key_pem = buf_str(&other);
		source.key_len = other.len;
		assert_int_equal(certificate_load(&c, &source, clock_unix(), &diag),
			ERR_KEY_INVALID);
		assert_string_equal(
			diag.text, "key file: the certificate's key cannot be read");
		assert_null(c);
	}
	source.key_pem = NULL;
	assert_int_equal(
		certificate_load(&(struct certificate *){NULL}, &source, 0, NULL),
		ERR_KEY_INVALID);
}

static void
test_certificate_ends_when_it_says(void **state)
{
	AUTO_KEY struct key *key = make_key(256);
	AUTO_CERTIFICATE struct certificate *c = load_good(key);

	(void)state;
	assert_in_range(certificate_ends(c) - clock_unix(), 3500, 3600);
}

/*
 * Both kinds of keys, both versions of TLS; and one that is not believed, whether the
 * client listens for the end or runs into it.
 */
static void
test_certificate_is_shown_and_its_refusal_told(void **state)
{
	static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
	static const int bits[] = {256, 2048};
	size_t i;

	(void)state;
	for (i = 0; i < 16; i++) {
		AUTO_KEY struct key *key = make_key(bits[i & 1]);
		AUTO_CERTIFICATE struct certificate *c = load_good(key);
		SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
		bool believes = (i & 4) == 0;
		struct diag diag = {0};
		X509 *shown = NULL;

		assert_true(certificate_present(c, ctx));
		assert_int_equal(handshake_with(ctx, versions[i >> 1 & 1], believes,
					 i >= 8, &shown),
			believes);
		assert_int_equal(certificate_fault(c, &diag),
			believes ? ERR_OK : ERR_CLIENT_REFUSED);
		assert_true(!believes || shown != NULL);
		assert_true(believes || strstr(diag.text, "our certificate: ") != NULL);
		X509_free(shown);
		SSL_CTX_free(ctx);
		/* the next connection begins anew */
		ctx = SSL_CTX_new(TLS_client_method());
		assert_true(certificate_present(c, ctx));
		assert_int_equal(certificate_fault(c, &diag), ERR_OK);
		SSL_CTX_free(ctx);
	}
}

/* A store that does not sign is no outage of the network's. */
static void
test_certificate_key_that_does_not_sign_is_told(void **state)
{
	static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
	AUTO_KEY struct key *key = make_key(256);
	EVP_PKEY *whole = key->pkey, *half;
	unsigned char point[65];
	size_t i, len = 0;

	(void)state;
	/* the public half alone stands for a key whose store has gone */
	assert_int_equal(
		EVP_PKEY_get_octet_string_param(whole, "pub", point, sizeof(point), &len),
		1);
	half = EVP_PKEY_new();
	assert_int_equal(EVP_PKEY_copy_parameters(half, whole), 1);
	assert_int_equal(EVP_PKEY_set1_encoded_public_key(half, point, len), 1);
	for (i = 0; i < 2; i++) {
		AUTO_FREE char *text = issue(whole, -60, 3600);
		const struct certificate_source source = {
			.pem = text, .len = strlen(text), .name = "file"};
		AUTO_CERTIFICATE struct certificate *c = NULL;
		SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
		struct diag diag = {0};
		X509 *shown = NULL;

		assert_int_equal(
			certificate_make(&c, &source, half, NULL, clock_unix(), &diag),
			ERR_OK);
		assert_true(certificate_present(c, ctx));
		assert_false(handshake_with(ctx, versions[i], true, false, &shown));
		assert_int_equal(certificate_fault(c, &diag), ERR_KEY_STORE);
		X509_free(shown);
		SSL_CTX_free(ctx);
	}
	EVP_PKEY_free(half);
}

/* In words that can be searched for, though OpenSSL is started without most of them. */
static void
test_certificate_that_tls_does_not_take_says_why(void **state)
{
	EVP_PKEY *weak = EVP_RSA_gen(512);
	AUTO_FREE char *text = issue(weak, -60, 3600);
	const struct certificate_source source = {
		.pem = text, .len = strlen(text), .name = "file"};
	struct certificate *c = NULL;
	struct diag diag = {0};

	(void)state;
	assert_int_equal(certificate_make(&c, &source, weak, NULL, clock_unix(), &diag),
		ERR_KEY_INVALID);
	assert_string_equal(
		diag.text, "file: TLS does not take the certificate: ee key too small");
	ERR_raise(ERR_LIB_X509, X509_R_KEY_VALUES_MISMATCH);
	assert_string_equal(jose_fault(), "error 05800074");
	ERR_clear_error();
	EVP_PKEY_free(weak);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_certificate_load_table),
		cmocka_unit_test(test_certificate_key_that_cannot_be_read_is_told),
		cmocka_unit_test(test_certificate_ends_when_it_says),
		cmocka_unit_test(test_certificate_is_shown_and_its_refusal_told),
		cmocka_unit_test(test_certificate_key_that_does_not_sign_is_told),
		cmocka_unit_test(test_certificate_that_tls_does_not_take_says_why),
	};

	if (jose_init() != ERR_OK)
		return 1;
	return cmocka_run_group_tests_name("certificate", tests, NULL, NULL);
}
