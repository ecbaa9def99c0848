/*
 * Encrypted tokens. Raw text: nothing decrypts but the tokens of the fixtures. And
 * "header NUL plaintext", encrypted properly for our P-256 key under that header.
 */
#include "fuzz_forge.h"

#include <string.h>

#include "../unit/jose_data.h"
#include "jose/jwe.h"

/* Decrypts with the key whose kid the token names. */
static enum err
open_token(struct secret *ret, const char *token, size_t len)
{
	AUTO_JWE struct jwe jwe = {0};
	struct diag diag = {0};
	const struct key *key;
	enum err e = jwe_read(&jwe, token, len, &diag);

	if (e == ERR_OK) {
		key = jwe.head.kid != NULL && strcmp(jwe.head.kid, "ec-1") == 0 ? f.ec
										: f.enc;
		e = jwe_decrypt(ret, &jwe, key, 0xffffffff, 0xffffffff, &diag);
	}
	HOLDS((e == ERR_OK) == (ret->data != NULL));
	HOLDS((e == ERR_OK) == (diag.text[0] == '\0'));
	return e;
}

static void
raw(const char *text, size_t size)
{
	static const char *const tokens[] = {DATA_OAEP_A128CBC_HS256,
		DATA_OAEP_A256CBC_HS512, DATA_OAEP_A128GCM, DATA_OAEP_A256GCM,
		DATA_OAEP_256_A128CBC_HS256, DATA_OAEP_256_A256CBC_HS512,
		DATA_OAEP_256_A128GCM, DATA_OAEP_256_A256GCM, DATA_ECDH_A128CBC_HS256,
		DATA_ECDH_A256CBC_HS512, DATA_ECDH_A128GCM, DATA_ECDH_A256GCM,
		DATA_BARE_IN_JWE, DATA_JWE_IN_JWE};
	AUTO_SECRET struct secret out = {0};
	size_t i;

	if (open_token(&out, text, size) != ERR_OK)
		return;
	for (i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++)
		if (size == strlen(tokens[i]) && memcmp(text, tokens[i], size) == 0)
			return;
	HOLDS(false); /* a token that nobody encrypted */
}

static void
sealed_input(const uint8_t *data, size_t size)
{
	const uint8_t *nul = memchr(data, 0, size);
	AUTO_SECRET struct secret out = {0};
	struct parts parts;

	/* the ephemeral key goes behind the last member */
	if (nul == NULL || nul == data || nul[-1] != '}' || size > 20000)
		return;
	AUTO_FREE char *plain =
		forge_text("%.*s", (int)(data + size - nul - 1), (const char *)nul + 1);

	forge_parts(&parts, f.ec, ALG_ECDH_ES, ENC_A128GCM, (const char *)data, plain);
	AUTO_FREE char *token = forge_token(&parts);

	forge_parts_free(&parts);
	if (open_token(&out, token, strlen(token)) == ERR_OK)
		HOLDS(strcmp((char *)out.data, plain) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	raw((const char *)data, size);
	sealed_input(data, size);
	return 0;
}
