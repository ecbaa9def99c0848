/*
 * A certificate for OpenSSL's TLS. Whether TLS was refused because of it is read off the
 * alerts: nothing else tells that apart from a network that fails.
 */
#include "jose/certificate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "jose/certificate_impl.h"
#include "jose/store.h"

struct certificate {
	X509 *own;
	STACK_OF(X509) * above; /* as in the file */
	EVP_PKEY *pkey;
	const char *properties; /* of who must sign; NULL: OpenSSL finds it by itself */
	bool asked; /* by a server: the key is going to sign */
	int refused; /* the alert by which the server has refused it; 0: none */
	bool failed; /* we have ended a handshake that we could not do our part in */
};

void
certificate_free(struct certificate **certificate)
{
	struct certificate *c = *certificate;

	if (c == NULL)
		return;
	X509_free(c->own);
	sk_X509_pop_free(c->above, X509_free);
	EVP_PKEY_free(c->pkey);
	free(c);
	*certificate = NULL;
}

/* --- loading ---------------------------------------------------------------- */

/* Nothing in the file is worth a passphrase. */
static int
refuse_to_ask(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

/* All certificates of the text; what else is in it is passed over. */
static enum err
read_chain(struct certificate *c, BIO *bio, struct diag *diag)
{
	X509 *x;

	while ((x = PEM_read_bio_X509(bio, NULL, refuse_to_ask, NULL)) != NULL) {
		if (c->own == NULL) {
			c->own = x;
		} else if (sk_X509_push(c->above, x) <= 0) {
			X509_free(x);
			return ERR_NOMEM;
		}
		if (sk_X509_num(c->above) >= CERTIFICATE_CHAIN_MAX)
			return diag_set(diag, ERR_KEY_INVALID,
				"there are more than %d certificates",
				CERTIFICATE_CHAIN_MAX);
	}
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		return diag_set(diag, ERR_KEY_INVALID, "a certificate is damaged");
	if (c->own == NULL)
		return diag_set(
			diag, ERR_KEY_INVALID, "there is no certificate in PEM form");
	return ERR_OK;
}

static int64_t
seconds_of(const ASN1_TIME *when)
{
	struct tm tm;

	return ASN1_TIME_to_tm(when, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

/* A date as it is told. */
static enum err
untimely(struct diag *diag, const char *what, int64_t when)
{
	time_t seconds = (time_t)when;
	char date[32];
	struct tm tm;

	if (gmtime_r(&seconds, &tm) == NULL ||
		strftime(date, sizeof(date), "%Y-%m-%d %H:%M UTC", &tm) == 0)
		return ERR_KEY_INVALID;
	return diag_set(diag, ERR_KEY_INVALID, "the certificate %s %s", what, date);
}

static enum err
check_time(const struct certificate *c, int64_t now, struct diag *diag)
{
	int64_t begins = seconds_of(X509_get0_notBefore(c->own));

	if (now < begins)
		return untimely(
			diag, "is not valid yet; see the clock: it begins", begins);
	if (now >= certificate_ends(c))
		return untimely(diag, "has expired: it ended", certificate_ends(c));
	return ERR_OK;
}

/* Whether TLS takes it as well, so that no handshake is the first to find out. */
static enum err
try_it(struct certificate *c, struct diag *diag)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	const char *reason;
	bool taken;

	if (ctx == NULL)
		return ERR_CRYPTO;
	taken = certificate_present(c, ctx);
	SSL_CTX_free(ctx);
	if (taken)
		return ERR_OK;
	reason = ERR_reason_error_string(ERR_peek_last_error());
	return diag_set(diag, ERR_KEY_INVALID, "TLS does not take the certificate: %s",
		reason != NULL ? reason : "OpenSSL does not say why");
}

static enum err
load(struct certificate *c, BIO *bio, int64_t now, struct diag *diag)
{
	enum err e = read_chain(c, bio, diag);

	if (e == ERR_OK && X509_check_private_key(c->own, c->pkey) != 1)
		e = diag_set(diag, ERR_KEY_INVALID,
			"the certificate does not belong to certificate_key");
	if (e == ERR_OK)
		e = check_time(c, now, diag);
	return e != ERR_OK ? e : try_it(c, diag);
}

/*
 * Whether OpenSSL, asked as TLS asks, would sign by another provider than the key's: it
 * takes the first to which the key can be handed, and a TPM's hands out its public half.
 */
static bool
goes_astray(EVP_PKEY *pkey)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *op = NULL;
	bool astray = false;

	if (ctx != NULL &&
		EVP_DigestSignInit_ex(ctx, &op, "SHA256", NULL, NULL, pkey, NULL) == 1)
		astray = EVP_PKEY_CTX_get0_provider(op) != EVP_PKEY_get0_provider(pkey);
	EVP_MD_CTX_free(ctx);
	return astray;
}

enum err
certificate_make(struct certificate **ret, const struct certificate_source *source,
	EVP_PKEY *pkey, const char *properties, int64_t now, struct diag *diag)
{
	AUTO_CERTIFICATE struct certificate *c = calloc(1, sizeof(*c));
	struct diag why = {0};
	BIO *bio;
	enum err e;

	if (source->len > CERTIFICATE_FILE_MAX)
		return diag_set(diag, ERR_KEY_INVALID, "%.120s: the file is too large",
			source->name);
	bio = BIO_new_mem_buf(source->pem, (int)source->len);
	if (c == NULL || bio == NULL || (c->above = sk_X509_new_null()) == NULL) {
		BIO_free(bio);
		return ERR_NOMEM;
	}
	EVP_PKEY_up_ref(pkey);
	c->pkey = pkey;
	c->properties = goes_astray(pkey) ? properties : NULL;
	ERR_clear_error();
	e = load(c, bio, now, &why);
	BIO_free(bio);
	ERR_clear_error();
	if (e != ERR_OK)
		return diag_set(diag, e, "%.120s: %.120s", source->name, why.text);
	*ret = MOVE(c);
	return ERR_OK;
}

/* The key of a PEM text. NULL: it is none, or encrypted. */
static EVP_PKEY *
read_key(const char *pem, size_t len)
{
	BIO *bio = BIO_new_mem_buf(pem, (int)len);
	PKCS8_PRIV_KEY_INFO *info = NULL;
	EVP_PKEY *pkey = NULL;

	if (bio != NULL)
		info = PEM_read_bio_PKCS8_PRIV_KEY_INFO(bio, NULL, refuse_to_ask, NULL);
	if (info != NULL)
		pkey = EVP_PKCS82PKEY(info);
	PKCS8_PRIV_KEY_INFO_free(info);
	BIO_free(bio);
	ERR_clear_error();
	return pkey;
}

static enum err
load_from_pem(struct certificate **ret, const struct certificate_source *source,
	int64_t now, struct diag *diag)
{
	EVP_PKEY *pkey = NULL;
	enum err e;

	if (source->key_len <= CERTIFICATE_FILE_MAX)
		pkey = read_key(source->key_pem, source->key_len);
	if (pkey == NULL)
		return diag_set(diag, ERR_KEY_INVALID,
			"%.120s: the certificate's key cannot be read", source->key_name);
	e = certificate_make(ret, source, pkey, NULL, now, diag);
	EVP_PKEY_free(pkey);
	return e;
}

enum err
certificate_load(struct certificate **ret, const struct certificate_source *source,
	int64_t now, struct diag *diag)
{
	AUTO_STORE_KEY struct store_key key = {0};
	enum err e;

	if (source->key_pem != NULL)
		return load_from_pem(ret, source, now, diag);
	e = store_open(&key, source->key_name, diag);
	return e != ERR_OK ? e
			   : certificate_make(
				     ret, source, key.pkey, key.properties, now, diag);
}

int64_t
certificate_ends(const struct certificate *certificate)
{
	return seconds_of(X509_get0_notAfter(certificate->own));
}

/* --- showing ---------------------------------------------------------------- */

/* Where a context keeps its certificate; -1: OpenSSL has no place. */
static int
find_place(void)
{
	static int place = -1;

	if (place < 0)
		place = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
	return place;
}

/* Whether a server judges our certificate by this alert: it never saw another. */
static bool
is_judgement(int alert)
{
	switch (alert) {
	case SSL_AD_BAD_CERTIFICATE:
	case SSL_AD_UNSUPPORTED_CERTIFICATE:
	case SSL_AD_CERTIFICATE_REVOKED:
	case SSL_AD_CERTIFICATE_EXPIRED:
	case SSL_AD_CERTIFICATE_UNKNOWN:
	case SSL_AD_UNKNOWN_CA:
	case SSL_AD_ACCESS_DENIED:
	case SSL_AD_CERTIFICATE_REQUIRED:
		return true;
	default:
		return false;
	}
}

/* Whether the message that comes next is the one that the key signs. */
static bool
is_about_to_sign(const struct certificate *c, const SSL *ssl, int where)
{
	OSSL_HANDSHAKE_STATE state = SSL_get_state(ssl);

	if (!c->asked || (where & SSL_CB_LOOP) == 0)
		return false;
	return state == TLS_ST_CW_KEY_EXCH ||
	       (state == TLS_ST_CW_CERT && SSL_version(ssl) >= TLS1_3_VERSION);
}

/*
 * TLS asks for no provider by name. So the store's comes first, but only for the one
 * message: whatever else it can do is left to the default one.
 */
static void
prefer_store(struct certificate *c, const SSL *ssl, int where)
{
	char wanted[64] = STORE_PROPERTIES;

	if (is_about_to_sign(c, ssl, where))
		snprintf(wanted, sizeof(wanted), "?%s", c->properties);
	if (EVP_set_default_properties(NULL, wanted) != 1)
		ERR_clear_error(); /* it will not sign, which is told */
	if (SSL_get_state(ssl) == TLS_ST_CW_CERT_VRFY)
		c->asked = false;
}

static void
see_alert(struct certificate *c, int where, int alert)
{
	if ((where & SSL_CB_READ) != 0 && is_judgement(alert))
		c->refused = alert;
	if ((where & SSL_CB_WRITE) != 0 && alert == SSL_AD_INTERNAL_ERROR)
		c->failed = true;
}

/*
 * TLS 1.3 refuses after the client thinks that all is well. A server that closes at once
 * makes the next write fail, and its alert would lie unread before a connection that
 * looks like one that broke.
 */
static long
see_write(BIO *bio, int what, const char *data, size_t len, int number, long more,
	int ret, size_t *done)
{
	SSL *ssl = (SSL *)(void *)BIO_get_callback_arg(bio);
	char byte;

	(void)data;
	(void)len;
	(void)number;
	(void)more;
	(void)done;
	if (what == (BIO_CB_WRITE | BIO_CB_RETURN) && ret <= 0 &&
		!BIO_should_retry(bio)) {
		BIO_set_callback_ex(bio, NULL);
		(void)SSL_peek(ssl, &byte, 1); /* which is told to watch() */
		BIO_clear_retry_flags(bio);
	}
	return ret;
}

static void
watch_writes(const SSL *ssl)
{
	BIO *bio = SSL_get_wbio(ssl);

	BIO_set_callback_arg(bio, (char *)(uintptr_t)ssl);
	BIO_set_callback_ex(bio, see_write);
}

static int
see_request(SSL *ssl, void *arg)
{
	struct certificate *c = arg;

	(void)ssl;
	c->asked = true;
	return 1;
}

static void
watch(const SSL *ssl, int where, int value)
{
	struct certificate *c = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), find_place());

	if (c == NULL)
		return;
	if ((where & SSL_CB_ALERT) != 0)
		see_alert(c, where, value & 0xff); /* above it is how grave it is */
	if (c->properties != NULL)
		prefer_store(c, ssl, where);
	if ((where & SSL_CB_HANDSHAKE_DONE) != 0)
		watch_writes(ssl);
}

bool
certificate_present(void *arg, void *ssl_ctx)
{
	struct certificate *c = arg;
	SSL_CTX *ctx = ssl_ctx;

	c->refused = 0;
	c->failed = c->asked = false;
	if (SSL_CTX_use_cert_and_key(ctx, c->own, c->pkey, c->above, 1) != 1 ||
		SSL_CTX_set_ex_data(ctx, find_place(), c) != 1)
		return false;
	SSL_CTX_set_cert_cb(ctx, see_request, c);
	SSL_CTX_set_info_callback(ctx, watch);
	return true;
}

enum err
certificate_fault(const void *arg, struct diag *diag)
{
	const struct certificate *c = arg;

	if (c->refused != 0)
		return diag_set(diag, ERR_CLIENT_REFUSED,
			"the provider refuses our certificate: %s",
			SSL_alert_desc_string_long(c->refused));
	if (c->failed)
		return diag_set(diag, ERR_KEY_STORE,
			"certificate_key did not sign the connection");
	return ERR_OK;
}
