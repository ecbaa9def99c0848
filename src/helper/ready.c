/* An Enter that is worth a request. It sends nothing to the provider. */
#include "helper/ready.h"

#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "display/screen.h"

static enum err
show(struct session *s)
{
	AUTO_BUF struct buf text = BUF_INIT(SCREEN_MAX);
	const struct screen screen = {
		.style = WIRE_STYLE_PROMPT, .language = s->setup->language};
	enum err e = screen_ready(&text, &screen);

	return e != ERR_OK ? e : channel_prompt(s->channel, buf_str(&text));
}

/* The Enter. Another size of the terminal answers nothing. */
static enum err
take(struct session *s, struct prompts *prompts)
{
	struct channel_input input;
	enum err e = channel_take(s->channel, &input);

	if (e == ERR_OK && !input.resized)
		e = prompts_answered(prompts, true, clock_ms());
	explicit_bzero(&input, sizeof(input));
	return e;
}

enum err
ready_ask(struct session *s)
{
	struct prompts prompts = {.style = WIRE_STYLE_PROMPT};
	const struct flow wish = {.address_serial = 1}; /* one thing to be read */
	enum err e = ERR_OK;

	while (e == ERR_OK) {
		if (prompts_next(&prompts, &wish, clock_ms()) == PROMPTS_ASK)
			e = show(s);
		else if (!prompts.open)
			break;
		if (e != ERR_OK)
			break;
		if (http_wait(s->http, s->channel->fd, s->deadline) != HTTP_INPUT)
			return ERR_TIMEOUT;
		e = take(s, &prompts);
	}
	return e;
}

static enum err
show_greeting(struct session *s, bool app)
{
	AUTO_BUF struct buf text = BUF_INIT(SCREEN_MAX);
	const int64_t left = s->deadline - clock_ms();
	const struct screen screen = {
		.style = WIRE_STYLE_GREETER,
		.language = s->setup->language,
		.left = left > 0 ? (unsigned)((left + 999) / 1000) : 0,
		.number = s->asks ? 0 : s->number,
		.asks = s->asks,
	};
	enum err e = screen_greeting(&text, &screen, app);

	return e != ERR_OK ? e : channel_prompt(s->channel, buf_str(&text));
}

enum err
ready_greet(struct session *s, bool app, int64_t until)
{
	struct channel_input input = {.resized = true};
	enum err e = show_greeting(s, app);

	while (e == ERR_OK && input.resized) {
		if (http_wait(s->http, s->channel->fd, until) != HTTP_INPUT)
			return ERR_OUTDATED;
		e = channel_take(s->channel, &input);
	}
	explicit_bzero(&input, sizeof(input));
	return e;
}
