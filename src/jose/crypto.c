/* Start of OpenSSL. Its configuration file may name code to load: it is never read. */
#include "jose/crypto.h"

#include <stdio.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

/*
 * Without thousands of libcrypto's phrases, which each login would put into a table
 * first. libssl brings its own, which say what is wrong with a provider's TLS.
 */
#define WITHOUT (OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS)

enum err
jose_init(void)
{
	return OPENSSL_init_crypto(WITHOUT, NULL) == 1 ? ERR_OK : ERR_CRYPTO;
}

const char *
jose_fault(void)
{
	static char number[sizeof("error 0123456789abcdef")];
	unsigned long code = ERR_peek_last_error();
	const char *phrase = ERR_reason_error_string(code);

	if (phrase == NULL)
		snprintf(number, sizeof(number), "error %08lX", code);
	return phrase != NULL ? phrase : number;
}
