/*
 * The part of a login that needs no privilege: its flows, one after the other, and its
 * end.
 */
#include "helper/login.h"

#include <string.h>
#include <syslog.h>

#include "audit/audit.h"
#include "base/clock.h"
#include "config/profile.h"
#include "helper/outage.h"
#include "helper/ready.h"
#include "helper/session.h"
#include "jose/digest.h"

#define GREETER_WAITS_MS (12 * 3600 * 1000) /* with nobody before it, for one helper */

static struct http_settings
http_settings(const struct setup *setup)
{
	const struct config *config = setup->config;

	return (struct http_settings){
		.ca_pem = setup->ca_pem.len > 0 ? buf_str(&setup->ca_pem) : NULL,
		.ca_len = setup->ca_pem.len,
		.proxy = config_given(config->provider.proxy),
		.certificate_pem = setup->certificate_pem.len > 0
					   ? buf_str(&setup->certificate_pem)
					   : NULL,
		.certificate_name = config->client.certificate,
		.key_pem = setup->certificate_key_pem.len > 0
				   ? buf_str(&setup->certificate_key_pem)
				   : NULL,
		.key_name = config->client.certificate_key,
		.connect_timeout = (int)config->provider.connect_timeout,
		.request_timeout = (int)config->provider.request_timeout,
	};
}

/* For the log: enough of the identity to tell two apart, too little to know one. */
static void
note_subject(struct login *login)
{
	AUTO_BUF struct buf text = BUF_INIT(4096);

	buf_addf(&text, "%s\n%s", login->setup.config->provider.issuer,
		login->flow->subject);
	if (buf_err(&text) != ERR_OK ||
		digest_sha256_hex_prefix(login->subject, LOGIN_SUBJECT_DIGITS,
			buf_str(&text), text.len) != ERR_OK)
		login->subject[0] = '\0';
}

/* Whether the phone shows what we send along; for a device code nothing is sent. */
static bool
shows_text(const struct config *config, bool rings)
{
	return profile_of(config)->services
		       ? config_given(config->provider.confirm_service) != NULL
		       : rings;
}

/* Leave to begin the flow that was made; one that shows nothing begins nothing. */
static enum err
start_flow(struct login *login, const struct session *session, bool rings)
{
	struct stepup *stepup = &login->stepup;
	enum err e = session_is_blind(session)
			     ? ERR_OK
			     : stepup_start(stepup, rings, session->deadline);

	if (e != ERR_OK)
		flow_free(&login->flow);
	else if (!rings && stepup->uncounted != ERR_OK)
		channel_log(&login->channel, LOG_WARNING, "this code is not counted: %s",
			err_word(stepup->uncounted));
	return e;
}

/*
 * How the screen is shown. What sshd is given as text lies there unseen until something
 * is asked: there it rides on a prompt, whatever style= says.
 */
static enum wire_style
style_of_screen(const struct login *login, enum wire_style style, bool rings)
{
	const struct wire_msg *request = &login->channel.request;

	if (style == WIRE_STYLE_UNATTENDED)
		return style;
	if (strcmp(wire_text(request, WIRE_FIELD_TTY), "ssh") == 0)
		return WIRE_STYLE_PROMPT;
	if (style == WIRE_STYLE_GREETER && rings)
		return style; /* greet() has said it all */
	return style == WIRE_STYLE_FORM || style == WIRE_STYLE_GREETER ? WIRE_STYLE_PLAIN
								       : style;
}

/* What both screens show. Where this one shows nothing there is no number to compare. */
static void
set_texts(struct login *login, struct session *session, bool rings)
{
	const struct stepup *stepup = &login->stepup;
	enum wire_style style = wire_number(&login->channel.request, WIRE_FIELD_STYLE);
	bool numbered = style != WIRE_STYLE_UNATTENDED;

	login->flows.approval_text = buf_str(&stepup->text);
	login->flows.binding_message = numbered ? stepup->number_text : NULL;
	/* a phone that is shown no text has no number either */
	session->number =
		numbered && shows_text(login->setup.config, rings) ? stepup->number : 0;
	session->asks = session->number != 0 && stepup->asks;
	session->prompts.style =
		session->asks ? WIRE_STYLE_PROMPT : style_of_screen(login, style, rings);
}

/*
 * Whether somebody is there for a phone that rings: not before it is known that they will
 * see the number, or can be asked for it. Who has left it to the phone was there.
 */
static enum err
find_person(struct login *login, struct session *session)
{
	const struct wire_msg *request = &login->channel.request;
	enum wire_style style = wire_number(request, WIRE_FIELD_STYLE);
	bool far = strcmp(wire_text(request, WIRE_FIELD_TTY), "ssh") == 0;

	if (!session->asks || login->pass.was_read ||
		(!far && style != WIRE_STYLE_PROMPT))
		return ERR_OK;
	return ready_ask(session);
}

/* Makes the `i`th flow, with what the phone shows. */
static enum err
make_flow(struct login *login, struct session *session, size_t i)
{
	bool rings = flows_rings(&login->flows, i);
	enum err e = ERR_OK;

	flow_free(&login->flow);
	set_texts(login, session, rings);
	if (rings)
		e = find_person(login, session);
	if (e == ERR_OK)
		e = flows_new(&login->flow, &login->flows, i);
	session->flow = login->flow;
	return e != ERR_OK ? e : start_flow(login, session, rings);
}

/*
 * Whether the next flow is tried: also where a phone may not be rung because that could
 * not be noted down, as the code rings nobody.
 */
static bool
goes_on(const struct login *login, size_t i, enum err e)
{
	bool unnoted = login->flow == NULL && e != ERR_OK && login->stepup.uncounted == e;
	bool begun = login->flow != NULL && login->flow->address_serial != 0;

	return flows_has_next(&login->flows, i, e, begun) ||
	       (unnoted && i + 1 < login->flows.count);
}

/*
 * The flows in their order, until one has an answer that the next could not mend. That a
 * code cannot be shown is the service's nature only where nothing else kept a phone
 * quiet.
 */
static enum err
run_flows(struct login *login, struct session *session, struct diag *diag)
{
	enum err e = ERR_INTERNAL, before = login->flows.withheld;
	size_t i;

	for (i = 0; i < login->flows.count; i++) {
		e = make_flow(login, session, i);
		if (e == ERR_OK) {
			e = session_run(session, diag);
			stepup_end(&login->stepup, login->flow, session->admission, e);
		}
		if (!goes_on(login, i, e))
			break;
		channel_log(&login->channel, LOG_NOTICE, "%s: %s; trying another flow",
			login->flow != NULL ? login->flow->name : "push", err_word(e));
		session->notice = e == ERR_PUSH_PENDING ? SCREEN_NOTICE_OTHER_REQUEST
							: SCREEN_NOTICE_NONE;
		before = e;
	}
	return e == ERR_NO_PICTURE && before != ERR_OK ? before : e;
}

static bool
is_greeters(const struct login *login)
{
	return wire_number(&login->channel.request, WIRE_FIELD_STYLE) ==
	       WIRE_STYLE_GREETER;
}

/* Gives a login its whole time from now on. */
static void
begin_anew(struct login *login, struct session *session)
{
	login->started = clock_ms();
	session->deadline = login_deadline(login);
	login->pictures.end = session->deadline;
	flows_begin(&login->flows, session->deadline);
}

/*
 * A login screen begins PAM as soon as it stands there, or a name was picked, so nobody
 * is known to be there before a key was pressed. Who comes when this login knows too
 * little of the present is asked once more, by another one.
 */
static enum err
greet(struct login *login, struct session *session)
{
	int64_t until;
	enum err e;

	if (!is_greeters(login) || !flows_rings(&login->flows, 0))
		return ERR_OK;
	begin_anew(login, session);
	/* a socket's places are few, and its callers may be anybody */
	until = login->peer.accepted ? session->deadline : clock_ms() + GREETER_WAITS_MS;
	set_texts(login, session, true);
	e = ready_greet(session, profile_of(login->setup.config)->app, until);
	if (e == ERR_OK && !setup_is_fresh(&login->setup))
		e = ERR_OUTDATED;
	if (e != ERR_OK)
		return e;
	begin_anew(login, session);
	return stepup_write_text(&login->stepup); /* it says when */
}

/* The pass that may stand for a phone. */
static enum err
ask_for_pass(struct login *login, int64_t deadline, struct diag *diag)
{
	enum err e = pass_ask(
		&login->admission, &login->pass, &login->channel, deadline, diag);

	return e == ERR_TIMEOUT && is_greeters(login) ? ERR_OUTDATED : e;
}

int64_t
login_deadline(const struct login *login)
{
	return login->started + (int64_t)login->setup.config->login.timeout * 1000;
}

/* Who would be shown nothing gets the end that accounts without an identity have. */
static enum err
look_for_outage(struct login *login, struct session *session, struct diag *diag)
{
	enum err e = flows_hidden(
		&login->setup, &login->channel.request, login->stepup.unproven);

	return e != ERR_OK ? e : outage_look(session, diag);
}

enum err
login_run(struct login *login, struct diag *diag)
{
	int64_t deadline = login_deadline(login);
	const struct http_settings settings = http_settings(&login->setup);
	struct session session = {
		.channel = &login->channel,
		.progress = {.channel = &login->channel, .factor = login->stepup.factor},
		.setup = &login->setup,
		.stepup = &login->stepup,
		.deadline = deadline,
	};
	enum err e;

	e = http_settle(login->http, &settings, diag);
	buf_free(&login->setup.certificate_key_pem);
	session.http = login->http;
	if (e == ERR_OK && wire_number(&login->channel.request, WIRE_FIELD_STYLE) ==
				   WIRE_STYLE_PASSWORD)
		return look_for_outage(login, &session, diag);
	if (e == ERR_OK)
		e = stepup_prepare(&login->stepup);
	login->pictures.end = login_deadline(login);
	login->flows.pictures = &login->pictures;
	login->flows.no_push = login->stepup.no_push;
	login->flows.unproven = login->stepup.unproven;
	if (e == ERR_OK)
		e = flows_choose(&login->flows, &login->setup, &login->channel.request,
			deadline, diag);
	if (e == ERR_OK)
		e = ask_for_pass(login, deadline, diag);
	if (e != ERR_OK || login->admission == ADMISSION_PASS)
		return e;
	e = greet(login, &session);
	if (e != ERR_OK)
		return e;
	e = run_flows(login, &session, diag);
	login->admission = session.admission;
	if (login->flow != NULL && login->flow->subject != NULL)
		note_subject(login);
	return e;
}

/* For the log: what has led to the verdict. */
static const char *
name_flow(const struct login *login)
{
	if (login->admission == ADMISSION_REMEMBERED)
		return "remembered";
	if (login->admission == ADMISSION_PASS)
		return "pass";
	return login->flow != NULL ? login->flow->name : "";
}

/*
 * The one line of an attempt through the service: the module's own is a line of the
 * person's. Who asked is the kernel's word; of what they said, the service remains.
 */
static void
note_attempt(const struct login *login, enum verdict verdict, enum err reason)
{
	const struct wire_msg *request = &login->channel.request;
	const struct audit audit = {
		.outcome = verdict,
		.reason = err_word(reason),
		.user = wire_text(request, WIRE_FIELD_USER),
		.service = wire_text(request, WIRE_FIELD_SERVICE),
		.rhost = wire_text(request, WIRE_FIELD_RHOST),
		.tty = wire_text(request, WIRE_FIELD_TTY),
		.flow = name_flow(login),
		.subject = login->subject,
		.elapsed = clock_ms() - login->started,
	};
	char line[AUDIT_LINE_MAX];

	audit_line(line, sizeof(line), &audit);
	syslog(verdict == VERDICT_AUTHENTICATED ? LOG_INFO : LOG_NOTICE,
		"%s peer_uid=%u peer_pid=%d claimed=%s", line, (unsigned)login->peer.uid,
		(int)login->peer.pid, login->peer.restricted ? "service" : "-");
}

/* The absence of an error admits nobody; neither does an admission beside an error. */
static enum verdict
judge(const struct login *login, enum err *e)
{
	bool admitted = login->admission == ADMISSION_VERIFIED ||
			login->admission == ADMISSION_REMEMBERED ||
			login->admission == ADMISSION_PASS;

	if (*e == ERR_OK && admitted)
		return VERDICT_AUTHENTICATED;
	*e = *e == ERR_OK ? ERR_INTERNAL : *e;
	return err_verdict(*e);
}

/* How loud the line about `e` is; nobody is told more of what a person has chosen. */
static int
priority_of(enum err e, enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_AUTHENTICATED:
	case VERDICT_IGNORED:
		return LOG_INFO;
	case VERDICT_DENIED:
	case VERDICT_EXPIRED:
		return err_cause(e) == CAUSE_PERSON ? LOG_DEBUG : LOG_NOTICE;
	case VERDICT_LIMITED:
	case VERDICT_NOT_GOOD_ENOUGH:
	case VERDICT_WRONG_ACCOUNT:
		return LOG_NOTICE;
	case VERDICT_UNAVAILABLE:
	case VERDICT_UNREADABLE_QR:
		return LOG_WARNING;
	default:
		return LOG_ERR;
	}
}

/* Seconds until it may be better: by our own count, or by the provider's. */
static unsigned
wait_of(const struct login *login, enum err e)
{
	return e == ERR_HTTP_TOO_MANY && login->flow != NULL ? login->flow->wait
							     : login->stepup.wait;
}

void
login_conclude(struct login *login, enum err e, const struct diag *diag)
{
	enum verdict verdict = judge(login, &e);

	together_end(&login->together, &login->stepup, e);
	if (e != ERR_GONE && diag->text[0] != '\0')
		channel_log(&login->channel, priority_of(e, verdict), "%s: %s",
			err_word(e), diag->text);
	if (login->peer.accepted)
		note_attempt(login, verdict, e);
	login->channel.wait = wait_of(login, e);
	if (e == ERR_UNPROVEN) /* the map's language would tell who is in it */
		login->channel.language = login->setup.strangers;
	login->channel.after_refusal = login->stepup.limits.is_refused;
	if (e != ERR_GONE)
		channel_verdict(&login->channel, verdict, e, name_flow(login),
			login->peer.restricted ? "" : login->subject);
}
