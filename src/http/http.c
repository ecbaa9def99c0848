/*
 * The helper's side of the channel to itsme-fetch. Whatever comes from there is foreign:
 * the reader is strict, numbers have bounds, words have a list, and time is our own.
 */
#include "http/http.h"

#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/launch.h"
#include "base/ran.h"
#include "base/text.h"
#include "wire/fetch.h"

#define HINDERED_MS 500 /* of not running: what fails meanwhile may be our own doing */
#define SEND_MS 5000 /* how long itsme-fetch may leave our messages unread */

/* itsme-fetch says every 100 ms how far it is. More than so many at once, and one each
 * so often, is somebody who wants to keep us from the clock and the host. */
#define WORDS_AT_ONCE 64
#define WORD_MS 10

struct http {
	struct launched fetch;
	struct fetch_reader in;
	struct fetch_msg got; /* the ANSWER; points into the reader */
	uint32_t serial; /* of the last request */
	int request_timeout; /* ms */
	int limit; /* ms of our running that the request may take */
	bool running;
	bool sent; /* the request may have left the machine: unless it is said not to */
	bool told; /* it has, for good */
	int64_t began; /* clock_ms */
	int64_t words; /* on how far it is */
	int ran, lost; /* ms, as itsme-fetch has told last */
	struct ran own; /* since the request began */
	enum err fault; /* not ERR_OK: itsme-fetch is of no use any more */
	const char *why;
	struct http_answer answer;
};

pid_t
http_pid(const struct http *http)
{
	return http != NULL && http->fetch.pid > 0 ? http->fetch.pid : 0;
}

/* What an ANSWER may say instead of an answer. */
static const enum err faults[] = {ERR_HTTP_CONNECT, ERR_HTTP_TLS, ERR_HTTP_TIMEOUT,
	ERR_HTTP_TOO_LARGE, ERR_HTTP_REFUSED, ERR_HTTP_TOO_MANY, ERR_CLIENT_REFUSED,
	ERR_KEY_STORE, ERR_KEY_INVALID, ERR_CONFIG_INVALID, ERR_SYSTEM, ERR_STOPPED,
	ERR_TIMEOUT, ERR_NOMEM, ERR_PRIVILEGE, ERR_WALL, ERR_CRYPTO};

enum err
http_new(struct http **ret, const char *program, struct diag *diag)
{
	struct http *http;
	char path[PATH_MAX];
	enum err e;

	if (program == NULL && !launch_neighbour(path, sizeof(path), "itsme-fetch"))
		return diag_set(diag, ERR_SYSTEM, "itsme-fetch is nowhere");
	http = calloc(1, sizeof(*http));
	if (http == NULL)
		return ERR_NOMEM;
	http->in = (struct fetch_reader)FETCH_READER(FETCH);
	http->fetch = (struct launched)LAUNCHED_NONE;
	e = launch_start(
		&http->fetch, program != NULL ? program : path, LAUNCH_STREAM, diag);
	if (e != ERR_OK)
		http_free(&http);
	*ret = http;
	return e;
}

void
http_free(struct http **http)
{
	struct http *h = *http;

	if (h == NULL)
		return;
	launch_stop(&h->fetch, NULL);
	fetch_reader_free(&h->in);
	free(h);
	*http = NULL;
}

/* Nothing more is expected of it. */
static enum err
give_up(struct http *http, enum err e, const char *why)
{
	http->fault = e;
	http->why = why;
	return e;
}

static enum err
tell(struct http *http, const struct fetch_msg *msg, int wait_ms)
{
	enum err e = fetch_send(http->fetch.channel, msg, wait_ms);

	return e == ERR_GONE ? give_up(http, ERR_FETCH, "itsme-fetch has gone") : e;
}

enum err
http_become(struct http *http, const struct privilege_account *account, struct diag *diag)
{
	struct fetch_msg msg = {.kind = FETCH_KIND_ACCOUNT};
	enum err e;

	fetch_set_number(&msg, FETCH_FIELD_UID, (uint32_t)account->uid);
	fetch_set_number(&msg, FETCH_FIELD_GID, (uint32_t)account->gid);
	e = tell(http, &msg, SEND_MS);
	return e == ERR_FETCH ? diag_set(diag, e, "%s", http->why) : e;
}

enum err
http_settle(struct http *http, const struct http_settings *settings, struct diag *diag)
{
	struct fetch_msg msg = {.kind = FETCH_KIND_SETTINGS};
	enum err e;

	http->request_timeout = settings->request_timeout * 1000;
	fetch_set_number(
		&msg, FETCH_FIELD_CONNECT_MS, (uint32_t)settings->connect_timeout * 1000);
	fetch_set_number(&msg, FETCH_FIELD_REQUEST_MS, (uint32_t)http->request_timeout);
	fetch_set_bytes(&msg, FETCH_FIELD_CA, settings->ca_pem, settings->ca_len);
	fetch_set_text(&msg, FETCH_FIELD_PROXY, settings->proxy);
	if (settings->certificate_pem != NULL) {
		fetch_set_bytes(&msg, FETCH_FIELD_CERTIFICATE, settings->certificate_pem,
			strlen(settings->certificate_pem));
		fetch_set_text(
			&msg, FETCH_FIELD_CERTIFICATE_NAME, settings->certificate_name);
		fetch_set_text(&msg, FETCH_FIELD_KEY_NAME, settings->key_name);
		if (settings->key_pem != NULL)
			fetch_set_bytes(&msg, FETCH_FIELD_KEY, settings->key_pem,
				strlen(settings->key_pem));
	}
	e = tell(http, &msg, SEND_MS);
	return e == ERR_FETCH      ? diag_set(diag, e, "%s", http->why)
	       : e == ERR_PROTOCOL ? diag_set(diag, ERR_CONFIG_INVALID,
					     "a setting of the connection is too long")
				   : e;
}

enum err
http_start(struct http *http, const struct http_request *request, int64_t deadline)
{
	struct fetch_msg msg = {.kind = FETCH_KIND_REQUEST};
	int left = clock_left(deadline, clock_ms());
	enum err e;

	if (http->running)
		return ERR_INTERNAL;
	if (http->fault != ERR_OK)
		return http->fault;
	if (left == 0)
		return ERR_TIMEOUT;
	fetch_set_number(&msg, FETCH_FIELD_SERIAL, ++http->serial);
	fetch_set_number(&msg, FETCH_FIELD_LEFT_MS, (uint32_t)left);
	fetch_set_text(&msg, FETCH_FIELD_URL, request->url);
	fetch_set_text(&msg, FETCH_FIELD_FORM, request->form);
	fetch_set_text(&msg, FETCH_FIELD_BEARER, request->bearer);
	fetch_set_text(&msg, FETCH_FIELD_USER, request->user);
	if (request->user != NULL)
		fetch_set_text(&msg, FETCH_FIELD_PASSWORD, request->password);
	http->limit = left < http->request_timeout ? left : http->request_timeout;
	http->sent = true;
	http->told = false;
	http->began = clock_ms();
	http->words = 0;
	http->ran = http->lost = 0;
	http->answer = (struct http_answer){0};
	ran_begin(&http->own);
	e = tell(http, &msg, left < SEND_MS ? left : SEND_MS);
	http->running = e == ERR_OK;
	return e == ERR_PROTOCOL ? ERR_PROVIDER_ANSWER : e;
}

/* --- what it says ----------------------------------------------------------------- */

/* Whether it talks without end. */
static bool
floods(struct http *http)
{
	return ++http->words > WORDS_AT_ONCE + (clock_ms() - http->began) / WORD_MS;
}

/* What has an answer was sent, whatever is said of that. */
static bool
is_answered(const struct fetch_msg *got)
{
	return got->kind == FETCH_KIND_ANSWER &&
	       fetch_text(got, FETCH_FIELD_ERROR) == NULL;
}

/* Whether the request is over by this. */
static bool
take(struct http *http)
{
	const struct fetch_msg *got = &http->got;

	if (!http->running || fetch_number(got, FETCH_FIELD_SERIAL) != http->serial) {
		give_up(http, ERR_FETCH, "itsme-fetch answers what was not asked");
		return true;
	}
	http->told = http->told || fetch_number(got, FETCH_FIELD_SENT) != 0 ||
		     is_answered(got);
	http->sent = http->told;
	if (got->kind == FETCH_KIND_ANSWER)
		return true;
	if (floods(http)) {
		give_up(http, ERR_FETCH, "itsme-fetch talks without end");
		return true;
	}
	http->ran = (int)(fetch_number(got, FETCH_FIELD_RAN_MS) & INT32_MAX);
	http->lost = (int)(fetch_number(got, FETCH_FIELD_LOST_MS) & INT32_MAX);
	return false;
}

/* Takes what has come; true: the request is over. */
static bool
listen_to(struct http *http)
{
	enum err e;

	do {
		e = fetch_recv(http->fetch.channel, &http->in, &http->got);
		if (e == ERR_OK && take(http))
			return true;
	} while (e == ERR_OK);
	if (e == ERR_PENDING)
		return false;
	give_up(http, e == ERR_NOMEM ? e : ERR_FETCH,
		e == ERR_GONE ? "itsme-fetch has gone"
			      : "itsme-fetch said something that it may not say");
	return true;
}

/* Whether it has had all the time there was, and more. */
static bool
is_mute(struct http *http)
{
	if (ran_ms(&http->own) < (int64_t)http->limit + HTTP_LATE_MS)
		return false;
	give_up(http, ERR_FETCH, "itsme-fetch does not answer");
	return true;
}

/* Waits for itsme-fetch or `fd`, a step at a time, so that no stop goes unnoticed. */
static void
wait_step(struct http *http, int fd, int left)
{
	struct pollfd watched[] = {
		{.fd = fd, .events = POLLIN},
		{.fd = http->running ? http->fetch.channel : -1, .events = POLLIN},
	};
	int most = http->running && left > RAN_STEP_MS ? RAN_STEP_MS : left;

	if (http->running)
		ran_worked(&http->own);
	poll(watched, 2, most);
	if (http->running)
		ran_waited(&http->own, most);
}

enum http_event
http_wait(struct http *http, int fd, int64_t until)
{
	for (;;) {
		struct pollfd watched = {.fd = fd, .events = POLLIN};
		int64_t now;

		if (http->running && (listen_to(http) || is_mute(http))) {
			http->running = false;
			return HTTP_ANSWER;
		}
		if (poll(&watched, 1, 0) > 0)
			return HTTP_INPUT;
		now = clock_ms();
		if (now >= until)
			return HTTP_TIME;
		wait_step(http, fd, clock_left(until, now));
	}
}

int
http_silence(const struct http *http)
{
	int64_t own = ran_ms(&http->own);

	if (http->lost >= HINDERED_MS || ran_lost_ms(&http->own) >= HINDERED_MS)
		return -1;
	return own < http->ran ? (int)own : http->ran;
}

bool
http_was_sent(const struct http *http)
{
	return http->sent;
}

/* --- the answer --------------------------------------------------------------------- */

/* What it says in the log: one line, of which no pair of a name and a value is made. */
static void
copy_diag(char *dst, size_t size, const struct fetch_msg *got)
{
	const char *said = fetch_text(got, FETCH_FIELD_DIAG);
	char *at;

	if (said == NULL)
		said = "";
	text_line(dst, size, said, strlen(said));
	for (at = dst; *at != '\0'; at++)
		if (*at == '=')
			*at = '?';
}

/* What it says went wrong; a word that is not in the list says that of itself. */
static enum err
read_fault(const struct fetch_msg *got, struct diag *diag)
{
	const char *word = fetch_text(got, FETCH_FIELD_ERROR);
	char line[256];
	size_t i;

	copy_diag(line, sizeof(line), got);
	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (strcmp(word, err_word(faults[i])) == 0)
			return diag_set(diag, faults[i], "%s", line);
	return diag_set(
		diag, ERR_FETCH, "itsme-fetch said something that it may not say");
}

enum err
http_answer(struct http *http, const struct http_answer **ret, struct diag *diag)
{
	const struct fetch_msg *got = &http->got;
	const char *body = fetch_text(got, FETCH_FIELD_BODY);
	uint32_t status = fetch_number(got, FETCH_FIELD_STATUS);
	uint32_t retry = fetch_number(got, FETCH_FIELD_RETRY_AFTER);

	if (http->fault != ERR_OK)
		return diag_set(diag, http->fault, "%s", http->why);
	if (fetch_text(got, FETCH_FIELD_ERROR) != NULL)
		return read_fault(got, diag);
	if (status < 200 || status > 599)
		return diag_set(diag, give_up(http, ERR_FETCH, "no such status"),
			"itsme-fetch answers with a status of %u", (unsigned)status);
	http->answer = (struct http_answer){
		.status = (int)status,
		.retry_after = retry < HTTP_RETRY_MAX ? (int)retry : HTTP_RETRY_MAX,
		.body = body != NULL ? body : "",
		.len = body != NULL ? got->text[FETCH_FIELD_BODY].len : 0,
	};
	*ret = &http->answer;
	return ERR_OK;
}

const char *
http_date(const struct http *http)
{
	return fetch_text(&http->got, FETCH_FIELD_DATE);
}

const char *
http_cache_control(const struct http *http)
{
	return fetch_text(&http->got, FETCH_FIELD_CACHE_CONTROL);
}
