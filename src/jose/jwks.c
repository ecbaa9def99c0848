/* Foreign public keys. Everything is checked when the set is read, nothing when used. */
#include "jose/jwks.h"

#include <string.h>

#include "jose/choice.h"
#include "jose/json.h"
#include "jose/jwk.h"
#include "jose/key_impl.h"

struct jwks {
	size_t count;
	struct key **keys; /* owned; room for all in the list */
	struct jwks_counts counts;
	struct diag why; /* the first that was skipped, by its place in the list */
};

void
jwks_free(struct jwks **set)
{
	size_t i;

	if (*set == NULL)
		return;
	for (i = 0; i < (*set)->count; i++)
		key_free(&(*set)->keys[i]);
	free((*set)->keys);
	free(*set);
	*set = NULL;
}

const struct jwks_counts *
jwks_counts(const struct jwks *set)
{
	return &set->counts;
}

void
jwks_explain(const struct jwks *set, struct diag *ret)
{
	const struct jwks_counts *c = &set->counts;

	ret->text[0] = '\0';
	if (c->unused + c->odd > 0)
		diag_set(ret, ERR_OK, "%zu of %zu keys skipped; %.200s",
			c->unused + c->odd, c->keys, set->why.text);
}

enum err
jwks_select(const struct key **ret, const struct jwks *set, const struct header *head,
	struct diag *diag)
{
	struct diag why = {0}, skipped;
	enum err e =
		choice_key(ret, set->keys, set->count, head, "the issuer's keys", &why);

	if (e == ERR_OK)
		return e;
	jwks_explain(set, &skipped);
	if (e != ERR_KID_UNKNOWN || skipped.text[0] == '\0')
		return diag_set(diag, e, "%s", why.text);
	return diag_set(diag, e, "%.120s (%.130s)", why.text, skipped.text);
}

bool
jwks_has(const struct jwks *set, const char *kid)
{
	return choice_is_named(set->keys, set->count, kid);
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

/* A member that says nothing is as good as none, also a private one. */
static void
drop_nulls(struct json_object *jwk)
{
	json_object_object_foreach(jwk, name, value)
	{
		if (value == NULL)
			json_object_object_del(jwk, name);
	}
}

/* Keeps a key; without numbers (NULL) its name, which then is no unknown one. */
static enum err
keep(struct jwks *set, struct material *m, uint32_t algs, const char *kid,
	struct diag *diag)
{
	enum err e = key_new(&set->keys[set->count], m, algs, kid, diag);

	if (e != ERR_OK)
		return e;
	set->count++;
	if (algs & alg_set_kind(ALG_SIGNS))
		set->counts.verifying++;
	return ERR_OK;
}

/*
 * ERR_OK: the key is in the set. ERR_ALG_REFUSED: it is a sound one that we have no use
 * for; its name is in the set, if it has one. ERR_JWK_REFUSED: it is no good.
 * ERR_JWKS_REFUSED: nor is the set.
 */
static enum err
add_key(struct jwks *set, struct json_object *jwk, struct diag *diag)
{
	AUTO_MATERIAL struct material m = {0};
	const char *kid, *private;
	uint32_t algs = 0;
	enum err e;

	if (!json_object_is_type(jwk, json_type_object))
		return diag_set(diag, ERR_JWK_REFUSED, "not an object");
	drop_nulls(jwk);
	private = jwk_private_member(jwk);
	if (private != NULL)
		return diag_set(diag, ERR_JWKS_REFUSED,
			"the private member \"%s\" is published", private);
	if (header_kid(&kid, jwk) != ERR_OK)
		return diag_set(diag, ERR_JWK_REFUSED,
			"kid is not a string of 1 to %d bytes", HEADER_KID_MAX);
	e = jwk_material(&m, jwk, JWK_FOREIGN, diag);
	if (e == ERR_OK)
		e = jwk_algs(&algs, jwk, m.kty, JWK_FOREIGN, diag);
	if (e == ERR_OK)
		e = keep(set, &m, algs, kid, diag);
	else if (e == ERR_ALG_REFUSED && kid != NULL &&
		 keep(set, NULL, 0, kid, NULL) != ERR_OK)
		e = ERR_NOMEM;
	if (e == ERR_OK && algs == 0)
		e = diag_set(diag, ERR_ALG_REFUSED,
			"its use, key_ops or alg is nothing that we do");
	return e;
}

/* Counts a key that is not used; the first odd one is told, else the first. */
static void
skip(struct jwks *set, size_t i, enum err e, const struct diag *why)
{
	bool is_odd = e == ERR_JWK_REFUSED;

	if (set->counts.odd == 0 && (is_odd || set->counts.unused == 0))
		diag_set(&set->why, e, "key %zu: %.200s", i, why->text);
	if (is_odd)
		set->counts.odd++;
	else
		set->counts.unused++;
}

static enum err
add_keys(struct jwks *set, struct json_object *list, struct diag *diag)
{
	size_t i;

	set->counts.keys = json_object_array_length(list);
	set->keys = calloc(set->counts.keys + 1, sizeof(struct key *));
	if (set->keys == NULL)
		return ERR_NOMEM;
	for (i = 0; i < set->counts.keys; i++) {
		struct diag why = {0};
		enum err e = add_key(set, json_object_array_get_idx(list, i), &why);

		if (e == ERR_JWK_REFUSED || e == ERR_ALG_REFUSED)
			skip(set, i, e, &why);
		else if (e == ERR_JWKS_REFUSED)
			return diag_set(diag, e, "key %zu of the set: %s", i, why.text);
		else if (e != ERR_OK)
			return e;
	}
	return ERR_OK;
}

enum err
jwks_parse(struct jwks **ret, const char *text, size_t len, struct diag *diag)
{
	AUTO_JWKS struct jwks *set = calloc(1, sizeof(*set));
	AUTO_JSON struct json_object *root = NULL;
	struct json_object *list;
	enum err e;

	if (set == NULL)
		return ERR_NOMEM;
	if (len > JWKS_SIZE_MAX)
		return diag_set(diag, ERR_JWKS_REFUSED, "key set is longer than %d bytes",
			JWKS_SIZE_MAX);
	e = json_parse(&root, text, len);
	if (e == ERR_JSON_LIMIT)
		return diag_set(
			diag, ERR_JWKS_REFUSED, "key set is refused: %s", err_word(e));
	if (e == ERR_JSON_DUPLICATE)
		e = ERR_JSON;
	if (e == ERR_OK && json_arr(root, "keys", &list) != ERR_OK)
		e = ERR_JSON;
	if (e == ERR_JSON)
		return diag_set(
			diag, e, "not a key set: no JSON object with a list \"keys\"");
	if (e == ERR_OK)
		e = add_keys(set, list, diag);
	if (e != ERR_OK)
		return e;
	*ret = MOVE(set);
	return ERR_OK;
}
