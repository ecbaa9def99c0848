/*
 * Whether the JWK Set at an address is the one that the provider must find there: our
 * keys, each with its use, and none that we cannot open; served as the provider wants it.
 */
#ifndef CLI_PUBLISHED_H
#define CLI_PUBLISHED_H

#include "cli/fetch.h"
#include "cli/findings.h"
#include "cli/own_keys.h"

#define PUBLISHED_MAX (64 * 1024) /* bytes of our own set */

/* Fetches and compares; `own_set` is what own_keys_publish() makes of `keys`. */
void published_check(struct findings *f, struct fetch *fetch, const char *url,
	const char *own_set, const struct own_keys *keys);

#endif
