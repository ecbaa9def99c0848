/*
 * Runs tables of steps. Which fault is passing, and how long patience lasts, is decided
 * here and nowhere else.
 */
#include "oidc/machine.h"

#include <stdlib.h>

#include "oidc/answer.h"
#include "oidc/form.h"

#define BASIC_MAX 4096
#define FIRST_WAIT 1 /* seconds between questions before the provider has named any */
#define RING_LEAST_MS 5000 /* nobody finds their phone and answers in less */

/* --- from step to step ------------------------------------------------------ */

static void
enter(struct machine *m, const struct step *step, int64_t due)
{
	m->step = step;
	m->flow.step = step->name;
	m->flow.due = due;
}

/* The first needed step from m->at on; NULL: none is left. */
static const struct step *
find_needed(struct machine *m)
{
	const struct step *step;

	for (; (step = m->kind->steps[m->at]) != NULL; m->at++)
		if (step->is_needless == NULL || !step->is_needless(m))
			break;
	return step;
}

void
machine_next(struct machine *m)
{
	const struct step *step;

	m->at++;
	step = find_needed(m);
	if (m->poll.next < m->now)
		m->poll.next = m->now; /* what came between took longer */
	if (step == NULL)
		flow_finish(&m->flow, ERR_OK);
	else
		enter(m, step, step->polled ? m->poll.next : m->now);
}

void
machine_detour(struct machine *m, const struct step *step)
{
	enter(m, step, m->now);
}

/*
 * What was polled for has expired: a new code where the kind has such and time remains,
 * but not before the old one is worthless.
 */
static void
expire(struct machine *m)
{
	int64_t due = m->poll.expires > m->now ? m->poll.expires : m->now;

	if (m->kind->renew == NULL || m->renewals++ >= MACHINE_RENEWALS_MAX ||
		due >= m->client->deadline) {
		flow_finish(&m->flow, ERR_EXPIRED);
		return;
	}
	for (m->at = 0; m->kind->steps[m->at] != m->kind->renew; m->at++)
		;
	enter(m, m->kind->renew, due);
}

/* --- what steps use --------------------------------------------------------- */

const char *
machine_endpoint(const struct machine *m, enum endpoint endpoint)
{
	const char *by_hand = m->client->endpoints[endpoint];

	return by_hand != NULL ? by_hand : m->metadata.endpoints[endpoint];
}

enum err
machine_start_poll(struct machine *m, struct json_object *json, int64_t expires_in)
{
	int64_t interval = 0;

	if (json_int_opt(json, "interval", &interval) != ERR_OK)
		return diag_set(&m->flow.diag, ERR_PROVIDER_ANSWER,
			"%s: interval is not an integer", m->flow.step);
	if (poll_start(&m->poll, m->now, interval, expires_in) != ERR_OK)
		return diag_set(&m->flow.diag, ERR_PROVIDER_ANSWER,
			"%s: interval or expires_in is out of bounds", m->flow.step);
	return ERR_OK;
}

enum err
machine_expect(struct machine *m, const struct http_answer *answer)
{
	enum err e = answer->status == 429                           ? ERR_HTTP_TOO_MANY
		     : answer->status >= 400 && answer->status < 500 ? ERR_HTTP_REFUSED
								     : ERR_HTTP_STATUS;

	if (answer->status == 200)
		return ERR_OK;
	return diag_set(&m->flow.diag, e, "%s: status %d", m->flow.step, answer->status);
}

static const char *
choose_audience(const struct machine *m)
{
	if (m->token_audience.len > 0)
		return buf_str(&m->token_audience);
	switch (m->client->audience) {
	case CLIENT_AUDIENCE_ENDPOINT:
		return buf_str(&m->url);
	case CLIENT_AUDIENCE_ISSUER:
		return m->client->issuer;
	case CLIENT_AUDIENCE_TOKEN_ENDPOINT:
		break;
	}
	return machine_endpoint(m, ENDPOINT_TOKEN);
}

enum err
machine_prove(struct machine *m, const char *audience)
{
	return client_prove(m->client, audience != NULL ? audience : choose_audience(m),
		metadata_offered(&m->metadata.auth_algs), m->now_unix, &m->form,
		&m->basic, &m->flow.diag);
}

enum err
machine_authenticate(struct machine *m)
{
	form_add(&m->form, "client_id", m->client->client_id);
	return machine_prove(m, NULL);
}

/* --- the flow's functions --------------------------------------------------- */

static void
forget_request(struct machine *m)
{
	struct buf *const bufs[] = {
		&m->url, &m->form, &m->basic.user, &m->basic.password};
	size_t i;

	for (i = 0; i < sizeof(bufs) / sizeof(bufs[0]); i++)
		buf_free(bufs[i]);
	m->bearer = NULL;
}

static enum err
ask(struct flow *flow, int64_t now_unix, struct http_request *ret)
{
	struct machine *m = (struct machine *)flow;
	enum err e;

	forget_request(m);
	m->now_unix = now_unix;
	m->now = flow->due;
	/* what asks the provider for no time at all may ring for as long as it likes */
	if (m->step->rings && m->client->deadline - m->now < RING_LEAST_MS)
		return ERR_TIMEOUT;
	e = m->step->ask(m);
	if (e == ERR_OK)
		e = buf_err(&m->url);
	if (e == ERR_OK)
		e = buf_err(&m->form);
	if (e == ERR_OK && m->step->rings)
		flow->live_until = m->client->deadline; /* whatever becomes of it */
	if (e == ERR_OK)
		*ret = (struct http_request){
			.url = buf_str(&m->url),
			.form = m->form.len > 0 ? buf_str(&m->form) : NULL,
			.user = m->basic.user.len > 0 ? buf_str(&m->basic.user) : NULL,
			.password = buf_str(&m->basic.password),
			.bearer = m->bearer,
			.once = !m->step->again,
		};
	return e;
}

/* The answer's meaning: what the step makes of it, or an error word. */
static enum err
read_answer(struct machine *m, const struct http_answer *answer)
{
	AUTO_JSON struct json_object *json = NULL;
	const struct step *step = m->step;
	enum err e;

	if (step->take_document != NULL)
		return step->take_document(m, answer);
	e = answer_read(&json, answer->status, answer->body, answer->len, &m->flow.diag);
	if (e == ERR_OK)
		return step->take(m, json);
	/* "not yet" is no answer to a question that is asked once, but a refusal of it */
	if ((e == ERR_PENDING || e == ERR_SLOW_DOWN) && !step->polled)
		return ERR_PROVIDER_ERROR;
	return e;
}

/*
 * Whether the provider says that the request on the phone is over, or never was there.
 * Without a word of OAuth's an answer says nothing of the kind, whoever sent it.
 */
static bool
is_over(const struct machine *m, enum err e, const struct http_answer *answer)
{
	if (m->step->rings)
		return answer_is_refusal(answer->status, answer->body, answer->len);
	return m->step->polled && (e == ERR_USER_DENIED || e == ERR_EXPIRED);
}

/*
 * Whether a fault may go away by itself. Before the provider has ever answered none
 * does: nobody waits in front of a screen without a word. Time in which we did not run
 * says nothing about the provider, so then the question is asked again in any case.
 */
static bool
is_passing(const struct machine *m, enum err e, const struct http_answer *answer)
{
	if (e == ERR_STOPPED)
		return m->step->again;
	if (!m->step->again || !m->has_met)
		return false;
	return e == ERR_HTTP_CONNECT || e == ERR_HTTP_TIMEOUT || e == ERR_HTTP_TOO_MANY ||
	       (e == ERR_HTTP_STATUS && answer != NULL && answer->status >= 500);
}

/* The step is to be asked again, later, or the flow ends with `e`. */
static void
settle(struct machine *m, enum err e, const struct http_answer *answer)
{
	int retry_after = answer != NULL ? answer->retry_after : 0;
	struct poll *poll = &m->poll;

	if (m->step->polled && e == ERR_PENDING)
		poll_pending(poll, m->now, retry_after);
	else if (m->step->polled && (e == ERR_SLOW_DOWN || e == ERR_HTTP_TOO_MANY))
		poll_slow_down(poll, m->now, retry_after);
	else if (m->step->polled && e == ERR_EXPIRED)
		poll_end(poll, m->now);
	else if (!is_passing(m, e, answer) ||
		 !poll_failed(poll, m->now, m->step->polled && e == ERR_HTTP_TIMEOUT,
			 retry_after))
		flow_finish(&m->flow, e);
	m->flow.due = poll->next;
}

static void
take(struct flow *flow, int64_t now, int64_t now_unix, enum err transport,
	const struct http_answer *answer)
{
	struct machine *m = (struct machine *)flow;
	enum err e;

	m->now = now;
	m->now_unix = now_unix;
	e = transport != ERR_OK ? transport : read_answer(m, answer);
	/* TLS that refuses our certificate has let no request through */
	if (transport == ERR_CLIENT_REFUSED
			? m->step->rings
			: transport == ERR_OK && e != ERR_OK && is_over(m, e, answer))
		flow->live_until = 0;
	if (e == ERR_OK)
		m->poll.failures = 0;
	else
		settle(m, e, answer);
	m->has_met = m->has_met || transport == ERR_OK;
	if (!flow->finished && m->step->polled && poll_expired(&m->poll))
		expire(m);
}

static void
release(struct flow *flow)
{
	struct machine *m = (struct machine *)flow;

	forget_request(m);
	if (m->kind->release != NULL)
		m->kind->release(m);
	buf_free(&m->token_audience);
	buf_free(&m->handle);
	buf_free(&m->nonce);
	secret_free(&m->id_token);
	secret_free(&m->access_token);
	metadata_free(&m->metadata);
	keyset_free(&m->keys);
	free(m);
}

struct machine *
machine_new(size_t size, const struct machine_kind *kind, const struct client *client,
	int64_t now)
{
	static const struct flow_ops ops = {ask, take, release};
	struct machine *m = calloc(1, size);

	if (m == NULL)
		return NULL;
	m->flow.ops = &ops;
	m->flow.name = kind->name;
	m->kind = kind;
	m->client = client;
	m->policy = client->policy;
	m->url = (struct buf)BUF_INIT(MACHINE_URL_MAX);
	m->form = (struct buf)BUF_INIT(MACHINE_FORM_MAX);
	m->basic.user = (struct buf)BUF_INIT(BASIC_MAX);
	m->basic.password = (struct buf)BUF_INIT(BASIC_MAX);
	m->token_audience = (struct buf)BUF_INIT(MACHINE_URL_MAX);
	m->handle = (struct buf)BUF_INIT(MACHINE_HANDLE_MAX);
	m->nonce = (struct buf)BUF_INIT(64);
	m->poll = (struct poll){
		.interval = FIRST_WAIT * 1000, .next = now, .expires = INT64_MAX};
	enter(m, find_needed(m), now);
	return m;
}
