/*
 * The helper's end of the channel to itsme-qr. The other end may have been won by a
 * picture: whatever it says becomes one of our errors, and numbers.
 */
#include "display/qr_image.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/ran.h"
#include "base/text.h"

#define PROGRAM "itsme-qr"
#define PATH_SIZE 4096

bool
qr_image_payload_is_good(const char *text, size_t len)
{
	char clean[PICTURE_PAYLOAD_MAX + 1];

	return len > 0 && len <= PICTURE_PAYLOAD_MAX && memchr(text, '\n', len) == NULL &&
	       text_clean(clean, sizeof(clean), text, len) == len &&
	       memcmp(clean, text, len) == 0;
}

/* What is too short to wait, as nothing was sent before it. One that has gone says so
   at the first picture. */
static void
tell_account(int fd, const struct privilege_account *account)
{
	unsigned char bytes[PICTURE_ACCOUNT_SIZE];

	picture_write_account(bytes, account);
	(void)!send(fd, bytes, sizeof(bytes), MSG_DONTWAIT | MSG_NOSIGNAL);
}

enum err
qr_image_open(struct qr_image *ret, const char *path,
	const struct privilege_account *account, struct diag *diag)
{
	char beside[PATH_SIZE];
	enum err e;

	if (path == NULL) {
		if (!launch_neighbour(beside, sizeof(beside), PROGRAM))
			return diag_set(diag, ERR_SYSTEM,
				"nobody knows where the programs of pam_itsme are");
		path = beside;
	}
	e = launch_start(&ret->program, path, LAUNCH_STREAM, diag);
	if (e == ERR_OK)
		tell_account(ret->program.channel, account);
	return e;
}

void
qr_image_close(struct qr_image *qr)
{
	launch_stop(&qr->program, NULL);
}

/* --- the channel ---------------------------------------------------------------- */

/* A conversation of one question and one answer, for as long as we run ourselves. */
struct talk {
	int fd, patience;
	struct ran ran;
};

/* Waits until it can be read or written. False: it took too long. */
static bool
await(struct talk *talk, short events)
{
	struct pollfd p = {.fd = talk->fd, .events = events};

	return ran_poll(&talk->ran, &p, 1, talk->patience) > 0;
}

/* Whether a call is to be made again. */
static bool
is_early(ssize_t done)
{
	return done < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK);
}

static bool
send_all(struct talk *talk, const void *data, size_t len)
{
	const unsigned char *at = data;

	while (len > 0) {
		ssize_t put;

		if (!await(talk, POLLOUT))
			return false;
		put = send(talk->fd, at, len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (is_early(put))
			continue;
		if (put <= 0)
			return false;
		at += put;
		len -= (size_t)put;
	}
	return true;
}

static bool
receive_all(struct talk *talk, void *data, size_t len)
{
	unsigned char *at = data;

	while (len > 0) {
		ssize_t got;

		if (!await(talk, POLLIN))
			return false;
		got = recv(talk->fd, at, len, MSG_DONTWAIT);
		if (is_early(got))
			continue;
		if (got <= 0)
			return false;
		at += got;
		len -= (size_t)got;
	}
	return true;
}

/* Whether nothing was said that nobody asked for, and the other end is there. */
static bool
is_silent(int fd)
{
	char byte;

	return is_early(recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK));
}

static int
patience_of(const struct qr_image *qr)
{
	int left = clock_left(qr->end, clock_ms());

	return qr->end == 0 || left > QR_IMAGE_WAIT_MAX ? QR_IMAGE_WAIT_MAX : left;
}

/* Has the picture looked at. False: nothing that could be an answer came of it. */
static bool
ask(const struct qr_image *qr, struct picture_answer *ret, const void *image, size_t len)
{
	unsigned char head[PICTURE_REQUEST_SIZE], bytes[PICTURE_ANSWER_SIZE];
	int fd = qr->program.channel;
	struct talk talk = {.fd = fd, .patience = patience_of(qr)};

	ran_begin(&talk.ran);
	picture_write_request(head, len);
	return is_silent(fd) && send_all(&talk, head, sizeof(head)) &&
	       send_all(&talk, image, len) && receive_all(&talk, bytes, sizeof(bytes)) &&
	       is_silent(fd) && picture_read_answer(ret, bytes) == ERR_OK;
}

/* --- what came of it -------------------------------------------------------------- */

/* Why no picture came of it, in numbers alone. */
static enum err
say_fault(const struct picture_seen *seen, size_t len, struct diag *diag)
{
	switch (seen->fault) {
	case PICTURE_BYTES:
		return diag_set(diag, ERR_QR_IMAGE,
			"a picture of %zu bytes; at most %u are looked at", len,
			PICTURE_BYTES_MAX);
	case PICTURE_KIND:
		return diag_set(diag, ERR_QR_IMAGE,
			"neither JPEG nor PNG, but %zu bytes of something else", len);
	case PICTURE_PIXELS:
		return diag_set(diag, ERR_QR_IMAGE,
			"a picture of %u x %u pixels; at most %u x %u are looked at",
			seen->width, seen->height, PICTURE_SIDE_MAX, PICTURE_SIDE_MAX);
	case PICTURE_HELD:
		return diag_set(diag, ERR_QR_IMAGE,
			"a progressive JPEG of %u x %u pixels, which takes too much "
			"memory; a plain one, or one of half the size, would be read",
			seen->width, seen->height);
	default:
		if ((seen->width | seen->height) == 0)
			return diag_set(diag, ERR_QR_IMAGE,
				"a picture of %zu bytes whose header cannot be read",
				len);
		return diag_set(diag, ERR_QR_IMAGE,
			"a picture of %u x %u pixels and %zu bytes that is damaged, or "
			"of a kind that is not decoded",
			seen->width, seen->height, len);
	}
}

static enum err
judge(const struct picture_answer *answer, size_t len, struct diag *diag)
{
	const struct picture_seen *seen = &answer->seen;

	switch (answer->outcome) {
	case PICTURE_READ:
		if (qr_image_payload_is_good(answer->payload, answer->len))
			return ERR_OK;
		return diag_set(
			diag, ERR_QR_PAYLOAD, "the code holds what must not be shown");
	case PICTURE_NO_CODE:
		return diag_set(diag, ERR_QR_UNREADABLE,
			"no code, or more than one, in a picture of %u x %u pixels",
			seen->width, seen->height);
	case PICTURE_LONG:
		return diag_set(diag, ERR_QR_PAYLOAD, "the code holds more than %d bytes",
			PICTURE_PAYLOAD_MAX);
	case PICTURE_NO_MEMORY:
		return diag_set(diag, ERR_QR_READER,
			"a picture of %u x %u pixels that takes more memory than its "
			"reader may have",
			seen->width, seen->height);
	case PICTURE_NO_READER:
		return diag_set(diag, ERR_QR_READER,
			"a picture of %zu bytes that killed its reader, or kept it busy "
			"for too long",
			len);
	default:
		return say_fault(seen, len, diag);
	}
}

/* The answer to the picture; one that is too large is not sent. */
static enum err
look_at(struct qr_image *qr, struct picture_answer *ret, const void *image, size_t len,
	struct diag *diag)
{
	if (len > PICTURE_BYTES_MAX) {
		*ret = (struct picture_answer){
			.outcome = PICTURE_UNUSABLE, .seen = {.fault = PICTURE_BYTES}};
		return ERR_OK;
	}
	if (qr->program.channel < 0)
		return diag_set(diag, ERR_QR_READER,
			"a picture of %zu bytes, and " PROGRAM " does not run", len);
	if (ask(qr, ret, image, len))
		return ERR_OK;
	qr_image_close(qr);
	return diag_set(diag, ERR_QR_READER,
		"a picture of %zu bytes, to which " PROGRAM " gave no answer", len);
}

enum err
qr_image_read(struct qr_image *qr, char **ret_payload, const void *image, size_t len,
	struct diag *diag)
{
	struct picture_answer answer;
	char *payload;
	enum err e;

	diag_set(diag, ERR_OK, "a picture of %zu bytes", len);
	e = look_at(qr, &answer, image, len, diag);
	if (e == ERR_OK)
		e = judge(&answer, len, diag);
	if (e != ERR_OK)
		return e;
	payload = strndup(answer.payload, answer.len);
	if (payload == NULL)
		return ERR_NOMEM;
	*ret_payload = payload;
	return ERR_OK;
}
