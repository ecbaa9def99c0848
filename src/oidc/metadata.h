/*
 * The provider's discovery document (OpenID Connect Discovery 1.0 sections 3 and 4, RFC
 * 8414 section 2, OpenID CIBA Core section 4, RFC 8628 section 4), reduced to what we
 * use.
 */
#ifndef OIDC_METADATA_H
#define OIDC_METADATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clean.h"
#include "base/err.h"
#include "jose/jwt.h"

/* Each is also a key of the configuration under the same name. */
#define ENDPOINT_LIST(X)                                      \
	X(JWKS, "jwks_uri")                                   \
	X(TOKEN, "token_endpoint")                            \
	X(USERINFO, "userinfo_endpoint")                      \
	X(BACKCHANNEL, "backchannel_authentication_endpoint") \
	X(DEVICE, "device_authorization_endpoint")

enum endpoint {
#define ENDPOINT_ENUM(name, word) ENDPOINT_##name,
	ENDPOINT_LIST(ENDPOINT_ENUM)
#undef ENDPOINT_ENUM
		ENDPOINT_COUNT
};

/* The name in the document. Static storage. */
const char *metadata_endpoint_name(enum endpoint endpoint);

/* Algorithms on offer, as far as we know them ourselves. */
struct metadata_offer {
	bool is_said; /* the document has such a list */
	bool is_bad; /* it has something else in its place: nothing is on offer */
	uint32_t set; /* ALG_BIT()s or ENC_BIT()s */
};

/*
 * The set of a list of algorithms. Where the document has no such list, nothing follows
 * but that those which a provider must name itself (alg_set_default()) stay away.
 */
uint32_t metadata_offered(const struct metadata_offer *offer);

/* Addresses are as found, to the byte; NULL where the provider has none. */
struct metadata {
	char *endpoints[ENDPOINT_COUNT];
	uint32_t bad_endpoints; /* 1 << enum endpoint: those that no address is given for
				 */
	struct metadata_offer auth_algs; /* of client assertions */
	struct metadata_offer request_algs; /* of CIBA request objects */
	struct metadata_offer id_token_algs, id_token_key_algs, id_token_encs;
	bool takes_user_code; /* CIBA: the person's own code can be asked for */
};

/*
 * Appends where the document is: behind the issuer, or `elsewhere` (RFC 8414), which is
 * asked where nothing (404) is there.
 */
void metadata_address(struct buf *url, const char *issuer, bool elsewhere);

/*
 * Reads the document. `issuer` must equal the configured one byte for byte
 * (ERR_PROVIDER_ISSUER). An address that is not https, or of more than 1,024 printable
 * characters, and a list that is none are noted in `ret`: whether that matters is known
 * where they are used. null is absence; what is no text in a list is passed over.
 * ERR_PROVIDER_ANSWER: no strict JSON object. The caller owns `ret`.
 */
enum err metadata_read(struct metadata *ret, const char *body, size_t len,
	const char *issuer, struct diag *diag) MUST_USE;

/* Keeps of what we accept what is on offer as well; unread metadata offers the usual. */
void metadata_narrow(struct jwt_policy *policy, const struct metadata *metadata);

/*
 * Puts the addresses for clients that TLS authenticates (`mtls_endpoint_aliases` of the
 * same document, RFC 8705 section 5) in the place of those that metadata_read() has
 * found. Judged as those are; absent or null, they leave everything as it was.
 */
enum err metadata_prefer_aliases(
	struct metadata *ret, const char *body, size_t len, struct diag *diag) MUST_USE;

void metadata_free(struct metadata *metadata);
#define AUTO_METADATA CLEANUP(metadata_free)

#endif
