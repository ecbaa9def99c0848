/* The event loop of a login. */
#include "helper/session.h"

#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "base/buf.h"
#include "base/clock.h"
#include "display/screen.h"
#include "identity/identity.h"
#include "itsme/profile.h"
#include "oidc/required.h"

static enum err
show_address(struct session *s, bool prompt)
{
	AUTO_BUF struct buf text = BUF_INIT(SCREEN_MAX);
	const struct wire_msg *request = &s->channel->request;
	const struct screen screen = {
		.style = s->prompts.style,
		.qr = s->setup->config->display.qr,
		.language = s->setup->language,
		.columns = wire_number(request, WIRE_FIELD_COLUMNS),
		.rows = wire_number(request, WIRE_FIELD_ROWS),
		.number = s->number,
		.user_code = s->flow->user_code,
	};
	bool app = s->setup->config->provider.profile == CONFIG_PROFILE_ITSME;
	enum err e;

	if (s->flow->address != NULL)
		e = screen_compose(&text, &screen, s->flow->address);
	else if (s->asks)
		e = screen_question(&text, &screen, app);
	else
		e = screen_pushed(&text, &screen, app,
			(unsigned)clock_left(s->deadline, clock_ms()) / 1000);
	if (e != ERR_OK)
		return e;
	if (s->asks)
		return channel_question(s->channel, buf_str(&text));
	return prompt ? channel_prompt(s->channel, buf_str(&text))
		      : channel_show(s->channel, buf_str(&text));
}

/* Shows whatever the rules want shown now. */
static enum err
update_screen(struct session *s)
{
	switch (prompts_next(&s->prompts, s->flow, clock_ms())) {
	case PROMPTS_SHOW:
		return show_address(s, false);
	case PROMPTS_ASK:
		return show_address(s, true);
	case PROMPTS_SHOW_SCANNED:
		return channel_show(s->channel, screen_scanned(s->setup->language));
	case PROMPTS_SPENT:
		return ERR_TIMEOUT;
	case PROMPTS_NOTHING:
		break;
	}
	return ERR_OK;
}

/* The number that was typed, against the one on the phone; nothing: ask again. */
static enum err
take_number(struct session *s, const char *typed)
{
	char right[CHANNEL_TYPED_SIZE];
	size_t len;

	snprintf(right, sizeof(right), "%u", s->number);
	typed += strspn(typed, " ");
	len = strcspn(typed, " ");
	if (len == 0)
		s->prompts.again = true;
	else if (len != strlen(right) || memcmp(typed, right, len) != 0)
		return ERR_WRONG_NUMBER;
	else
		s->has_number = true;
	return ERR_OK;
}

/* Input on the channel: Enter, an answer, or the end. */
static enum err
take_input(struct session *s)
{
	char typed[CHANNEL_TYPED_SIZE];
	enum err e = channel_answer(s->channel, typed);

	if (e == ERR_OK)
		e = prompts_answered(&s->prompts, clock_ms());
	if (e == ERR_OK && s->asks)
		e = take_number(s, typed);
	explicit_bzero(typed, sizeof(typed));
	return e;
}

/* The phone may have been faster than the fingers. */
static enum err
await_number(struct session *s)
{
	enum err e = ERR_OK;

	while (e == ERR_OK && s->asks && !s->has_number) {
		e = update_screen(s);
		if (e != ERR_OK)
			break;
		switch (http_wait(s->http, s->channel->fd, s->deadline)) {
		case HTTP_INPUT:
			e = take_input(s);
			break;
		case HTTP_ANSWER:
			return ERR_INTERNAL; /* nothing was asked */
		case HTTP_TIME:
			e = ERR_TIMEOUT;
			break;
		}
	}
	return e;
}

/* Waits until `until` or the answer; meanwhile the person may press Enter. */
static enum err
wait_for(struct session *s, int64_t until, bool *ret_answer)
{
	for (;;) {
		enum err e = update_screen(s);

		if (e != ERR_OK)
			return e;
		switch (http_wait(s->http, s->channel->fd, until)) {
		case HTTP_INPUT:
			e = take_input(s);
			if (e != ERR_OK)
				return e;
			break;
		case HTTP_ANSWER:
			*ret_answer = true;
			return ERR_OK;
		case HTTP_TIME:
			*ret_answer = false;
			return ERR_OK;
		}
	}
}

/* Sends the request that is due and hands its answer to the flow. */
static enum err
exchange(struct session *s)
{
	const struct http_answer *answer = NULL;
	const char *step = s->flow->step;
	struct http_request request;
	int64_t sent = clock_ms();
	bool answered;
	enum err e;

	if (flow_ask(s->flow, clock_unix(), &request) != ERR_OK)
		return ERR_OK; /* the flow has finished with it */
	e = http_start(s->http, &request, s->deadline);
	if (e == ERR_OK)
		e = wait_for(s, s->deadline, &answered);
	if (e != ERR_OK)
		return e;
	if (!answered)
		return ERR_TIMEOUT;
	s->flow->diag.text[0] = '\0';
	e = http_answer(s->http, &answer, &s->flow->diag);
	/* the millisecond that has begun counts whole, so that no poll is early */
	flow_take(s->flow, clock_ms() + 1, clock_unix(), e, answer);
	channel_log(s->channel, LOG_DEBUG, "step=%s status=%d time=%lldms %s %s", step,
		answer != NULL ? answer->status : 0, (long long)(clock_ms() - sent),
		err_word(e), s->flow->diag.text);
	return ERR_OK;
}

static enum err
run_flow(struct session *s)
{
	while (!s->flow->finished) {
		bool answered;
		enum err e;

		if (s->flow->due >= s->deadline)
			e = wait_for(s, s->deadline, &answered);
		else
			e = wait_for(s, s->flow->due, &answered);
		if (e == ERR_OK && clock_ms() >= s->deadline)
			e = ERR_TIMEOUT;
		if (e == ERR_OK)
			e = exchange(s);
		if (e != ERR_OK)
			return e;
	}
	return s->flow->result != ERR_OK ? s->flow->result : await_number(s);
}

/* Whether the provider vouches for all that the configuration wants. */
static enum err
check_required(const struct session *s, struct diag *diag)
{
	const struct config *config = s->setup->config;
	bool is_itsme = config->provider.profile == CONFIG_PROFILE_ITSME;
	const struct required required = {
		.claims = config->login.required_claims,
		.prefix = is_itsme ? ITSME_CLAIM : "",
		.max_age = config->login.max_age,
	};

	return required_check(&required, claims_json(s->flow->claims), s->flow->userinfo,
		clock_unix(), diag);
}

/* The name that the provider has for the subject; NULL: it gave none. */
static const char *
find_name(const struct flow *flow)
{
	struct json_object *const places[] = {
		flow->userinfo, flow->claims != NULL ? claims_json(flow->claims) : NULL};
	const char *name = NULL;
	size_t i;

	for (i = 0; name == NULL && i < sizeof(places) / sizeof(places[0]); i++)
		if (places[i] != NULL && json_str_opt(places[i], "name", &name) != ERR_OK)
			name = NULL;
	return name;
}

/* Tells root's own program who somebody is: that admits nobody. */
static enum err
identify(struct session *s)
{
	enum err e = channel_identity(s->channel, s->setup->config->provider.issuer,
		s->flow->subject, find_name(s->flow));

	return e != ERR_OK ? e : ERR_IDENTIFIED;
}

enum err
session_run(struct session *s, struct diag *diag)
{
	enum err e = run_flow(s);

	*diag = s->flow->diag;
	if (e != ERR_OK)
		return e;
	if (s->flow->subject == NULL || s->flow->claims == NULL)
		return ERR_INTERNAL;
	if (channel_identifies(s->channel))
		return identify(s);
	e = identity_matches(s->setup->map,
		wire_text(&s->channel->request, WIRE_FIELD_USER),
		s->setup->config->provider.issuer, s->flow->subject);
	if (e == ERR_WRONG_SUBJECT)
		diag_set(diag, e,
			"the identity is verified, but the map does not give it this "
			"account");
	return e != ERR_OK ? e : check_required(s, diag);
}
