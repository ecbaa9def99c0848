/*
 * Our own certificate and its key, by which TLS itself proves who we are (RFC 8705
 * section 2).
 */
#ifndef JOSE_CERTIFICATE_H
#define JOSE_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clean.h"
#include "base/err.h"

#define CERTIFICATE_FILE_MAX 65536 /* bytes of PEM */
#define CERTIFICATE_CHAIN_MAX 10 /* certificates in it */

struct certificate;

/* What one is made of. All borrowed. */
struct certificate_source {
	/* PEM: the machine's own first, those that vouch for it behind */
	const char *pem;
	size_t len;
	const char *name; /* of its file, to be told */
	/* its key: PKCS#8 PEM as key_private_pem() writes it; NULL: in a store */
	const char *key_pem;
	size_t key_len;
	const char *key_name; /* the URI of that store, or the file's name */
};

/*
 * Makes one, and knows of JOSE's rules for keys only those for numbers in a store: a PEM
 * text comes from whoever has loaded it by key_load(). Opens a store as store_open()
 * says.
 *
 * ERR_KEY_INVALID with a line in `diag` that begins with the name of the file: there is
 * no certificate, it is damaged, it is not valid at `now` (seconds since 1970), it is
 * another key's, or OpenSSL thinks it too weak; or of the key, it is damaged or
 * encrypted. ERR_KEY_STORE. The caller frees; never before the connections that show it
 * are closed.
 */
enum err certificate_load(struct certificate **ret,
	const struct certificate_source *source, int64_t now, struct diag *diag) MUST_USE;

void certificate_free(struct certificate **certificate);
#define AUTO_CERTIFICATE CLEANUP(certificate_free)

/* When it ends, in seconds since 1970. */
int64_t certificate_ends(const struct certificate *certificate);

/*
 * Lets connections of `ssl_ctx` (a fresh SSL_CTX *) show the struct certificate `arg`
 * to servers that ask for one. False: OpenSSL fails.
 */
bool certificate_present(void *arg, void *ssl_ctx) MUST_USE;

/*
 * What the last connection that was to show the struct certificate `arg` has failed by,
 * if by that: ERR_CLIENT_REFUSED, the server has said so; ERR_KEY_STORE, the key did not
 * sign; each with a line in `diag`. ERR_OK: by nothing of the kind.
 */
enum err certificate_fault(const void *arg, struct diag *diag) MUST_USE;

#endif
