/*
 * itsme-helper: one login for one PAM module at the other end of the channel.
 *
 * The order below is the security argument: read as root, drop privilege, and only
 * then touch a key, the network, or anything that came from it.
 */
#include <signal.h>
#include <stdio.h>
#include <syslog.h>

#include "base/clock.h"
#include "base/launch.h"
#include "base/privilege.h"
#include "base/wall.h"
#include "config/profile.h"
#include "helper/activation.h"
#include "helper/login.h"
#include "jose/crypto.h"

/* Also when it fails: the setup's language is the one to say so in. */
static enum err
read_setup(struct login *login, struct diag *diag)
{
	enum err e = setup_read(&login->setup, &login->channel.request, diag);

	login->channel.language = login->setup.language;
	login->channel.other_provider =
		login->setup.config != NULL && !profile_of(login->setup.config)->app;
	return e;
}

/* What the peer says of itself, against the configuration that it says it to. */
static enum err
admit(struct login *login, struct diag *diag)
{
	const struct wire_msg *request = &login->channel.request;
	enum err e =
		peer_may_ask_for(&login->peer, wire_text(request, WIRE_FIELD_USER), diag);

	if (e == ERR_OK)
		e = read_setup(login, diag);
	if (e == ERR_OK)
		e = peer_may_claim(&login->peer, wire_text(request, WIRE_FIELD_SERVICE),
			login->setup.config->socket.services, diag);
	return e;
}

/*
 * The last of what is done with any right. A key store's code is loaded before, with the
 * rights of the account; what it does at each signature needs walls of its own.
 */
static enum err
raise_walls(struct login *login, struct diag *diag)
{
	enum wall_program program =
		setup_has_store(&login->setup) ? WALL_HELPER_STORE : WALL_HELPER;
	const struct wall_children children = {
		{http_pid(login->http), login->pictures.program.pid}};
	enum err e = wall_raise(program, &children, &login->gaps, diag);

	if (e == ERR_OK && login->gaps.text[0] != '\0')
		channel_log(&login->channel, LOG_DEBUG,
			"walls that cannot be raised here: %s", login->gaps.text);
	return e;
}

/*
 * What speaks with the network, as early as it is known that somebody may ask: it takes
 * longer to begin than all that is read meanwhile. Later where they may be let in without
 * it.
 */
static enum err
start_fetch(struct login *login, bool is_needed, struct diag *diag)
{
	if (login->http != NULL || !is_needed)
		return ERR_OK;
	return http_new(&login->http, NULL, diag);
}

/*
 * The programs that the login may need, while they can be started and have rights to
 * drop: nothing that came from outside has been looked at, and no key has been parsed.
 * Who is let in already needs none.
 */
static enum err
start_programs(
	struct login *login, const struct privilege_account *account, struct diag *diag)
{
	bool is_needed = login->stepup.admission == ADMISSION_NONE;
	enum err e = start_fetch(login, is_needed, diag);

	if (e != ERR_OK || login->http == NULL)
		return e;
	e = http_become(login->http, account, diag);
	if (e != ERR_OK || !flows_may_have_picture(&login->setup, &login->channel.request,
				   login->stepup.unproven))
		return e;
	return qr_image_open(&login->pictures, NULL, account, diag);
}

static enum err
log_in(struct login *login, struct diag *diag)
{
	struct privilege_account account = {0};
	enum err e = admit(login, diag);

	if (login->setup.config != NULL)
		login->channel.debug = login->setup.config->debug;
	if (e == ERR_OK && wire_number(&login->channel.request, WIRE_FIELD_STYLE) ==
				   WIRE_STYLE_NOBODY)
		return ERR_NOT_INTERACTIVE; /* the account would be asked for */
	if (e == ERR_OK)
		wall_prepare(&login->gaps);
	if (e == ERR_OK)
		e = start_fetch(login, login->setup.config->login.remember == 0, diag);
	if (e == ERR_OK)
		e = jose_init();
	if (e == ERR_OK)
		e = stepup_open(&login->stepup, &login->setup, &login->peer,
			&login->channel.request, diag);
	if (e == ERR_OK && diag->text[0] != '\0')
		channel_log(&login->channel, LOG_WARNING,
			"no phone is rung and no code counted: %s", diag->text);
	diag->text[0] = e == ERR_OK ? '\0' : diag->text[0];
	if (e == ERR_OK)
		pass_open(&login->pass, &login->channel);
	if (e == ERR_OK)
		e = privilege_find(&account, diag);
	if (e == ERR_OK)
		e = start_programs(login, &account, diag);
	if (e == ERR_OK)
		e = privilege_become(&account, diag);
	/* a host may be killed while the helper alone is stopped */
	if (e == ERR_OK && !launched_follow(SIGCONT))
		e = diag_set(diag, ERR_PRIVILEGE, "cannot follow the host's end: %m");
	/* it looks at other processes, which the walls let nobody do */
	if (e == ERR_OK)
		e = together_begin(&login->together, &login->stepup, &login->channel,
			login_deadline(login));
	login->admission = login->stepup.admission;
	if (e == ERR_OK && login->admission == ADMISSION_REMEMBERED)
		return diag_set(diag, ERR_OK, "a login of this caller still counts");
	if (e == ERR_OK && !setup_has_store(&login->setup))
		e = raise_walls(login, diag);
	if (e == ERR_OK)
		e = setup_keys(&login->setup, diag);
	if (e == ERR_OK && setup_has_store(&login->setup))
		e = raise_walls(login, diag);
	return e != ERR_OK ? e : login_run(login, diag);
}

/* Who is there, and what they want: what is left of the request is what they may say. */
static enum err
meet(struct login *login, struct diag *diag)
{
	enum err met, e;

	login->started = clock_ms();
	met = peer_meet(&login->peer, CHANNEL_FD, diag);
	if (met == ERR_PROTOCOL)
		return met;
	if (login->peer.accepted) {
		openlog("itsme-helper", LOG_PID | LOG_NDELAY, LOG_AUTHPRIV);
		login->setup.credentials = activation_credentials();
	}
	/* one too many gets no time: its message is there already, or it is no module */
	e = channel_open(
		&login->channel, CHANNEL_FD, met == ERR_OK ? CHANNEL_REQUEST_MS : 0);
	if (met == ERR_OK && e == ERR_VERSION)
		e = channel_differs(&login->channel, diag);
	login->channel.own_log = login->peer.restricted;
	peer_tame(&login->peer, &login->channel.request, login->arguments);
	login->channel.language = language_choose(LANGUAGE_NONE, LANGUAGE_NONE,
		wire_text(&login->channel.request, WIRE_FIELD_LANGUAGE));
	return met != ERR_OK ? met : e;
}

int
main(void)
{
	static struct login login = {
		.stepup.limits = LIMITS_NONE,
		.pass = PASS_GATE_NONE,
		.pictures = QR_IMAGE_NONE,
	};
	struct diag diag = {0};
	enum err e;

	launched_arrive();
	e = meet(&login, &diag);
	if (e == ERR_PROTOCOL && !login.peer.accepted) {
		fputs("itsme-helper is started by pam_itsme; there is no channel here.\n",
			stderr);
		return 2;
	}
	if (e == ERR_OK)
		e = log_in(&login, &diag);
	login_conclude(&login, e, &diag);
	flow_free(&login.flow);
	qr_image_close(&login.pictures);
	flows_free(&login.flows);
	stepup_close(&login.stepup);
	pass_close(&login.pass);
	http_free(&login.http);
	setup_free(&login.setup);
	return 0;
}
