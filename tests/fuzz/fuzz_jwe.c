/*
 * Encrypted tokens. Raw text: nothing decrypts but the tokens of the fixtures. And
 * "header NUL plaintext", encrypted properly under that header for the key that it names.
 */
#include "fuzz_forge.h"

#include <string.h>

#include "../unit/jose_data.h"
#include "../unit/jose_more.h"
#include "jose/jwe.h"

static const struct key *
find(const char *kid)
{
	const struct key *const keys[] = {
		f.ec, f.own[OWN_P256], f.own[OWN_P384], f.own[OWN_X25519]};
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(key_kid(keys[i]), kid) == 0)
			return keys[i];
	return f.enc;
}

/* Decrypts with the key whose kid the token names. */
static enum err
open_token(struct secret *ret, const char *token, size_t len)
{
	AUTO_JWE struct jwe jwe = {0};
	struct diag diag = {0};
	const struct key *key;
	enum err e = jwe_read(&jwe, token, len, &diag);

	if (e == ERR_OK) {
		key = find(jwe.head.kid != NULL ? jwe.head.kid : "");
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
		DATA_BARE_IN_JWE, DATA_JWE_IN_JWE, DATA_P256_ECDH_ES_A128KW_A128GCM,
		DATA_P384_ECDH_ES_A256KW_A256CBC_HS512, DATA_X25519_ECDH_ES_A128GCM,
		DATA_X25519_ECDH_ES_A256KW_A256GCM};
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
	const struct key *key;
	struct parts parts;
	enum alg alg;

	/* the ephemeral key goes behind the last member */
	if (nul == NULL || nul == data || nul[-1] != '}' || size > 20000)
		return;
	AUTO_FREE char *plain =
		forge_text("%.*s", (int)(data + size - nul - 1), (const char *)nul + 1);

	key = agreement_of((const char *)data, &alg);
	forge_parts(&parts, key, alg, ENC_A128GCM, (const char *)data, plain);
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
