/*
 * The whole verifier: the input is what stands inside an encrypted token that is sound,
 * or "outer header NUL inner header NUL claims", encrypted and signed properly.
 */
#include "fuzz_forge.h"

#include <string.h>

#include "../unit/jose_data.h"
#include "jose/header.h"

static const struct jwt_policy policy = {0xffffffff, true, 0xffffffff, 0xffffffff};

/* Encrypts for one of our curves, as that is quick, and verifies. */
static enum err
verify(const char *outer, const char *inside)
{
	AUTO_CLAIMS struct claims *claims = NULL;
	struct key *const own[] = {
		f.enc, f.ec, f.own[OWN_P256], f.own[OWN_P384], f.own[OWN_X25519]};
	enum alg alg;
	const struct key *key = agreement_of(outer, &alg);
	struct diag diag = {0};
	struct parts parts;
	enum err e;

	forge_parts(&parts, key, alg, ENC_A128GCM, outer, inside);
	AUTO_FREE char *token = forge_token(&parts);

	forge_parts_free(&parts);
	e = jwt_verify(&claims, token, strlen(token), &policy, own, 5, f.set, &diag);
	HOLDS((e == ERR_OK) == (claims != NULL));
	HOLDS((e == ERR_OK) == (diag.text[0] == '\0'));
	return e;
}

/* Nothing that we did not sign passes. */
static void
inside_only(const char *inside)
{
	static const char *const tokens[] = {
		DATA_RS256, DATA_PS256, DATA_ES256, DATA_EDDSA, DATA_EDDSA_AT_HASH};
	size_t i;

	if (verify("{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\",\"cty\":\"JWT\",\"kid\":"
		   "\"ec-1\"}",
		    inside) != ERR_OK)
		return;
	for (i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++)
		if (strcmp(inside, tokens[i]) == 0)
			return;
	HOLDS(false); /* a token that nobody signed */
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_FREE char *text = malloc(size + 1);
	const char *inner, *claims, *cty;
	AUTO_JSON struct json_object *obj = NULL;

	if (text == NULL || size > 20000)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	inner = text + strlen(text) + 1;
	if (inner > text + size) {
		inside_only(text);
		return 0;
	}
	claims = inner + strlen(inner) + 1;
	if (claims > text + size || text[0] == '\0' || text[strlen(text) - 1] != '}')
		return 0;
	AUTO_FREE char *token = forge_jws(
		f.issuer, ALG_RS256, inner, claims, (size_t)(text + size - claims));

	if (verify(text, token) == ERR_OK) {
		HOLDS(json_parse(&obj, text, strlen(text)) == ERR_OK);
		HOLDS(json_str(obj, "cty", &cty) == ERR_OK && header_is_jwt(cty));
	}
	return 0;
}
