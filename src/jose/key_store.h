/*
 * Signing keys that live in a smart card, an HSM or a TPM and never leave it, named by a
 * URI: pkcs11: (RFC 7512), handle: (a persistent handle of a TPM 2.0).
 */
#ifndef JOSE_KEY_STORE_H
#define JOSE_KEY_STORE_H

#include <stdbool.h>

#include "base/err.h"
#include "jose/key.h"

/* Whether the text is such a URI, not the path of a file. */
bool key_store_is_uri(const char *name) MUST_USE;

/*
 * Opens the key. What the store needs to be opened stands in the URI (pin-value or
 * pin-source, module-path): nobody is ever asked. Loads code into the process, so it
 * belongs before anything from the network, and the store must stay within reach for
 * every signature.
 *
 * KEY_ENC is refused: unwrapping with a key in a store takes a time that depends on
 * whether the padding was good (docs/jose.md). ERR_KEY_INVALID or ERR_KEY_STORE, each
 * with a line in `diag` that never shows a PIN. The caller frees the key.
 */
enum err key_store_load(
	struct key **ret, const char *uri, enum key_use use, struct diag *diag) MUST_USE;

#endif
