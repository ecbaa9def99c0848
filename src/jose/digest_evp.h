/* A digest as OpenSSL wants it, for the other files of this floor. */
#ifndef JOSE_DIGEST_EVP_H
#define JOSE_DIGEST_EVP_H

#include <openssl/evp.h>

#include "jose/digest.h"

/* Fetched once and kept; NULL if OpenSSL has none. */
const EVP_MD *digest_evp(enum digest digest);

#endif
