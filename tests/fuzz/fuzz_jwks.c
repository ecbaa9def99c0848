/* Foreign key sets, and our own key files: no text brings a key that should not be. */
#include "fuzz.h"

#include <string.h>

#include "jose/crypto.h"
#include "jose/jwks.h"
#include "jose/key_impl.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return jose_init() == ERR_OK ? 0 : 1;
}

/* A key in a set that was taken is public, and large enough. */
static void
look_at(const struct key *key)
{
	if (key == NULL || key->pkey == NULL)
		return;
	HOLDS(key->public.part[PART_D].len == 0);
	HOLDS(key->public.kty != KTY_RSA || EVP_PKEY_get_bits(key->pkey) >= 2048);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_JWKS struct jwks *set = NULL;
	AUTO_KEY struct key *sig = NULL, *enc = NULL;
	struct diag diag = {0};
	const char *text = (const char *)data;
	enum alg alg, chosen;
	enum err e = jwks_parse(&set, text, size, &diag);

	HOLDS((e == ERR_OK) == (set != NULL));
	HOLDS((e == ERR_OK) == (diag.text[0] == '\0'));
	for (alg = 0; set != NULL && alg < ALG_COUNT; alg++)
		look_at(jwks_choose(set, ALG_BIT(alg), &chosen));
	e = key_load(&sig, text, size, KEY_SIG, &diag);
	HOLDS((e == ERR_OK) == (sig != NULL));
	HOLDS(sig == NULL || (sig->algs & ~alg_set_signing()) == 0);
	e = key_load(&enc, text, size, KEY_ENC, &diag);
	HOLDS((e == ERR_OK) == (enc != NULL));
	HOLDS(enc == NULL || (enc->algs & ~alg_set_kind(ALG_WRAPS)) == 0);
	return 0;
}
