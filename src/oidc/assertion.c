/* The JWTs that a client signs. */
#include "oidc/assertion.h"

#include "jose/jws.h"
#include "jose/random.h"
#include "oidc/form.h"
#include "oidc/object.h"

#define CLAIMS_MAX (16 * 1024)
#define ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

enum err
assertion_stamp(struct buf *claims, int64_t now)
{
	char jti[RANDOM_ID_SIZE];
	enum err e = random_id(jti);

	if (e != ERR_OK)
		return e;
	object_str(claims, "jti", jti);
	object_int(claims, "iat", now);
	object_int(claims, "nbf", now);
	object_int(claims, "exp", now + ASSERTION_LIFETIME);
	object_end(claims);
	return buf_err(claims);
}

enum err
assertion_add(struct buf *form, const struct key *key, uint32_t algs,
	const char *client_id, const char *audience, int64_t now)
{
	AUTO_BUF struct buf claims = BUF_INIT(CLAIMS_MAX), jwt = BUF_INIT(CLAIMS_MAX);
	enum err e;

	object_str(&claims, "iss", client_id);
	object_str(&claims, "sub", client_id);
	object_str(&claims, "aud", audience);
	e = assertion_stamp(&claims, now);
	if (e == ERR_OK)
		e = jws_sign_as(&jwt, key, algs, NULL, buf_str(&claims), claims.len);
	if (e != ERR_OK)
		return e;
	form_add(form, "client_assertion_type", ASSERTION_TYPE);
	form_add(form, "client_assertion", buf_str(&jwt));
	return buf_err(form);
}
