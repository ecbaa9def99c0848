/*
 * Runs tables of steps. Which fault is passing, and how long patience lasts, is decided
 * here and nowhere else.
 */
#include "oidc/machine.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "oidc/answer.h"
#include "oidc/form.h"
#include "oidc/lenient.h"

#define BASIC_MAX 4096
#define WAIT_MAX 3600 /* seconds after which anybody is told to try again */
#define RING_LEAST_MS 5000 /* nobody finds their phone and answers in less */

/* --- from step to step ------------------------------------------------------ */

static void
enter(struct machine *m, const struct step *step, int64_t due)
{
	m->step = step;
	m->since = due;
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
		flow_finish(&m->flow,
			m->flow.trouble != ERR_OK ? m->flow.trouble : ERR_EXPIRED);
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
	struct diag *diag = &m->flow.diag;
	int64_t interval = POLL_DEFAULT_INTERVAL, most = POLL_MAX_INTERVAL;
	enum err e = lenient_int_opt(&interval, json, m->flow.step, "interval", diag);

	if (e != ERR_OK)
		return e;
	if (m->client->timeout > 0)
		most = m->client->timeout - 1; /* else nothing would ever be asked */
	if (interval == 0)
		interval = POLL_DEFAULT_INTERVAL; /* it names none */
	if (interval < 1 || interval > most)
		return diag_set(diag, ERR_PROVIDER_ANSWER,
			"%s: interval is %" PRId64 ", allowed are 1 to %" PRId64
			" seconds",
			m->flow.step, interval, most);
	if (poll_start(&m->poll, m->now, interval, expires_in) != ERR_OK)
		return diag_set(diag, ERR_PROVIDER_ANSWER,
			"%s: expires_in is %" PRId64 ", allowed is 1 or more",
			m->flow.step, expires_in);
	return ERR_OK;
}

/* The line about `e` says which question it is about. */
static enum err
name_step(struct machine *m, enum err e)
{
	struct diag line = m->flow.diag;

	return line.text[0] == '\0'
		       ? e
		       : diag_set(&m->flow.diag, e, "%s: %s", m->flow.step, line.text);
}

/*
 * A word that has no place where it stands. What is not asked again and again is not put
 * off by "not yet", and where nobody was asked, nobody can have said no or come too late.
 */
static enum err
misplaced(const struct step *step, int status, enum err e)
{
	bool puts_off = e == ERR_PENDING || e == ERR_SLOW_DOWN;
	bool answers = e == ERR_USER_DENIED || e == ERR_UNKNOWN_AT_PROVIDER;
	bool expires = e == ERR_EXPIRED;

	if (step->polled || !(puts_off || (answers && step->again) ||
				    (expires && (step->again || step->rings))))
		return e;
	return status == 429 || e == ERR_SLOW_DOWN ? ERR_HTTP_TOO_MANY
						   : ERR_PROVIDER_ERROR;
}

enum err
machine_expect(struct machine *m, const struct http_answer *answer)
{
	enum err e;

	if (answer->status == 200)
		return ERR_OK;
	e = answer_fault(answer->status, answer->body, answer->len, &m->flow.diag);
	return name_step(m, misplaced(m->step, answer->status, e));
}

enum err
machine_broken(struct machine *m, const char *what)
{
	m->broken = true;
	return diag_set(&m->flow.diag, ERR_PROVIDER_ANSWER, "%s", what);
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
		};
	return e;
}

/* Whether it begins something at the provider, by being asked for it but once. */
static bool
begins(const struct step *step)
{
	return step->take != NULL && !step->polled;
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
	m->broken = e == ERR_PROVIDER_ANSWER;
	e = name_step(m, misplaced(step, answer->status, e));
	return begins(step) && answer->status == 429 ? ERR_HTTP_TOO_MANY : e;
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

/* Whether the question was answered by who was asked: with what it was for, or not yet.
 */
static bool
is_answered(const struct machine *m, enum err e)
{
	return e == ERR_OK ||
	       (m->step->polled && (e == ERR_PENDING || e == ERR_SLOW_DOWN));
}

static bool
is_blank(const struct machine *m)
{
	return m->flow.address_serial == 0;
}

/*
 * Whether a fault may go away by itself, so that the step is asked again if there is
 * time. That we did not run says nothing about the provider.
 */
static bool
is_passing(const struct machine *m, enum err e)
{
	if (!m->step->again)
		return false;
	switch (e) {
	case ERR_STOPPED:
		return true;
	case ERR_HTTP_TIMEOUT:
		return m->has_met && !is_blank(m);
	case ERR_HTTP_TOO_MANY:
		if (begins(m->step) && is_blank(m))
			return false; /* there may be another way in */
		break;
	case ERR_PROVIDER_ANSWER:
		if (!m->broken)
			return false; /* it would say the same again */
		break;
	case ERR_HTTP_CONNECT:
	case ERR_HTTP_TOO_LARGE:
	case ERR_HTTP_STATUS:
	case ERR_HTTP_REFUSED:
		break;
	default:
		return false;
	}
	return m->has_met || !m->has_stumbled;
}

/* How long the step may be asked again: see the top of the header. */
static struct poll_fault
find_patience(const struct machine *m, enum err e, int retry_after)
{
	struct poll_fault fault = {
		.timed_out = m->step->polled && e == ERR_HTTP_TIMEOUT,
		.retry_after = retry_after,
		.last = m->client->end,
		.whole = is_blank(m) && e != ERR_STOPPED,
	};
	int64_t patience = m->client->end;

	if (m->step->polled && m->poll.expires < fault.last)
		fault.last = m->poll.expires;
	fault.last -= MACHINE_LAST_MS;
	if (fault.whole)
		patience = m->since + MACHINE_BLANK_MS;
	else if (m->granted)
		patience = m->since + MACHINE_GRANTED_MS;
	if (patience < fault.last)
		fault.last = patience;
	return fault;
}

/*
 * The end. A refusal after an answer that was lost, or was none, may well say no more
 * than that it had been the one.
 */
static void
end_flow(struct machine *m, enum err e)
{
	struct diag second = m->flow.diag;

	if (e == ERR_PROVIDER_ERROR && m->step->polled && m->first != ERR_OK &&
		m->first != ERR_HTTP_TOO_MANY) {
		e = diag_set(&m->flow.diag, m->first, "%.120s; then %.120s",
			m->first_diag.text, second.text);
	}
	flow_finish(&m->flow, e);
}

/* There is no time to ask again; where a new code can come, it is waited for. */
static void
give_up(struct machine *m, enum err e)
{
	if (is_passing(m, e) && m->step->polled && m->kind->renew != NULL &&
		m->poll.expires < m->client->end)
		m->poll.next = m->poll.expires;
	else
		end_flow(m, e);
}

/* The step is to be asked again, later, or the flow ends with `e`. */
static void
settle(struct machine *m, enum err e, const struct http_answer *answer)
{
	int retry_after = answer != NULL ? answer->retry_after : 0;
	struct poll_fault fault = find_patience(m, e, retry_after);
	struct poll *poll = m->step->polled ? &m->poll : &m->again;

	m->flow.wait = (unsigned)(retry_after < WAIT_MAX ? retry_after : WAIT_MAX);
	if (m->step->polled && e == ERR_PENDING)
		poll_pending(poll, m->now, retry_after, fault.last);
	else if (m->step->polled && (e == ERR_SLOW_DOWN || e == ERR_HTTP_TOO_MANY))
		poll_slow_down(poll, m->now, retry_after, fault.last);
	else if (m->step->polled && e == ERR_EXPIRED)
		poll_end(poll, m->now);
	else if (!is_passing(m, e) || !poll_failed(poll, m->now, &fault))
		give_up(m, e);
	if (e == ERR_HTTP_TOO_MANY && poll->next > fault.last)
		give_up(m, e);
	m->flow.due = poll->next;
}

/* Remembers what the last answer was worth. */
static void
note(struct machine *m, enum err e, bool moved)
{
	m->has_stumbled = m->has_stumbled || (e != ERR_OK && e != ERR_STOPPED);
	m->has_met = m->has_met || (is_answered(m, e) && moved);
	m->flow.trouble = is_answered(m, e) ? ERR_OK : e;
	if (m->flow.trouble == ERR_OK) {
		m->first = ERR_OK;
	} else if (m->first == ERR_OK) {
		m->first = e;
		m->first_diag = m->flow.diag;
	}
}

static void
take(struct flow *flow, int64_t now, int64_t now_unix, enum err transport,
	const struct http_answer *answer)
{
	struct machine *m = (struct machine *)flow;
	const struct step *asked = m->step;
	enum err e;

	m->now = now;
	m->now_unix = now_unix;
	m->broken = false;
	e = transport != ERR_OK ? name_step(m, transport) : read_answer(m, answer);
	/* TLS that refuses our certificate has let no request through */
	if (transport == ERR_CLIENT_REFUSED
			? m->step->rings
			: transport == ERR_OK && e != ERR_OK && is_over(m, e, answer))
		flow->live_until = 0;
	if (e == ERR_OK)
		m->poll.failures = m->again.failures = 0;
	else
		settle(m, e, answer);
	note(m, e, e != ERR_OK || flow->finished || m->step != asked);
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
	secret_free(&m->userinfo);
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
	metadata_narrow(&m->policy, &m->metadata); /* which may never be asked for */
	m->url = (struct buf)BUF_INIT(MACHINE_URL_MAX);
	m->form = (struct buf)BUF_INIT(MACHINE_FORM_MAX);
	m->basic.user = (struct buf)BUF_INIT(BASIC_MAX);
	m->basic.password = (struct buf)BUF_INIT(BASIC_MAX);
	m->token_audience = (struct buf)BUF_INIT(MACHINE_URL_MAX);
	m->handle = (struct buf)BUF_INIT(MACHINE_HANDLE_MAX);
	m->nonce = (struct buf)BUF_INIT(64);
	poll_init(&m->poll, now, client->seed);
	poll_init(&m->again, now, client->seed);
	enter(m, find_needed(m), now);
	return m;
}
