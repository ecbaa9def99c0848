/*
 * Public test vectors, read in place and never copied: one table of files, each with its
 * runner and the counts that its collection promises.
 */
#ifndef VECTORS_H
#define VECTORS_H

#include <stdbool.h>
#include <stddef.h>

#include <json-c/json.h>

#include "base/secret.h"
#include "jose/alg.h"
#include "jose/key.h"

/* What a file's cases came to. */
struct tally {
	const char *file;
	unsigned accepted, refused; /* as they should */
	unsigned wrong; /* the other way round; each was printed */
	unsigned skipped; /* do not apply, by a rule that the runner states */
};

/* One case: `got` is what we did. Prints what does not agree. */
void vector(struct tally *t, const char *id, bool should_accept, bool did_accept);

/* Members of a case: text or "" where absent, bytes from hexadecimal or base64url. */
const char *text_of(struct json_object *obj, const char *name);
struct secret hex_of(struct json_object *obj, const char *name);
struct secret base64url_of(struct json_object *obj, const char *name);

/* Whether the field is "valid" (the word that all collections use). */
bool is_valid(struct json_object *test);

/* A private or public key from a JWK of the collection; NULL if we refuse it. */
struct key *private_key(struct json_object *jwk, enum key_use use);
struct key *public_key(struct json_object *jwk, uint32_t algs);

/* The JWK without its private members, as its owner would publish it. */
struct json_object *published(struct json_object *jwk);

/* Runs `each` over the tests of all groups of a Wycheproof file. */
void each_test(struct tally *t, struct json_object *file,
	void (*each)(struct tally *t, struct json_object *group, struct json_object *test,
		const char *id));

/* The runners. */
void run_jws(struct tally *t, struct json_object *file);
void run_jwe(struct tally *t, struct json_object *file);
void run_mixed(struct tally *t, struct json_object *file);
void run_rfc(struct tally *t, struct json_object *file);
void run_cookbook(struct tally *t, struct json_object *file);
void run_cookbook_key(struct tally *t, struct json_object *file);
void run_nested(struct tally *t, struct json_object *file);
void run_cbc128(struct tally *t, struct json_object *file);
void run_cbc256(struct tally *t, struct json_object *file);
void run_gcm(struct tally *t, struct json_object *file);
void run_oaep(struct tally *t, struct json_object *file);
void run_oaep_256(struct tally *t, struct json_object *file);
void run_aeskw(struct tally *t, struct json_object *file);
void run_rs256(struct tally *t, struct json_object *file);
void run_ps256(struct tally *t, struct json_object *file);
void run_es256(struct tally *t, struct json_object *file);
void run_eddsa(struct tally *t, struct json_object *file);
void run_ecdh(struct tally *t, struct json_object *file);
void run_json(struct tally *t, struct json_object *file);
void run_derived(struct tally *t, struct json_object *file);

#endif
