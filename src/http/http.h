/*
 * HTTPS to one provider: a single libcurl handle whose connection is kept for the
 * whole login, one request at a time, every wait shared with the channel.
 *
 * Always: https only, peer and name verified, TLS 1.2 or newer, no redirect followed,
 * no cookie, no proxy but the configured one, nothing taken from the environment,
 * answers cut at HTTP_MAX bytes, one deadline for the whole message (a peer that drips
 * bytes gains nothing).
 */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define HTTP_MAX (256 * 1024) /* most bytes of an answer's body */

struct http;

/* Who TLS says that we are, by somebody who knows its library; all NULL: nobody. */
struct http_identity {
	/* Prepares the library's context of a new connection; false: it cannot. */
	bool (*present)(void *arg, void *context);
	/* What the last connection has failed by, if by that; else ERR_OK. */
	enum err (*fault)(const void *arg, struct diag *diag);
	void *arg; /* lives as long as the client */
};

/* Borrowed while http_new runs. */
struct http_settings {
	const char *
		ca_pem; /* trusted CA certificates; NULL: the system's hashed directory */
	size_t ca_len;
	const char *proxy; /* URL; NULL: none */
	/* shown to every server that asks for it: not for use with an https: proxy */
	struct http_identity identity;
	int connect_timeout; /* seconds */
	int request_timeout; /* seconds, for a whole request with its answer */
};

/* A request. All borrowed until the answer is there. */
struct http_request {
	const char *url;
	const char *form; /* urlencoded body of a POST; NULL: GET */
	const char *bearer; /* access token; NULL: none */
	const char *user, *password; /* of HTTP's Basic; NULL: none */
};

/* An answer, owned by the client and valid until the next http_start. */
struct http_answer {
	int status; /* 200 … 599 */
	int retry_after; /* seconds, 0: not given */
	const char *body; /* NUL-terminated, never NULL */
	size_t len;
};

/* Why http_wait came back. */
enum http_event {
	HTTP_TIME, /* `until` has passed */
	HTTP_INPUT, /* the watched descriptor has input or was closed */
	HTTP_ANSWER /* the request is over */
};

/* What a login needs of libcurl, made once. ERR_CONFIG_INVALID: an unusable setting. */
enum err http_new(struct http **ret, const struct http_settings *settings,
	struct diag *diag) MUST_USE;

/* Closes the connection. */
void http_free(struct http **http);
#define AUTO_HTTP CLEANUP(http_free)

/*
 * Begins a request that must be over at `deadline` (clock_ms). One at a time.
 * ERR_TIMEOUT: that has passed already.
 *
 * Time-outs count the time in which this process could run: what it was stopped for, by
 * a signal or for want of a processor, is not the provider's. A connection that came to
 * nothing meanwhile is tried again; a request that was sent never is.
 *
 * A form goes out once, whatever becomes of its connection: who asks again makes another.
 * Without one, what a kept connection gave no answer to is asked again on a new one. Two
 * addresses have half of the time to connect each, of three the last two a quarter.
 */
enum err http_start(
	struct http *http, const struct http_request *request, int64_t deadline) MUST_USE;

/*
 * Moves the running request on (there may be none) until it is over, `fd` has input,
 * or `until` (clock_ms) has passed.
 */
enum http_event http_wait(struct http *http, int fd, int64_t until);

/*
 * After HTTP_ANSWER: ERR_OK and the answer, or ERR_HTTP_CONNECT, _TLS, _TIMEOUT,
 * _TOO_LARGE, with a line in `diag`, or what the identity has failed by. _REFUSED,
 * _TOO_MANY: a proxy says so, by a 4xx of its own. ERR_SYSTEM: the machine had no thread
 * or local port for it. ERR_TIMEOUT: there was less time to the deadline than connecting
 * may take, which says nothing about the provider. ERR_STOPPED: it failed while this
 * process was stopped, after it was sent. Any status is an answer.
 */
enum err http_answer(
	struct http *http, const struct http_answer **ret, struct diag *diag) MUST_USE;

/*
 * How long (ms) the running request has been out while this process could run; -1: that
 * it could not may be why there is no answer.
 */
int http_silence(const struct http *http);

/*
 * Whether the last request may have left this machine. Where that cannot be told: it may.
 */
bool http_was_sent(const struct http *http);

/*
 * After an answer: the value of the header of that name, NULL where it has none. Valid
 * until the next http_start or http_header.
 */
const char *http_header(struct http *http, const char *name);

#endif
