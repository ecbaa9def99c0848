/* TLS within one process: a server that asks for a certificate, and what comes of it. */
#ifndef HANDSHAKE_H
#define HANDSHAKE_H

#include <stdbool.h>
#include <stdlib.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

/* A certificate of `key` that vouches for itself, valid between the two, from now. */
static inline X509 *
handshake_certificate(EVP_PKEY *key, long from, long to)
{
	X509 *x = X509_new();

	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), from);
	X509_gmtime_adj(X509_getm_notAfter(x), to);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
		(const unsigned char *)"host-1", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	X509_set_pubkey(x, key);
	if (X509_sign(x, key, EVP_sha256()) <= 0)
		abort();
	return x;
}

static inline int
handshake_believe(X509_STORE_CTX *ctx, void *arg)
{
	(void)ctx;
	(void)arg;
	return 1;
}

/*
 * Moves both on until neither has more to say; true: the server is content. `breaks`:
 * the client finds that out because it cannot write any more.
 */
static inline bool
handshake_move(SSL *client, SSL *server, bool breaks)
{
	bool done = false;
	char byte;
	int i;

	for (i = 0; i < 10; i++) {
		(void)SSL_do_handshake(client);
		done = SSL_do_handshake(server) == 1;
	}
	/* the end of it in TLS 1.3 */
	if (breaks && BIO_shutdown_wr(SSL_get_wbio(client)) == 1)
		(void)SSL_write(client, "x", 1);
	else
		(void)SSL_read(client, &byte, 1);
	return done;
}

/*
 * Whether a server that insists on a certificate takes the client's: `believes` any, or
 * none. With that version of TLS alone; `breaks`: see above. `ret_shown`: what it was
 * shown; NULL: nothing.
 */
static inline bool
handshake_with(
	SSL_CTX *client_ctx, int version, bool believes, bool breaks, X509 **ret_shown)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *own = handshake_certificate(key, -60, 3600);
	SSL *client = SSL_new(client_ctx), *server;
	BIO *left, *right;
	bool taken;

	SSL_CTX_use_certificate(ctx, own);
	SSL_CTX_use_PrivateKey(ctx, key);
	SSL_CTX_set_min_proto_version(ctx, version);
	SSL_CTX_set_max_proto_version(ctx, version);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	if (believes)
		SSL_CTX_set_cert_verify_callback(ctx, handshake_believe, NULL);
	server = SSL_new(ctx);
	if (BIO_new_bio_pair(&left, 0, &right, 0) != 1)
		abort();
	SSL_set_bio(client, left, left);
	SSL_set_bio(server, right, right);
	SSL_set_connect_state(client);
	SSL_set_accept_state(server);
	taken = handshake_move(client, server, breaks);
	*ret_shown = SSL_get1_peer_certificate(server);
	SSL_free(client);
	SSL_free(server);
	SSL_CTX_free(ctx);
	X509_free(own);
	EVP_PKEY_free(key);
	return taken;
}

#endif
