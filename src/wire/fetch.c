/*
 * Packing and strict reading of the messages to and from itsme-fetch. Knows the tables
 * and nothing of what the messages mean.
 */
#include "wire/fetch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/ran.h"

#define HEADER 8 /* "pf", version, kind, length */
#define PREFIX 5 /* of a field: id, length */

enum field_type { BYTES, TEXT, NUMBER };

static const struct {
	enum field_type type;
	uint32_t most;
} fields[FETCH_FIELD_COUNT] = {
#define FIELD_ROW(name, type, most) [FETCH_FIELD_##name] = {type, most},
	FETCH_FIELD_LIST(FIELD_ROW)
#undef FIELD_ROW
};

_Static_assert(FETCH_FIELD_COUNT <= 32, "fetch_msg.has holds a bit for each field");

#define F(name) (1u << FETCH_FIELD_##name)
static const struct {
	enum fetch_side sender;
	uint32_t must, may;
} kinds[FETCH_KIND_COUNT] = {
#define KIND_ROW(name, sender, must, may) \
	[FETCH_KIND_##name] = {FETCH_SIDE_##sender, must, may},
	FETCH_KIND_LIST(KIND_ROW)
#undef KIND_ROW
};
#undef F

static bool
has(const struct fetch_msg *msg, unsigned field)
{
	return (msg->has >> field & 1u) != 0;
}

void
fetch_set_bytes(
	struct fetch_msg *msg, enum fetch_field field, const char *data, size_t len)
{
	if (data == NULL)
		return;
	msg->has |= 1u << field;
	msg->text[field].data = data;
	msg->text[field].len = len;
}

void
fetch_set_text(struct fetch_msg *msg, enum fetch_field field, const char *text)
{
	if (text != NULL)
		fetch_set_bytes(msg, field, text, strlen(text));
}

void
fetch_set_header(struct fetch_msg *msg, enum fetch_field field, const char *text)
{
	if (text != NULL && strlen(text) < fields[field].most)
		fetch_set_text(msg, field, text);
}

void
fetch_set_number(struct fetch_msg *msg, enum fetch_field field, uint32_t number)
{
	msg->has |= 1u << field;
	msg->number[field] = number;
}

const char *
fetch_text(const struct fetch_msg *msg, enum fetch_field field)
{
	return has(msg, field) ? msg->text[field].data : NULL;
}

uint32_t
fetch_number(const struct fetch_msg *msg, enum fetch_field field)
{
	return has(msg, field) ? msg->number[field] : 0;
}

/* --- packing ------------------------------------------------------------------ */

static void
add_number(struct buf *out, uint32_t number)
{
	uint32_t data = htonl(number);

	buf_add(out, &data, sizeof(data));
}

static enum err
add_field(struct buf *out, const struct fetch_msg *msg, unsigned field)
{
	unsigned char id = (unsigned char)field;
	bool is_text = fields[field].type == TEXT;
	size_t len = fields[field].type == NUMBER ? 4 : msg->text[field].len + is_text;

	if (len > fields[field].most)
		return ERR_PROTOCOL;
	buf_add(out, &id, 1);
	add_number(out, (uint32_t)len);
	if (fields[field].type == NUMBER)
		add_number(out, msg->number[field]);
	else
		buf_add(out, msg->text[field].data, msg->text[field].len);
	if (is_text)
		buf_add(out, "", 1);
	return ERR_OK;
}

/* Whether `sender` may send this kind with these fields. */
static bool
is_allowed(const struct fetch_msg *msg, enum fetch_side sender)
{
	return kinds[msg->kind].sender == sender &&
	       (msg->has & kinds[msg->kind].must) == kinds[msg->kind].must &&
	       (msg->has & ~(kinds[msg->kind].must | kinds[msg->kind].may)) == 0;
}

enum err
fetch_pack(struct buf *out, const struct fetch_msg *msg)
{
	const unsigned char begin[] = {'p', 'f', FETCH_VERSION, (unsigned char)msg->kind};
	uint32_t len;
	unsigned field;

	if (msg->kind <= FETCH_KIND_NONE || msg->kind >= FETCH_KIND_COUNT ||
		!is_allowed(msg, kinds[msg->kind].sender))
		return ERR_PROTOCOL;
	buf_add(out, begin, sizeof(begin));
	add_number(out, 0);
	for (field = 0; field < FETCH_FIELD_COUNT; field++)
		if (has(msg, field) && add_field(out, msg, field) != ERR_OK)
			return ERR_PROTOCOL;
	if (buf_err(out) != ERR_OK)
		return ERR_NOMEM;
	len = htonl((uint32_t)(out->len - HEADER));
	memcpy(out->data + sizeof(begin), &len, sizeof(len));
	return ERR_OK;
}

/* --- reading ------------------------------------------------------------------ */

static uint32_t
read_number(const char *at)
{
	uint32_t number;

	memcpy(&number, at, sizeof(number));
	return ntohl(number);
}

/* The most bytes that the fields of a kind may take. */
static size_t
most_of(unsigned kind)
{
	size_t most = 0;
	unsigned field;

	for (field = 0; field < FETCH_FIELD_COUNT; field++)
		if (((kinds[kind].must | kinds[kind].may) >> field & 1u) != 0)
			most += PREFIX + fields[field].most;
	return most;
}

/* How long the message is, by its header; ERR_PROTOCOL where it may not be so. */
static enum err
read_header(size_t *ret_len, const char *data, enum fetch_side from)
{
	unsigned kind = (unsigned char)data[3];
	size_t len = read_number(data + 4);

	if (memcmp(data, "pf", 2) != 0 || data[2] != FETCH_VERSION ||
		kind <= FETCH_KIND_NONE || kind >= FETCH_KIND_COUNT ||
		kinds[kind].sender != from || len > most_of(kind))
		return ERR_PROTOCOL;
	*ret_len = HEADER + len;
	return ERR_OK;
}

/* One field's data into the message; false for what its type does not allow. */
static bool
unpack_data(struct fetch_msg *msg, unsigned field, const char *at, size_t len)
{
	switch (fields[field].type) {
	case NUMBER:
		if (len != 4)
			return false;
		msg->number[field] = read_number(at);
		return true;
	case TEXT:
		if (len == 0 || memchr(at, '\0', len) != at + len - 1)
			return false;
		len--;
		break;
	case BYTES:
		break;
	}
	msg->text[field].data = at;
	msg->text[field].len = len;
	return true;
}

enum err
fetch_unpack(struct fetch_msg *ret, const char *data, size_t len, enum fetch_side from)
{
	struct fetch_msg msg = {0};
	size_t at = HEADER, whole;

	if (len < HEADER || read_header(&whole, data, from) != ERR_OK || whole != len)
		return ERR_PROTOCOL;
	msg.kind = (unsigned char)data[3];
	while (at < len) {
		unsigned field = (unsigned char)data[at];
		size_t size;

		if (len - at < PREFIX || field >= FETCH_FIELD_COUNT ||
			msg.has >> field != 0)
			return ERR_PROTOCOL;
		size = read_number(data + at + 1);
		at += PREFIX;
		if (size > len - at || size > fields[field].most ||
			!unpack_data(&msg, field, data + at, size))
			return ERR_PROTOCOL;
		msg.has |= 1u << field;
		at += size;
	}
	if (!is_allowed(&msg, from))
		return ERR_PROTOCOL;
	*ret = msg;
	return ERR_OK;
}

/* --- the socket ----------------------------------------------------------------- */

enum err
fetch_send(int fd, const struct fetch_msg *msg, int wait_ms)
{
	AUTO_BUF struct buf out = BUF_INIT(FETCH_MESSAGE_MAX);
	struct pollfd room = {.fd = fd, .events = POLLOUT};
	enum err e = fetch_pack(&out, msg);
	struct ran ran;
	size_t at = 0;

	ran_begin(&ran);
	while (e == ERR_OK && at < out.len) {
		ssize_t sent = send(
			fd, out.data + at, out.len - at, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent > 0)
			at += (size_t)sent;
		else if (sent < 0 && errno != EAGAIN && errno != EINTR)
			e = ERR_GONE;
		else if (ran_poll(&ran, &room, 1, wait_ms) <= 0)
			e = ERR_GONE;
	}
	return e;
}

/* Up to `whole` bytes of the message; ERR_PENDING: more are to come. */
static enum err
fill(int fd, struct buf *data, size_t whole)
{
	while (data->len < whole) {
		size_t before = data->len;
		char *at = buf_grow(data, whole - before);
		ssize_t got;

		if (at == NULL)
			return ERR_NOMEM;
		got = recv(fd, at, whole - before, MSG_DONTWAIT);
		buf_cut(data, before + (got > 0 ? (size_t)got : 0));
		if (got == 0)
			return ERR_GONE;
		if (got < 0 && errno != EINTR)
			return errno == EAGAIN ? ERR_PENDING : ERR_GONE;
	}
	return ERR_OK;
}

enum err
fetch_recv(int fd, struct fetch_reader *reader, struct fetch_msg *ret)
{
	struct buf *data = &reader->data;
	size_t whole = HEADER;
	enum err e;

	if (reader->is_whole) {
		buf_free(data);
		reader->is_whole = false;
	}
	e = data->len < HEADER ? fill(fd, data, HEADER) : ERR_OK;
	if (e == ERR_OK)
		e = read_header(&whole, data->data, reader->from);
	if (e == ERR_OK)
		e = fill(fd, data, whole);
	if (e == ERR_OK)
		e = fetch_unpack(ret, data->data, data->len, reader->from);
	reader->is_whole = e == ERR_OK;
	return e;
}

void
fetch_reader_free(struct fetch_reader *reader)
{
	buf_free(&reader->data);
	reader->is_whole = false;
}
