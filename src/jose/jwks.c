/* Foreign public keys. Everything is checked when the set is read, nothing when used. */
#include "jose/jwks.h"

#include <string.h>

#include "base/text.h"
#include "jose/header.h"
#include "jose/json.h"
#include "jose/jwk.h"
#include "jose/key_impl.h"

struct jwks {
	size_t count;
	struct key *keys[JWKS_KEYS_MAX];
};

void
jwks_free(struct jwks **set)
{
	size_t i;

	if (*set == NULL)
		return;
	for (i = 0; i < (*set)->count; i++)
		key_free(&(*set)->keys[i]);
	free(*set);
	*set = NULL;
}

const struct key *
jwks_find(const struct jwks *set, const char *kid)
{
	size_t i;

	for (i = 0; i < set->count; i++)
		if (set->keys[i]->kid != NULL && strcmp(set->keys[i]->kid, kid) == 0)
			return set->keys[i];
	return NULL;
}

const struct key *
jwks_choose(const struct jwks *set, uint32_t algs, enum alg *ret_alg)
{
	enum alg alg;
	size_t i;

	for (i = 0; i < set->count; i++)
		for (alg = 0; alg < ALG_COUNT; alg++)
			if (set->keys[i]->algs & algs & ALG_BIT(alg)) {
				*ret_alg = alg;
				return set->keys[i];
			}
	return NULL;
}

static enum err
read_kid(const char **ret, const struct jwks *set, struct json_object *jwk,
	struct diag *diag)
{
	if (header_kid(ret, jwk) != ERR_OK)
		return diag_set(diag, ERR_JWKS_REFUSED,
			"kid is not a string of 1 to %d bytes", HEADER_KID_MAX);
	if (*ret != NULL && jwks_find(set, *ret) != NULL)
		return diag_set(diag, ERR_JWKS_REFUSED, "kid was there before");
	return ERR_OK;
}

static enum err
add_key(struct jwks *set, struct json_object *jwk, struct diag *diag)
{
	AUTO_MATERIAL struct material m = {0};
	const char *kid;
	uint32_t algs = 0;
	enum err e;

	if (!json_object_is_type(jwk, json_type_object))
		return diag_set(diag, ERR_JWKS_REFUSED, "not an object");
	e = read_kid(&kid, set, jwk, diag);
	if (e == ERR_OK)
		e = jwk_material(&m, jwk, JWK_FOREIGN, diag);
	if (e == ERR_ALG_REFUSED) {
		/* not a kind that we use: only its name is kept, so that it stays unique
		 */
		e = key_new(&set->keys[set->count], NULL, 0, kid, diag);
	} else if (e == ERR_OK) {
		e = jwk_algs(&algs, jwk, m.kty, JWK_FOREIGN, diag);
		if (e == ERR_OK)
			e = key_new(&set->keys[set->count], &m, algs, kid, diag);
	}
	if (e == ERR_OK)
		set->count++;
	return e;
}

enum err
jwks_parse(struct jwks **ret, const char *text, size_t len, struct diag *diag)
{
	AUTO_JWKS struct jwks *set = calloc(1, sizeof(*set));
	AUTO_JSON struct json_object *root = NULL;
	struct json_object *keys;
	struct diag why = {0};
	size_t i, count;
	enum err e;

	if (set == NULL)
		return ERR_NOMEM;
	if (len > JWKS_SIZE_MAX)
		return diag_set(diag, ERR_JWKS_REFUSED, "key set is longer than %d bytes",
			JWKS_SIZE_MAX);
	e = json_parse(&root, text, len);
	if (e == ERR_NOMEM)
		return e;
	if (e != ERR_OK || json_arr(root, "keys", &keys) != ERR_OK)
		return diag_set(diag, ERR_JWKS_REFUSED,
			"key set is not a JSON object with \"keys\" (%s)", err_word(e));
	count = json_object_array_length(keys);
	if (count > JWKS_KEYS_MAX)
		return diag_set(diag, ERR_JWKS_REFUSED, "key set has more than %d keys",
			JWKS_KEYS_MAX);
	for (i = 0; i < count; i++) {
		e = add_key(set, json_object_array_get_idx(keys, i), &why);
		if (e == ERR_NOMEM || e == ERR_CRYPTO)
			return e;
		if (e != ERR_OK)
			return diag_set(diag, ERR_JWKS_REFUSED, "key %zu of the set: %s",
				i, why.text);
	}
	*ret = MOVE(set);
	return ERR_OK;
}
