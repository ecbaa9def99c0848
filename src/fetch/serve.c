/* Requests in, answers out. Knows nothing of what is in either. */
#include "fetch/serve.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>

#include "base/clock.h"

#define SEND_MS 5000 /* how long the helper may leave our messages unread */

bool
serve_next(struct serve *s, enum fetch_kind kind, struct fetch_msg *ret)
{
	enum err e;

	while ((e = fetch_recv(s->channel, &s->in, ret)) == ERR_PENDING) {
		struct pollfd watched = {.fd = s->channel, .events = POLLIN};

		if (poll(&watched, 1, -1) < 0 && errno != EINTR)
			return false;
	}
	return e == ERR_OK && ret->kind == kind;
}

static bool
tell(struct serve *s, const struct fetch_msg *msg)
{
	if (fetch_send(s->channel, msg, SEND_MS) != ERR_OK)
		s->broken = true;
	return !s->broken;
}

static bool
tell_progress(struct serve *s, bool sent)
{
	struct fetch_msg msg = {.kind = FETCH_KIND_PROGRESS};
	int ran, lost;

	transfer_ran(s->transfer, &ran, &lost);
	fetch_set_number(&msg, FETCH_FIELD_SERIAL, s->serial);
	fetch_set_number(&msg, FETCH_FIELD_SENT, sent);
	s->denied = !sent;
	fetch_set_number(&msg, FETCH_FIELD_RAN_MS, (uint32_t)ran);
	fetch_set_number(&msg, FETCH_FIELD_LOST_MS, (uint32_t)lost);
	return tell(s, &msg);
}

bool
serve_leaves(void *arg)
{
	struct serve *s = arg;

	return !s->denied || tell_progress(s, true);
}

static void
set_answer(struct fetch_msg *msg, struct transfer *transfer,
	const struct http_answer *answer)
{
	fetch_set_number(msg, FETCH_FIELD_STATUS, (uint32_t)answer->status);
	fetch_set_number(msg, FETCH_FIELD_RETRY_AFTER, (uint32_t)answer->retry_after);
	fetch_set_header(msg, FETCH_FIELD_DATE, transfer_header(transfer, "Date"));
	fetch_set_header(msg, FETCH_FIELD_CACHE_CONTROL,
		transfer_header(transfer, "Cache-Control"));
	fetch_set_bytes(msg, FETCH_FIELD_BODY, answer->body, answer->len);
}

/* The end of a request: its answer, or why there is none. */
static void
tell_end(struct serve *s, enum err e)
{
	struct fetch_msg msg = {.kind = FETCH_KIND_ANSWER};
	const struct http_answer *answer = NULL;
	struct diag diag = s->diag;

	if (e == ERR_OK)
		e = transfer_answer(s->transfer, &answer, &diag);
	fetch_set_number(&msg, FETCH_FIELD_SERIAL, s->serial);
	fetch_set_number(&msg, FETCH_FIELD_SENT,
		s->transfer != NULL && transfer_was_sent(s->transfer));
	if (e == ERR_OK) {
		set_answer(&msg, s->transfer, answer);
	} else {
		fetch_set_text(&msg, FETCH_FIELD_ERROR, err_word(e));
		fetch_set_text(&msg, FETCH_FIELD_DIAG, diag.text);
	}
	tell(s, &msg);
}

/* Carries out one request; what comes on the channel meanwhile is the end of it all. */
static void
carry_out(struct serve *s, const struct fetch_msg *msg)
{
	const struct http_request request = {
		.url = fetch_text(msg, FETCH_FIELD_URL),
		.form = fetch_text(msg, FETCH_FIELD_FORM),
		.bearer = fetch_text(msg, FETCH_FIELD_BEARER),
		.user = fetch_text(msg, FETCH_FIELD_USER),
		.password = fetch_text(msg, FETCH_FIELD_PASSWORD),
	};
	int64_t now = clock_ms();
	enum transfer_event event = TRANSFER_TIME;
	enum err e = s->fault;

	s->serial = fetch_number(msg, FETCH_FIELD_SERIAL);
	s->denied = false;
	if (e == ERR_OK)
		e = transfer_start(s->transfer, &request,
			now + fetch_number(msg, FETCH_FIELD_LEFT_MS));
	while (e == ERR_OK && event == TRANSFER_TIME && !s->broken) {
		event = transfer_wait(
			s->transfer, s->channel, clock_ms() + SERVE_PROGRESS_MS);
		if (event == TRANSFER_TIME)
			tell_progress(s, transfer_was_sent(s->transfer));
	}
	if (event == TRANSFER_INPUT)
		s->broken = true;
	if (!s->broken)
		tell_end(s, e);
}

/* To the system, before the long wait: what TLS needed to begin with. */
static void
give_back(void)
{
#ifdef M_TRIM_THRESHOLD /* the C library is glibc */
	malloc_trim(0);
#endif
}

void
serve_run(struct serve *s)
{
	struct fetch_msg msg;
	bool first = true;

	while (!s->broken && serve_next(s, FETCH_KIND_REQUEST, &msg)) {
		carry_out(s, &msg);
		if (first)
			give_back();
		first = false;
	}
}
