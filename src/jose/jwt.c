/* Nested tokens: exactly one JWE around exactly one JWS, or the JWS alone, by policy. */
#include "jose/jwt.h"

#include <string.h>

#include "base/buf.h"
#include "jose/alg_row.h"
#include "jose/base64url.h"
#include "jose/choice.h"
#include "jose/digest.h"
#include "jose/jwe.h"
#include "jose/jws.h"

struct claims {
	struct json_object *json;
	enum alg alg;
	uint8_t digest[DIGEST_SHA256_SIZE];
};

void
claims_free(struct claims **claims)
{
	if (*claims == NULL)
		return;
	json_object_put((*claims)->json);
	free(*claims);
	*claims = NULL;
}

struct json_object *
claims_json(const struct claims *claims)
{
	return claims->json;
}

enum alg
claims_alg(const struct claims *claims)
{
	return claims->alg;
}

const uint8_t *
claims_digest(const struct claims *claims)
{
	return claims->digest;
}

/* Whether `claim` is the left half of the hash of `text`, in base64url. */
static enum err
check_half(const char *claim, enum digest digest, const char *text)
{
	AUTO_BUF struct buf half = BUF_INIT(64);
	uint8_t hash[DIGEST_SIZE_MAX];
	enum err e = digest_make(hash, digest, text, strlen(text));

	if (e == ERR_OK)
		e = base64url_encode(&half, hash, digest_size(digest) / 2);
	if (e != ERR_OK)
		return e;
	return strcmp(buf_str(&half), claim) == 0 ? ERR_OK : ERR_CLAIM_AT_HASH;
}

enum err
claims_check_hash(const struct claims *claims, const char *name, const char *text)
{
	const struct alg_row *row = alg_row(claims->alg);
	const char *claim;
	enum err e;

	if (json_str_opt(claims->json, name, &claim) != ERR_OK)
		return ERR_CLAIM_AT_HASH;
	if (claim == NULL)
		return ERR_OK;
	e = check_half(claim, row->digest, text);
	if (e == ERR_CLAIM_AT_HASH && row->digest_too != DIGEST_NONE)
		e = check_half(claim, row->digest_too, text);
	return e;
}

/* Neither token may claim to be something other than a JWT (RFC 8725 section 3.11). */
static enum err
check_types(const struct header *head, bool encrypted, struct diag *diag)
{
	if (head->typ != NULL && !header_is_jwt(head->typ))
		return diag_set(diag, ERR_TYP_REFUSED, "typ of the %s token is not JWT",
			encrypted ? "encrypted" : "signed");
	if (encrypted && (head->cty == NULL || !header_is_jwt(head->cty)))
		return diag_set(
			diag, ERR_TYP_REFUSED, "cty of the encrypted token is not JWT");
	if (!encrypted && head->cty != NULL)
		return diag_set(diag, ERR_TYP_REFUSED, "signed token has a cty");
	return ERR_OK;
}

static enum err
pass_on(struct secret *ret, const char *token, size_t len, struct diag *diag)
{
	enum err e;

	if (len > TOKEN_SIZE_MAX)
		return diag_set(diag, ERR_TOKEN_SIZE, "token is longer than %d bytes",
			TOKEN_SIZE_MAX);
	e = secret_alloc(ret, len);
	if (e == ERR_OK && len > 0)
		memcpy(ret->data, token, len);
	return e;
}

enum err
jwt_open(struct secret *ret, const char *token, size_t len,
	const struct jwt_policy *policy, struct key *const *decrypt_keys,
	size_t decrypt_count, struct diag *diag)
{
	AUTO_JWE struct jwe jwe = {0};
	const struct key *key;
	enum err e;

	if (!policy->encrypted)
		return pass_on(ret, token, len, diag);
	e = jwe_read(&jwe, token, len, diag);
	if (e == ERR_OK)
		e = check_types(&jwe.head, true, diag);
	if (e == ERR_OK)
		e = jwe_check_policy(&jwe, policy->key_algs, policy->encs, diag);
	if (e == ERR_OK)
		e = choice_key(&key, decrypt_keys, decrypt_count, &jwe.head,
			"our decryption keys", diag);
	if (e != ERR_OK)
		return e;
	return jwe_decrypt(ret, &jwe, key, policy->key_algs, policy->encs, diag);
}

static enum err
make_claims(struct claims **ret, const struct secret *payload, const struct jws *jws,
	struct diag *diag)
{
	AUTO_CLAIMS struct claims *claims = calloc(1, sizeof(*claims));
	enum err e;

	if (claims == NULL)
		return ERR_NOMEM;
	e = json_parse(&claims->json, (const char *)payload->data, payload->len);
	if (e != ERR_OK)
		return diag_set(
			diag, e, "claims are not a JSON object (%s)", err_word(e));
	claims->alg = jws->head.alg;
	e = digest_sha256(claims->digest, jws->text, jws->text_len);
	if (e == ERR_OK)
		*ret = MOVE(claims);
	return e;
}

enum err
jwt_check(struct claims **ret, const char *token, size_t len,
	const struct jwt_policy *policy, const struct jwks *issuer_keys,
	struct diag *diag)
{
	AUTO_JWS struct jws jws = {0};
	AUTO_SECRET struct secret payload = {0};
	const struct key *key;
	enum err e = jws_read(&jws, token, len, diag);

	if (e == ERR_OK)
		e = check_types(&jws.head, false, diag);
	if (e == ERR_OK)
		e = jws_check_policy(&jws, policy->sig_algs, diag);
	if (e == ERR_OK)
		e = jwks_select(&key, issuer_keys, &jws.head, diag);
	if (e != ERR_OK)
		return e;
	e = jws_verify(&payload, &jws, key, policy->sig_algs, diag);
	if (e != ERR_OK)
		return e;
	return make_claims(ret, &payload, &jws, diag);
}

bool
jwt_wants_newer_keys(
	enum err why, const char *token, size_t len, const struct jwks *issuer_keys)
{
	AUTO_JWS struct jws jws = {0};

	if (why != ERR_SIGNATURE)
		return why == ERR_KID_UNKNOWN;
	return jws_read(&jws, token, len, NULL) == ERR_OK &&
	       !jwks_has(issuer_keys, jws.head.kid);
}

enum err
jwt_verify(struct claims **ret, const char *token, size_t len,
	const struct jwt_policy *policy, struct key *const *decrypt_keys,
	size_t decrypt_count, const struct jwks *issuer_keys, struct diag *diag)
{
	AUTO_SECRET struct secret inner = {0};
	enum err e =
		jwt_open(&inner, token, len, policy, decrypt_keys, decrypt_count, diag);

	if (e != ERR_OK)
		return e;
	return jwt_check(
		ret, (const char *)inner.data, inner.len, policy, issuer_keys, diag);
}
