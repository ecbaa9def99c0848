/* Reading of protected headers: which members there may be is one table. */
#include "jose/header.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "jose/base64url.h"

/* Members that change what a token means, or bring their own key. */
static const struct {
	const char *name;
	enum err e;
} refused[] = {
	{"crit", ERR_CRIT_REFUSED}, /* RFC 7515 section 4.1.11: we understand no extension
				     */
	{"b64", ERR_CRIT_REFUSED}, /* RFC 7797 */
	{"zip", ERR_HEADER_REFUSED}, /* length of the plaintext leaks, bombs */
	{"jwk", ERR_HEADER_REFUSED},
	{"jku", ERR_HEADER_REFUSED},
	{"x5u", ERR_HEADER_REFUSED},
	{"x5c", ERR_HEADER_REFUSED},
};

void
header_free(struct header *head)
{
	json_object_put(head->json);
	*head = (struct header){0};
}

static enum err
find_algorithms(struct header *head, enum alg_kind kind, struct diag *diag)
{
	const char *name;
	char shown[48];
	enum err e = json_str(head->json, "alg", &name);

	if (e != ERR_OK)
		return diag_set(diag, ERR_ALG_REFUSED, "header has no \"alg\" string");
	e = alg_find(&head->alg, kind, name);
	if (e != ERR_OK)
		return diag_set(diag, e, "algorithm %s is not supported",
			text_log(shown, sizeof(shown), name));
	if (kind == ALG_SIGNS)
		return ERR_OK;
	e = json_str(head->json, "enc", &name);
	if (e != ERR_OK)
		return diag_set(diag, ERR_ENC_REFUSED, "header has no \"enc\" string");
	e = enc_find(&head->enc, name);
	if (e != ERR_OK)
		return diag_set(diag, e, "encryption %s is not supported",
			text_log(shown, sizeof(shown), name));
	return ERR_OK;
}

static enum err
read_members(struct header *head, enum alg_kind kind, struct diag *diag)
{
	size_t i;

	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (json_object_object_get_ex(head->json, refused[i].name, NULL))
			return diag_set(
				diag, refused[i].e, "header has \"%s\"", refused[i].name);
	if (json_str_opt(head->json, "typ", &head->typ) != ERR_OK ||
		json_str_opt(head->json, "cty", &head->cty) != ERR_OK)
		return diag_set(diag, ERR_HEADER_REFUSED,
			"header has typ or cty that is no string");
	if (header_kid(&head->kid, head->json) != ERR_OK)
		return diag_set(diag, ERR_HEADER_REFUSED,
			"kid is not a string of 1 to %d bytes", HEADER_KID_MAX);
	return find_algorithms(head, kind, diag);
}

enum err
header_read(struct header *ret, enum alg_kind kind, const char *text, size_t len,
	struct diag *diag)
{
	AUTO_HEADER struct header head = {0};
	AUTO_SECRET struct secret json = {0};
	enum err e;

	if (len > BASE64URL_LEN((size_t)HEADER_SIZE_MAX))
		return diag_set(diag, ERR_TOKEN_SIZE, "header is longer than %d bytes",
			HEADER_SIZE_MAX);
	e = base64url_decode(&json, text, len);
	if (e != ERR_OK)
		return diag_set(diag, e, "header is not base64url");
	e = json_parse(&head.json, (const char *)json.data, json.len);
	if (e != ERR_OK)
		return diag_set(diag, e, "header is not a JSON object");
	e = read_members(&head, kind, diag);
	if (e != ERR_OK)
		return e;
	*ret = head;
	head = (struct header){0};
	return ERR_OK;
}

enum err
header_kid(const char **ret, struct json_object *json)
{
	const char *kid;

	if (json_str_opt(json, "kid", &kid) != ERR_OK ||
		(kid != NULL && (kid[0] == '\0' || strlen(kid) > HEADER_KID_MAX)))
		return ERR_JSON_MEMBER;
	*ret = kid;
	return ERR_OK;
}

bool
header_is_jwt(const char *type)
{
	static const char prefix[] = "application/";

	if (strncasecmp(type, prefix, strlen(prefix)) == 0)
		type += strlen(prefix);
	return strcasecmp(type, "JWT") == 0;
}
