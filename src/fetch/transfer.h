/*
 * HTTPS to one provider: a single libcurl handle whose connection is kept for the
 * whole login, one request at a time, every wait shared with a descriptor.
 *
 * Always: https only, peer and name verified, TLS 1.2 or newer, no redirect followed,
 * no cookie, no proxy but the configured one, nothing taken from the environment,
 * answers cut at HTTP_MAX bytes, one deadline for the whole message (a peer that drips
 * bytes gains nothing).
 */
#ifndef FETCH_TRANSFER_H
#define FETCH_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clean.h"
#include "base/err.h"
#include "http/message.h"

struct transfer;

/* Who TLS says that we are, by somebody who knows its library; all NULL: nobody. */
struct transfer_identity {
	/* Prepares the library's context of a new connection; false: it cannot. */
	bool (*present)(void *arg, void *context);
	/* What the last connection has failed by, if by that; else ERR_OK. */
	enum err (*fault)(const void *arg, struct diag *diag);
	void *arg; /* lives as long as the client */
};

/* Borrowed while transfer_new runs. */
struct transfer_settings {
	const char *
		ca_pem; /* trusted CA certificates; NULL: the system's hashed directory */
	size_t ca_len;
	const char *proxy; /* URL; NULL: none */
	/* shown to every server that asks for it: not for use with an https: proxy */
	struct transfer_identity identity;
	/*
	 * Asked each time before a request goes out: false, and it does not. NULL: it
	 * does.
	 */
	bool (*leaves)(void *arg);
	void *leaves_arg;
	int connect_timeout; /* ms */
	int request_timeout; /* ms, for a whole request with its answer */
};

/* Why transfer_wait came back. */
enum transfer_event {
	TRANSFER_TIME, /* `until` has passed */
	TRANSFER_INPUT, /* the watched descriptor has input or was closed */
	TRANSFER_ANSWER /* the request is over */
};

/* Starts libcurl, which transfer_new() does as well. Needs the environment that
 * programs are launched with: from another it would take a file for our connections'
 * secrets. ERR_NOMEM. */
enum err transfer_begin(void) MUST_USE;

/* What a login needs of libcurl, made once. ERR_CONFIG_INVALID: an unusable setting. */
enum err transfer_new(struct transfer **ret, const struct transfer_settings *settings,
	struct diag *diag) MUST_USE;

/* Closes the connection. */
void transfer_free(struct transfer **http);
#define AUTO_TRANSFER CLEANUP(transfer_free)

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
enum err transfer_start(struct transfer *http, const struct http_request *request,
	int64_t deadline) MUST_USE;

/*
 * Moves the running request on (there may be none) until it is over, `fd` has input,
 * or `until` (clock_ms) has passed.
 */
enum transfer_event transfer_wait(struct transfer *http, int fd, int64_t until);

/*
 * After TRANSFER_ANSWER: ERR_OK and the answer, or ERR_HTTP_CONNECT, _TLS, _TIMEOUT,
 * _TOO_LARGE, with a line in `diag`, or what the identity has failed by. _REFUSED,
 * _TOO_MANY: a proxy says so, by a 4xx of its own. ERR_SYSTEM: the machine had no thread
 * or local port for it. ERR_TIMEOUT: there was less time to the deadline than connecting
 * may take, which says nothing about the provider. ERR_STOPPED: it failed while this
 * process was stopped, after it was sent. Any status is an answer.
 */
enum err transfer_answer(struct transfer *http, const struct http_answer **ret,
	struct diag *diag) MUST_USE;

/*
 * How long (ms) the request has been out while this process could run, and while it could
 * not.
 */
void transfer_ran(const struct transfer *transfer, int *ret_ran, int *ret_lost);

/*
 * Whether the last request may have left this machine. Where that cannot be told: it may.
 */
bool transfer_was_sent(const struct transfer *http);

/*
 * After an answer: the value of the header of that name, NULL where it has none. Valid
 * until the next transfer_start or transfer_header.
 */
const char *transfer_header(struct transfer *http, const char *name);

#endif
