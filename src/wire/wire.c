/*
 * Packing and strict reading of channel messages. Knows the tables and nothing of
 * what the messages mean.
 */
#include "wire/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/clean.h"
#include "base/secret.h"

#define HEADER 4 /* "pi", version, kind */
#define PREFIX 3 /* of a field: id, length */

enum field_type {
	BYTES, /* exactly the size of the table */
	TEXT,
	NUMBER
};

static const struct {
	enum field_type type;
	size_t most;
} fields[WIRE_FIELD_COUNT] = {
#define FIELD_ROW(name, type, most) [WIRE_FIELD_##name] = {type, most},
	WIRE_FIELD_LIST(FIELD_ROW)
#undef FIELD_ROW
};

_Static_assert(WIRE_FIELD_COUNT <= 32, "wire_msg.has holds a bit for each field");

#define F(name) (1u << WIRE_FIELD_##name)
static const struct {
	enum wire_side sender;
	uint32_t must, may;
} kinds[WIRE_KIND_COUNT] = {
#define KIND_ROW(name, sender, must, may) \
	[WIRE_KIND_##name] = {WIRE_SIDE_##sender, must, may},
	WIRE_KIND_LIST(KIND_ROW)
#undef KIND_ROW
};
#undef F

/* Cuts at a character, so that what was UTF-8 stays UTF-8. */
static size_t
cut_length(const char *text, size_t len, size_t most)
{
	if (len <= most)
		return len;
	len = most;
	while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	return len;
}

static bool
has(const struct wire_msg *msg, enum wire_field field)
{
	return (msg->has >> field & 1u) != 0;
}

void
wire_set_text(struct wire_msg *msg, enum wire_field field, const char *text)
{
	if (text == NULL || text[0] == '\0')
		return;
	msg->has |= 1u << field;
	msg->text[field].data = text;
	msg->text[field].len = cut_length(text, strlen(text), fields[field].most - 1);
}

void
wire_set_number(struct wire_msg *msg, enum wire_field field, uint32_t number)
{
	msg->has |= 1u << field;
	msg->number[field] = number;
}

void
wire_set_nonce(struct wire_msg *msg, const unsigned char nonce[WIRE_NONCE_SIZE])
{
	msg->has |= 1u << WIRE_FIELD_NONCE;
	msg->text[WIRE_FIELD_NONCE].data = (const char *)nonce;
	msg->text[WIRE_FIELD_NONCE].len = WIRE_NONCE_SIZE;
}

const char *
wire_text(const struct wire_msg *msg, enum wire_field field)
{
	return has(msg, field) && fields[field].type == TEXT ? msg->text[field].data : "";
}

uint32_t
wire_number(const struct wire_msg *msg, enum wire_field field)
{
	return has(msg, field) ? msg->number[field] : 0;
}

bool
wire_nonce_is(const struct wire_msg *msg, const unsigned char nonce[WIRE_NONCE_SIZE])
{
	return has(msg, WIRE_FIELD_NONCE) &&
	       secret_equal(msg->text[WIRE_FIELD_NONCE].data, nonce, WIRE_NONCE_SIZE);
}

/* Whether `sender` may send this kind with these fields. */
static bool
is_allowed(const struct wire_msg *msg, enum wire_side sender)
{
	if (msg->kind <= WIRE_KIND_NONE || msg->kind >= WIRE_KIND_COUNT)
		return false;
	return kinds[msg->kind].sender == sender &&
	       (msg->has & kinds[msg->kind].must) == kinds[msg->kind].must &&
	       (msg->has & ~(kinds[msg->kind].must | kinds[msg->kind].may)) == 0;
}

/* Bytes of the field's data in a packet. */
static size_t
packed_length(const struct wire_msg *msg, enum wire_field field)
{
	switch (fields[field].type) {
	case NUMBER:
		return 4;
	case TEXT:
		return msg->text[field].len + 1;
	case BYTES:
		break;
	}
	return msg->text[field].len;
}

static void
pack_data(unsigned char *at, const struct wire_msg *msg, enum wire_field field)
{
	uint32_t number = htonl(msg->number[field]);

	if (fields[field].type == NUMBER) {
		memcpy(at, &number, 4);
		return;
	}
	memcpy(at, msg->text[field].data, msg->text[field].len);
	if (fields[field].type == TEXT)
		at[msg->text[field].len] = '\0';
}

enum err
wire_pack(struct wire_packet *packet, size_t *ret_len, const struct wire_msg *msg)
{
	size_t at = HEADER;
	unsigned field;

	if ((unsigned)msg->kind >= WIRE_KIND_COUNT ||
		!is_allowed(msg, kinds[msg->kind].sender))
		return ERR_PROTOCOL;
	memcpy(packet->data, "pi", 2);
	packet->data[2] = msg->version != 0 ? msg->version : WIRE_VERSION;
	packet->data[3] = (unsigned char)msg->kind;
	for (field = 0; field < WIRE_FIELD_COUNT; field++) {
		size_t len;

		if (!has(msg, field))
			continue;
		len = packed_length(msg, field);
		if (len > fields[field].most || len + PREFIX > WIRE_MAX - at)
			return ERR_PROTOCOL;
		packet->data[at] = (unsigned char)field;
		packet->data[at + 1] = (unsigned char)(len >> 8);
		packet->data[at + 2] = (unsigned char)len;
		pack_data(packet->data + at + PREFIX, msg, field);
		at += PREFIX + len;
	}
	*ret_len = at;
	return ERR_OK;
}

/* One field's data into the message; false for what its type does not allow. */
static bool
unpack_data(
	struct wire_msg *msg, enum wire_field field, const unsigned char *at, size_t len)
{
	uint32_t number;

	switch (fields[field].type) {
	case NUMBER:
		if (len != 4)
			return false;
		memcpy(&number, at, 4);
		msg->number[field] = ntohl(number);
		return true;
	case TEXT:
		if (len < 2 || memchr(at, '\0', len) != at + len - 1)
			return false;
		len--;
		break;
	case BYTES:
		if (len != fields[field].most)
			return false;
		break;
	}
	msg->text[field].data = (const char *)at;
	msg->text[field].len = len;
	return true;
}

/* The field at `*at` into the message; false for what the tables do not spell. */
static bool
unpack_field(struct wire_msg *msg, const unsigned char *p, size_t len, size_t *at)
{
	unsigned field = p[*at];
	size_t size;

	if (len - *at < PREFIX || field >= WIRE_FIELD_COUNT || msg->has >> field != 0)
		return false;
	size = (size_t)p[*at + 1] << 8 | p[*at + 2];
	*at += PREFIX;
	if (size > len - *at || size > fields[field].most ||
		!unpack_data(msg, field, p + *at, size))
		return false;
	msg->has |= 1u << field;
	*at += size;
	return true;
}

/* Of another version: what is the same in all of them, by which it can be refused. */
static enum err
unpack_other(
	struct wire_msg *msg, const unsigned char *p, size_t len, enum wire_side from)
{
	const uint32_t known = 1u << WIRE_FIELD_NONCE | 1u << WIRE_FIELD_USER;
	size_t at = HEADER;

	if (from == WIRE_SIDE_HELPER) {
		msg->kind = WIRE_KIND_NONE;
		return ERR_VERSION;
	}
	while (at < len && (msg->has & known) != known)
		if (!unpack_field(msg, p, len, &at))
			return ERR_PROTOCOL;
	return msg->kind == WIRE_KIND_REQUEST && msg->has == known ? ERR_VERSION
								   : ERR_PROTOCOL;
}

enum err
wire_unpack(struct wire_msg *ret, const struct wire_packet *packet, size_t len,
	enum wire_side from)
{
	const unsigned char *p = packet->data;
	struct wire_msg msg = {0};
	size_t at = HEADER;
	enum err e = ERR_OK;

	if (len < HEADER || len > WIRE_MAX || memcmp(p, "pi", 2) != 0 || p[2] == 0)
		return ERR_PROTOCOL;
	msg.version = p[2];
	msg.kind = p[3];
	if (msg.version < WIRE_VERSION_OLDEST || msg.version > WIRE_VERSION)
		e = unpack_other(&msg, p, len, from);
	while (e == ERR_OK && at < len)
		if (!unpack_field(&msg, p, len, &at))
			e = ERR_PROTOCOL;
	if (e == ERR_OK && !is_allowed(&msg, from))
		e = ERR_PROTOCOL;
	if (e == ERR_OK || e == ERR_VERSION)
		*ret = msg;
	return e;
}

enum err
wire_send_by(int fd, const struct wire_msg *msg, struct wire_packet *packet)
{
	size_t len;
	enum err e = wire_pack(packet, &len, msg);
	ssize_t sent;

	if (e != ERR_OK)
		return e;
	do
		sent = send(fd, packet->data, len, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	explicit_bzero(packet->data, len); /* something typed may be in it */
	if (sent < 0)
		return errno == EPIPE || errno == ECONNRESET ? ERR_GONE : ERR_SYSTEM;
	return (size_t)sent == len ? ERR_OK : ERR_SYSTEM;
}

enum err
wire_send(int fd, const struct wire_msg *msg)
{
	/* on the heap: on the stack a packet would touch all of its pages, in the host */
	AUTO_FREE struct wire_packet *packet = malloc(sizeof(*packet));

	return packet != NULL ? wire_send_by(fd, msg, packet) : ERR_NOMEM;
}

enum err
wire_recv(int fd, struct wire_msg *ret, struct wire_packet *packet, enum wire_side from)
{
	struct iovec iov = {.iov_base = packet->data, .iov_len = sizeof(packet->data)};
	struct msghdr header = {.msg_iov = &iov, .msg_iovlen = 1};
	ssize_t got;

	do
		got = recvmsg(fd, &header, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return errno == ECONNRESET ? ERR_GONE : ERR_SYSTEM;
	if (got == 0)
		return ERR_GONE;
	if ((header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
		return ERR_PROTOCOL;
	return wire_unpack(ret, packet, (size_t)got, from);
}
