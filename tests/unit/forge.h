/*
 * A workshop for tokens that nobody honest would make: headers as text, parts by hand,
 * signatures and encryption with whatever key. Everything aborts on its own failure, so
 * that no test can pass because its forgery did not come about.
 */
#ifndef FORGE_H
#define FORGE_H

#include "base/secret.h"
#include "jose/alg.h"
#include "jose/enc.h"
#include "jose/jwks.h"
#include "jose/jwt.h"
#include "jose/key.h"

/* The keys of the tests: ours, the issuer's (private, to forge with), a stranger's. */
struct forge {
	struct key *enc; /* ours: RSA, kid "enc-1" */
	struct key *ec; /* ours: P-256, kid "ec-1" */
	struct key *issuer; /* RS256, kid "issuer-1" */
	struct key *stranger; /* RSA, in nobody's set */
	struct jwks *set; /* the issuer's public keys, all kinds */

	/* For what a provider must name itself; in no set above. */
	struct key *own[3]; /* ours, one for each curve of ECDH-ES */
	struct key *more_rsa, *more_384; /* the issuer's, private */
	struct jwks *more; /* the issuer's public keys, "more-…" */
};

/* The keys of forge.own. */
enum { OWN_P256, OWN_P384, OWN_X25519, OWN_COUNT };

void forge_open(struct forge *f);
void forge_close(struct forge *f);

/* For cmocka: a group of tests whose state is a forge. */
int forge_setup(void **state);
int forge_teardown(void **state);

/* Text, NUL-terminated, owned by the caller (AUTO_FREE). */
char *forge_text(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *forge_base64url(const void *data, size_t len);

/* header.payload.signature, signed as `alg` says, whatever the header says. */
char *forge_jws(const struct key *key, enum alg alg, const char *header,
	const void *payload, size_t len);

/* The five parts of a JWE in bytes, to be bent before they become a token. */
struct parts {
	char *header; /* JSON */
	struct secret ek, iv, text, tag;
	uint8_t cek[64];
	size_t cek_len;
};

/* Encrypts `plain` to `key` under that header. */
void forge_parts(struct parts *ret, const struct key *key, enum alg alg, enum enc enc,
	const char *header, const char *plain);

/* The same under a content key that is given, of any length, wrapped with RSA-OAEP. */
void forge_parts_cek(struct parts *ret, const struct key *key, enum alg alg, enum enc enc,
	const char *header, const char *plain, const void *cek, size_t cek_len);

char *forge_token(const struct parts *parts);
void forge_parts_free(struct parts *parts);

/* A stretch of bytes in place of another. */
void forge_replace(struct secret *part, const void *data, size_t len);
void forge_resize(struct secret *part, size_t len); /* cut, or zeros added */

#endif
