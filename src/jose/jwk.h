/* JSON Web Keys (RFC 7517, RFC 7518 section 6): members, purposes, thumbprints. */
#ifndef JOSE_JWK_H
#define JOSE_JWK_H

#include "jose/json.h"
#include "jose/material.h"

enum jwk_side {
	JWK_FOREIGN, /* from the provider: a private member refuses it */
	JWK_OWN /* from our own file: the private members must be there */
};

/*
 * The first member that no key from outside may have, as it is a private one; NULL: there
 * is none. The "k" of a symmetric key is not among them: that is all such a key has.
 */
const char *jwk_private_member(struct json_object *jwk);

/*
 * The numbers of a key. ERR_JWK_REFUSED with a reason; ERR_ALG_REFUSED for a sound JWK
 * of a type or curve that we do not use (RFC 7517 section 5: to be passed over).
 */
enum err jwk_material(struct material *ret, struct json_object *jwk, enum jwk_side side,
	struct diag *diag) MUST_USE;

/*
 * What the key may do, from kty, "use", "key_ops" and "alg" together; 0 where they leave
 * nothing that we do. ERR_JWK_REFUSED for malformed members.
 */
enum err jwk_algs(uint32_t *ret, struct json_object *jwk, enum kty kty,
	enum jwk_side side, struct diag *diag) MUST_USE;

/* Appends the members of the public key that make its thumbprint, in RFC 7638's order. */
void jwk_write_members(struct buf *out, const struct material *m);

/* Appends the SHA-256 thumbprint (RFC 7638) in base64url. */
enum err jwk_thumbprint(struct buf *out, const struct material *m) MUST_USE;

#endif
