/*
 * Looking at hostile pictures in a process apart. A small picture full of finder
 * patterns keeps the reader busy for minutes, and nothing inside it can be asked to
 * stop: hence a child that the kernel stops.
 */
#define _GNU_SOURCE /* pipe2 */
#include "display/qr_image.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/clean.h"
#include "base/descriptors.h"
#include "base/ran.h"
#include "base/text.h"

/* What the child writes, in one piece (it is shorter than PIPE_BUF). */
struct answer {
	uint32_t err;
	uint32_t fault, width, height; /* of struct picture_seen */
	uint32_t len;
	char payload[QR_PAYLOAD_MAX];
};

bool
qr_image_payload_is_good(const char *text, size_t len)
{
	char clean[QR_PAYLOAD_MAX + 1];

	return len > 0 && len <= QR_PAYLOAD_MAX && memchr(text, '\n', len) == NULL &&
	       text_clean(clean, sizeof(clean), text, len) == len &&
	       memcmp(clean, text, len) == 0;
}

/*
 * What the child gives up before it looks: no descriptor but the answer's (which is 3
 * from now on), none to come (so no socket and no file), no child, one second.
 */
static bool
give_up(int fd, pid_t parent)
{
	static const struct {
		unsigned resource;
		rlim_t most;
	} limits[] = {{RLIMIT_CPU, QR_IMAGE_CPU_MAX}, {RLIMIT_NOFILE, 0},
		{RLIMIT_NPROC, 0}, {RLIMIT_CORE, 0}};
	size_t i;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent ||
		dup2(fd, 3) != 3)
		return false;
	descriptors_close(4, -1, -1);
	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct rlimit limit;

		if (getrlimit(limits[i].resource, &limit) != 0)
			return false;
		limit.rlim_cur = limits[i].most;
		if (setrlimit(limits[i].resource, &limit) != 0)
			return false;
		limit.rlim_max = limits[i].most;
		/* Linux never refuses to lower this one; valgrind does for NOFILE. */
		if (setrlimit(limits[i].resource, &limit) != 0 && errno != EPERM)
			return false;
	}
	return true;
}

/* The child: decodes, answers, ends. */
static void __attribute__((noreturn))
serve(int fd, pid_t parent, const void *image, size_t len)
{
	static struct answer answer;
	struct picture_seen seen = {.fault = PICTURE_GOOD};
	size_t payload_len = 0;

	if (!give_up(fd, parent))
		_exit(1);
	answer.err = qr_decode(answer.payload, &payload_len, &seen, image, len);
	answer.fault = seen.fault;
	answer.width = seen.width;
	answer.height = seen.height;
	answer.len = (uint32_t)payload_len;
	_exit(write(3, &answer, sizeof(answer)) != (ssize_t)sizeof(answer));
}

/*
 * Waits for the answer, for as long as we run ourselves. ERR_QR_READER: none came, or
 * not in time, whoever's doing that is.
 */
static enum err
hear(struct answer *ret, int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	struct ran ran;
	int ready;

	ran_begin(&ran);
	do {
		ready = poll(&p, 1, RAN_STEP_MS);
		ran_waited(&ran, RAN_STEP_MS);
	} while ((ready == 0 || (ready < 0 && errno == EINTR)) &&
		 ran_ms(&ran) < QR_IMAGE_WAIT_MAX);
	if (ready <= 0 || read(fd, ret, sizeof(*ret)) != (ssize_t)sizeof(*ret))
		return ERR_QR_READER;
	return ERR_OK;
}

/* Has the picture looked at. The answer comes from a process that it may have won. */
static enum err
ask_child(struct answer *ret, const void *image, size_t len)
{
	AUTO_FD int ours = -1, theirs = -1;
	pid_t parent = getpid(), child;
	int fd[2];
	enum err e;

	if (pipe2(fd, O_CLOEXEC) != 0)
		return ERR_SYSTEM;
	ours = fd[0];
	theirs = fd[1];
	child = fork();
	if (child < 0)
		return ERR_SYSTEM;
	if (child == 0)
		serve(theirs, parent, image, len);
	clean_fd(&theirs); /* so that the end of the child is the end of the pipe */
	e = hear(ret, ours);
	kill(child, SIGKILL);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		continue;
	return e;
}

/* Why no picture came of it, in numbers alone: the child may say what it likes. */
static enum err
say_fault(const struct answer *answer, size_t len, struct diag *diag)
{
	switch (answer->fault) {
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
			answer->width, answer->height, PICTURE_SIDE_MAX,
			PICTURE_SIDE_MAX);
	default:
		if ((answer->width | answer->height) == 0)
			return diag_set(diag, ERR_QR_IMAGE,
				"a picture of %zu bytes whose header cannot be read",
				len);
		return diag_set(diag, ERR_QR_IMAGE,
			"a picture of %u x %u pixels and %zu bytes that is damaged, or "
			"of a kind that is not decoded",
			answer->width, answer->height, len);
	}
}

/* What the child found, which is one of our errors whatever it said. */
static enum err
judge(const struct answer *answer, size_t len, struct diag *diag)
{
	switch (answer->err) {
	case ERR_OK:
		if (answer->len <= sizeof(answer->payload) &&
			qr_image_payload_is_good(answer->payload, answer->len))
			return ERR_OK;
		return diag_set(
			diag, ERR_QR_PAYLOAD, "the code holds what must not be shown");
	case ERR_QR_UNREADABLE:
		return diag_set(diag, ERR_QR_UNREADABLE,
			"no code, or more than one, in a picture of %u x %u pixels",
			answer->width, answer->height);
	case ERR_QR_PAYLOAD:
		return diag_set(diag, ERR_QR_PAYLOAD, "the code holds more than %d bytes",
			QR_PAYLOAD_MAX);
	case ERR_NOMEM:
		return ERR_NOMEM;
	default:
		return say_fault(answer, len, diag);
	}
}

enum err
qr_image_read(char **ret_payload, const void *image, size_t len, struct diag *diag)
{
	struct answer answer;
	char *payload;
	enum err e;

	diag_set(diag, ERR_OK, "a picture of %zu bytes", len);
	e = ask_child(&answer, image, len);
	if (e == ERR_QR_READER)
		return diag_set(diag, e,
			"a picture of %zu bytes that killed its reader, or kept it busy "
			"for too long",
			len);
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
