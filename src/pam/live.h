/*
 * A picture that stands on the terminal and is replaced in place. Only the cursor moves
 * (modes are changed by echo.h alone), and after every write it rests at the beginning of
 * the line below, so that a host that is killed leaves nothing behind.
 */
#ifndef PAM_LIVE_H
#define PAM_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "pam/terminal.h"

#define LIVE_WRITE_MS 2000 /* how long a terminal may take to accept a picture */

struct live {
	int fd; /* owned; -1: there is no live screen */
	struct terminal terminal; /* when it was last looked at */
	unsigned height; /* rows of the picture above the cursor; 0: there is none */
	bool adrift; /* something may have moved the cursor since it was drawn */
	int typed; /* bytes of whole lines that were echoed and wait to be read */
	bool behind; /* the host is in the background */
	pid_t helper; /* is stopped and continued together with us; -1: unknown */
};

#define LIVE_NONE                      \
	{                              \
		.fd = -1, .helper = -1 \
	}

/* Opens the terminal. It is not live (fd -1) where that cannot be steered. */
void live_open(struct live *ret);

/*
 * Draws `len` bytes of text, which it cleans, in the place of what stood there.
 * `height`: rows that they take on a terminal as large as live_moved() last saw it. A
 * code of `code_rows` and `code_columns` in the upper left corner gets colours.
 * ERR_NOMEM. What a terminal does not accept in time is left out.
 */
enum err live_draw(struct live *live, const char *text, size_t len, unsigned height,
	unsigned code_rows, unsigned code_columns) MUST_USE;

/* Replaces the last line of the picture; does nothing where that has moved. */
enum err live_status(struct live *live, const char *text, size_t len) MUST_USE;

/* Whether the picture has to be drawn again: another size, lines typed, job control. */
bool live_moved(struct live *live);

/* Something else is going to be shown: the picture stays, as part of the text. */
void live_leave(struct live *live);

/* Takes the picture off the screen, and closes. */
void live_close(struct live *live);

#endif
