/* Client authentication: one way for each method, and the secret in one place. */
#include "oidc/client.h"

#include "oidc/assertion.h"
#include "oidc/form.h"

enum err
client_prove(const struct client *client, const char *audience, uint32_t algs,
	int64_t now, struct buf *form, struct client_basic *basic, struct diag *diag)
{
	enum err e;

	switch (client->auth) {
	case CLIENT_PRIVATE_KEY_JWT:
		e = assertion_add(form, client->signing_key, algs, client->client_id,
			audience, now);
		if (e == ERR_ALG_REFUSED)
			return diag_set(diag, ERR_PROVIDER_ALG,
				"the provider names no algorithm that signing_key can "
				"sign an assertion with; see token_endpoint_auth_"
				"signing_alg_values_supported");
		return e;
	case CLIENT_SECRET_BASIC:
		/* form-encoded before HTTP encodes it again (RFC 6749 section 2.3.1) */
		form_escape(&basic->user, client->client_id);
		form_escape(&basic->password, client->secret);
		e = buf_err(&basic->user);
		return e != ERR_OK ? e : buf_err(&basic->password);
	case CLIENT_SECRET_POST:
		form_add(form, "client_secret", client->secret);
		return buf_err(form);
	case CLIENT_TLS:
	case CLIENT_NONE:
		return ERR_OK;
	}
	return ERR_INTERNAL;
}

int64_t
client_end(int64_t deadline, int64_t timeout)
{
	int64_t margin = timeout * 1000 / 10;

	return deadline - (margin < CLIENT_MARGIN_MS ? margin : CLIENT_MARGIN_MS);
}
