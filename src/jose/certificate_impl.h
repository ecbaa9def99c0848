/* A certificate of a key that OpenSSL has already: for certificate.c and its test. */
#ifndef JOSE_CERTIFICATE_IMPL_H
#define JOSE_CERTIFICATE_IMPL_H

#include <openssl/evp.h>

#include "jose/certificate.h"

/*
 * certificate_load() with this key, not the source's. `properties` are those of who must
 * sign, for as long as the certificate is there; NULL: OpenSSL finds it by itself.
 */
enum err certificate_make(struct certificate **ret,
	const struct certificate_source *source, EVP_PKEY *pkey, const char *properties,
	int64_t now, struct diag *diag) MUST_USE;

#endif
