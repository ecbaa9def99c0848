/* Foreign key sets, and our own key files: no text brings a key that should not be. */
#include "fuzz.h"

#include <string.h>

#include <openssl/bn.h>

#include "jose/crypto.h"
#include "jose/edwards.h"
#include "jose/json.h"
#include "jose/jwks.h"
#include "jose/key_impl.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return jose_init() == ERR_OK ? 0 : 1;
}

/* A key in a set that was taken is public, large enough, and means something. */
static void
look_at(const struct key *key)
{
	const struct secret *x;
	BIGNUM *e = NULL;

	if (key == NULL)
		return;
	HOLDS(key->algs == 0 || key->pkey != NULL);
	if (key->pkey == NULL)
		return;
	HOLDS(key->public.part[PART_D].len == 0);
	x = &key->public.part[PART_X];
	HOLDS(!EVP_PKEY_is_a(key->pkey, "ED25519") ||
		edwards_check(x->data, NULL) == ERR_OK);
	if (!EVP_PKEY_is_a(key->pkey, "RSA"))
		return;
	HOLDS(EVP_PKEY_get_bits(key->pkey) >= 2048);
	HOLDS(EVP_PKEY_get_bn_param(key->pkey, "e", &e) == 1);
	HOLDS(BN_is_odd(e) && !BN_is_one(e));
	BN_free(e);
}

/* No key of a set that was taken had a private number beside it. */
static void
look_for_private(const char *text, size_t size)
{
	static const char *const private[] = {"d", "p", "q", "dp", "dq", "qi"};
	AUTO_JSON struct json_object *root = NULL;
	struct json_object *keys, *value;
	size_t i, j;

	HOLDS(json_parse(&root, text, size) == ERR_OK &&
		json_arr(root, "keys", &keys) == ERR_OK);
	for (i = 0; i < json_object_array_length(keys); i++)
		for (j = 0; j < sizeof(private) / sizeof(private[0]); j++)
			if (json_object_object_get_ex(json_object_array_get_idx(keys, i),
				    private[j], &value))
				HOLDS(value == NULL);
}

/* Nobody counts twice, and what verifies is neither odd nor unused. */
static void
look_at_counts(const struct jwks *set)
{
	const struct jwks_counts *c = jwks_counts(set);
	struct diag why;

	HOLDS(c->unused + c->odd + c->verifying <= c->keys);
	jwks_explain(set, &why);
	HOLDS((why.text[0] == '\0') == (c->unused + c->odd == 0));
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
	if (set != NULL) {
		look_for_private(text, size);
		look_at_counts(set);
	}
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
