/*
 * The signed request object of a CIBA login (RFC 9101, OpenID CIBA Core section 7.1.1)
 * as itsme® wants it: everything inside, nothing beside.
 */
#ifndef ITSME_REQUEST_H
#define ITSME_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "jose/key.h"

/* How the login_hint_token is written; itsme®'s documentation shows both. */
enum request_hint_format { REQUEST_HINT_JWT, REQUEST_HINT_OBJECT };

/* All borrowed. */
struct request {
	const char *issuer;
	const char *client_id;
	const char *service; /* service code */
	const char *scope; /* further words, as in struct client; NULL: none */
	const char *hint_type; /* user_identifier_token | subject_code */
	const char *hint_value;
	enum request_hint_format hint_format;
	const char *nonce; /* NULL: none */
	const char *acr; /* acr_values, NULL: the provider's default */
	int64_t expiry; /* requested_expiry in seconds; 0: the provider's default */
	const char *claims; /* to be asked for, as oidc/required.h has them */
	bool asks_phone; /* ask for ITSME_PHONE_ADDRESS and ITSME_PHONE_DEVICE as well */
	const char *approval_text; /* of a Confirmation service; NULL: none */
};

/* Appends the compact JWS, stamped with `now` (calendar time) and a fresh jti. */
enum err request_sign(struct buf *out, const struct request *request,
	const struct key *key, int64_t now) MUST_USE;

#endif
