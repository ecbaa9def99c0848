/*
 * The list of attacks that a verifier must refuse, family by family, each expanded into
 * cases of our own. A case names the very error it must end with: a refusal for another
 * reason would prove nothing. Every family starts from a token that is accepted.
 */
#ifndef CHECKLIST_H
#define CHECKLIST_H

#include "../unit/forge.h"

struct family {
	const char *id;
	unsigned good, bad;
};

extern struct forge world;

/* Records a case: `got` must be `want`. */
void expect(struct family *f, const char *what, enum err got, enum err want);

/* A token that the whole verifier must end with `want`; frees the token. */
void nested(struct family *f, const char *what, char *token, enum err want);
void plain(struct family *f, const char *what, char *token, enum err want);

/* The same with `len` bytes, for texts with a NUL inside. */
void plain_bytes(
	struct family *f, const char *what, const char *token, size_t len, enum err want);

/* A signed token with this header and these claims (NULL: the usual) from the issuer. */
#define HEADER "{\"alg\":\"RS256\",\"kid\":\"issuer-1\"}"
char *signed_token(const char *header, const char *claims);

/* An encrypted token with this header (NULL: the usual), around `inside` (freed). */
#define OUTER                                                                          \
	"{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A128CBC-HS256\",\"cty\":\"JWT\",\"kid\":" \
	"\"enc-1\"}"
char *encrypted_token(const char *header, char *inside);

/* Parts of the usual encrypted token, under `enc` and RSA-OAEP-256. */
void usual_parts(struct parts *ret, enum enc enc);

/* The token of these parts; frees them. */
char *token_of(struct parts *parts);

/* What becomes of a key set made of this one JWK text, or of the whole set text. */
enum err parse_key(const char *jwk);
enum err parse_set(const char *set);

/* `count` times `unit`; owned by the caller. */
char *repeat(const char *unit, size_t count);

/* The part of N37 that is about keys agreed on. */
void agreed_keys(struct family *f);

/* The families, by area. */
typedef void family_run(struct family *f);
family_run N01, N02, N03, N04, N05, N06, N07, N08, N09;
family_run N10, N11, N12, N13, N14, N15, N16, N17, N18, N19, N20;
family_run N21, N22, N23, N24, N25, N26, N27, N28, N29, N30, N31;
family_run N32, N33, N34, N35;
family_run N36, N37, N38, N39, N40, N41, N42;
family_run N43, N44, N45, N46;
family_run N47, N48, N49;
family_run N50, N51, N52, N53, N54, N55, N56, N57, N58, N59, N60, N61, N62;

#endif
