/*
 * What lives in a smart card, an HSM or a TPM and never leaves it, named by a URI:
 * pkcs11: (RFC 7512), handle: (a persistent handle of a TPM 2.0). Nothing of JOSE is
 * needed for it.
 */
#ifndef JOSE_STORE_H
#define JOSE_STORE_H

#include <stdbool.h>

#include "base/clean.h"
#include "base/err.h"
#include "base/secret.h"

/* What every fetch prefers once a store's provider is loaded. */
#define STORE_PROPERTIES "?provider=default"

struct evp_pkey_st; /* OpenSSL's EVP_PKEY, for those who do not know it */

/* An RSA key that was opened. Owned, but for `properties`. */
struct store_key {
	struct evp_pkey_st *pkey; /* does the private half's work, in the store */
	const char *properties; /* of the provider that must do it; NULL: any */
	struct secret n, e; /* public, without leading zeros */
};

/* Whether the text is such a URI, not the path of a file. */
bool store_is_uri(const char *name) MUST_USE;

/*
 * Opens the key. What the store needs to be opened stands in the URI (pin-value or
 * pin-source, module-path): nobody is ever asked. Loads code into the process, so it
 * belongs before anything from the network, and the store must stay within reach for
 * every signature. ERR_KEY_STORE; ERR_KEY_INVALID, it is none that we use or not an RSA
 * key that rsa_numbers_check() takes; each with a line in `diag` that never shows a PIN.
 */
enum err store_open(struct store_key *ret, const char *uri, struct diag *diag) MUST_USE;

/* Lets go of the key, which is none afterwards. */
void store_close(struct store_key *key);
#define AUTO_STORE_KEY CLEANUP(store_close)

#endif
