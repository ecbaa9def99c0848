/* The discovery document. */
#include "oidc/metadata.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "jose/json.h"

#define URL_MAX 1024

static enum err
copy_url(char **ret, struct json_object *json, const char *name, struct diag *diag)
{
	const char *url;
	size_t len;

	if (json_str_opt(json, name, &url) != ERR_OK)
		return diag_set(
			diag, ERR_PROVIDER_ANSWER, "discovery: %s is not a text", name);
	if (url == NULL)
		return ERR_OK;
	len = strlen(url);
	if (strncmp(url, "https://", 8) != 0 || len > URL_MAX ||
		!text_is_ascii(url, len) || strchr(url, ' ') != NULL)
		return diag_set(diag, ERR_PROVIDER_ANSWER,
			"discovery: %s is not an https address", name);
	*ret = strdup(url);
	return *ret != NULL ? ERR_OK : ERR_NOMEM;
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
	if (json_str(json, "issuer", &found) != ERR_OK || strcmp(found, issuer) != 0)
		return diag_set(diag, ERR_PROVIDER_ISSUER,
			"discovery: the issuer is not the configured one");
	e = copy_url(&m.jwks_uri, json, "jwks_uri", diag);
	if (e == ERR_OK)
		e = copy_url(&m.token_endpoint, json, "token_endpoint", diag);
	if (e == ERR_OK)
		e = copy_url(&m.backchannel_endpoint, json,
			"backchannel_authentication_endpoint", diag);
	if (e != ERR_OK)
		return e;
	if (m.jwks_uri == NULL || m.token_endpoint == NULL)
		return diag_set(diag, ERR_PROVIDER_ANSWER,
			"discovery: jwks_uri or token_endpoint is missing");
	*ret = m;
	m = (struct metadata){0};
	return ERR_OK;
}

void
metadata_free(struct metadata *metadata)
{
	free(metadata->jwks_uri);
	free(metadata->token_endpoint);
	free(metadata->backchannel_endpoint);
	*metadata = (struct metadata){0};
}
