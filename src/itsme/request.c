/* The request object. */
#include "itsme/request.h"

#include "jose/jws.h"
#include "oidc/assertion.h"
#include "oidc/object.h"

#define HINT_MAX (8 * 1024)
#define SCOPE_MAX 512

/* The hint token: exactly these two members, whichever way it is written. */
static enum err
add_hint(struct buf *claims, const struct request *r, const struct key *key)
{
	AUTO_BUF struct buf hint = BUF_INIT(HINT_MAX), jwt = BUF_INIT(HINT_MAX);
	enum err e;

	object_str(&hint, "type", r->hint_type);
	object_str(&hint, "value", r->hint_value);
	object_end(&hint);
	e = buf_err(&hint);
	if (e == ERR_OK && r->hint_format == REQUEST_HINT_JWT)
		e = jws_sign(&jwt, key, NULL, buf_str(&hint), hint.len);
	if (e != ERR_OK)
		return e;
	if (r->hint_format == REQUEST_HINT_JWT)
		object_str(claims, "login_hint_token", buf_str(&jwt));
	else
		object_raw(claims, "login_hint_token", buf_str(&hint));
	return ERR_OK;
}

enum err
request_sign(struct buf *out, const struct request *r, const struct key *key, int64_t now)
{
	AUTO_BUF struct buf claims = BUF_INIT(2 * HINT_MAX), scope = BUF_INIT(SCOPE_MAX);
	enum err e;

	buf_addf(&scope, "openid service:%s", r->service);
	object_str(&claims, "iss", r->client_id);
	object_str(&claims, "client_id", r->client_id);
	object_str(&claims, "aud", r->issuer);
	object_str(&claims, "scope", buf_str(&scope));
	if (r->acr != NULL)
		object_str(&claims, "acr_values", r->acr);
	if (r->expiry > 0)
		object_int(&claims, "requested_expiry", r->expiry);
	e = buf_err(&scope);
	if (e == ERR_OK)
		e = add_hint(&claims, r, key);
	if (e == ERR_OK)
		e = assertion_stamp(&claims, now);
	return e != ERR_OK ? e : jws_sign(out, key, NULL, buf_str(&claims), claims.len);
}
