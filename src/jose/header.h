/*
 * The protected header of a compact JWS or JWE (RFC 7515 section 4, RFC 7516 section 4).
 * Everything in it was written by a stranger; nothing in it chooses a key's algorithm.
 */
#ifndef JOSE_HEADER_H
#define JOSE_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include "jose/alg.h"
#include "jose/json.h"

#define HEADER_SIZE_MAX 4096 /* bytes, decoded */
#define HEADER_KID_MAX 256

struct header {
	struct json_object *json; /* owned */
	enum alg alg;
	enum enc enc; /* JWE only */
	const char *kid, *typ, *cty; /* borrowed from json; NULL where absent */
};

void header_free(struct header *head);
#define AUTO_HEADER CLEANUP(header_free)

/*
 * Reads the first segment of a token. `kind` says which table "alg" is looked up in:
 * ALG_SIGNS for a JWS, ALG_WRAPS for a JWE. Refuses, with a reason: unknown algorithms,
 * crit and b64, zip, and keys in the header (jwk, jku, x5u, x5c).
 */
enum err header_read(struct header *ret, enum alg_kind kind, const char *text, size_t len,
	struct diag *diag) MUST_USE;

/*
 * The "kid" of a header or of a JWK: a text of 1 to HEADER_KID_MAX bytes, borrowed; NULL
 * where it is absent. ERR_JSON_MEMBER for anything else.
 */
enum err header_kid(const char **ret, struct json_object *json) MUST_USE;

/*
 * Whether a "typ" or "cty" says JWT, as a media type or without its "application/" (RFC
 * 7515 section 4.1.9) and without regard to case (RFC 7519 section 5). No parameters.
 */
bool header_is_jwt(const char *type) MUST_USE;

#endif
