/*
 * The steps of the QR flow. Each is a row of one table: how to ask, how to take the
 * answer, and whether a fault may be forgiven because asking again harms nothing.
 */
#include "itsme/qr_flow.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "display/qr_image.h"
#include "itsme/profile.h"
#include "jose/base64url.h"
#include "jose/json.h"
#include "jose/keyset.h"
#include "jose/jwt.h"
#include "oidc/answer.h"
#include "oidc/assertion.h"
#include "oidc/form.h"
#include "oidc/id_token.h"
#include "oidc/metadata.h"
#include "oidc/poll.h"

#define FORM_MAX (32 * 1024)
#define URL_MAX 2048
#define ID_MAX 512 /* bytes of a session id or auth_req_id */
#define HINT_MAX (4 * 1024)
#define GRANT_TYPE "urn:openid:params:grant-type:ciba"

enum step { SESSION, METADATA, KEYS, DISCOVERY, AUTHENTICATION, TOKEN, NEW_KEYS };

struct qr_flow {
	struct flow flow; /* first, so that a struct flow * is one of these */
	struct qr_flow_settings set;
	enum step step;
	int64_t now, now_unix; /* of the call that runs */
	struct poll poll; /* of the step, or of forgiven faults */
	struct buf url, form; /* of the request under way */
	struct buf session_id, auth_req_id; /* of the provider's answers */
	struct buf hint; /* user_identifier_token: single-use, never an identity */
	struct buf picture; /* the base64 text of the code on screen */
	struct secret id_token; /* decrypted, kept while its key is fetched */
	struct metadata metadata;
	struct keyset keys; /* the issuer's */
};

static void go(struct qr_flow *f, enum step step, int64_t due);

/* --- helpers ----------------------------------------------------------------------- */

/* Copies one short text member that must be there. */
static enum err
copy_member(struct buf *ret, struct json_object *json, const char *name, size_t most)
{
	const char *text;
	enum err e = json_str(json, name, &text);

	if (e != ERR_OK || text[0] == '\0' || strlen(text) > most)
		return ERR_PROVIDER_ANSWER;
	buf_free(ret);
	buf_adds(ret, text);
	return buf_err(ret);
}

/* An assertion for `path` behind the issuer, into the form. */
static enum err
add_assertion(struct qr_flow *f, const char *path)
{
	AUTO_BUF struct buf audience = BUF_INIT(URL_MAX);

	buf_addf(&audience, "%s%s", f->set.issuer, path);
	if (buf_err(&audience) != ERR_OK)
		return buf_err(&audience);
	return assertion_add(&f->form, f->set.signing_key, f->set.client_id,
		buf_str(&audience), f->now_unix);
}

/* A new picture becomes a new address; the one on screen already stays. */
static enum err
take_picture(struct qr_flow *f, const char *base64)
{
	AUTO_SECRET struct secret image = {0};
	AUTO_FREE char *payload = NULL;
	size_t len = strlen(base64);
	enum err e;

	if (f->picture.len == len && memcmp(buf_str(&f->picture), base64, len) == 0)
		return ERR_OK;
	if (base64_decode(&image, base64, len) != ERR_OK)
		return diag_set(&f->flow.diag, ERR_QR_IMAGE, "qr_code is not base64");
	e = qr_image_read(&payload, image.data, image.len);
	if (e != ERR_OK)
		return diag_set(
			&f->flow.diag, e, "qr_code: a picture of %zu bytes", image.len);
	buf_free(&f->picture);
	buf_adds(&f->picture, base64);
	if (buf_err(&f->picture) != ERR_OK)
		return buf_err(&f->picture);
	free(f->flow.address);
	f->flow.address = MOVE(payload);
	f->flow.address_serial++;
	return ERR_OK;
}

/* The picture stands beside `status` or inside `user_discovery_token`; both occur. */
static enum err
find_picture(struct qr_flow *f, struct json_object *json, bool must)
{
	struct json_object *inner = NULL;
	const char *base64 = NULL;

	if (json_obj_opt(json, "user_discovery_token", &inner) != ERR_OK ||
		json_str_opt(inner != NULL ? inner : json, "qr_code", &base64) != ERR_OK)
		return ERR_PROVIDER_ANSWER;
	if (base64 == NULL)
		return must ? diag_set(&f->flow.diag, ERR_PROVIDER_ANSWER,
				      "the answer has no qr_code")
			    : ERR_OK;
	return take_picture(f, base64);
}

static enum err
start_poll(struct qr_flow *f, struct json_object *json, int64_t expires_in)
{
	int64_t interval = 0;

	if (json_int_opt(json, "interval", &interval) != ERR_OK)
		return ERR_PROVIDER_ANSWER;
	return poll_start(&f->poll, f->now, interval, expires_in);
}

/* --- session: the QR code ---------------------------------------------------------- */

static enum err
ask_session(struct qr_flow *f)
{
	buf_addf(&f->url, "%s%s", f->set.issuer, ITSME_SESSIONS_PATH);
	form_add(&f->form, "client_id", f->set.client_id);
	return add_assertion(f, ITSME_SESSIONS_AUD);
}

static enum err
take_session(struct qr_flow *f, struct json_object *json)
{
	enum err e =
		copy_member(&f->session_id, json, "user_discovery_session_id", ID_MAX);

	if (e == ERR_OK)
		e = start_poll(f, json, ITSME_SESSION_LIFETIME);
	if (e == ERR_OK)
		e = find_picture(f, json, true);
	if (e == ERR_OK)
		go(f, METADATA, f->now);
	return e;
}

/* --- metadata and keys: while the person takes out the phone -------------------------
 */

static enum err
ask_metadata(struct qr_flow *f)
{
	buf_addf(&f->url, "%s%s", f->set.issuer, ITSME_DISCOVERY_PATH);
	return ERR_OK;
}

static enum err
take_metadata(struct qr_flow *f, const struct http_answer *answer)
{
	enum err e = metadata_read(
		&f->metadata, answer->body, answer->len, f->set.issuer, &f->flow.diag);

	if (e == ERR_OK && f->metadata.backchannel_endpoint == NULL)
		e = diag_set(&f->flow.diag, ERR_PROVIDER_ANSWER,
			"discovery: backchannel_authentication_endpoint is missing");
	if (e == ERR_OK)
		go(f, KEYS, f->now);
	return e;
}

static enum err
ask_keys(struct qr_flow *f)
{
	buf_adds(&f->url, f->metadata.jwks_uri);
	return ERR_OK;
}

static enum err
take_keys(struct qr_flow *f, const struct http_answer *answer)
{
	enum err e = keyset_update(&f->keys, answer->body, answer->len, &f->flow.diag);

	if (e == ERR_OK)
		go(f, DISCOVERY, f->poll.next);
	return e;
}

/* --- discovery: until somebody has scanned --------------------------------------------
 */

static enum err
ask_discovery(struct qr_flow *f)
{
	buf_addf(&f->url, "%s%s/", f->set.issuer, ITSME_SESSIONS_PATH);
	form_escape(&f->url, buf_str(&f->session_id));
	form_add(&f->form, "client_id", f->set.client_id);
	return add_assertion(f, ITSME_SESSIONS_AUD);
}

static enum err
take_discovery(struct qr_flow *f, struct json_object *json)
{
	const char *status;
	enum err e;

	if (json_str(json, "status", &status) != ERR_OK)
		return ERR_PROVIDER_ANSWER;
	if (strcmp(status, "PENDING_USER_DISCOVERY") == 0) {
		poll_pending(&f->poll, f->now, 0);
		f->flow.due = f->poll.next;
		return find_picture(f, json, false);
	}
	if (strcmp(status, "USER_DISCOVERED") != 0)
		return ERR_PROVIDER_ANSWER;
	e = copy_member(&f->hint, json, "user_identifier_token", HINT_MAX);
	if (e == ERR_OK) {
		f->flow.acknowledged = true;
		go(f, AUTHENTICATION, f->now);
	}
	return e;
}

/* --- authentication: CIBA -------------------------------------------------------------
 */

static enum err
ask_authentication(struct qr_flow *f)
{
	AUTO_BUF struct buf jwt = BUF_INIT(FORM_MAX);
	struct request request = {
		.issuer = f->set.issuer,
		.client_id = f->set.client_id,
		.service = f->set.service,
		.hint_type = "user_identifier_token",
		.hint_value = buf_str(&f->hint),
		.hint_format = f->set.hint_format,
		.acr = f->set.required_acr,
		.expiry = (f->set.deadline - f->now) / 1000,
	};
	enum err e = request_sign(&jwt, &request, f->set.signing_key, f->now_unix);

	if (e != ERR_OK)
		return e;
	buf_adds(&f->url, f->metadata.backchannel_endpoint);
	form_add(&f->form, "request", buf_str(&jwt));
	buf_free(&f->hint);
	return add_assertion(f, ITSME_TOKEN_AUD);
}

static enum err
take_authentication(struct qr_flow *f, struct json_object *json)
{
	enum err e = copy_member(&f->auth_req_id, json, "auth_req_id", ID_MAX);
	int64_t expires_in;

	if (e != ERR_OK || json_int(json, "expires_in", &expires_in) != ERR_OK)
		return ERR_PROVIDER_ANSWER;
	e = start_poll(f, json, expires_in);
	if (e == ERR_OK)
		go(f, TOKEN, f->poll.next);
	return e;
}

/* --- token: until approved, then verified ----------------------------------------------
 */

static enum err
ask_token(struct qr_flow *f)
{
	buf_adds(&f->url, f->metadata.token_endpoint);
	form_add(&f->form, "grant_type", GRANT_TYPE);
	form_add(&f->form, "auth_req_id", buf_str(&f->auth_req_id));
	form_add(&f->form, "client_id", f->set.client_id);
	return add_assertion(f, ITSME_TOKEN_AUD);
}

/* The end of the flow: the ID Token is verified and its subject taken over. */
static enum err
verify(struct qr_flow *f)
{
	AUTO_CLAIMS struct claims *claims = NULL;
	const struct id_token_policy policy = {
		.issuer = f->set.issuer,
		.client_id = f->set.client_id,
		.acr = itsme_acr_levels(f->set.required_acr),
		.now = f->now_unix,
	};
	const char *sub;
	enum err e;

	e = jwt_check(&claims, (const char *)f->id_token.data, f->id_token.len,
		&itsme_jwt_policy, f->keys.keys, &f->flow.diag);
	if (e == ERR_OK)
		e = id_token_check(&sub, claims, &policy, &f->flow.diag);
	if (e != ERR_OK)
		return e;
	f->flow.subject = strdup(sub);
	if (f->flow.subject == NULL)
		return ERR_NOMEM;
	flow_finish(&f->flow, ERR_OK);
	return ERR_OK;
}

static enum err
take_token(struct qr_flow *f, struct json_object *json)
{
	const char *token;
	enum err e;

	if (json_str_opt(json, "id_token", &token) != ERR_OK)
		return ERR_PROVIDER_ANSWER;
	if (token == NULL)
		return diag_set(&f->flow.diag, ERR_ID_TOKEN_MISSING,
			"the token answer has no id_token");
	e = jwt_open(&f->id_token, token, strlen(token), &itsme_jwt_policy,
		f->set.decryption_keys, f->set.decryption_count, &f->flow.diag);
	if (e != ERR_OK)
		return e;
	e = verify(f);
	/* the provider may have rotated since */
	if (e != ERR_KID_UNKNOWN || !keyset_may_fetch(&f->keys, e, f->now))
		return e;
	go(f, NEW_KEYS, f->now);
	return ERR_OK;
}

static enum err
take_new_keys(struct qr_flow *f, const struct http_answer *answer)
{
	enum err e = keyset_update(&f->keys, answer->body, answer->len, &f->flow.diag);

	return e != ERR_OK ? e : verify(f);
}

/* --- the table and the machine
 * ---------------------------------------------------------- */

static const struct {
	const char *name;
	enum err (*ask)(struct qr_flow *f);
	/* one of these two: OAuth answers and plain documents */
	enum err (*take)(struct qr_flow *f, struct json_object *json);
	enum err (*take_document)(struct qr_flow *f, const struct http_answer *answer);
	bool again; /* asking again after a fault harms nothing */
	bool polled; /* ends with f->poll's expiry */
} steps[] = {
	[SESSION] = {"session", ask_session, take_session, NULL, false, false},
	[METADATA] = {"metadata", ask_metadata, NULL, take_metadata, true, false},
	[KEYS] = {"keys", ask_keys, NULL, take_keys, true, false},
	[DISCOVERY] = {"discovery", ask_discovery, take_discovery, NULL, true, true},
	[AUTHENTICATION] = {"authentication", ask_authentication, take_authentication,
		NULL, false, false},
	[TOKEN] = {"token", ask_token, take_token, NULL, true, true},
	[NEW_KEYS] = {"new_keys", ask_keys, NULL, take_new_keys, false, false},
};

static void
go(struct qr_flow *f, enum step step, int64_t due)
{
	f->step = step;
	f->flow.step = steps[step].name;
	f->flow.due = due;
}

static enum err
ask(struct flow *flow, int64_t now_unix, struct http_request *ret)
{
	struct qr_flow *f = (struct qr_flow *)flow;
	enum err e;

	buf_free(&f->url);
	buf_free(&f->form);
	f->now_unix = now_unix;
	f->now = flow->due;
	e = steps[f->step].ask(f);
	if (e == ERR_OK)
		e = buf_err(&f->url);
	if (e == ERR_OK)
		e = buf_err(&f->form);
	if (e == ERR_OK)
		*ret = (struct http_request){
			.url = buf_str(&f->url),
			.form = f->form.len > 0 ? buf_str(&f->form) : NULL,
		};
	return e;
}

/* The answer's meaning: what the step makes of it, or an error word. */
static enum err
read_answer(struct qr_flow *f, const struct http_answer *answer)
{
	AUTO_JSON struct json_object *json = NULL;
	enum err e;

	if (steps[f->step].take_document != NULL) {
		if (answer->status != 200)
			return diag_set(&f->flow.diag, ERR_HTTP_STATUS, "%s: status %d",
				f->flow.step, answer->status);
		return steps[f->step].take_document(f, answer);
	}
	e = answer_read(&json, answer->status, answer->body, answer->len, &f->flow.diag);
	return e != ERR_OK ? e : steps[f->step].take(f, json);
}

/* Whether a fault may go away by itself. */
static bool
is_passing(enum err e, const struct http_answer *answer)
{
	return e == ERR_HTTP_CONNECT || e == ERR_HTTP_TIMEOUT || e == ERR_HTTP_TOO_MANY ||
	       (e == ERR_HTTP_STATUS && answer != NULL && answer->status >= 500);
}

static void
take(struct flow *flow, int64_t now, int64_t now_unix, enum err transport,
	const struct http_answer *answer)
{
	struct qr_flow *f = (struct qr_flow *)flow;
	int retry_after = answer != NULL ? answer->retry_after : 0;
	enum step step = f->step;
	enum err e;

	f->now = now;
	f->now_unix = now_unix;
	e = transport != ERR_OK ? transport : read_answer(f, answer);
	if (steps[step].polled && e == ERR_PENDING) {
		poll_pending(&f->poll, now, retry_after);
		flow->due = f->poll.next;
	} else if (steps[step].polled && (e == ERR_SLOW_DOWN || e == ERR_HTTP_TOO_MANY)) {
		poll_slow_down(&f->poll, now, retry_after);
		flow->due = f->poll.next;
	} else if (e != ERR_OK) {
		if (!steps[step].again || !is_passing(e, answer) ||
			!poll_failed(&f->poll, now, retry_after))
			flow_finish(flow, e);
		flow->due = f->poll.next;
	}
	if (!flow->finished && steps[f->step].polled && poll_expired(&f->poll))
		flow_finish(flow, ERR_EXPIRED);
}

static void
release(struct flow *flow)
{
	struct qr_flow *f = (struct qr_flow *)flow;
	struct buf *const bufs[] = {&f->url, &f->form, &f->session_id, &f->auth_req_id,
		&f->hint, &f->picture};
	size_t i;

	for (i = 0; i < sizeof(bufs) / sizeof(bufs[0]); i++)
		buf_free(bufs[i]);
	secret_free(&f->id_token);
	metadata_free(&f->metadata);
	keyset_free(&f->keys);
	free(f);
}

enum err
qr_flow_new(struct flow **ret, const struct qr_flow_settings *settings, int64_t now)
{
	static const struct flow_ops ops = {"qr", ask, take, release, true};
	struct qr_flow *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return ERR_NOMEM;
	f->flow.ops = &ops;
	f->set = *settings;
	f->url = (struct buf)BUF_INIT(URL_MAX);
	f->form = (struct buf)BUF_INIT(FORM_MAX);
	f->session_id = (struct buf)BUF_INIT(ID_MAX);
	f->auth_req_id = (struct buf)BUF_INIT(ID_MAX);
	f->hint = (struct buf)BUF_INIT(HINT_MAX);
	f->picture = (struct buf)BUF_INIT(HTTP_MAX);
	go(f, SESSION, now);
	*ret = &f->flow;
	return ERR_OK;
}
