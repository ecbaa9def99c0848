/* Signing keys that stay in a store (store.h). */
#ifndef JOSE_KEY_STORE_H
#define JOSE_KEY_STORE_H

#include "base/err.h"
#include "jose/key.h"

/*
 * Opens the key as store_open() does, and names it by its thumbprint.
 *
 * KEY_ENC is refused: unwrapping with a key in a store takes a time that depends on
 * whether the padding was good (docs/jose.md). ERR_KEY_INVALID or ERR_KEY_STORE, each
 * with a line in `diag` that never shows a PIN. The caller frees the key.
 */
enum err key_store_load(
	struct key **ret, const char *uri, enum key_use use, struct diag *diag) MUST_USE;

#endif
