/* The discovery document, by two tables: addresses and lists of algorithms. */
#include "oidc/metadata.h"

#include <stdlib.h>
#include <string.h>

#include "jose/alg.h"
#include "jose/json.h"
#include "oidc/answer.h"
#include "oidc/lenient.h"

#define WELL_KNOWN "/.well-known/"

static const char *const endpoint_names[] = {
#define ENDPOINT_NAME(name, word) word,
	ENDPOINT_LIST(ENDPOINT_NAME)
#undef ENDPOINT_NAME
};

enum offer_kind { SIGNATURES, KEY_WRAPS, ENCRYPTIONS };

static const struct {
	const char *name;
	enum offer_kind kind;
	size_t offset; /* of the struct metadata_offer */
} offers[] = {
	{"token_endpoint_auth_signing_alg_values_supported", SIGNATURES,
		offsetof(struct metadata, auth_algs)},
	{"backchannel_authentication_request_signing_alg_values_supported", SIGNATURES,
		offsetof(struct metadata, request_algs)},
	{"id_token_signing_alg_values_supported", SIGNATURES,
		offsetof(struct metadata, id_token_algs)},
	{"id_token_encryption_alg_values_supported", KEY_WRAPS,
		offsetof(struct metadata, id_token_key_algs)},
	{"id_token_encryption_enc_values_supported", ENCRYPTIONS,
		offsetof(struct metadata, id_token_encs)},
};

const char *
metadata_endpoint_name(enum endpoint endpoint)
{
	return endpoint_names[endpoint];
}

uint32_t
metadata_offered(const struct metadata_offer *offer)
{
	return offer->is_said ? offer->set : alg_set_default();
}

/* The bit of one name; 0 for one that we do not know. */
static uint32_t
find_bit(enum offer_kind kind, const char *name)
{
	enum alg alg;
	enum enc enc;

	if (kind == ENCRYPTIONS)
		return enc_find(&enc, name) == ERR_OK ? ENC_BIT(enc) : 0;
	if (alg_find(&alg, kind == SIGNATURES ? ALG_SIGNS : ALG_WRAPS, name) != ERR_OK)
		return 0;
	return ALG_BIT(alg);
}

static void
read_offer(struct metadata_offer *ret, struct json_object *json, const char *name,
	enum offer_kind kind)
{
	struct json_object *list = lenient_find(json, name);
	size_t i;

	ret->is_said = list != NULL;
	ret->is_bad = list != NULL && !json_object_is_type(list, json_type_array);
	if (!ret->is_said || ret->is_bad)
		return;
	for (i = 0; i < json_object_array_length(list); i++) {
		struct json_object *one = json_object_array_get_idx(list, i);

		if (json_object_is_type(one, json_type_string))
			ret->set |= find_bit(kind, json_object_get_string(one));
	}
}

/* One that cannot be used is none, and no worse where the flow does without. */
static enum err
read_endpoint(struct metadata *m, struct json_object *json, enum endpoint i)
{
	enum err e = answer_address(&m->endpoints[i], json, endpoint_names[i], NULL);

	m->bad_endpoints &= ~(1u << i);
	if (e != ERR_PROVIDER_ANSWER)
		return e;
	m->bad_endpoints |= 1u << i;
	free(m->endpoints[i]);
	m->endpoints[i] = NULL;
	return ERR_OK;
}

static enum err
read_members(struct metadata *m, struct json_object *json)
{
	struct json_object *flag;
	enum err e = ERR_OK;
	size_t i;

	for (i = 0; e == ERR_OK && i < ENDPOINT_COUNT; i++)
		e = read_endpoint(m, json, (enum endpoint)i);
	for (i = 0; i < sizeof(offers) / sizeof(offers[0]); i++)
		read_offer((struct metadata_offer *)((char *)m + offers[i].offset), json,
			offers[i].name, offers[i].kind);
	flag = json_object_object_get(json, "backchannel_user_code_parameter_supported");
	m->takes_user_code = json_object_is_type(flag, json_type_boolean) &&
			     json_object_get_boolean(flag);
	return e;
}

/* OpenID Connect Discovery section 4.1: behind the issuer, less a slash at its end. */
static void
write_openid_address(struct buf *url, const char *issuer)
{
	size_t len = strlen(issuer);

	buf_add(url, issuer, issuer[len - 1] == '/' ? len - 1 : len);
	buf_adds(url, WELL_KNOWN "openid-configuration");
}

/* RFC 8414 section 3.1: between the issuer's host and its path. */
static void
write_oauth_address(struct buf *url, const char *issuer)
{
	size_t host = strlen("https://") + strcspn(issuer + strlen("https://"), "/");
	size_t len = strlen(issuer);

	buf_add(url, issuer, host);
	buf_adds(url, WELL_KNOWN "oauth-authorization-server");
	buf_add(url, issuer + host,
		(issuer[len - 1] == '/' && len > host ? len - 1 : len) - host);
}

void
metadata_address(struct buf *url, const char *issuer, bool elsewhere)
{
	if (elsewhere)
		write_oauth_address(url, issuer);
	else
		write_openid_address(url, issuer);
}

enum err
metadata_read(struct metadata *ret, const char *body, size_t len, const char *issuer,
	struct diag *diag)
{
	AUTO_JSON struct json_object *json = NULL;
	AUTO_METADATA struct metadata m = {0};
	const char *found;
	enum err e;

	e = json_parse(&json, body, len);
	if (e != ERR_OK)
		return diag_set(
			diag, ERR_PROVIDER_ANSWER, "discovery: refused, %s", err_word(e));
	if (json_str(json, "issuer", &found) != ERR_OK)
		return diag_set(
			diag, ERR_PROVIDER_ISSUER, "discovery: it names no issuer");
	if (strcmp(found, issuer) != 0)
		return diag_set(diag, ERR_PROVIDER_ISSUER,
			"discovery: the issuer is not the configured one");
	e = read_members(&m, json);
	if (e != ERR_OK)
		return e;
	*ret = m;
	m = (struct metadata){0};
	return ERR_OK;
}

enum err
metadata_prefer_aliases(
	struct metadata *ret, const char *body, size_t len, struct diag *diag)
{
	AUTO_JSON struct json_object *json = NULL;
	struct json_object *aliases;
	enum err e = json_parse(&json, body, len);
	size_t i;

	if (e != ERR_OK)
		return ERR_PROVIDER_ANSWER;
	aliases = lenient_find(json, "mtls_endpoint_aliases");
	if (aliases == NULL)
		return ERR_OK;
	if (!json_object_is_type(aliases, json_type_object))
		return diag_set(diag, ERR_PROVIDER_ANSWER,
			"discovery: mtls_endpoint_aliases is not an object");
	for (i = 0; e == ERR_OK && i < ENDPOINT_COUNT; i++)
		if (lenient_find(aliases, endpoint_names[i]) != NULL)
			e = read_endpoint(ret, aliases, (enum endpoint)i);
	return e;
}

void
metadata_narrow(struct jwt_policy *policy, const struct metadata *metadata)
{
	policy->sig_algs &= metadata_offered(&metadata->id_token_algs);
	policy->key_algs &= metadata_offered(&metadata->id_token_key_algs);
	if (metadata->id_token_encs.is_said)
		policy->encs &= metadata->id_token_encs.set;
}

void
metadata_free(struct metadata *metadata)
{
	size_t i;

	for (i = 0; i < ENDPOINT_COUNT; i++)
		free(metadata->endpoints[i]);
	*metadata = (struct metadata){0};
}
