/*
 * When to show what: the rules for hosts that show text at once and for those where
 * everything rides on a prompt that only the person can end. No I/O, no clock.
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

enum prompts_what {
	PROMPTS_NOTHING,
	PROMPTS_SHOW, /* the address, as text that appears at once */
	PROMPTS_SHOW_SCANNED, /* that the phone has taken over */
	PROMPTS_ASK, /* the address, as a prompt */
	PROMPTS_SPENT /* another prompt would be one too many */
};

struct prompts {
	enum wire_style style;
	unsigned shown; /* serial of the address that the person has */
	bool open; /* a prompt waits for Enter */
	bool again; /* the last one was answered too fast to have been read */
	bool told; /* that the code was scanned */
	int64_t asked; /* clock_ms */
	int instant, count;
};

/* What to do now; the caller does it at `now`. */
enum prompts_what prompts_next(struct prompts *p, const struct flow *flow, int64_t now);

/*
 * Enter was pressed. ERR_NOT_INTERACTIVE: by a program. ERR_PROTOCOL: nobody was asked.
 */
enum err prompts_answered(struct prompts *p, int64_t now) MUST_USE;

#endif
