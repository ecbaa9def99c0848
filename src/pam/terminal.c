/*
 * Finding out about the terminal. Of the environment, which may be a caller's, TERM and
 * NO_COLOR are looked at, and all that they can do is to take something away.
 */

#include "pam/terminal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

/* Linux' Documentation/admin-guide/devices.txt */
#define MAJOR_TTY 4 /* 1 to 63 are consoles, the others 8250 serial lines */
#define MAJOR_PTY_FIRST 136
#define MAJOR_PTY_LAST 143
#define CONSOLES 64

enum wire_terminal
terminal_kind(dev_t device)
{
	unsigned number = major(device);

	if (number == MAJOR_TTY && minor(device) > 0 && minor(device) < CONSOLES)
		return WIRE_TERMINAL_CONSOLE;
	if (number >= MAJOR_PTY_FIRST && number <= MAJOR_PTY_LAST)
		return WIRE_TERMINAL_PTY;
	return number != 0 ? WIRE_TERMINAL_SERIAL : WIRE_TERMINAL_UNKNOWN;
}

bool
terminal_is_steerable(
	enum wire_terminal kind, unsigned columns, unsigned rows, const char *term)
{
	static const char *const simple[] = {"", "dumb", "unknown", "emacs", "network"};
	size_t i;

	if ((kind != WIRE_TERMINAL_PTY && kind != WIRE_TERMINAL_CONSOLE) ||
		columns == 0 || rows == 0 || term == NULL)
		return false;
	for (i = 0; i < sizeof(simple) / sizeof(simple[0]); i++)
		if (strcmp(term, simple[i]) == 0)
			return false;
	return true;
}

int
terminal_open(void)
{
	return open("/dev/tty", O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
}

void
terminal_look(struct terminal *ret, int fd)
{
	const char *no_color = getenv("NO_COLOR");
	struct winsize size = {0};
	unsigned device = 0; /* as the kernel encodes it for user space */

	*ret = (struct terminal){.kind = WIRE_TERMINAL_UNKNOWN};
	if (fd < 0)
		return;
	ret->there = true;
	if (ioctl(fd, TIOCGWINSZ, &size) == 0) {
		ret->columns = size.ws_col;
		ret->rows = size.ws_row;
	}
	if (ioctl(fd, TIOCGDEV, &device) == 0)
		ret->kind = terminal_kind(makedev(
			device >> 8 & 0xfff, (device & 0xff) | (device >> 12 & 0xfff00)));
	ret->steerable =
		terminal_is_steerable(ret->kind, ret->columns, ret->rows, getenv("TERM"));
	ret->coloured = ret->steerable && (no_color == NULL || no_color[0] == '\0');
}
