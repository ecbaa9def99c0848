/*
 * The QR flow: itsme®'s user discovery session, which ends with a token for whoever has
 * scanned. That token is single-use and never an identity.
 */
#define _GNU_SOURCE /* strptime, timegm */
#include "itsme/qr_flow.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "display/qr_image.h"
#include "itsme/policy.h"
#include "jose/base64url.h"
#include "jose/digest.h"
#include "oidc/answer.h"
#include "oidc/form.h"
#include "oidc/lenient.h"
#include "oidc/steps.h"

#define ID_MAX 512 /* bytes of a session id */
#define HINT_MAX (4 * 1024)

_Static_assert(HTTP_MAX / 4 * 3 <= PICTURE_BYTES_MAX, "what an answer carries is read");

struct qr_flow {
	struct machine machine; /* first, so that a struct machine * is one of these */
	struct itsme_settings set;
	struct buf session_id;
	struct buf hint; /* user_identifier_token */
	uint8_t picture[DIGEST_SHA256_SIZE]; /* of the code on screen, as it came */
	int64_t picture_until; /* clock_ms: of that code; 0: not said */
};

/* --- the picture ------------------------------------------------------------ */

/*
 * How long that picture is good, as `expires_at` says (RFC 3339, in UTC): a clock_ms, by
 * the machine's own clock. 0 for whatever else stands there.
 */
static int64_t
read_end(const struct machine *m, struct json_object *json)
{
	struct diag ignored = {""};
	struct tm tm = {0};
	const char *text, *end;

	if (lenient_str(&text, json, "expires_at", &ignored) != ERR_OK || text == NULL)
		return 0;
	end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	if (end == NULL)
		return 0;
	if (*end == '.')
		end += 1 + strspn(end + 1, "0123456789");
	if (strcmp(end, "Z") != 0)
		return 0;
	return m->now + ((int64_t)timegm(&tm) - m->now_unix) * 1000;
}

/* A new picture becomes a new address; the one on screen already stays. */
static enum err
take_picture(struct qr_flow *f, const char *base64, int64_t until)
{
	struct flow *flow = &f->machine.flow;
	AUTO_SECRET struct secret image = {0};
	AUTO_FREE char *payload = NULL;
	uint8_t digest[DIGEST_SHA256_SIZE];
	struct diag why = {""};
	size_t len = strlen(base64);
	enum err e;

	if (len == 0)
		return diag_set(&flow->diag, ERR_PROVIDER_ANSWER, "qr_code is empty");
	e = digest_sha256(digest, base64, len);
	if (e != ERR_OK || memcmp(f->picture, digest, sizeof(digest)) == 0)
		return e;
	if (base64_decode(&image, base64, len) != ERR_OK)
		return diag_set(&flow->diag, ERR_QR_IMAGE, "qr_code is not base64");
	e = qr_image_read(f->set.pictures, &payload, image.data, image.len, &why);
	if (e != ERR_OK)
		return diag_set(&flow->diag, e, "qr_code: %s", why.text);
	memcpy(f->picture, digest, sizeof(digest));
	free(flow->address);
	flow->address = MOVE(payload);
	flow->address_serial++;
	flow->replaced_until = f->picture_until;
	f->picture_until = until;
	return ERR_OK;
}

/* The picture stands beside `status` or inside `user_discovery_token`; both occur. */
static enum err
find_picture(struct qr_flow *f, struct json_object *json, bool must)
{
	struct diag *diag = &f->machine.flow.diag;
	struct json_object *inner = lenient_find(json, "user_discovery_token");
	struct json_object *token = inner != NULL ? inner : json;
	const char *base64;
	enum err e;

	if (!json_object_is_type(token, json_type_object))
		return diag_set(diag, ERR_PROVIDER_ANSWER,
			"user_discovery_token is not an object");
	e = lenient_str(&base64, token, "qr_code", diag);
	if (e != ERR_OK)
		return e;
	if (base64 == NULL)
		return must ? diag_set(diag, ERR_PROVIDER_ANSWER,
				      "the answer has no qr_code")
			    : ERR_OK;
	return take_picture(f, base64, read_end(&f->machine, token));
}

/* --- session: the QR code --------------------------------------------------- */

/* client_id and our proof, for the audience that the session endpoint wants. */
static enum err
prove_for_session(struct machine *m)
{
	AUTO_BUF struct buf audience = BUF_INIT(MACHINE_URL_MAX);

	buf_addf(&audience, "%s%s", m->client->issuer, ITSME_SESSIONS_AUD);
	if (buf_err(&audience) != ERR_OK)
		return buf_err(&audience);
	form_add(&m->form, "client_id", m->client->client_id);
	return machine_prove(m, buf_str(&audience));
}

static enum err
ask_session(struct machine *m)
{
	buf_addf(&m->url, "%s%s", m->client->issuer, ITSME_SESSIONS_PATH);
	return prove_for_session(m);
}

static enum err
take_session(struct machine *m, struct json_object *json)
{
	struct qr_flow *f = (struct qr_flow *)m;
	enum err e = answer_copy(
		&f->session_id, json, "user_discovery_session_id", &m->flow.diag);

	if (e == ERR_OK)
		e = machine_start_poll(m, json, ITSME_SESSION_LIFETIME);
	if (e == ERR_OK)
		e = find_picture(f, json, true);
	if (e == ERR_OK)
		machine_next(m);
	return e;
}

static const struct step session = {
	.name = "session",
	.ask = ask_session,
	.take = take_session,
	.again = true, /* a session more that nobody scans */
};

/* --- discovery: until somebody has scanned ---------------------------------- */

static enum err
ask_discovery(struct machine *m)
{
	const struct qr_flow *f = (const struct qr_flow *)m;

	buf_addf(&m->url, "%s%s/", m->client->issuer, ITSME_SESSIONS_PATH);
	form_escape(&m->url, buf_str(&f->session_id));
	return prove_for_session(m);
}

static enum err
take_discovery(struct machine *m, struct json_object *json)
{
	struct qr_flow *f = (struct qr_flow *)m;
	const char *status;
	enum err e;

	if (json_str(json, "status", &status) != ERR_OK)
		return diag_set(&m->flow.diag, ERR_PROVIDER_ANSWER,
			"discovery: status is missing or not a text");
	if (strcmp(status, "PENDING_USER_DISCOVERY") == 0) {
		/* one that cannot be shown takes nothing off the screen */
		e = find_picture(f, json, false);
		return e == ERR_NOMEM ? e : ERR_PENDING;
	}
	if (strcmp(status, "USER_DISCOVERED") != 0)
		return diag_set(&m->flow.diag, ERR_PROVIDER_ANSWER,
			"discovery: status is neither pending nor discovered");
	e = answer_copy(&f->hint, json, "user_identifier_token", &m->flow.diag);
	if (e == ERR_OK) {
		m->flow.acknowledged = true;
		machine_next(m);
	}
	return e;
}

static const struct step discovery = {
	.name = "discovery",
	.ask = ask_discovery,
	.take = take_discovery,
	.again = true,
	.polled = true,
};

/* --- authentication: whoever scanned ---------------------------------------- */

static enum err
ask_authentication(struct machine *m)
{
	struct qr_flow *f = (struct qr_flow *)m;
	enum err e = authentication_ask(
		m, &f->set, "user_identifier_token", buf_str(&f->hint));

	buf_free(&f->hint);
	return e;
}

static const struct step authentication = {
	.name = "authentication",
	.ask = ask_authentication,
	.take = steps_take_auth_req_id,
};

/* --- the table -------------------------------------------------------------- */

static void
release(struct machine *m)
{
	struct qr_flow *f = (struct qr_flow *)m;

	buf_free(&f->session_id);
	buf_free(&f->hint);
}

static const struct step *const steps[] = {&session, &steps_metadata, &steps_keys,
	&discovery, &authentication, &steps_token, &steps_userinfo, NULL};

static const struct machine_kind qr = {
	.name = "qr",
	.steps = steps,
	.endpoints = AUTHENTICATION_ENDPOINTS,
	.grant_type = AUTHENTICATION_GRANT_TYPE,
	.handle = "auth_req_id",
	.release = release,
};

enum err
qr_flow_new(struct flow **ret, const struct itsme_settings *settings, int64_t now)
{
	struct machine *m =
		authentication_machine(sizeof(struct qr_flow), &qr, settings, now);
	struct qr_flow *f = (struct qr_flow *)m;

	if (m == NULL)
		return ERR_NOMEM;
	m->flow.needs_picture = true;
	f->set = *settings;
	f->session_id = (struct buf)BUF_INIT(ID_MAX);
	f->hint = (struct buf)BUF_INIT(HINT_MAX);
	*ret = &m->flow;
	return ERR_OK;
}
