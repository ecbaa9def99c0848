/*
 * A flow as a table of steps. A step says how to ask, how to take the answer, and whether
 * a fault may be forgiven because asking again harms nothing; the machine does the rest:
 * polling, expiry, patience with a provider that stumbles.
 *
 * A fault is what says nothing about the login: no connection, no answer in time, a 5xx,
 * a redirect, an answer that is none (HTML, nothing, half of it), a limit. It is forgiven
 *
 *   once, before the provider has answered well, if it came fast; never a time-out, nor
 *       a certificate that does not hold
 *   for MACHINE_BLANK_MS, while nothing is shown: nobody waits before an empty screen
 *   for MACHINE_GRANTED_MS, once the phone has said yes: somebody waits for their shell
 *   as long as the next question fits before client->end, otherwise
 *
 * and then is what the login ends with. A wait that the provider asks for and that does
 * not fit is cut: one more question is asked MACHINE_LAST_MS before the end. What rings a
 * phone is never asked twice.
 */
#ifndef OIDC_MACHINE_H
#define OIDC_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/secret.h"
#include "jose/json.h"
#include "jose/keyset.h"
#include "oidc/client.h"
#include "oidc/flow.h"
#include "oidc/metadata.h"
#include "oidc/poll.h"

#define MACHINE_FORM_MAX (128 * 1024) /* an approval text and its signature fit */
#define MACHINE_URL_MAX 2048
#define MACHINE_HANDLE_MAX 4096 /* bytes of an auth_req_id or device_code */
#define MACHINE_RENEWALS_MAX 10 /* codes after the first in one login */
#define MACHINE_BLANK_MS 6000
#define MACHINE_GRANTED_MS 20000
#define MACHINE_LAST_MS 2000

struct machine;

/* One request and what becomes of its answer. */
struct step {
	const char *name; /* for the log */
	/* Writes m->url, and m->form for a POST. */
	enum err (*ask)(struct machine *m);
	/* One of these two: OAuth's answers, and documents of whatever status. */
	enum err (*take)(struct machine *m, struct json_object *json);
	enum err (*take_document)(struct machine *m, const struct http_answer *answer);
	bool (*is_needless)(const struct machine *m); /* passed over; NULL: never */
	bool again; /* asking again after a fault harms nothing */
	bool polled; /* asked until m->poll expires */
	bool rings; /* a phone rings by it, until it is answered or expires */
};

/* A kind of flow. */
struct machine_kind {
	const char *name; /* as in the configuration and the log */
	const struct step *const *steps; /* in their order; NULL at the end */
	const struct step *renew; /* from here again when a code expires; NULL: never */
	uint32_t endpoints; /* 1 << enum endpoint: those that it cannot do without */
	const char *grant_type; /* at the token endpoint */
	const char *handle; /* what the handle is called there */
	void (*release)(struct machine *m); /* of what it owns beside; may be NULL */
};

struct machine {
	struct flow flow; /* first, so that a struct flow * is one of these */
	const struct machine_kind *kind;
	const struct client *client;
	const struct step *step;
	size_t at; /* place of the step in the table */
	int64_t now, now_unix; /* of the call that runs */
	int64_t since; /* clock_ms: when the step was due for the first time */
	bool has_met; /* the provider has answered well already */
	bool has_stumbled; /* before that: which is forgiven once */
	bool broken; /* the answer under way is none, so that asking again may help */
	bool granted; /* the tokens are there */
	enum err first; /* of the faults in a row, with its line; ERR_OK: there is none */
	struct diag first_diag;
	unsigned renewals;
	struct poll poll; /* of what is polled for */
	struct poll again; /* of the other steps, after a fault */
	struct buf url, form; /* of the request under way */
	struct client_basic basic; /* the same; empty: not used */
	const char *bearer; /* the same; NULL: none */
	struct buf token_audience; /* of assertions; empty: by the client's rule */
	struct metadata metadata;
	bool asked_elsewhere; /* see steps_metadata */
	struct jwt_policy policy; /* the client's, less what the provider cannot do */
	struct keyset keys; /* the issuer's */
	struct buf handle; /* auth_req_id or device_code: for one grant, never logged */
	struct buf nonce; /* sent with the request; empty: none was */
	struct secret id_token; /* decrypted, kept while its key is fetched */
	struct secret access_token;
};

/*
 * Makes a flow in `m`, which is the first member of `size` bytes that calloc() makes;
 * NULL: no memory. The first step is due at `now` (clock_ms).
 */
struct machine *machine_new(size_t size, const struct machine_kind *kind,
	const struct client *client, int64_t now) MUST_USE;

/* --- for steps -------------------------------------------------------------- */

/*
 * On to the next needed step: due at once, or when m->poll says so if it is polled.
 * Behind the last one the flow has succeeded.
 */
void machine_next(struct machine *m);

/* To another step at once; machine_next() then goes on as if from the present one. */
void machine_detour(struct machine *m, const struct step *step);

/* The endpoint set by hand or discovered; NULL where there is none. */
const char *machine_endpoint(const struct machine *m, enum endpoint endpoint);

/* Starts polling with the answer's `interval`, for `expires_in` seconds. */
enum err machine_start_poll(
	struct machine *m, struct json_object *json, int64_t expires_in) MUST_USE;

/* Whether a document came: ERR_OK for status 200, else as answer_fault(). */
enum err machine_expect(struct machine *m, const struct http_answer *answer) MUST_USE;

/* ERR_PROVIDER_ANSWER: the body is not at all what was asked for, but might be yet. */
enum err machine_broken(struct machine *m, const char *what) MUST_USE;

/* Our proof for `audience` (NULL: by the client's rule), client_id not among it. */
enum err machine_prove(struct machine *m, const char *audience) MUST_USE;

/* client_id and our proof. */
enum err machine_authenticate(struct machine *m) MUST_USE;

#endif
