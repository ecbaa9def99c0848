/* Clocks, HTTP, random bytes and pictures for a login that is a script. */
#include "scripted.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "display/qr_image.h"
#include "fuzz.h"
#include "jose/jws.h"
#include "jose/random.h"

#define WAITS_MAX 20000 /* in one login: more would be a loop that waits for nothing */

/* The linker puts these where the product calls the real ones (-Wl,--wrap). */
enum err __wrap_random_bytes(void *data, size_t len);
enum err __wrap_random_id(char ret[RANDOM_ID_SIZE]);
enum err __wrap_qr_image_read(struct qr_image *qr, char **ret_payload, const void *image,
	size_t len, struct diag *diag);
enum err __wrap_jws_sign(struct buf *out, const struct key *key, const char *typ,
	const char *payload, size_t len);
enum err __wrap_jws_sign_as(struct buf *out, const struct key *key, uint32_t algs,
	const char *typ, const char *payload, size_t len);

struct http {
	int connect_timeout, request_timeout; /* ms */
	bool running;
	int64_t begun, due; /* of the answer */
	struct http_answer answer;
};

static const struct scripted_world *world;
static struct scripted_answer next;
static struct http client;
static int64_t now;
static unsigned waits;

void
scripted_begin(const struct scripted_world *begun)
{
	world = begun;
	now = SCRIPTED_EPOCH;
	waits = 0;
}

/* --- clocks ----------------------------------------------------------------- */

int64_t
clock_ms(void)
{
	return now;
}

int64_t
clock_boot(void)
{
	return now / 1000;
}

int64_t
clock_unix(void)
{
	return SCRIPTED_NOW + (now - SCRIPTED_EPOCH) / 1000;
}

int
clock_left(int64_t deadline, int64_t at)
{
	return deadline > at ? (int)(deadline - at) : 0;
}

/* --- HTTP ------------------------------------------------------------------- */

enum err
http_new(struct http **ret, const char *program, struct diag *diag)
{
	(void)program, (void)diag;
	client = (struct http){0};
	*ret = &client;
	return ERR_OK;
}

enum err
http_settle(struct http *http, const struct http_settings *settings, struct diag *diag)
{
	(void)diag;
	http->connect_timeout = settings->connect_timeout * 1000;
	http->request_timeout = settings->request_timeout * 1000;
	return ERR_OK;
}

void
http_free(struct http **http)
{
	*http = NULL;
}

enum err
http_start(struct http *http, const struct http_request *request, int64_t deadline)
{
	int64_t left = deadline - now, most = http->request_timeout;

	HOLDS(!http->running);
	HOLDS(strncmp(request->url, "https://", 8) == 0);
	if (left <= 0)
		return ERR_TIMEOUT;
	next = (struct scripted_answer){.transport = ERR_OK};
	world->answer(&next, request);
	if (next.after > left || next.after > most) {
		bool is_short = left < most && left < http->connect_timeout;

		next.transport = is_short ? ERR_TIMEOUT : ERR_HTTP_TIMEOUT;
		next.after = left < most ? left : most;
	}
	http->begun = now;
	http->due = now + next.after;
	http->running = true;
	return ERR_OK;
}

static bool
has_input(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) > 0;
}

enum http_event
http_wait(struct http *http, int fd, int64_t until)
{
	for (;;) {
		int64_t due = world->act(now);

		HOLDS(++waits < WAITS_MAX);
		if (http->running && now >= http->due) {
			http->running = false;
			return HTTP_ANSWER;
		}
		if (has_input(fd))
			return HTTP_INPUT;
		if (now >= until)
			return HTTP_TIME;
		if (http->running && http->due < due)
			due = http->due;
		now = due < until ? due : until;
		HOLDS(now != SCRIPTED_NEVER);
	}
}

enum err
http_answer(struct http *http, const struct http_answer **ret, struct diag *diag)
{
	HOLDS(!http->running);
	if (next.transport != ERR_OK)
		return diag_set(diag, next.transport, "as the script says");
	http->answer = (struct http_answer){
		.status = next.status,
		.retry_after = next.retry_after,
		.body = next.body,
		.len = next.len,
	};
	*ret = &http->answer;
	return ERR_OK;
}

int
http_silence(const struct http *http)
{
	return (int)(now - http->begun);
}

bool
http_was_sent(const struct http *http)
{
	(void)http;
	return !next.unsent;
}

/* --- what would cost time, or be another each time ---------------------------- */

enum err
__wrap_random_bytes(void *data, size_t len)
{
	memset(data, 7, len);
	return ERR_OK;
}

enum err
__wrap_random_id(char ret[RANDOM_ID_SIZE])
{
	snprintf(ret, RANDOM_ID_SIZE, "nonce");
	return ERR_OK;
}

/* A picture's bytes are what it shows; fuzz_qr_image looks into real ones. */
enum err
__wrap_qr_image_read(struct qr_image *qr, char **ret_payload, const void *image,
	size_t len, struct diag *diag)
{
	(void)qr, (void)diag;
	if (len == 0)
		return ERR_QR_UNREADABLE;
	if (memchr(image, 0, len) != NULL)
		return ERR_QR_IMAGE;
	if (!qr_image_payload_is_good(image, len))
		return ERR_QR_PAYLOAD;
	*ret_payload = strndup(image, len);
	return *ret_payload != NULL ? ERR_OK : ERR_NOMEM;
}

enum err
__wrap_jws_sign(struct buf *out, const struct key *key, const char *typ,
	const char *payload, size_t len)
{
	(void)key, (void)typ, (void)payload, (void)len;
	buf_adds(out, "ours.and.signed");
	return buf_err(out);
}

enum err
__wrap_jws_sign_as(struct buf *out, const struct key *key, uint32_t algs, const char *typ,
	const char *payload, size_t len)
{
	(void)algs;
	return __wrap_jws_sign(out, key, typ, payload, len);
}
