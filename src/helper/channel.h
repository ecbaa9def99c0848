/*
 * The helper's side of the channel to the PAM module: one function a message.
 */
#ifndef HELPER_CHANNEL_H
#define HELPER_CHANNEL_H

#include <stdbool.h>

#include "base/err.h"
#include "display/screen.h"
#include "language/language.h"
#include "wire/typed.h"
#include "wire/wire.h"

#define CHANNEL_FD 3 /* where the module, or the service manager, leaves it */
#define CHANNEL_REQUEST_MS 5000 /* how long a peer may take to send its request */
#define CHANNEL_SEND_S 10 /* how long it may leave our messages unread */

/* The request, with the packet it points into. */
struct channel {
	int fd;
	bool debug; /* pass LOG_DEBUG lines on */
	bool own_log; /* the peer may not have log lines: they go to syslog from here */
	enum language language; /* of the verdict's sentence */
	bool other_provider; /* it is not itsme, so nobody is told of that */
	unsigned wait; /* seconds until asking again may help; 0: nobody knows */
	bool after_refusal; /* of a request that the person was asked */
	struct wire_msg request;
	struct wire_packet packet; /* the last: what no message needs is never touched */
};

/*
 * Reads the request, for which it waits up to `wait_ms`. ERR_PROTOCOL where there is no
 * channel or no request on it; ERR_TIMEOUT; ERR_GONE. ERR_VERSION: the module is of
 * another version; of the request there are nonce and user then.
 */
enum err channel_open(struct channel *channel, int fd, int wait_ms) MUST_USE;

/* ERR_VERSION, with a line in `diag` that names both versions. */
enum err channel_differs(const struct channel *channel, struct diag *diag) MUST_USE;

/* What the module may say during a login. */
struct channel_input {
	bool resized; /* else Enter was pressed */
	unsigned columns, rows; /* of the terminal that is to be drawn again */
	bool failed; /* beside ERR_GONE: the host could not ask */
	char typed[TYPED_SIZE]; /* before Enter; "" unless a question was asked */
};

/* ERR_GONE: nobody listens any more; the helper's work is over. */
enum err channel_draw(struct channel *channel,
	const struct screen_drawing *drawing) MUST_USE; /* in the place of the last */
/* `needed`: where the host cannot show it, there is no going on. */
enum err channel_show(struct channel *channel, const char *text, bool needed) MUST_USE;
enum err channel_status(struct channel *channel, const char *text) MUST_USE;
enum err channel_prompt(struct channel *channel, const char *text) MUST_USE;
enum err channel_question(struct channel *channel, const char *text) MUST_USE;
enum err channel_dialog(struct channel *channel, const char *json) MUST_USE;

/* One line for the system log (LOG_ERR …); LOG_DEBUG only where asked for. */
void channel_log(struct channel *channel, int priority, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* What has come. ERR_GONE: closed, or the host could not ask. */
enum err channel_take(struct channel *channel, struct channel_input *ret) MUST_USE;

/* Who somebody is, for a request that may ask that (channel_identifies). */
enum err channel_identity(struct channel *channel, const char *issuer, const char *sub,
	const char *name) MUST_USE;

/*
 * Whether the request asks who somebody is, instead of whether they may log in. Subjects
 * are for root's own programs: a restricted peer's request never does (peer_tame()).
 */
bool channel_identifies(const struct wire_msg *request);

/* The end. `subject` is the short hash, `flow` the flow's name; "" where none. */
void channel_verdict(struct channel *channel, enum verdict verdict, enum err reason,
	const char *flow, const char *subject);

#endif
