/*
 * Signed tokens. Raw text: nothing verifies but the tokens of the fixtures, character for
 * character. And "header NUL claims", signed properly, so that the input gets past the
 * signature: what is accepted obeys the rules.
 */
#include "fuzz_forge.h"

#include <string.h>

#include "../unit/jose_data.h"
#include "../unit/jose_more.h"
#include "jose/header.h"
#include "jose/json_scan.h"

static const struct jwt_policy policy = {.sig_algs = 0xffffffff};

/* Against the keys of the usual algorithms, then those of the others. */
static enum err
check(const char *token, size_t len, const struct jwks *set)
{
	AUTO_CLAIMS struct claims *claims = NULL;
	struct diag diag = {0};
	enum err e = jwt_check(&claims, token, len, &policy, set, &diag);

	HOLDS((e == ERR_OK) == (claims != NULL));
	HOLDS((e == ERR_OK) == (diag.text[0] == '\0'));
	return e;
}

static void
raw(const char *text, size_t size)
{
	static const char *const tokens[] = {DATA_RS256, DATA_PS256, DATA_ES256,
		DATA_EDDSA, DATA_EDDSA_AT_HASH, DATA_RS384, DATA_RS512, DATA_PS384,
		DATA_PS512, DATA_ES384, DATA_ED25519};
	size_t i;

	if (check(text, size, f.set) != ERR_OK && check(text, size, f.more) != ERR_OK)
		return;
	for (i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++)
		if (size == strlen(tokens[i]) && memcmp(text, tokens[i], size) == 0)
			return;
	HOLDS(false); /* a token that nobody signed */
}

static void
signed_input(const uint8_t *data, size_t size)
{
	const uint8_t *nul = memchr(data, 0, size);
	size_t head, body;

	if (nul == NULL || size > 20000)
		return;
	head = (size_t)(nul - data);
	body = size - head - 1;
	AUTO_FREE char *header = forge_text("%.*s", (int)head, (const char *)data);
	AUTO_FREE char *token = forge_jws(f.issuer, ALG_RS256, header, nul + 1, body);
	AUTO_JSON struct json_object *obj = NULL;
	const char *text;

	if (check(token, strlen(token), f.set) != ERR_OK)
		return;
	HOLDS(json_scan((const char *)nul + 1, body) == ERR_OK);
	HOLDS(head <= HEADER_SIZE_MAX && json_parse(&obj, header, head) == ERR_OK);
	HOLDS(json_str(obj, "alg", &text) == ERR_OK && strcmp(text, "RS256") == 0);
	/* without a name: the set has one key for RS256 */
	HOLDS(json_str_opt(obj, "kid", &text) == ERR_OK &&
		(text == NULL || strcmp(text, "issuer-1") == 0));
	HOLDS(!json_object_object_get_ex(obj, "crit", NULL));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	raw((const char *)data, size);
	signed_input(data, size);
	return 0;
}
