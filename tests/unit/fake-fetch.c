/*
 * An itsme-fetch for tests that does what it should not: the last part of the URL in the
 * REQUEST says what. It has no network.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire/fetch.h"

#define CHANNEL 3

static struct fetch_msg request;

static void
next(struct fetch_reader *in, struct fetch_msg *ret)
{
	enum err e;

	while ((e = fetch_recv(CHANNEL, in, ret)) == ERR_PENDING) {
		struct pollfd p = {.fd = CHANNEL, .events = POLLIN};

		poll(&p, 1, -1);
	}
	if (e != ERR_OK)
		_exit(0);
}

static void
say(const struct fetch_msg *msg)
{
	if (fetch_send(CHANNEL, msg, 1000) != ERR_OK)
		_exit(3);
}

static void
say_raw(const void *data, size_t len)
{
	if (send(CHANNEL, data, len, MSG_NOSIGNAL) != (ssize_t)len)
		_exit(3);
}

static struct fetch_msg
answer(uint32_t serial, uint32_t status)
{
	struct fetch_msg msg = {.kind = FETCH_KIND_ANSWER};

	fetch_set_number(&msg, FETCH_FIELD_SERIAL, serial);
	fetch_set_number(&msg, FETCH_FIELD_SENT, 1);
	fetch_set_number(&msg, FETCH_FIELD_STATUS, status);
	fetch_set_text(&msg, FETCH_FIELD_DATE, "Sun, 06 Nov 1994 08:49:37 GMT");
	fetch_set_bytes(&msg, FETCH_FIELD_BODY, "body", 4);
	return msg;
}

static void
say_fault(const char *word, const char *diag)
{
	struct fetch_msg msg = {.kind = FETCH_KIND_ANSWER};

	fetch_set_number(
		&msg, FETCH_FIELD_SERIAL, fetch_number(&request, FETCH_FIELD_SERIAL));
	fetch_set_number(&msg, FETCH_FIELD_SENT, 0);
	fetch_set_text(&msg, FETCH_FIELD_ERROR, word);
	fetch_set_text(&msg, FETCH_FIELD_DIAG, diag);
	say(&msg);
}

static void
say_progress(uint32_t sent, uint32_t ran, uint32_t lost)
{
	struct fetch_msg msg = {.kind = FETCH_KIND_PROGRESS};

	fetch_set_number(
		&msg, FETCH_FIELD_SERIAL, fetch_number(&request, FETCH_FIELD_SERIAL));
	fetch_set_number(&msg, FETCH_FIELD_SENT, sent);
	fetch_set_number(&msg, FETCH_FIELD_RAN_MS, ran);
	fetch_set_number(&msg, FETCH_FIELD_LOST_MS, lost);
	say(&msg);
}

/* A whole body of the largest size, a few bytes at a time. */
static void
say_large(void)
{
	static char body[FETCH_BODY_MAX];
	struct buf out = BUF_INIT(FETCH_MESSAGE_MAX);
	struct fetch_msg msg = answer(fetch_number(&request, FETCH_FIELD_SERIAL), 200);
	size_t at;

	memset(body, 'x', sizeof(body));
	fetch_set_bytes(&msg, FETCH_FIELD_BODY, body, sizeof(body));
	if (fetch_pack(&out, &msg) != ERR_OK)
		_exit(3);
	for (at = 0; at < out.len; at += 4001)
		say_raw(out.data + at, out.len - at < 4001 ? out.len - at : 4001);
	buf_free(&out);
}

/* As fast as it can, for as long as anybody listens. */
static void
say_progress_for_ever(void)
{
	struct buf one = BUF_INIT(FETCH_MESSAGE_MAX), many = BUF_INIT(FETCH_MESSAGE_MAX);
	struct fetch_msg msg = {.kind = FETCH_KIND_PROGRESS};
	int i;

	fetch_set_number(
		&msg, FETCH_FIELD_SERIAL, fetch_number(&request, FETCH_FIELD_SERIAL));
	fetch_set_number(&msg, FETCH_FIELD_SENT, 0);
	fetch_set_number(&msg, FETCH_FIELD_RAN_MS, 0);
	fetch_set_number(&msg, FETCH_FIELD_LOST_MS, 0);
	if (fetch_pack(&one, &msg) != ERR_OK)
		_exit(3);
	for (i = 0; i < 1000; i++)
		buf_add(&many, one.data, one.len);
	while (send(CHANNEL, many.data, many.len, MSG_NOSIGNAL) == (ssize_t)many.len)
		continue;
	_exit(0);
}

static void
behave(const char *what)
{
	uint32_t serial = fetch_number(&request, FETCH_FIELD_SERIAL);
	struct fetch_msg msg = answer(serial, 200);

	if (strncmp(what, "fault-", 6) == 0) {
		say_fault(what + 6, "one\ntwo outcome=authenticated \033[2J");
	} else if (strncmp(what, "status-", 7) == 0) {
		msg = answer(serial, (uint32_t)strtoul(what + 7, NULL, 10));
		fetch_set_number(&msg, FETCH_FIELD_RETRY_AFTER, UINT32_MAX);
		say(&msg);
	} else if (strcmp(what, "denied") == 0) {
		fetch_set_number(&msg, FETCH_FIELD_SENT, 0);
		say(&msg);
	} else if (strcmp(what, "large") == 0) {
		say_large();
	} else if (strcmp(what, "empty") == 0) {
		fetch_set_bytes(&msg, FETCH_FIELD_BODY, "", 0);
		say(&msg);
	} else if (strcmp(what, "serial") == 0) {
		msg = answer(serial + 1, 200);
		say(&msg);
	} else if (strcmp(what, "twice") == 0) {
		say(&msg);
		say(&msg);
	} else if (strcmp(what, "garbage") == 0) {
		say_raw("HTTP/1.1 200 OK\r\n\r\n", 19);
	} else if (strcmp(what, "endless") == 0) {
		const unsigned char head[] = {
			'p', 'f', FETCH_VERSION, FETCH_KIND_ANSWER, 255, 255, 255, 255};

		say_raw(head, sizeof(head));
	} else if (strcmp(what, "request") == 0) {
		const unsigned char head[] = {
			'p', 'f', FETCH_VERSION, FETCH_KIND_REQUEST, 0, 0, 0, 9};

		say_raw(head, sizeof(head));
	} else if (strcmp(what, "sent") == 0) {
		say_progress(1, 40, 0);
	} else if (strcmp(what, "unsent") == 0) {
		say_progress(0, UINT32_MAX, 0);
	} else if (strcmp(what, "stopped") == 0) {
		say_progress(0, 10, 900);
	} else if (strcmp(what, "flood") == 0) {
		say_progress_for_ever();
	} else if (strcmp(what, "gone") == 0) {
		_exit(0);
	} else if (strcmp(what, "killed") == 0) {
		abort();
	} else if (strcmp(what, "mute") != 0) {
		say(&msg);
	}
}

int
main(void)
{
	struct fetch_reader in = FETCH_READER(HELPER);
	struct fetch_msg settings;

	next(&in, &settings); /* whom to become */
	next(&in, &settings);
	for (;;) {
		next(&in, &request);
		behave(strrchr(fetch_text(&request, FETCH_FIELD_URL), '/') + 1);
	}
}
