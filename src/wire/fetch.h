/*
 * The channel between the helper and itsme-fetch: a stream of messages with lengths. The
 * whole protocol stands in the two tables below.
 *
 *   helper                                itsme-fetch
 *     ACCOUNT      whom to become     ->
 *     SETTINGS     once               ->
 *     REQUEST      one at a time      ->
 *                                     <-  PROGRESS  it is still out; now it goes out
 *                                     <-  ANSWER    or why there is none
 *
 * Either side may close at any time: for the helper that is the end of the login, for
 * itsme-fetch the order to exit. So are bytes that come while a request is out.
 *
 * A message is: "pf" | version u8 | kind u8 | length u32 | fields, all big endian. A
 * field is: id u8 | length u32 | data. Text carries its NUL inside the length and no
 * other; numbers are u32. Each field stands at most once, in the order of the table.
 */
#ifndef WIRE_FETCH_H
#define WIRE_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define FETCH_VERSION 1

/* name, type, most bytes (with the NUL of a text) */
#define FETCH_FIELD_LIST(X)                                                       \
	X(UID, NUMBER, 4)                                                         \
	X(GID, NUMBER, 4)                                                         \
	X(CONNECT_MS, NUMBER, 4) /* for the connection with its TLS */            \
	X(REQUEST_MS, NUMBER, 4) /* for a whole request with its answer */        \
	X(CA, BYTES, 1u << 20) /* trusted certificates; absent: the system's */   \
	X(PROXY, TEXT, 2049) /* its URL */                                        \
	X(CERTIFICATE, BYTES, 64u << 10) /* ours, PEM */                          \
	X(CERTIFICATE_NAME, TEXT, 4097) /* of its file, to be told */             \
	X(KEY, BYTES, 64u << 10) /* its key, in PKCS#8 PEM; absent: in a store */ \
	X(KEY_NAME, TEXT, 4097) /* the URI of that store, or the file's name */   \
	X(SERIAL, NUMBER, 4) /* of the request */                                 \
	X(LEFT_MS, NUMBER, 4) /* until its deadline */                            \
	X(URL, TEXT, 8193)                                                        \
	X(FORM, TEXT, (128u << 10) + 1) /* of a POST; absent: GET */              \
	X(BEARER, TEXT, 16385)                                                    \
	X(USER, TEXT, 1025) /* of HTTP's Basic */                                 \
	X(PASSWORD, TEXT, 4097)                                                   \
	X(SENT, NUMBER, 4) /* not 0: it may have left the machine */              \
	X(RAN_MS, NUMBER, 4) /* since the request, of running */                  \
	X(LOST_MS, NUMBER, 4) /* and of not running */                            \
	X(ERROR, TEXT, 65) /* err_word(); absent: there is an answer */           \
	X(DIAG, TEXT, 256) /* what goes with it */                                \
	X(STATUS, NUMBER, 4) /* of HTTP */                                        \
	X(RETRY_AFTER, NUMBER, 4) /* seconds */                                   \
	X(DATE, TEXT, 65) /* the header of that name */                           \
	X(CACHE_CONTROL, TEXT, 257) /* likewise */                                \
	X(BODY, BYTES, FETCH_BODY_MAX)

#define FETCH_BODY_MAX (256u << 10)

/* name, sender, fields that must be there, fields that may be there */
#define FETCH_KIND_LIST(X)                                                         \
	X(ACCOUNT, HELPER, F(UID) | F(GID), 0)                                     \
	X(SETTINGS, HELPER, F(CONNECT_MS) | F(REQUEST_MS),                         \
		F(CA) | F(PROXY) | F(CERTIFICATE) | F(CERTIFICATE_NAME) | F(KEY) | \
			F(KEY_NAME))                                               \
	X(REQUEST, HELPER, F(SERIAL) | F(LEFT_MS) | F(URL),                        \
		F(FORM) | F(BEARER) | F(USER) | F(PASSWORD))                       \
	X(PROGRESS, FETCH, F(SERIAL) | F(SENT) | F(RAN_MS) | F(LOST_MS), 0)        \
	X(ANSWER, FETCH, F(SERIAL) | F(SENT),                                      \
		F(ERROR) | F(DIAG) | F(STATUS) | F(RETRY_AFTER) | F(DATE) |        \
			F(CACHE_CONTROL) | F(BODY))

enum fetch_field {
#define FETCH_FIELD_ENUM(name, type, most) FETCH_FIELD_##name,
	FETCH_FIELD_LIST(FETCH_FIELD_ENUM)
#undef FETCH_FIELD_ENUM
		FETCH_FIELD_COUNT
};

enum fetch_kind {
	FETCH_KIND_NONE,
#define FETCH_KIND_ENUM(name, sender, must, may) FETCH_KIND_##name,
	FETCH_KIND_LIST(FETCH_KIND_ENUM)
#undef FETCH_KIND_ENUM
		FETCH_KIND_COUNT
};

enum fetch_side { FETCH_SIDE_HELPER, FETCH_SIDE_FETCH };

/*
 * A message. Texts and bytes are borrowed from the caller when it is sent, and point into
 * the reader after fetch_recv(). `len` of a text does not count its NUL.
 */
struct fetch_msg {
	enum fetch_kind kind;
	uint32_t has; /* bit i: field i is there */
	struct {
		const char *data;
		size_t len;
	} text[FETCH_FIELD_COUNT];
	uint32_t number[FETCH_FIELD_COUNT];
};

/* Setters. NULL leaves the field absent; the tables say whether it fits. */
void fetch_set_text(struct fetch_msg *msg, enum fetch_field field, const char *text);
void fetch_set_bytes(
	struct fetch_msg *msg, enum fetch_field field, const char *data, size_t len);
void fetch_set_number(struct fetch_msg *msg, enum fetch_field field, uint32_t number);
/* One that is too long is left out: who can do without it. */
void fetch_set_header(struct fetch_msg *msg, enum fetch_field field, const char *text);

/* The text, NULL where absent. */
const char *fetch_text(const struct fetch_msg *msg, enum fetch_field field);

/* The number, 0 where absent. */
uint32_t fetch_number(const struct fetch_msg *msg, enum fetch_field field);

/*
 * Packs at the end of `out`, an empty buffer for FETCH_MESSAGE_MAX bytes.
 * ERR_PROTOCOL: the tables do not allow this message; ERR_NOMEM.
 */
enum err fetch_pack(struct buf *out, const struct fetch_msg *msg) MUST_USE;

#define FETCH_MESSAGE_MAX (2u << 20) /* bytes; more than the largest that is allowed */

/*
 * Sends, and waits for room while this process has run for `wait_ms` (base/ran.h).
 * ERR_PROTOCOL as above; ERR_GONE: the peer has closed, or leaves what was sent unread;
 * ERR_NOMEM.
 */
enum err fetch_send(int fd, const struct fetch_msg *msg, int wait_ms) MUST_USE;

/* What has come of a message. */
struct fetch_reader {
	enum fetch_side from;
	struct buf data;
	bool is_whole; /* the message has been handed out */
};

#define FETCH_READER(side)                                                     \
	{                                                                      \
		.from = FETCH_SIDE_##side, .data = BUF_INIT(FETCH_MESSAGE_MAX) \
	}

/*
 * Takes what is there, without waiting, up to the end of a message; `ret` points into the
 * reader until the next call. ERR_PENDING: it is not whole yet. ERR_GONE: the peer has
 * closed. ERR_PROTOCOL: anything the tables do not spell, also a length that no message
 * of its kind can have, as soon as that is read. ERR_NOMEM.
 */
enum err fetch_recv(int fd, struct fetch_reader *reader, struct fetch_msg *ret) MUST_USE;

/* Wipes what is in it. */
void fetch_reader_free(struct fetch_reader *reader);

/*
 * Reads a whole message at `data` strictly: ERR_PROTOCOL for anything the tables do not
 * spell, also for a kind that `from` may not send.
 */
enum err fetch_unpack(struct fetch_msg *ret, const char *data, size_t len,
	enum fetch_side from) MUST_USE;

#endif
