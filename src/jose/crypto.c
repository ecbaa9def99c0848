/* Start of OpenSSL. Its configuration file may name code to load: it is never read. */
#include "jose/crypto.h"

#include <openssl/crypto.h>

enum err
jose_init(void)
{
	/* TLS brings the strings of its own failures, which are told; nobody sees others
	 */
	const uint64_t options =
		OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS;

	return OPENSSL_init_crypto(options, NULL) == 1 ? ERR_OK : ERR_CRYPTO;
}
