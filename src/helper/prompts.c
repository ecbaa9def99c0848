/* The rules of prompting. */
#include "helper/prompts.h"

static enum prompts_what
next_text(struct prompts *p, const struct flow *flow)
{
	if (flow->acknowledged && !p->told) {
		p->told = true;
		return PROMPTS_SHOW_SCANNED;
	}
	if (flow->acknowledged || flow->address_serial == p->shown)
		return PROMPTS_NOTHING;
	p->shown = flow->address_serial;
	return PROMPTS_SHOW;
}

enum prompts_what
prompts_next(struct prompts *p, const struct flow *flow, int64_t now)
{
	if (p->style == WIRE_STYLE_TEXT)
		return next_text(p, flow);
	if (p->open || flow->acknowledged ||
		(flow->address_serial == p->shown && !p->again))
		return PROMPTS_NOTHING;
	if (p->count >= PROMPTS_MAX)
		return PROMPTS_SPENT;
	p->shown = flow->address_serial;
	p->again = false;
	p->open = true;
	p->asked = now;
	p->count++;
	return PROMPTS_ASK;
}

enum err
prompts_answered(struct prompts *p, int64_t now)
{
	if (!p->open)
		return ERR_PROTOCOL;
	p->open = false;
	if (now - p->asked >= PROMPTS_INSTANT_MS)
		p->instant = 0;
	else if (++p->instant >= PROMPTS_INSTANT_MAX)
		return ERR_NOT_INTERACTIVE;
	else
		p->again = true;
	return ERR_OK;
}
