/*
 * itsme-helper: one login for one PAM module at the other end of the channel.
 *
 * The order below is the security argument: read as root, drop privilege, and only
 * then touch a key, the network, or anything that came from it.
 */
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "base/clock.h"
#include "helper/channel.h"
#include "helper/flows.h"
#include "helper/privilege.h"
#include "helper/session.h"
#include "helper/setup.h"
#include "helper/stepup.h"
#include "jose/crypto.h"
#include "jose/digest.h"

#define SUBJECT_DIGITS 12 /* of the subject's hash in the log */

struct login {
	struct channel channel;
	struct setup setup;
	struct stepup stepup;
	struct http *http;
	struct flows flows;
	struct flow *flow;
	char subject[SUBJECT_DIGITS + 1]; /* short hash, "" until verified */
};

/* An optional text of the configuration: NULL where it was not given. */
static const char *
given(const char *text)
{
	return text[0] != '\0' ? text : NULL;
}

static struct http_settings
http_settings(const struct setup *setup)
{
	const struct config *config = setup->config;

	return (struct http_settings){
		.ca_pem = setup->ca_pem.len > 0 ? buf_str(&setup->ca_pem) : NULL,
		.ca_len = setup->ca_pem.len,
		.proxy = given(config->provider.proxy),
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
		digest_sha256_hex_prefix(login->subject, SUBJECT_DIGITS, buf_str(&text),
			text.len) != ERR_OK)
		login->subject[0] = '\0';
}

/* Makes the `i`th flow, with what the phone shows; a push needs leave to ring it. */
static enum err
make_flow(struct login *login, struct session *session, size_t i)
{
	struct stepup *stepup = &login->stepup;
	bool rings = login->flows.kinds[i] == FLOWS_PUSH;
	const struct config *config = login->setup.config;
	enum err e = rings ? stepup_ring(stepup) : ERR_OK;

	flow_free(&login->flow);
	if (e != ERR_OK)
		return e;
	login->flows.approval_text =
		buf_str(rings ? &stepup->push_text : &stepup->qr_text);
	/* a phone that is shown no text has no number either */
	session->number =
		rings && given(config->provider.confirm_service) ? stepup->number : 0;
	session->asks =
		session->number != 0 && config->login.number_match == CONFIG_NUMBER_ASK;
	session->prompts.style =
		session->asks ? WIRE_STYLE_PROMPT
			      : wire_number(&login->channel.request, WIRE_FIELD_STYLE);
	e = flows_new(&login->flow, &login->flows, i);
	session->flow = login->flow;
	return e;
}

/* The flows in their order, until one has an answer that the next could not mend. */
static enum err
run_flows(struct login *login, struct session *session, struct diag *diag)
{
	enum err e = ERR_INTERNAL;
	size_t i;

	for (i = 0; i < login->flows.count; i++) {
		e = make_flow(login, session, i);
		if (e == ERR_OK) {
			e = session_run(session, diag);
			stepup_end(&login->stepup, e);
		}
		if (!flows_has_next(&login->flows, i, e))
			break;
		channel_log(&login->channel, LOG_NOTICE, "%s: %s; trying another flow",
			login->flow != NULL ? login->flow->name : "push", err_word(e));
	}
	return e;
}

/* Unprivileged: the network part of the login. */
static enum err
run(struct login *login, int64_t started, struct diag *diag)
{
	const struct config *config = login->setup.config;
	int64_t deadline = started + (int64_t)config->login.timeout * 1000;
	const struct http_settings settings = http_settings(&login->setup);
	struct session session = {
		.channel = &login->channel,
		.setup = &login->setup,
		.deadline = deadline,
	};
	enum err e;

	e = http_new(&login->http, &settings, diag);
	if (e == ERR_OK)
		e = stepup_prepare(&login->stepup);
	login->flows.no_push = login->stepup.no_push;
	if (e == ERR_OK)
		e = flows_choose(&login->flows, &login->setup, deadline, diag);
	if (e != ERR_OK)
		return e;
	session.http = login->http;
	e = run_flows(login, &session, diag);
	if (login->flow != NULL && login->flow->subject != NULL)
		note_subject(login);
	return e;
}

static enum err
log_in(struct login *login, struct diag *diag)
{
	int64_t started = clock_ms();
	enum err e;

	e = jose_init();
	if (e != ERR_OK)
		return e;
	e = setup_read(&login->setup, &login->channel.request, diag);
	login->channel.language = login->setup.language;
	if (login->setup.config != NULL)
		login->channel.debug = login->setup.config->debug;
	if (e == ERR_OK)
		e = stepup_open(
			&login->stepup, &login->setup, &login->channel.request, diag);
	if (e == ERR_OK && diag->text[0] != '\0')
		channel_log(&login->channel, LOG_WARNING, "no push: %s", diag->text);
	diag->text[0] = e == ERR_OK ? '\0' : diag->text[0];
	if (e == ERR_OK)
		e = privilege_drop(diag);
	if (e == ERR_OK && login->stepup.remembered)
		return diag_set(diag, ERR_OK, "a login of this caller still counts");
	if (e == ERR_OK)
		e = setup_keys(&login->setup, diag);
	return e != ERR_OK ? e : run(login, started, diag);
}

/* For the log: what has led to the verdict. */
static const char *
name_flow(const struct login *login)
{
	if (login->stepup.remembered)
		return "remembered";
	return login->flow != NULL ? login->flow->name : "";
}

int
main(void)
{
	static struct login login = {.stepup.limits = LIMITS_NONE};
	struct diag diag = {0};
	enum err e;

	if (channel_open(&login.channel, CHANNEL_FD) != ERR_OK) {
		fputs("itsme-helper is started by pam_itsme; there is no channel here.\n",
			stderr);
		return 2;
	}
	e = log_in(&login, &diag);
	if (e != ERR_GONE) {
		if (diag.text[0] != '\0')
			channel_log(&login.channel, e == ERR_OK ? LOG_INFO : LOG_ERR,
				"%s: %s", err_word(e), diag.text);
		login.channel.wait = login.stepup.wait;
		channel_verdict(&login.channel,
			e == ERR_OK ? VERDICT_AUTHENTICATED : err_verdict(e), e,
			name_flow(&login), login.subject);
	}
	flow_free(&login.flow);
	stepup_close(&login.stepup);
	http_free(&login.http);
	setup_free(&login.setup);
	return 0;
}
