/* The event loop of a login. */
#include "helper/session.h"

#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/wall.h"
#include "config/profile.h"
#include "display/dialog.h"
#include "display/screen.h"
#include "helper/flows.h"
#include "identity/identity.h"
#include "identity/spent.h"
#include "language/catalogue.h"
#include "oidc/client.h"
#include "oidc/id_token.h"
#include "oidc/required.h"

#define SILENCE_MS 3000 /* or connect_timeout, where that is less */
#define SILENCE_AFTER_FAULT_MS 1500 /* of a question that MACHINE_LAST_MS leaves time */
#define SILENCE_LOOK_MS 100
#define LOGIN_LONGEST 600 /* seconds: no [login] timeout is longer */

/* The screen as it is now. */
static struct screen
screen_now(const struct session *s)
{
	const struct setup *setup = s->setup;
	int64_t left = s->deadline - clock_ms();

	return (struct screen){
		.style = s->prompts.style,
		.terminal = wire_number(&s->channel->request, WIRE_FIELD_TERMINAL),
		.qr = setup_qr(setup),
		.language = setup->language,
		.columns = s->columns,
		.rows = s->rows,
		.invert = setup_invert(setup),
		.left = left > 0 ? (unsigned)((left + 999) / 1000) : 0,
		.number = s->asks ? 0 : s->number,
		.asks = s->asks,
		.renewed = s->flow != NULL && s->flow->address_serial > 1,
		.wishes = s->wishes,
		.notice = s->notice,
	};
}

/*
 * A live screen is for people who look at it, on a terminal that can be drawn on. Each
 * flow has a style of its own; the terminal stays as another flow has left it.
 */
static void
begin_screen(struct session *s)
{
	const struct wire_msg *request = &s->channel->request;

	if (s->prompts.deadline == 0) {
		s->columns = wire_number(request, WIRE_FIELD_COLUMNS);
		s->rows = wire_number(request, WIRE_FIELD_ROWS);
	}
	prompts_begin(&s->prompts, s->asks ? PROMPTS_NUMBER_WANTED : PROMPTS_NO_NUMBER,
		s->deadline);
	if (s->prompts.style == WIRE_STYLE_LIVE &&
		(setup_qr(s->setup) == CONFIG_QR_OFF ||
			s->setup->config->display.live == CONFIG_LIVE_OFF))
		s->prompts.style = WIRE_STYLE_TEXT;
}

/* Whether there is an address that nobody has gone to yet. */
static bool
has_page(const struct session *s)
{
	return s->flow->address != NULL && !s->flow->acknowledged;
}

/* A code or an address, or the question for a number; not that a phone rings. */
static bool
has_to_be_read(const struct session *s)
{
	return s->asks || s->flow->address != NULL;
}

static struct screen_page
page_now(const struct session *s)
{
	return (struct screen_page){
		.app = profile_of(s->setup->config)->app,
		.address = s->flow->address,
		.short_address = s->flow->short_address,
		.user_code = s->flow->user_code,
	};
}

/* Shows the address, or what there is to say once it is spent. */
static enum err
show_page(struct session *s, enum prompts_what what)
{
	struct screen_drawing drawing = {.text = BUF_INIT(SCREEN_MAX)};
	const struct screen screen = screen_now(s);
	const struct screen_page page = page_now(s);
	enum err e;

	if (what == PROMPTS_SHOW_SCANNED)
		e = screen_scanned(&drawing, &screen);
	else if (has_page(s))
		e = screen_compose(&drawing, &screen, &page);
	else if (s->asks)
		e = screen_question(&drawing, &screen, page.app);
	else
		e = screen_pushed(&drawing, &screen, page.app);
	if (e == ERR_OK)
		progress_shown(&s->progress, s->flow, clock_ms());
	if (e == ERR_OK && what == PROMPTS_ASK && (s->asks || has_page(s)))
		e = channel_question(s->channel, buf_str(&drawing.text));
	else if (e == ERR_OK && what == PROMPTS_ASK)
		e = channel_prompt(s->channel, buf_str(&drawing.text));
	else if (e == ERR_OK && drawing.height > 0)
		e = channel_draw(s->channel, &drawing);
	else if (e == ERR_OK)
		e = channel_show(s->channel, buf_str(&drawing.text), has_to_be_read(s));
	prompts_shown(&s->prompts, drawing.height > 0, clock_ms());
	buf_free(&drawing.text);
	return e;
}

/* Shows the code in the greeter's own dialog, once and for all. */
static enum err
show_dialog(struct session *s)
{
	AUTO_BUF struct buf json = BUF_INIT(SCREEN_MAX);
	const struct screen screen = screen_now(s);
	const struct screen_page page = page_now(s);
	enum err e = dialog_compose(&json, &screen, &page);

	if (e != ERR_OK)
		return e;
	progress_shown(&s->progress, s->flow, clock_ms());
	return channel_dialog(s->channel, buf_str(&json));
}

/* Says how much time is left. */
static enum err
show_time(struct session *s, bool in_place)
{
	AUTO_BUF struct buf text = BUF_INIT(SCREEN_MAX);
	const struct screen screen = screen_now(s);
	enum err e;

	e = in_place ? screen_status(&text, &screen) : screen_reminder(&text, &screen);
	if (e != ERR_OK)
		return e;
	return in_place ? channel_status(s->channel, buf_str(&text))
			: channel_show(s->channel, buf_str(&text), false);
}

/* Shows whatever the rules want shown now. */
static enum err
update_screen(struct session *s)
{
	enum prompts_what what = prompts_next(&s->prompts, s->flow, clock_ms());

	switch (what) {
	case PROMPTS_SHOW:
	case PROMPTS_SHOW_SCANNED:
	case PROMPTS_ASK:
		return show_page(s, what);
	case PROMPTS_STATUS:
	case PROMPTS_REMIND:
		return show_time(s, what == PROMPTS_STATUS);
	case PROMPTS_DIALOG:
		return show_dialog(s);
	case PROMPTS_STALE:
		return ERR_EXPIRED;
	case PROMPTS_SPENT:
		return ERR_TIMEOUT;
	case PROMPTS_NOTHING:
		break;
	}
	return ERR_OK;
}

/* What is wished for at a prompt with a code, by the word that is typed. */
static const struct wish {
	enum typed word;
	enum screen_wish wish;
	bool stays; /* the same word again does not take it back */
} wishes[] = {
	{TYPED_LINK, SCREEN_WISH_ADDRESS, true},
	{TYPED_ASCII, SCREEN_WISH_ASCII, false},
	{TYPED_INVERTED, SCREEN_WISH_INVERTED, false},
};

/* NULL: it is none, or none that anything could be done for now. */
static const struct wish *
find_wish(const struct session *s, enum typed kind)
{
	size_t i;

	for (i = 0; has_page(s) && i < sizeof(wishes) / sizeof(wishes[0]); i++)
		if (wishes[i].word == kind)
			return &wishes[i];
	return NULL;
}

/* The prompt is shown again as it was wished: the same code, with no word to anybody. */
static void
take_wish(struct session *s, const struct wish *wish)
{
	if (wish->stays)
		s->wishes |= (unsigned)wish->wish;
	else
		s->wishes ^= (unsigned)wish->wish;
	s->wished = wish->word;
	s->prompts.again = true;
}

/*
 * The number that was typed, against the one on the phone; nothing: ask again. So does
 * whatever else is typed by habit beside a code, which may not have been scanned yet.
 */
static enum err
take_number(struct session *s, enum typed kind, const char *typed)
{
	char right[TYPED_SIZE];

	snprintf(right, sizeof(right), "%u", s->number);
	if (kind == TYPED_NOTHING || (kind != TYPED_NUMBER && s->flow->address != NULL))
		return ERR_OK;
	if (strcmp(typed, right) != 0)
		return ERR_WRONG_NUMBER;
	s->prompts.number = PROMPTS_NUMBER_GIVEN;
	return ERR_OK;
}

static enum err
take_typed(struct session *s, const char *answer)
{
	char typed[TYPED_SIZE];
	enum typed kind = typed_read(typed, answer);
	const struct wish *wish = find_wish(s, kind);
	enum err e;

	/* a program has the same answer to everything */
	if (wish != NULL && wish->word != s->wished)
		s->prompts.instant = s->prompts.hasty = 0;
	e = prompts_answered(&s->prompts, has_to_be_read(s), clock_ms());
	if (e == ERR_OK && wish != NULL)
		take_wish(s, wish);
	else if (e == ERR_OK && s->asks)
		e = take_number(s, kind, typed);
	explicit_bzero(typed, sizeof(typed));
	return e;
}

static void
take_size(struct session *s, const struct channel_input *input)
{
	s->columns = input->columns;
	s->rows = input->rows;
	prompts_redraw(&s->prompts);
}

/* "Done" in a dialog: the code there is dimmed now, and nothing moves until the phone has
   answered. */
static enum err
say_waiting(struct session *s)
{
	return s->flow->acknowledged ? ERR_OK
				     : channel_show(s->channel,
					       catalogue_text(s->setup->language,
						       N_("Waiting for your phone ...")),
					       false);
}

/* Input on the channel: Enter, an answer, another size of the terminal, or the end. */
static enum err
take_input(struct session *s)
{
	struct channel_input input;
	enum err e = channel_take(s->channel, &input);

	if (e == ERR_OK && input.resized) {
		take_size(s, &input);
		return ERR_OK;
	}
	if (e == ERR_OK && s->prompts.style == WIRE_STYLE_GDM)
		e = say_waiting(s);
	else if (e == ERR_OK)
		e = take_typed(s, input.typed);
	explicit_bzero(&input, sizeof(input));
	return e;
}

/* The phone may have been faster than the fingers. */
static enum err
await_number(struct session *s)
{
	enum err e = ERR_OK;

	while (e == ERR_OK && s->prompts.number == PROMPTS_NUMBER_WANTED) {
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
		int64_t due = prompts_due(&s->prompts);

		if (e != ERR_OK)
			return e;
		switch (http_wait(s->http, s->channel->fd, due < until ? due : until)) {
		case HTTP_INPUT:
			e = take_input(s);
			if (e != ERR_OK)
				return e;
			break;
		case HTTP_ANSWER:
			*ret_answer = true;
			return ERR_OK;
		case HTTP_TIME:
			if (clock_ms() < until)
				break; /* something is to be shown */
			*ret_answer = false;
			return ERR_OK;
		}
	}
}

/*
 * How long (ms) a question must be out to say of the provider that it is silent: more
 * than a moment, and more than it has taken before (a poll may be held until something
 * happens, CIBA Core section 10.1.1). One that follows a fault has less to prove.
 */
static int64_t
silence_of(const struct session *s)
{
	int64_t moment = (int64_t)s->setup->config->provider.connect_timeout * 1000;

	if (s->flow->trouble != ERR_OK)
		return SILENCE_AFTER_FAULT_MS;
	if (moment > SILENCE_MS)
		moment = SILENCE_MS;
	return moment > 2 * s->slowest ? moment : 2 * s->slowest;
}

/* Time is up. What a provider is to blame for is not held against it if we did not run.
 */
static enum err
out_of_time(const struct session *s)
{
	return s->flow->trouble != ERR_OK ? ERR_STOPPED : ERR_TIMEOUT;
}

/* The login's end has come, and the question is still out: whose fault that is. */
static enum err
judge_silence(const struct session *s)
{
	int silence = http_silence(s->http);

	if (silence < silence_of(s))
		return clock_ms() >= s->deadline ? out_of_time(s) : ERR_OK;
	if (s->flow->trouble != ERR_OK)
		return s->flow->trouble;
	return diag_set(&s->flow->diag, ERR_HTTP_TIMEOUT,
		"%s: no answer for %d seconds, at the end of the login", s->flow->step,
		silence / 1000);
}

/* Waits for the answer, to the deadline, or from the end before it on to a silence. */
static enum err
await_answer(struct session *s)
{
	bool answered = false;
	enum err e;

	do {
		int64_t until = clock_ms() + SILENCE_LOOK_MS;

		if (until < s->end)
			until = s->end;
		if (until > s->deadline)
			until = s->deadline;
		e = wait_for(s, until, &answered);
		if (e == ERR_OK && !answered)
			e = judge_silence(s);
	} while (e == ERR_OK && !answered);
	return e;
}

/* Sends the request and waits for its answer. No phone rings by one that never left. */
static enum err
transmit(struct session *s, const struct http_request *request, int64_t live_before)
{
	const struct http_answer *none;
	enum err e = http_start(s->http, request, s->deadline);

	if (e != ERR_OK) {
		s->flow->live_until = live_before;
		/* which says why, instead of what the last answer was */
		return e == ERR_FETCH ? http_answer(s->http, &none, &s->flow->diag) : e;
	}
	e = await_answer(s);
	if (!http_was_sent(s->http))
		s->flow->live_until = live_before;
	return e;
}

/* Sends the request that is due and hands its answer to the flow. */
static enum err
exchange(struct session *s)
{
	const struct http_answer *answer = NULL;
	const char *step = s->flow->step;
	int64_t sent = clock_ms(), live = s->flow->live_until;
	struct http_request request;
	enum err e;

	if (flow_ask(s->flow, clock_unix(), &request) != ERR_OK)
		return ERR_OK; /* the flow has finished with it */
	e = transmit(s, &request, live);
	if (e != ERR_OK)
		return e;
	s->flow->diag.text[0] = '\0';
	e = http_answer(s->http, &answer, &s->flow->diag);
	if (e == ERR_TIMEOUT) {
		e = judge_silence(s);
		return e != ERR_OK ? e : out_of_time(s);
	}
	/* the millisecond that has begun counts whole, so that no poll is early */
	flow_take(s->flow, clock_ms() + 1, clock_unix(), e, answer);
	if (s->flow->trouble == ERR_OK && clock_ms() - sent > s->slowest)
		s->slowest = clock_ms() - sent;
	if (s->flow->live_until != 0 && s->flow->live_until != live)
		stepup_rings(s->stepup, s->flow);
	if (s->flow->address == NULL && s->flow->address_serial != 0)
		progress_shown(
			&s->progress, s->flow, clock_ms()); /* it rings unseen, too */
	progress_look(&s->progress, s->flow, clock_ms());
	channel_log(s->channel, LOG_DEBUG, "step=%s status=%d time=%lldms %s %s", step,
		answer != NULL ? answer->status : 0, (long long)(clock_ms() - sent),
		err_word(e), s->flow->diag.text);
	return ERR_OK;
}

/* Before the first wait of many seconds, in which hundreds of others may wait as well. */
static void
settle(struct session *s)
{
	struct wall_gaps gaps = {0};

	if (s->settled || s->flow->due <= clock_ms())
		return;
	s->settled = true;
	wall_settle(&gaps);
	if (gaps.text[0] != '\0')
		channel_log(s->channel, LOG_DEBUG, "not possible here: %s", gaps.text);
}

/* Waits until the next question is due, with everything on the screen. */
static enum err
await_due(struct session *s)
{
	bool answered;
	int64_t due = s->flow->due;
	enum err e = update_screen(s);

	if (e != ERR_OK)
		return e;
	settle(s);
	e = wait_for(s, due < s->deadline ? due : s->deadline, &answered);
	return e == ERR_OK && clock_ms() >= s->deadline ? out_of_time(s) : e;
}

static enum err
run_flow(struct session *s)
{
	s->end = client_end(s->deadline, s->setup->config->login.timeout);
	s->slowest = 0;
	while (!s->flow->finished) {
		enum err e = await_due(s);

		if (e == ERR_OK)
			e = exchange(s);
		if (e != ERR_OK)
			return e;
	}
	if (s->flow->result != ERR_OK)
		return s->flow->result;
	progress_confirmed(&s->progress, s->flow, clock_ms());
	return await_number(s);
}

/*
 * A token that has counted on this machine counts no more, for whichever account and
 * whatever comes of this login.
 */
static enum err
spend_token(const struct session *s, bool *ret_spent, struct diag *diag)
{
	const struct claims *claims = s->flow->claims;

	*ret_spent = config_given(s->setup->config->provider.provider_keys) == NULL;
	if (*ret_spent)
		return ERR_OK; /* without pinned keys none is kept */
	return spent_take(ret_spent, s->setup->tokens, claims_digest(claims),
		id_token_life(claims, clock_unix(), LOGIN_LONGEST), clock_boot(), diag);
}

/* Whether the provider vouches for all that the configuration wants. */
static enum err
check_required(const struct session *s, bool *ret_met, struct diag *diag)
{
	const struct config *config = s->setup->config;
	const struct required required = {
		.claims = config->login.required_claims,
		.prefix = profile_of(config)->claims,
		.max_age = config->login.max_age,
	};
	enum err e = required_check(ret_met, &required, claims_json(s->flow->claims),
		s->flow->userinfo, clock_unix(), diag);
	struct diag why = *diag;

	if (e != ERR_CLAIM_REQUIRED || !s->flow->userinfo_unproven)
		return e;
	return diag_set(diag, e,
		"%.160s in the ID Token; unsigned UserInfo counts for nothing beside "
		"provider_keys",
		why.text);
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

/* In a dialog nothing else tells that the phone's answer has come. */
static enum err
say_confirmed(struct session *s)
{
	return s->prompts.style != WIRE_STYLE_GDM
		       ? ERR_OK
		       : channel_show(s->channel,
				 catalogue_text(s->setup->language,
					 N_("Approved. The session starts.")),
				 false);
}

bool
session_is_blind(const struct session *s)
{
	enum wire_style style = wire_number(&s->channel->request, WIRE_FIELD_STYLE);

	return (style == WIRE_STYLE_PLAIN || style == WIRE_STYLE_FORM ||
		       style == WIRE_STYLE_GREETER) &&
	       s->flow->needs_picture;
}

/* A login that needs a code where none can be shown. */
static enum err
refuse_blind(const struct session *s, struct diag *diag)
{
	const struct wire_msg *request = &s->channel->request;
	char service[64];

	diag->text[0] = '\0';
	flows_explain_silence(s->stepup->no_push, request, diag);
	if (diag->text[0] != '\0')
		return ERR_NO_PICTURE;
	return diag_set(diag, ERR_NO_PICTURE,
		"service %s cannot show a QR code; see style= in the manual",
		text_log(service, sizeof(service),
			wire_text(request, WIRE_FIELD_SERVICE)));
}

enum err
session_run(struct session *s, struct diag *diag)
{
	bool met = false, spent = false;
	enum err e;

	if (session_is_blind(s))
		return refuse_blind(s, diag);
	begin_screen(s);
	e = run_flow(s);
	*diag = s->flow->diag;
	if (e != ERR_OK)
		return e;
	if (s->flow->subject == NULL || s->flow->claims == NULL)
		return ERR_INTERNAL;
	if (s->asks && s->prompts.number != PROMPTS_NUMBER_GIVEN)
		return ERR_INTERNAL; /* await_number() has seen to it */
	if (s->prompts.style == WIRE_STYLE_GDM && s->prompts.shown == 0)
		return ERR_INTERNAL; /* what was approved is not what stood there */
	e = spend_token(s, &spent, diag);
	if (e != ERR_OK || !spent)
		return e != ERR_OK ? e : ERR_INTERNAL;
	if (channel_identifies(&s->channel->request))
		return identify(s);
	if (!identity_matches(s->setup->map,
		    wire_text(&s->channel->request, WIRE_FIELD_USER),
		    s->setup->config->provider.issuer, s->flow->subject))
		return diag_set(diag, ERR_WRONG_SUBJECT,
			"the identity is verified, but the map does not give it this "
			"account");
	e = check_required(s, &met, diag);
	if (e == ERR_OK && met)
		e = say_confirmed(s);
	if (e == ERR_OK && met)
		s->admission = ADMISSION_VERIFIED;
	return e;
}
