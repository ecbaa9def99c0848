/*
 * The provider's keys: as it publishes them, as they are pinned (provider_keys), and what
 * is different.
 */
#ifndef CLI_ISSUER_KEYS_H
#define CLI_ISSUER_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/clean.h"
#include "base/err.h"
#include "cli/fetch.h"
#include "config/config.h"
#include "jose/jwks.h"
#include "oidc/metadata.h"

/* One key of a set, as a person compares it. */
struct issuer_key {
	const char *kid, *use, *alg; /* borrowed from the set; "": the key does not say */
	char thumbprint[64]; /* RFC 7638, SHA-256; "": it is no key that we could use */
};

struct issuer_keys {
	struct json_object *json; /* the set; owned */
	struct jwks *set; /* the same, as logins see it; owned */
	struct issuer_key *keys; /* owned */
	size_t count;
};

/* Reads a set. The caller frees `ret` in every case. Errors as of jwks_parse(). */
enum err issuer_keys_parse(struct issuer_keys *ret, const char *text, size_t len,
	struct diag *diag) MUST_USE;

void issuer_keys_free(struct issuer_keys *keys);
#define AUTO_ISSUER_KEYS CLEANUP(issuer_keys_free)

/* Whether a key of the set is this one, to the name and to what it may do. */
bool issuer_keys_has(const struct issuer_keys *keys, const struct issuer_key *key);

/* Whether a key that verifies signatures is in both. */
bool issuer_keys_meet(const struct issuer_keys *a, const struct issuer_keys *b);

/*
 * GETs the published set from where a login would, and `metadata` on the way, unless
 * jwks_uri is set by hand. `ret` is valid until the next request.
 */
enum err issuer_keys_fetch(struct fetch *fetch, const struct config *config,
	struct metadata *metadata, const struct http_answer **ret,
	struct diag *diag) MUST_USE;

/* Reads the file of pinned keys, which only root may change, as it stands. */
enum err issuer_keys_read(struct buf *ret, const char *path, struct diag *diag) MUST_USE;

#endif
