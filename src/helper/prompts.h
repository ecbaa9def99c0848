/*
 * When to show what: the rules for hosts that show text at once, for terminals that are
 * redrawn in place, and for hosts where everything rides on a prompt that only the
 * person can end. No I/O, no clock.
 */
#ifndef HELPER_PROMPTS_H
#define HELPER_PROMPTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "oidc/flow.h"
#include "wire/wire.h"

#define PROMPTS_MAX 20 /* prompts in one login */
#define PROMPTS_INSTANT_MS 300 /* nobody reads and presses Enter faster */
#define PROMPTS_INSTANT_MAX 3 /* such replies in a row: a program, not a person */
#define PROMPTS_HASTY_MS 1000 /* an impatient person presses Enter about that often */
#define PROMPTS_HASTY_MAX 8 /* faster replies in a row to the same: a program as well */
#define PROMPTS_REPLACED_MS 30000 /* of a code in a dialog that another has replaced */
#define PROMPTS_REMIND_MS 30000 /* between lines that only say that time goes by */

enum prompts_what {
	PROMPTS_NOTHING,
	PROMPTS_SHOW, /* the address, as text that appears at once */
	PROMPTS_SHOW_SCANNED, /* that the phone has taken over */
	PROMPTS_STATUS, /* the time left, in place */
	PROMPTS_REMIND, /* the time left, as a new line */
	PROMPTS_ASK, /* the same as a prompt: the address, or what is left to be typed */
	PROMPTS_DIALOG, /* the address, in a dialog that cannot be replaced */
	PROMPTS_STALE, /* what stands in that dialog can be scanned no longer */
	PROMPTS_SPENT /* another prompt would be one too many */
};

/* A number that the phone shows, to be typed into a prompt. */
enum prompts_number {
	PROMPTS_NO_NUMBER,
	PROMPTS_NUMBER_WANTED, /* a prompt is open until it has come */
	PROMPTS_NUMBER_GIVEN /* the right one: there is nothing more to ask */
};

struct prompts {
	enum wire_style style;
	enum prompts_number number;
	int64_t deadline; /* of the login, clock_ms */
	unsigned shown; /* serial of the address that the person has */
	bool in_place; /* what is shown can be replaced */
	bool open; /* a prompt waits for Enter */
	bool again; /* what was shown has to be shown once more */
	bool told; /* that the code was scanned */
	int64_t due; /* of the next word about the time, or of the end of a dialog's code;
			clock_ms; 0: nothing is shown */
	int64_t asked; /* clock_ms */
	int instant, hasty, count;
};

/* Another flow begins: nothing of it has been shown. A prompt that is open stays so. */
void prompts_begin(struct prompts *p, enum prompts_number number, int64_t deadline);

/* What to do now; the caller does it at `now`. */
enum prompts_what prompts_next(struct prompts *p, const struct flow *flow, int64_t now);

/* When to ask again though nothing has happened (clock_ms). */
int64_t prompts_due(const struct prompts *p);

/* It was shown, at `now`: whether such that it can be replaced. */
void prompts_shown(struct prompts *p, bool in_place, int64_t now);

/*
 * Enter was pressed. `reads`: what was shown has to be read for it; where it has not, any
 * answer will do, however fast it came. ERR_NOT_INTERACTIVE: by a program, which is known
 * by a few replies that nobody could give, or by many that nobody would. ERR_PROTOCOL:
 * nobody was asked.
 */
enum err prompts_answered(struct prompts *p, bool reads, int64_t now) MUST_USE;

/* The terminal has changed: what stands there is to be drawn again. */
void prompts_redraw(struct prompts *p);

#endif
