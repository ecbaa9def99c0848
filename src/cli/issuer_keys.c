/* Sets of keys, side by side. Nothing of a published one is believed here. */
#include "cli/issuer_keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/safefile.h"
#include "jose/json.h"
#include "jose/jwk.h"

static const char *
member(struct json_object *key, const char *name)
{
	const char *text = NULL;

	return json_object_is_type(key, json_type_object) &&
			       json_str_opt(key, name, &text) == ERR_OK && text != NULL
		       ? text
		       : "";
}

/* "" where it has none. */
static void
write_thumbprint(char *ret, size_t size, struct json_object *key)
{
	AUTO_MATERIAL struct material material = {0};
	AUTO_BUF struct buf text = BUF_INIT(size - 1);
	struct diag diag = {0};
	bool good = json_object_is_type(key, json_type_object) &&
		    jwk_material(&material, key, JWK_FOREIGN, &diag) == ERR_OK &&
		    jwk_thumbprint(&text, &material) == ERR_OK;

	snprintf(ret, size, "%s", good ? buf_str(&text) : "");
}

enum err
issuer_keys_parse(
	struct issuer_keys *ret, const char *text, size_t len, struct diag *diag)
{
	struct json_object *list;
	enum err e = jwks_parse(&ret->set, text, len, diag);

	if (e == ERR_OK)
		e = json_parse(&ret->json, text, len);
	if (e == ERR_OK)
		e = json_arr(ret->json, "keys", &list);
	if (e != ERR_OK)
		return e;
	ret->count = json_object_array_length(list);
	ret->keys = calloc(ret->count + 1, sizeof(*ret->keys));
	if (ret->keys == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < ret->count; i++) {
		struct json_object *key = json_object_array_get_idx(list, i);

		ret->keys[i] = (struct issuer_key){.kid = member(key, "kid"),
			.use = member(key, "use"),
			.alg = member(key, "alg")};
		write_thumbprint(
			ret->keys[i].thumbprint, sizeof(ret->keys[i].thumbprint), key);
	}
	return ERR_OK;
}

void
issuer_keys_free(struct issuer_keys *keys)
{
	free(keys->keys);
	jwks_free(&keys->set);
	json_object_put(keys->json);
	*keys = (struct issuer_keys){0};
}

bool
issuer_keys_has(const struct issuer_keys *keys, const struct issuer_key *key)
{
	size_t i;

	for (i = 0; i < keys->count; i++) {
		const struct issuer_key *k = &keys->keys[i];

		if (strcmp(k->kid, key->kid) == 0 && strcmp(k->use, key->use) == 0 &&
			strcmp(k->alg, key->alg) == 0 &&
			strcmp(k->thumbprint, key->thumbprint) == 0)
			return true;
	}
	return false;
}

bool
issuer_keys_meet(const struct issuer_keys *a, const struct issuer_keys *b)
{
	size_t i;

	for (i = 0; i < a->count; i++)
		if (a->keys[i].thumbprint[0] != '\0' &&
			strcmp(a->keys[i].use, "enc") != 0 &&
			issuer_keys_has(b, &a->keys[i]))
			return true;
	return false;
}

enum err
issuer_keys_fetch(struct fetch *fetch, const struct config *config,
	struct metadata *metadata, const struct http_answer **ret, struct diag *diag)
{
	AUTO_BUF struct buf url = BUF_INIT(2048);
	const char *issuer = config->provider.issuer;
	const char *address = config->provider.jwks_uri;
	enum err e = ERR_OK;

	if (address[0] == '\0') {
		e = fetch_metadata(fetch, issuer, &url, ret, diag);
		if (e == ERR_OK)
			e = metadata_read(
				metadata, (*ret)->body, (*ret)->len, issuer, diag);
		address = metadata->endpoints[ENDPOINT_JWKS];
	}
	if (e == ERR_OK && address == NULL)
		e = diag_set(diag, ERR_PROVIDER_ENDPOINT, "discovery has no jwks_uri");
	if (e == ERR_OK)
		e = fetch_get(fetch, address, ret, diag);
	if (e == ERR_OK && (*ret)->status != 200)
		e = diag_set(diag, ERR_HTTP_STATUS, "%.200s answers with status %d",
			address, (*ret)->status);
	return e;
}

enum err
issuer_keys_read(struct buf *ret, const char *path, struct diag *diag)
{
	*ret = (struct buf)BUF_INIT(JWKS_SIZE_MAX);
	return safefile_read(ret, path, 0, diag);
}
