/*
 * HTTPS to one provider, by itsme-fetch: this side has no socket but the channel to it,
 * and believes nothing that it says but what an answer may be. One request at a time,
 * every wait shared with the module's channel, and a clock of its own.
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
#include <sys/types.h>

#include "base/clean.h"
#include "base/err.h"
#include "base/privilege.h"
#include "http/message.h"

#define HTTP_LATE_MS 5000 /* that itsme-fetch may be late by */

struct http;

/* What every request has in common. Borrowed while http_settle() runs. */
struct http_settings {
	const char *
		ca_pem; /* trusted CA certificates; NULL: the system's hashed directory */
	size_t ca_len;
	const char *proxy; /* URL; NULL: none */
	/*
	 * Shown to every server that asks for it, so not for use with an https: proxy;
	 * NULL: none. The name is the file's. The key is PKCS#8 PEM, or NULL where
	 * `key_name` is the URI of a store.
	 */
	const char *certificate_pem, *certificate_name;
	const char *key_pem, *key_name;
	int connect_timeout; /* seconds */
	int request_timeout; /* seconds, for a whole request with its answer */
};

/* Why http_wait came back. */
enum http_event {
	HTTP_TIME, /* `until` has passed */
	HTTP_INPUT, /* the watched descriptor has input or was closed */
	HTTP_ANSWER /* the request is over */
};

/*
 * Starts itsme-fetch: `program`, or for NULL the one beside the running program. Before
 * anything else, since it takes longer to begin than whoever starts it. The errors of
 * launch_start(); ERR_NOMEM.
 */
enum err http_new(struct http **ret, const char *program, struct diag *diag) MUST_USE;

/*
 * Tells it whom to become; until then it has the rights of this process, and does nothing
 * with them. Once. ERR_FETCH: it is gone.
 */
enum err http_become(struct http *http, const struct privilege_account *account,
	struct diag *diag) MUST_USE;

/*
 * Tells it what every request has in common, once. What it cannot use, the first answer
 * says. ERR_FETCH: it is gone.
 */
enum err http_settle(struct http *http, const struct http_settings *settings,
	struct diag *diag) MUST_USE;

/* The running itsme-fetch; 0: there is none. */
pid_t http_pid(const struct http *http);

/* Ends it, and the connection with it. */
void http_free(struct http **http);
#define AUTO_HTTP CLEANUP(http_free)

/*
 * Begins a request that must be over at `deadline` (clock_ms). One at a time.
 * ERR_TIMEOUT: that has passed already. ERR_FETCH: itsme-fetch is gone.
 * ERR_PROVIDER_ANSWER: the request is larger than any that is sent.
 *
 * Time-outs count the time in which itsme-fetch could run: what it was stopped for, by
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
 * Waits for the end of the running request (there may be none), for input on `fd`, or
 * until `until` (clock_ms).
 */
enum http_event http_wait(struct http *http, int fd, int64_t until);

/*
 * After HTTP_ANSWER: ERR_OK and the answer, or ERR_HTTP_CONNECT, _TLS, _TIMEOUT,
 * _TOO_LARGE, with a line in `diag`. _REFUSED, _TOO_MANY: a proxy says so, by a 4xx of
 * its own. ERR_CLIENT_REFUSED, ERR_KEY_STORE, ERR_KEY_INVALID: what our certificate has
 * failed by. ERR_CONFIG_INVALID: a setting that cannot be used. ERR_SYSTEM: the machine
 * had no thread or local port for it. ERR_TIMEOUT: there was less time to the deadline
 * than connecting may take, which says nothing about the provider. ERR_STOPPED: it failed
 * while itsme-fetch was stopped, after it was sent. ERR_FETCH: itsme-fetch has gone, says
 * nothing, or something that it may not say. Any status is an answer.
 */
enum err http_answer(
	struct http *http, const struct http_answer **ret, struct diag *diag) MUST_USE;

/*
 * How long (ms) the running request has been out while both processes could run, as far
 * as itsme-fetch has told; -1: that one of them could not may be why there is no answer.
 */
int http_silence(const struct http *http);

/*
 * Whether the last request may have left this machine. Where nothing was told: it may;
 * what was told otherwise is told anew before that happens.
 */
bool http_was_sent(const struct http *http);

/* After an answer: its Date and its Cache-Control; NULL: it has none. Valid as it is. */
const char *http_date(const struct http *http);
const char *http_cache_control(const struct http *http);

#endif
