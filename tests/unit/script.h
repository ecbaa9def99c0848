/*
 * A flow driven by a script of answers, whatever its kind: no socket, no clock. Keys and
 * tokens come from fixtures that other software made.
 */
#ifndef SCRIPT_H
#define SCRIPT_H

#include <stdio.h>
#include <string.h>

#include "fixtures/fixtures.h"
#include "itsme/profile.h"
#include "jose/base64url.h"
#include "jose/json.h"
#include "jose/key.h"
#include "oidc/client.h"
#include "oidc/flow.h"

#define METADATA                                                                       \
	"{\"issuer\":\"" FIXTURE_ISSUER "\",\"jwks_uri\":\"https://op.example/jwks\"," \
	"\"token_endpoint\":\"https://op.example/t\","                                 \
	"\"userinfo_endpoint\":\"https://op.example/u\","                              \
	"\"device_authorization_endpoint\":\"https://op.example//d\","                 \
	"\"backchannel_authentication_endpoint\":\"https://op.example/b\"}"
#define STARTED "{\"auth_req_id\":\"req1\",\"expires_in\":20,\"interval\":3}"
#define OAUTH_ERROR(word) "{\"error\":\"" word "\"}"

struct world {
	struct key *sig, *enc;
	struct client client;
	struct flow *flow;
	int64_t now;
	int retry_after; /* of the next answer, in seconds; 0: none */
	char url[512], form[65536]; /* of the last request */
	char user[256], password[256], bearer[256];
};

static inline int
set_up(void **state)
{
	static struct world world;
	struct diag diag;

	world = (struct world){.now = 1000};
	assert_int_equal(key_load(&world.sig, fixture_sig_pem, strlen(fixture_sig_pem),
				 KEY_SIG, &diag),
		ERR_OK);
	assert_int_equal(key_load(&world.enc, fixture_enc_pem, strlen(fixture_enc_pem),
				 KEY_ENC, &diag),
		ERR_OK);
	*state = &world;
	return 0;
}

static inline int
tear_down(void **state)
{
	struct world *w = *state;

	flow_free(&w->flow);
	key_free(&w->sig);
	key_free(&w->enc);
	return 0;
}

/* itsme®'s policy; `acr`: one of its levels, or NULL. */
static inline void
script_set_client(struct world *w, const char *acr)
{
	w->client = (struct client){
		.issuer = FIXTURE_ISSUER,
		.client_id = FIXTURE_CLIENT,
		.signing_key = w->sig,
		.decryption_keys = &w->enc,
		.decryption_count = 1,
		.policy = itsme_jwt_policy,
		.userinfo_as_jwt = true,
		.acr_values = acr,
		.acr = itsme_acr_levels(acr),
		.deadline = 100000,
		.end = 95000,
	};
}

static inline void
script_copy(char *ret, size_t size, const char *text)
{
	snprintf(ret, size, "%s", text != NULL ? text : "");
}

/* One exchange: the step must be `step`, due at `due`; the answer comes 10 ms later. */
static inline void
step(struct world *w, const char *name, int64_t due, int status, const char *body)
{
	struct http_request request;
	struct http_answer answer = {.status = status,
		.retry_after = w->retry_after,
		.body = body,
		.len = strlen(body)};

	w->retry_after = 0;
	if (w->flow->finished)
		fail_msg("ended before %s: %s %s", name, err_word(w->flow->result),
			w->flow->diag.text);
	assert_string_equal(w->flow->step, name);
	assert_int_equal(w->flow->due, due);
	assert_int_equal(flow_ask(w->flow, FIXTURE_NOW, &request), ERR_OK);
	script_copy(w->url, sizeof(w->url), request.url);
	script_copy(w->form, sizeof(w->form), request.form);
	script_copy(w->user, sizeof(w->user), request.user);
	script_copy(w->password, sizeof(w->password),
		request.user != NULL ? request.password : "");
	script_copy(w->bearer, sizeof(w->bearer), request.bearer);
	w->now = due + 10;
	flow_take(w->flow, w->now, FIXTURE_NOW, ERR_OK, &answer);
}

/* The step fails in the same way as long as it is asked; returns how often it was. */
static inline unsigned
step_to_the_end(struct world *w, const char *name, int status, const char *body)
{
	unsigned count = 0;

	for (; !w->flow->finished && strcmp(w->flow->step, name) == 0; count++)
		step(w, name, w->flow->due, status, body);
	return count;
}

/* The same where no answer comes. */
static inline unsigned
fail_to_the_end(struct world *w, enum err fault)
{
	struct http_request request;
	unsigned count = 0;

	for (; !w->flow->finished; count++) {
		w->now = w->flow->due + 10;
		assert_int_equal(flow_ask(w->flow, FIXTURE_NOW, &request), ERR_OK);
		flow_take(w->flow, w->now, FIXTURE_NOW, fault, NULL);
	}
	return count;
}

static inline void
step_token(struct world *w, int64_t due, const char *token)
{
	static char body[32768];

	snprintf(body, sizeof(body), "{\"access_token\":\"a\",\"id_token\":\"%s\"}",
		token);
	step(w, "token", due, 200, body);
}

/* The claims of the JWT behind `name` in a form ("": of a bare JWT), or NULL. */
static inline struct json_object *
claims_of(const char *form, const char *name)
{
	const char *at = strstr(form, name);
	AUTO_SECRET struct secret text = {0};
	struct json_object *claims = NULL;

	if (at == NULL)
		return NULL;
	at = strchr(at, '.') + 1;
	assert_int_equal(base64url_decode(&text, at, strcspn(at, ".")), ERR_OK);
	/* strictly: nothing that we send is there twice */
	assert_int_equal(json_parse(&claims, (const char *)text.data, text.len), ERR_OK);
	return claims;
}

static inline const char *
member(struct json_object *json, const char *name)
{
	return json_object_get_string(json_object_object_get(json, name));
}

static inline void
assert_ended(const struct world *w, enum err e)
{
	assert_true(w->flow->finished);
	assert_string_equal(err_word(w->flow->result), err_word(e));
	if (e != ERR_OK)
		assert_null(w->flow->subject);
}

#endif
