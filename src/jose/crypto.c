/* Start of OpenSSL. Its configuration file may name code to load: it is never read. */
#include "jose/crypto.h"

#include <openssl/crypto.h>

enum err
jose_init(void)
{
	return OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) == 1 ? ERR_OK
									   : ERR_CRYPTO;
}
