/*
 * An issuer's keys over time: when to fetch them again, and that a bad answer never takes
 * away what we have. No I/O here: the caller fetches.
 */
#ifndef JOSE_KEYSET_H
#define JOSE_KEYSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clean.h"
#include "base/err.h"
#include "jose/jwks.h"

/* Between two fetches, whatever the tokens in between name. */
#define KEYSET_COOLDOWN_MS 60000

struct keyset {
	struct jwks *keys; /* owned; NULL until a fetch was good */
	bool fetched; /* ever asked for */
	int64_t at; /* clock_ms() of the last time */
};

void keyset_free(struct keyset *set);
#define AUTO_KEYSET CLEANUP(keyset_free)

/*
 * Whether to fetch now, when a check of a token ended with `why` (ERR_OK before the first
 * one): there are no keys yet, or it is ERR_KID_UNKNOWN (what jwt_wants_newer_keys() says
 * yes to counts as that); and no fetch was begun within the cool-down. True counts as a
 * fetch begun.
 */
bool keyset_may_fetch(struct keyset *set, enum err why, int64_t now_ms) MUST_USE;

/* Takes in what was fetched. Where jwks_parse() refuses it the old keys stay. */
enum err keyset_update(
	struct keyset *set, const char *text, size_t len, struct diag *diag) MUST_USE;

#endif
