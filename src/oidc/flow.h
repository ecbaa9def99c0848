/*
 * A login flow: a state machine without I/O. It says which request is due when, takes
 * the answer, and ends with a verified subject or an error. Sockets, clocks and
 * prompts belong to whoever drives it.
 *
 *     while (!flow->finished) {
 *             wait until flow->due; show flow->address whenever its serial changes
 *             flow_ask(flow, …, &request); send it
 *             flow_take(flow, …, answer);
 *     }
 */
#ifndef OIDC_FLOW_H
#define OIDC_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "http/http.h"
#include "jose/jwt.h"

struct flow;

/* A kind of flow. */
struct flow_ops {
	enum err (*ask)(struct flow *flow, int64_t now_unix, struct http_request *ret);
	void (*take)(struct flow *flow, int64_t now, int64_t now_unix, enum err transport,
		const struct http_answer *answer);
	void (*free)(struct flow *flow);
};

/* What every flow shows to its driver. Read only, but for the flow itself. Owned. */
struct flow {
	const struct flow_ops *ops;
	const char *name; /* as in the configuration and the log */
	const char *step; /* name of the request that is due, for the log */
	int64_t due; /* clock_ms: not before */
	bool finished;
	enum err result; /* once finished: ERR_OK means that `subject` is verified */
	struct diag diag; /* beside `result`, or beside a fault that was forgiven */
	enum err
		trouble; /* the fault of the last answer, forgiven so far; ERR_OK: none */
	unsigned wait; /* seconds that a provider which limits us wants; 0: not said */
	char *address; /* what the QR code holds; NULL: the phone was asked by itself */
	bool needs_picture; /* nobody can go on without that code */
	char *short_address; /* to be typed with `user_code`; NULL: none */
	char *user_code; /* to be typed, or compared with the phone's; NULL: none */
	unsigned address_serial; /* grows with all of that; 0: nothing to show yet */
	int64_t replaced_until; /* clock_ms: so long the address before this one can be
				   used, by what the provider said of it; 0: not said */
	bool acknowledged; /* the person has scanned: the address is spent */
	/*
	 * clock_ms: until then, at the latest, a phone may show a request of ours; 0:
	 * none does. The driver puts back the old value where a request never left it.
	 */
	int64_t live_until;
	char *subject; /* sub of the verified ID Token */
	struct claims *claims; /* of that token */
	struct json_object *userinfo; /* of the same subject; NULL: nothing needed it */
	bool userinfo_unproven; /* it came unsigned beside pinned keys: it is not here */
};

/*
 * Builds the request that is due. `ret` points into the flow and stands until
 * flow_take. On an error the flow has finished with it.
 */
enum err flow_ask(struct flow *flow, int64_t now_unix, struct http_request *ret) MUST_USE;

/* Takes the answer (or `transport`'s error) that arrived at `now` (clock_ms). */
void flow_take(struct flow *flow, int64_t now, int64_t now_unix, enum err transport,
	const struct http_answer *answer);

/* For flows: ends with `result`. The first end stands. */
void flow_finish(struct flow *flow, enum err result);

void flow_free(struct flow **flow);
#define AUTO_FLOW CLEANUP(flow_free)

#endif
