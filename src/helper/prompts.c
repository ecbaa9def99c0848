/* The rules of prompting. */
#include "helper/prompts.h"

void
prompts_begin(struct prompts *p, enum prompts_number number, int64_t deadline)
{
	p->number = number;
	p->deadline = deadline;
	p->shown = 0;
	p->told = false;
}

/* The next word about the time: on a live screen when a second less is left. */
static void
set_due(struct prompts *p, int64_t now)
{
	int64_t left = p->deadline - now;

	p->due = now + PROMPTS_REMIND_MS;
	if (p->in_place)
		p->due = now + (left > 0 ? (left - 1) % 1000 + 1 : 1000);
}

static enum prompts_what
next_text(struct prompts *p, const struct flow *flow, int64_t now)
{
	bool again = p->again;

	p->again = false;
	if (flow->acknowledged && (!p->told || again)) {
		p->told = true;
		return PROMPTS_SHOW_SCANNED;
	}
	if (!flow->acknowledged && (flow->address_serial != p->shown || again)) {
		p->shown = flow->address_serial;
		return PROMPTS_SHOW;
	}
	if (p->due == 0 || now < p->due)
		return PROMPTS_NOTHING;
	set_due(p, now);
	return p->in_place ? PROMPTS_STATUS : PROMPTS_REMIND;
}

/*
 * A dialog shows one code. When the provider has replaced that one and nobody has scanned
 * it, another dialog is needed, once it cannot be scanned any more; who has scanned it
 * goes on.
 */
static enum prompts_what
next_in_dialog(struct prompts *p, const struct flow *flow, int64_t now)
{
	int64_t latest = now + PROMPTS_REPLACED_MS;

	if (p->shown == 0) {
		if (flow->address == NULL || flow->acknowledged)
			return PROMPTS_NOTHING;
		p->shown = flow->address_serial;
		return PROMPTS_DIALOG;
	}
	if (flow->acknowledged) {
		bool told = p->told;

		p->told = true;
		p->due = 0;
		return told ? PROMPTS_NOTHING : PROMPTS_SHOW_SCANNED;
	}
	if (flow->address_serial == p->shown)
		return PROMPTS_NOTHING;
	if (p->due == 0)
		p->due = flow->replaced_until < latest ? flow->replaced_until : latest;
	return now < p->due ? PROMPTS_NOTHING : PROMPTS_STALE;
}

/* Whether there is something to ask that has not been asked. */
static bool
has_to_ask(const struct prompts *p, const struct flow *flow)
{
	switch (p->number) {
	case PROMPTS_NUMBER_WANTED:
		return flow->address_serial != 0;
	case PROMPTS_NUMBER_GIVEN:
		return false;
	case PROMPTS_NO_NUMBER:
		break;
	}
	return !flow->acknowledged && (flow->address_serial != p->shown || p->again);
}

enum prompts_what
prompts_next(struct prompts *p, const struct flow *flow, int64_t now)
{
	if (p->style == WIRE_STYLE_UNATTENDED || p->style == WIRE_STYLE_GREETER)
		return PROMPTS_NOTHING; /* nothing is shown, or all was said at once */
	if (p->style == WIRE_STYLE_GDM)
		return next_in_dialog(p, flow, now);
	if (p->style != WIRE_STYLE_PROMPT)
		return next_text(p, flow, now);
	if (p->open || !has_to_ask(p, flow))
		return PROMPTS_NOTHING;
	if (p->count >= PROMPTS_MAX)
		return PROMPTS_SPENT;
	if (p->shown != flow->address_serial)
		p->hasty = 0; /* the flow has moved */
	p->shown = flow->address_serial;
	p->again = false;
	p->open = true;
	p->asked = now;
	p->count++;
	return PROMPTS_ASK;
}

int64_t
prompts_due(const struct prompts *p)
{
	return p->due != 0 ? p->due : INT64_MAX;
}

void
prompts_shown(struct prompts *p, bool in_place, int64_t now)
{
	p->in_place = in_place;
	if (p->style != WIRE_STYLE_PROMPT && p->style != WIRE_STYLE_GDM)
		set_due(p, now);
}

enum err
prompts_answered(struct prompts *p, bool reads, int64_t now)
{
	int64_t taken;

	if (!p->open)
		return ERR_PROTOCOL;
	p->open = false;
	taken = now - p->asked;
	p->instant = reads && taken < PROMPTS_INSTANT_MS ? p->instant + 1 : 0;
	p->hasty = reads && taken < PROMPTS_HASTY_MS ? p->hasty + 1 : 0;
	if (p->instant >= PROMPTS_INSTANT_MAX || p->hasty >= PROMPTS_HASTY_MAX)
		return ERR_NOT_INTERACTIVE;
	if (p->instant > 0)
		p->again = true;
	return ERR_OK;
}

void
prompts_redraw(struct prompts *p)
{
	p->again = p->due != 0;
}
