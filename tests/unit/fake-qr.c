/*
 * An itsme-qr whose pictures are orders: the decoder is this file's and does whatever the
 * picture says. All around it is the real one.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include "qr/decode.h"

/* There is no other call to tell by: each writes nothing, so that nobody hears of it. */
static int
count_descriptors(void)
{
	int fd, n = 0;

	for (fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0 || write(fd, "", 0) == 0; /* as it may */
	return n;
}

/* Whether a socket, a file or a copy of a descriptor can still be had. */
static bool
can_open_anything(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) >= 0 || open("/dev/null", O_RDONLY) >= 0 ||
	       dup(0) >= 0;
}

/* Whether a process can; as root one always can. */
static bool
can_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid > 0 && getuid() != 0;
}

static bool
can_have(size_t bytes)
{
	void *p = malloc(bytes);

	free(p);
	return p != NULL;
}

static enum err
answer(char *payload, size_t *ret_len, const char *text)
{
	*ret_len = strlen(text);
	memcpy(payload, text, *ret_len);
	return ERR_OK;
}

static enum err
tell_rights(char *payload, size_t *ret_len)
{
	char text[128];

	snprintf(text, sizeof(text), "%d descriptors, %s; %s; %s", count_descriptors(),
		can_open_anything() ? "more to be had" : "no more",
		can_fork() ? "children" : "no child",
		can_have(64u << 20) ? "any memory" : "no more memory");
	return answer(payload, ret_len, text);
}

/* What a child that was won would say in its own words. */
static void __attribute__((noreturn)) say(const char *text, size_t len)
{
	_exit(write(0, text, len) < 0);
}

/* Into a pipe that is full before long. */
static void
say_on(const char *text, size_t len)
{
	if (write(0, text, len) < 0)
		_exit(1);
}

enum err
decode_picture(char payload[PICTURE_PAYLOAD_MAX], size_t *ret_len,
	struct picture_seen *seen, const void *image, size_t len)
{
	static const char longer[2 * PICTURE_ANSWER_SIZE] = "";
	static volatile char *volatile nowhere;
	char order[64], text[64];

	snprintf(order, sizeof(order), "%.*s", (int)len, (const char *)image);
	if (strcmp(order, "good") == 0)
		return answer(payload, ret_len, "https://itsme.example/");
	if (strcmp(order, "rights") == 0)
		return tell_rights(payload, ret_len);
	if (strcmp(order, "pid") == 0) {
		snprintf(text, sizeof(text), "%d", (int)getppid());
		return answer(payload, ret_len, text);
	}
	if (strcmp(order, "die") == 0)
		__builtin_trap(); /* it cannot send itself signals */
	if (strcmp(order, "crash") == 0)
		*nowhere = 0;
	if (strcmp(order, "end") == 0)
		_exit(0);
	if (strcmp(order, "babble") == 0)
		say("https://evil.example/", 21);
	if (strcmp(order, "longer") == 0)
		say(longer, sizeof(longer));
	if (strcmp(order, "garbage") == 0) {
		memset(text, 0xff, sizeof(text));
		say(memset(payload, 0xff, PICTURE_PAYLOAD_MAX), PICTURE_PAYLOAD_MAX);
	}
	while (strcmp(order, "sleep") == 0)
		pause(); /* which the walls do not let it */
	while (strcmp(order, "flood") == 0)
		say_on(longer, sizeof(longer));
	while (strcmp(order, "busy") == 0)
		continue;
	if (strncmp(order, "err ", 4) == 0)
		return (enum err)atoi(order + 4);
	if (strncmp(order, "see ", 4) == 0) {
		*seen = (struct picture_seen){
			(enum picture_fault)atoi(order + 4), 70, 90};
		if (order[5] == 'h')
			seen->width = seen->height = 0;
		return order[5] == 'u' ? ERR_QR_UNREADABLE : ERR_QR_IMAGE;
	}
	return answer(payload, ret_len, order);
}
