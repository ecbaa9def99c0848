/*
 * Drawing in place. The few control sequences below are all that ever steers a terminal
 * here; the text between them is clean.
 */
#include "pam/live.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/clock.h"
#include "base/text.h"

/* ECMA-48: CUU moves up, ED erases to the end, CUP places, SGR colours. */
#define LIGHT_ON_DARK "\033[37;97;40m" /* white where there is no bright white */
#define COLOURS_OFF "\033[0m"
#define ERASE_BELOW "\033[J"
#define LAST_ROW "\033[999;1H"
#define FIRST_ROW "\033[H"
#define STEER_MAX 64 /* bytes of a line's sequences, or of those in front */
#define HEIGHT_MAX 1000

/* Output that is put together, to be written at once. */
struct output {
	char *data;
	size_t len;
};

static void
put(struct output *out, const char *text, size_t len)
{
	memcpy(out->data + out->len, text, len);
	out->len += len;
}

static void
puts_to(struct output *out, const char *text)
{
	put(out, text, strlen(text));
}

/* --- the place ---------------------------------------------------------------------- */

/* Only what is echoed moves the cursor (see pam/echo.h for where it is not). */
static int
count_echoed(int fd)
{
	struct termios modes;
	int typed = 0;

	if (tcgetattr(fd, &modes) != 0 || (modes.c_lflag & ECHO) == 0)
		return 0;
	return ioctl(fd, FIONREAD, &typed) == 0 ? typed : 0;
}

/* Ctrl-Z and fg happen to the helper, too, and its parent gets to know. */
static bool
was_stopped(const struct live *live)
{
	siginfo_t info = {0};

	return live->helper > 0 &&
	       waitid(P_PID, (id_t)live->helper, &info, WCONTINUED | WNOHANG) == 0 &&
	       info.si_pid == live->helper;
}

void
live_open(struct live *ret)
{
	ret->fd = terminal_open();
	terminal_look(&ret->terminal, ret->fd);
	if (!ret->terminal.steerable) {
		clean_fd(&ret->fd);
		return;
	}
	ret->typed = count_echoed(ret->fd);
	ret->behind = tcgetpgrp(ret->fd) != getpgrp();
}

bool
live_moved(struct live *live)
{
	struct terminal now;
	int typed;
	bool behind, stopped, resized;

	if (live->fd < 0)
		return false;
	terminal_look(&now, live->fd);
	typed = count_echoed(live->fd);
	behind = tcgetpgrp(live->fd) != getpgrp();
	stopped = was_stopped(live);
	resized =
		now.columns != live->terminal.columns || now.rows != live->terminal.rows;
	/* a terminal that becomes wider or narrower may break its lines anew */
	if (now.columns != live->terminal.columns || now.rows <= live->height ||
		typed != live->typed || behind != live->behind || stopped)
		live->adrift = true;
	else if (!resized)
		return false;
	live->terminal.columns = now.columns;
	live->terminal.rows = now.rows;
	live->typed = typed;
	live->behind = behind;
	return true;
}

/* Back to where the picture began; or, where that is not known, a clean page: the old
   one is pushed up and not erased. */
static void
put_return(struct output *out, const struct live *live)
{
	char up[STEER_MAX];
	unsigned i;

	if (live->height == 0)
		return;
	if (!live->adrift) {
		snprintf(up, sizeof(up), "\r\033[%uA" ERASE_BELOW, live->height);
		puts_to(out, up);
		return;
	}
	puts_to(out, LAST_ROW);
	for (i = 0; i < live->terminal.rows && i < HEIGHT_MAX; i++)
		puts_to(out, "\n");
	puts_to(out, FIRST_ROW ERASE_BELOW);
}

/* --- drawing ------------------------------------------------------------------------ */

/* Writes it all, or what the terminal takes in time. */
static void
write_out(const struct live *live, const struct output *out)
{
	int64_t deadline = clock_ms() + LIVE_WRITE_MS;
	struct pollfd p = {.fd = live->fd, .events = POLLOUT};
	size_t at = 0;

	while (at < out->len) {
		ssize_t written = write(live->fd, out->data + at, out->len - at);

		if (written > 0)
			at += (size_t)written;
		else if (written < 0 && errno != EAGAIN && errno != EINTR)
			return;
		else if (poll(&p, 1, clock_left(deadline, clock_ms())) == 0)
			return;
	}
}

/* Bytes of the first `columns` characters of a line. */
static size_t
prefix_length(const char *line, size_t len, unsigned columns)
{
	size_t at;

	for (at = 0; at < len; at++)
		if (((unsigned char)line[at] & 0xc0) != 0x80 && columns-- == 0)
			break;
	return at;
}

/*
 * The lines of the text, each on a row of its own whatever mode the terminal is in, and
 * the first `columns` characters of the first `rows` of them in colours.
 */
static void
put_lines(struct output *out, const char *text, unsigned rows, unsigned columns)
{
	unsigned row;

	for (row = 0; *text != '\0'; row++) {
		size_t len = strcspn(text, "\n");
		size_t code = row < rows ? prefix_length(text, len, columns) : 0;

		if (code > 0) {
			puts_to(out, LIGHT_ON_DARK);
			put(out, text, code);
			puts_to(out, COLOURS_OFF);
		}
		put(out, text + code, len - code);
		puts_to(out, "\r\n");
		text += len + (text[len] == '\n');
	}
}

static unsigned
count_lines(const char *text)
{
	unsigned lines = 1;

	for (; *text != '\0'; text++)
		lines += *text == '\n';
	return lines;
}

enum err
live_draw(struct live *live, const char *text, size_t len, unsigned height,
	unsigned code_rows, unsigned code_columns)
{
	AUTO_FREE char *clean = malloc(len + 1);
	AUTO_FREE char *data = NULL;
	struct output out = {0};

	if (clean == NULL)
		return ERR_NOMEM;
	text_clean(clean, len + 1, text, len);
	data = malloc(len + STEER_MAX * (count_lines(clean) + 2ul) + HEIGHT_MAX);
	if (data == NULL)
		return ERR_NOMEM;
	if (live->behind)
		return ERR_OK; /* somebody else's screen; drawn when it is ours again */
	out.data = data;
	put_return(&out, live);
	put_lines(&out, clean, live->terminal.coloured ? code_rows : 0, code_columns);
	write_out(live, &out);
	live->height = height < HEIGHT_MAX ? height : HEIGHT_MAX;
	live->adrift = false;
	return ERR_OK;
}

enum err
live_status(struct live *live, const char *text, size_t len)
{
	AUTO_FREE char *clean = malloc(len + 1);
	AUTO_FREE char *data = malloc(len + 2 * STEER_MAX);
	struct output out = {.data = data};

	if (clean == NULL || data == NULL)
		return ERR_NOMEM;
	if (live->height == 0 || live->adrift || live->behind)
		return ERR_OK;
	text_clean(clean, len + 1, text, len);
	clean[strcspn(clean, "\n")] = '\0';
	puts_to(&out, "\r\033[1A" ERASE_BELOW);
	put_lines(&out, clean, 0, 0);
	write_out(live, &out);
	return ERR_OK;
}

void
live_leave(struct live *live)
{
	live->height = 0;
	live->adrift = false;
}

void
live_close(struct live *live)
{
	char data[STEER_MAX];
	struct output out = {.data = data};

	if (live->fd < 0)
		return;
	live_moved(live);
	if (live->height > 0 && !live->adrift && !live->behind) {
		put_return(&out, live);
		write_out(live, &out);
	}
	clean_fd(&live->fd);
}
