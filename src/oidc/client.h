/*
 * What every flow has to know: which provider, who we are there, and what we accept of
 * it. And how a client proves who it is (RFC 6749 section 2.3, OpenID Connect Core
 * section 9).
 */
#ifndef OIDC_CLIENT_H
#define OIDC_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "jose/jwt.h"
#include "jose/key.h"
#include "oidc/metadata.h"

enum client_auth {
	CLIENT_PRIVATE_KEY_JWT,
	CLIENT_SECRET_BASIC,
	CLIENT_SECRET_POST,
	CLIENT_TLS, /* by our certificate, as the connection is made */
	CLIENT_NONE
};

/* Whom an assertion is for; providers disagree (docs/architecture.md). */
enum client_audience {
	CLIENT_AUDIENCE_TOKEN_ENDPOINT,
	CLIENT_AUDIENCE_ENDPOINT, /* the one that it is sent to */
	CLIENT_AUDIENCE_ISSUER
};

/* All borrowed; must outlive the flow. */
struct client {
	const char *issuer;
	const char *client_id;
	enum client_auth auth;
	enum client_audience audience;
	const struct key *signing_key; /* NULL: we sign nothing */
	const char *secret; /* NULL: we have none */
	struct key *const *decryption_keys;
	size_t decryption_count;
	struct jwt_policy policy; /* of ID Tokens and signed UserInfo */
	/*
	 * The issuer's keys as the administrator has pinned them: none are fetched, and
	 * what they have not signed counts for nothing. NULL: those that it publishes.
	 */
	const struct jwks *pinned;
	bool nonce_required; /* sent in every flow, and every ID Token must have it */
	const char *scope; /* words with one blank between, openid among them */
	const char *acr_values; /* asked for; NULL: the provider's default */
	const char *const *acr; /* any of these will do; NULL: any at all */
	int64_t max_age; /* asked for: seconds since the last proof; 0: any */
	const char *endpoints[ENDPOINT_COUNT]; /* set by hand; NULL: as discovered */
	bool wants_userinfo; /* something needs claims that ID Tokens may lack */
	bool userinfo_as_jwt; /* by `policy`; else plain JSON will do as well */
	int64_t started; /* calendar time of the login's begin; 0: not known */
	int64_t deadline; /* clock_ms: of the whole login */
	int64_t end; /* clock_ms: of one whose provider stumbles; see client_end() */
	int64_t timeout; /* seconds that the whole login may take; 0: not known */
	uint32_t seed; /* of the spread of waits, another for each login; 0: none */
};

/*
 * A login whose provider is away ends before its deadline, so that whatever comes after
 * it in the stack is of use: by a tenth of its time, and by so much (ms) at most.
 */
#define CLIENT_MARGIN_MS 5000
int64_t client_end(int64_t deadline, int64_t timeout);

/* HTTP's own way to carry an identity, where the method wants it; else both empty. */
struct client_basic {
	struct buf user, password;
};

/*
 * Adds the proof to the form, or to `basic`: a fresh assertion for `audience`, signed
 * with one of `algs`; the secret; or nothing at all. client_id is not among it.
 * ERR_PROVIDER_ALG: the key can do none of `algs`.
 */
enum err client_prove(const struct client *client, const char *audience, uint32_t algs,
	int64_t now, struct buf *form, struct client_basic *basic,
	struct diag *diag) MUST_USE;

#endif
