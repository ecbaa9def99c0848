/*
 * Everything that only root may read, read before privilege is dropped: configuration,
 * keys, identity map, and whether this account may ask at all. No network.
 */
#ifndef HELPER_SETUP_H
#define HELPER_SETUP_H

#include <stddef.h>

#include "base/buf.h"
#include "base/clean.h"
#include "base/err.h"
#include "config/config.h"
#include "helper/fresh.h"
#include "identity/map.h"
#include "jose/jwks.h"
#include "jose/key.h"
#include "language/language.h"
#include "wire/wire.h"

#define SETUP_FILES (CONFIG_KEYS_MAX + 8) /* the configuration, and all that it names */

struct setup {
	const char *credentials; /* directory, borrowed: its files come first; or NULL */
	struct config *config;
	struct map *map; /* the lines of this account */
	enum language language; /* in which the person is spoken to */
	enum language strangers; /* the same, whoever it is: by nothing of the map */
	struct buf client_secret; /* empty: none is used */
	bool counts_tokens; /* the provider's keys are pinned: each token counts once */
	int tokens; /* then: of spent_open(); owned */
	struct buf provider_keys_json; /* bytes until setup_keys() has parsed them */
	struct jwks *provider_keys; /* pinned; NULL: those that it publishes */
	struct buf ca_pem; /* the file that ca_file names; empty where it names none */
	struct buf signing_pem; /* bytes until setup_keys() has parsed them */
	struct buf certificate_pem;
	struct buf certificate_key_pem; /* the file's; PKCS#8 after setup_keys() */
	struct buf decryption_pem[CONFIG_KEYS_MAX];
	struct key *signing_key;
	struct key *decryption_keys[CONFIG_KEYS_MAX];
	size_t decryption_count;
	struct fresh
		files[SETUP_FILES]; /* read, at a login screen, which waits for long */
	size_t file_count;
};

/*
 * As root: reads the configuration (`config=` among the module's arguments names
 * another file), applies the other arguments, reads the map and the key files, and
 * decides whether the account may ask: ERR_UNKNOWN_USER, ERR_UNMAPPED_USER, …
 * Of each file, one of the same name in `credentials` is read instead, if there is one.
 * The caller frees `ret` in every case; its languages are set in every case, too.
 */
enum err setup_read(
	struct setup *ret, const struct wire_msg *request, struct diag *diag) MUST_USE;

/*
 * After privilege is gone: makes keys of the bytes read, and opens those that live in a
 * store, which must let the helper's own account in. ERR_KEY_INVALID also for pinned keys
 * that could verify nothing. The certificate's key is looked at and converted; where it
 * lives in a store, itsme-fetch opens it.
 */
enum err setup_keys(struct setup *setup, struct diag *diag) MUST_USE;

/* Whether a key is in a store, which works on at each signature. */
bool setup_has_store(const struct setup *setup);

/*
 * Whether the configuration and each file that it names, at a login screen, are still as
 * they were read: who is believed stands in them, too. Anything else of the account is
 * looked at again in the `account` phase.
 */
bool setup_is_fresh(const struct setup *setup);

/* How codes are drawn for this account: the map has the last word. */
enum config_qr setup_qr(const struct setup *setup);

/* Whether this account's terminals are light, likewise. */
bool setup_invert(const struct setup *setup);

void setup_free(struct setup *setup);
#define AUTO_SETUP CLEANUP(setup_free)

#endif
