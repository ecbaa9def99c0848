/* The rules of ringing somebody's phone, put to one login. */
#define _GNU_SOURCE /* HOST_NAME_MAX */
#include "helper/stepup.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "helper/channel.h"
#include "identity/account.h"
#include "itsme/approval.h"
#include "jose/random.h"

#define RULES_MAX (256 * 1024) /* all identities of one account fit */

/*
 * Methods that sshd lets pass only after it has verified something itself. Not among
 * them: keyboard-interactive, which is PAM, and may have been nothing but a question.
 */
static const char *const factors[] = {
	"publickey", "password", "hostbased", "gssapi-with-mic"};

/* The first method of sshd's list that is a factor, "" where none is. */
static bool
has_ssh_factor(const char *list)
{
	size_t i, len;

	for (; *list != '\0'; list += strcspn(list, "\n"), list += *list == '\n') {
		len = strcspn(list, " \n");
		for (i = 0; i < sizeof(factors) / sizeof(factors[0]); i++)
			if (len == strlen(factors[i]) &&
				memcmp(list, factors[i], len) == 0)
				return true;
	}
	return false;
}

/* What somebody has proven before they came here, by a word that is not their own. */
static bool
has_factor(const struct setup *setup, const struct wire_msg *request)
{
	return setup->config->first_factor ||
	       has_ssh_factor(wire_text(request, WIRE_FIELD_FACTOR));
}

/*
 * Who may have the phone rung. A password that is lying in PAM_AUTHTOK proves nothing:
 * it may be a wrong one, in a stack that goes on to the end. What counts is what sshd
 * has verified, a caller who is the account already, or the administrator's word. Where
 * nothing is shown (UNATTENDED) nothing else stands between a name and the phone, so that
 * it rings for a first factor only, whatever push_requires says.
 */
static enum err
may_ring(const struct setup *setup, const struct wire_msg *request)
{
	uint32_t ruid = wire_number(request, WIRE_FIELD_RUID);
	struct account account = {.uid = (uid_t)-1}; /* nobody's */
	enum err e;

	if (has_factor(setup, request))
		return ERR_OK;
	if (wire_number(request, WIRE_FIELD_STYLE) == WIRE_STYLE_UNATTENDED)
		return ERR_UNPROVEN;
	if (setup->config->login.push_requires == CONFIG_PUSH_NONE)
		return ERR_OK;
	e = account_find(&account, wire_text(request, WIRE_FIELD_USER));
	if (e != ERR_OK)
		return e;
	return ruid != 0 && ruid == account.uid ? ERR_OK : ERR_UNPROVEN;
}

/* Who may enter and how, as a text that is another one when any of it changes. */
static void
write_rules(struct buf *out, const struct setup *setup)
{
	size_t i;

	for (i = 0; i < setup->map->count; i++)
		buf_addf(out, "%s %s\n", setup->map->pairs[i].issuer,
			setup->map->pairs[i].sub);
	buf_addf(out, "%s\n%s\n%u\n", setup->config->login.required_acr,
		setup->config->login.required_claims, setup->config->login.max_age);
}

/*
 * The caller's key. Where the host runs is asked of the kernel: what the peer says of
 * its terminal, or of who called it, is not looked at.
 */
static enum err
make_key(struct remember_key *ret, const struct stepup *s)
{
	AUTO_BUF struct buf rules = BUF_INIT(RULES_MAX);
	const struct wire_msg *request = s->request;
	struct remember_caller caller = {
		.user = wire_text(request, WIRE_FIELD_USER),
		.service = wire_text(request, WIRE_FIELD_SERVICE),
		.rhost = wire_text(request, WIRE_FIELD_RHOST),
		.tty = wire_text(request, WIRE_FIELD_TTY),
		.factor = wire_text(request, WIRE_FIELD_FACTOR),
	};
	struct remember_place place;
	struct account account = {.uid = (uid_t)-1}; /* nobody's */
	enum err e = account_find(&account, caller.user);

	if (e != ERR_OK)
		return e;
	caller.uid = account.uid;
	if (remember_look(&place, s->peer->pid))
		caller.place = &place;
	write_rules(&rules, s->setup);
	caller.rules = buf_str(&rules);
	e = buf_err(&rules);
	return e != ERR_OK ? e : remember_key(ret, &caller);
}

/* Whether a verified login of the same caller still counts. */
static enum err
look_back(struct stepup *s)
{
	unsigned seconds = s->setup->config->login.remember;
	bool counts = false;
	enum err e;

	/* through the service's socket anybody may come, with words that are claims */
	if (seconds == 0 || s->limits.account < 0 || s->peer->accepted ||
		s->peer->restricted)
		return ERR_OK;
	e = make_key(&s->key, s);
	if (e == ERR_OK)
		e = remember_has(
			&counts, s->limits.account, &s->key, seconds, clock_boot());
	if (e == ERR_OK && counts)
		s->admission = ADMISSION_REMEMBERED;
	return e;
}

/* Whether this login may come to ring a phone. */
static bool
may_come_to_push(const struct config *config)
{
	switch (config->login.flow) {
	case CONFIG_FLOW_PUSH:
	case CONFIG_FLOW_CIBA:
		return true;
	case CONFIG_FLOW_AUTO:
		return config->provider.profile != CONFIG_PROFILE_ITSME ||
		       config->provider.confirm_service[0] != '\0';
	case CONFIG_FLOW_QR:
	case CONFIG_FLOW_DEVICE:
		break;
	}
	return false;
}

enum err
stepup_open(struct stepup *ret, const struct setup *setup, const struct peer *peer,
	const struct wire_msg *request, struct diag *diag)
{
	const struct config *config = setup->config;
	enum err e;

	*ret = (struct stepup){
		.setup = setup,
		.peer = peer,
		.request = request,
		.limits = LIMITS_NONE,
		.push_text = BUF_INIT(APPROVAL_MAX),
		.qr_text = BUF_INIT(APPROVAL_MAX),
	};
	if (channel_identifies(request))
		return ERR_OK; /* no account, no map: nothing to ring or remember */
	if (config->login.remember == 0 && !may_come_to_push(config))
		return ERR_OK;
	ret->no_push = may_ring(setup, request);
	e = limits_open(&ret->limits, STATE_DIR, config,
		wire_text(request, WIRE_FIELD_USER), wire_text(request, WIRE_FIELD_RHOST),
		diag);
	if (e == ERR_OK)
		return look_back(ret);
	/* whoever runs us without root has the keys, and could ring any phone as well */
	if (geteuid() == 0)
		ret->no_push = e;
	return ERR_OK;
}

static enum err
draw_number(unsigned *ret)
{
	unsigned char byte;

	/* 180 is twice 90: each number is as likely as any other */
	do {
		enum err e = random_bytes(&byte, sizeof(byte));

		if (e != ERR_OK)
			return e;
	} while (byte >= 180);
	*ret = 10 + byte % 90;
	return ERR_OK;
}

enum err
stepup_prepare(struct stepup *s)
{
	char host[HOST_NAME_MAX + 1] = "", now[40] = "";
	const time_t time = (time_t)clock_unix();
	struct approval text = {.template = s->setup->config->login.text,
		.language = s->setup->language,
		.field = {
			[TEMPLATE_HOST] = host,
			[TEMPLATE_USER] = wire_text(s->request, WIRE_FIELD_USER),
			[TEMPLATE_SERVICE] = wire_text(s->request, WIRE_FIELD_SERVICE),
			[TEMPLATE_RHOST] = wire_text(s->request, WIRE_FIELD_RHOST),
			[TEMPLATE_COMMAND] = wire_text(s->request, WIRE_FIELD_COMMAND),
			[TEMPLATE_TIME] = now,
		}};
	struct tm local;
	enum err e = draw_number(&s->number);

	if (e != ERR_OK)
		return e;
	if (gethostname(host, sizeof(host) - 1) != 0)
		return ERR_SYSTEM;
	if (localtime_r(&time, &local) != NULL)
		strftime(now, sizeof(now), "%Y-%m-%d %H:%M %z", &local);
	e = approval_compose(&s->qr_text, &text);
	snprintf(s->number_text, sizeof(s->number_text), "%u", s->number % 100);
	text.field[TEMPLATE_NUMBER] = s->number_text;
	return e != ERR_OK ? e : approval_compose(&s->push_text, &text);
}

enum err
stepup_ring(struct stepup *s)
{
	if (s->limits.account < 0)
		return ERR_OK;
	return limits_start(&s->limits, &s->wait);
}

void
stepup_end(struct stepup *s, enum admission admission, enum err result)
{
	bool verified = admission == ADMISSION_VERIFIED && result == ERR_OK;

	if (s->limits.account < 0)
		return;
	limits_end(&s->limits, verified || result != ERR_OK ? result : ERR_INTERNAL);
	if (verified && s->setup->config->login.remember > 0 &&
		remember_add(s->limits.account, &s->key, clock_boot()) != ERR_OK)
		return; /* the person is asked again next time */
}

void
stepup_close(struct stepup *s)
{
	limits_close(&s->limits);
	buf_free(&s->push_text);
	buf_free(&s->qr_text);
}
