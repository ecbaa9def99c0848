/*
 * The keys that the configuration names, as the administrator's program needs them.
 */
#ifndef CLI_OWN_KEYS_H
#define CLI_OWN_KEYS_H

#include <stddef.h>

#include "base/clean.h"
#include "base/err.h"
#include "config/config.h"
#include "jose/certificate.h"
#include "jose/key.h"

struct own_keys {
	struct key *signing;
	struct key *next_signing; /* NULL: no rotation under way */
	struct key *decryption[CONFIG_KEYS_MAX]; /* the first is the published one */
	size_t decryption_count;
};

/* One key: a file that only root may read, or the URI of a store. The caller frees. */
enum err own_keys_read(
	struct key **ret, const char *name, enum key_use use, struct diag *diag) MUST_USE;

/* All of them; `ret` is filled as far as it came, and freed by the caller in any case. */
enum err own_keys_load(
	struct own_keys *ret, const struct config *config, struct diag *diag) MUST_USE;

/*
 * The certificate and its key; NULL where none is configured. ERR_KEY_INVALID also where
 * it is not valid now. What it was made of is appended to `pem` and, as PKCS#8 PEM unless
 * it lives in a store, to `key_pem`. The caller frees all three, also after an error.
 */
enum err own_keys_certificate(struct certificate **ret, struct buf *pem,
	struct buf *key_pem, const struct config *config, struct diag *diag) MUST_USE;

/* Appends the JWK Set to publish: the signing keys and the current encryption key. */
enum err own_keys_publish(struct buf *out, const struct own_keys *keys) MUST_USE;

void own_keys_free(struct own_keys *keys);
#define AUTO_OWN_KEYS CLEANUP(own_keys_free)

#endif
