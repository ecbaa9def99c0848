/*
 * The provider's discovery document (OpenID Connect Discovery 1.0 section 4, RFC 8414
 * section 3), reduced to what we use.
 */
#ifndef OIDC_METADATA_H
#define OIDC_METADATA_H

#include <stddef.h>

#include "base/clean.h"
#include "base/err.h"

struct metadata {
	char *jwks_uri;
	char *token_endpoint;
	char *backchannel_endpoint; /* NULL where the provider has none */
};

/*
 * Reads the document. `issuer` must equal the configured one byte for byte
 * (ERR_PROVIDER_ISSUER); every address used must be https and at most 1,024 printable
 * characters (ERR_PROVIDER_ANSWER). The caller owns `ret`.
 */
enum err metadata_read(struct metadata *ret, const char *body, size_t len,
	const char *issuer, struct diag *diag) MUST_USE;

void metadata_free(struct metadata *metadata);
#define AUTO_METADATA CLEANUP(metadata_free)

#endif
