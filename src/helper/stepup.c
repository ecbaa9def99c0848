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

/* The first method of sshd's list that is a factor; NULL: none is. */
static const char *
find_ssh_factor(const char *list)
{
	size_t i, len;

	for (; *list != '\0'; list += strcspn(list, "\n"), list += *list == '\n') {
		len = strcspn(list, " \n");
		for (i = 0; i < sizeof(factors) / sizeof(factors[0]); i++)
			if (len == strlen(factors[i]) &&
				memcmp(list, factors[i], len) == 0)
				return factors[i];
	}
	return NULL;
}

/*
 * What has been verified before us: sshd says so, or the administrator does. NULL: nobody
 * says anything.
 */
static const char *
vouched_factor(const struct setup *setup, const struct wire_msg *request)
{
	if (setup->config->first_factor)
		return "argument";
	return find_ssh_factor(wire_text(request, WIRE_FIELD_FACTOR));
}

/*
 * Whether the number is asked for instead of shown: always where the host shows a text
 * only together with a question. Who comes over ssh and has shown nothing may be anybody,
 * and may have sent the code on to somebody else: the number on that person's phone is
 * what they do not have.
 */
static bool
asks_number(const struct setup *setup, const struct wire_msg *request)
{
	if (wire_number(request, WIRE_FIELD_STYLE) == WIRE_STYLE_FORM)
		return true;
	switch (setup->config->login.number_match) {
	case CONFIG_NUMBER_SHOW:
		return false;
	case CONFIG_NUMBER_ASK:
		return true;
	case CONFIG_NUMBER_AUTO:
		break;
	}
	return strcmp(wire_text(request, WIRE_FIELD_TTY), "ssh") == 0 &&
	       vouched_factor(setup, request) == NULL;
}

/*
 * What the caller has shown before, for whatever demands it. A password that is lying in
 * PAM_AUTHTOK proves nothing: it may be a wrong one, in a stack that goes on to the end.
 * What counts is what sshd has verified, a caller who is the account already, or the
 * administrator's word. ERR_UNPROVEN: nothing.
 */
static enum err
find_factor(const char **ret, const struct setup *setup, const struct wire_msg *request)
{
	uint32_t ruid = wire_number(request, WIRE_FIELD_RUID);
	struct account account = {.uid = (uid_t)-1}; /* nobody's */
	enum err e;

	*ret = vouched_factor(setup, request);
	if (*ret != NULL)
		return ERR_OK;
	*ret = "none";
	e = account_find(&account, wire_text(request, WIRE_FIELD_USER));
	if (e != ERR_OK)
		return e;
	if (ruid == 0 || ruid != account.uid)
		return ERR_UNPROVEN;
	*ret = "caller";
	return ERR_OK;
}

/*
 * Why no phone may be rung. Where nothing is shown (UNATTENDED) nothing else stands
 * between a name and the phone: it rings for a factor that somebody else has verified,
 * whatever push_requires says.
 */
static enum err
find_no_push(const struct stepup *s)
{
	if (wire_number(s->request, WIRE_FIELD_STYLE) == WIRE_STYLE_UNATTENDED)
		return vouched_factor(s->setup, s->request) != NULL ? ERR_OK
								    : ERR_UNPROVEN;
	return s->setup->config->login.push_requires == CONFIG_PUSH_NONE ? ERR_OK
									 : s->unproven;
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

enum err
stepup_recall(struct stepup *s)
{
	bool counts = false;
	enum err e = remember_has(&counts, s->limits.account, &s->key,
		s->setup->config->login.remember, clock_boot());

	if (e == ERR_OK && counts)
		s->admission = ADMISSION_REMEMBERED;
	return e;
}

/* Whether a verified login of the same caller still counts. */
static enum err
look_back(struct stepup *s)
{
	enum err e;

	/* through the service's socket anybody may come, with words that are claims */
	if (s->setup->config->login.remember == 0 || s->limits.account < 0 ||
		s->peer->accepted || s->peer->restricted)
		return ERR_OK;
	e = make_key(&s->key, s);
	return e != ERR_OK ? e : stepup_recall(s);
}

/* Opens what is kept, as root. */
static enum err
open_records(struct stepup *s, bool proven, struct diag *diag)
{
	const struct wire_msg *request = s->request;
	const struct codes_caller caller = {
		.user = wire_text(request, WIRE_FIELD_USER),
		.ruid = wire_number(request, WIRE_FIELD_RUID),
		.rhost = wire_text(request, WIRE_FIELD_RHOST),
		.tty = wire_text(request, WIRE_FIELD_TTY),
		.proven = proven,
	};
	enum err e = limits_open(
		&s->limits, STATE_DIR, s->setup->config, caller.user, caller.rhost, diag);

	return e != ERR_OK ? e
			   : codes_open(&s->codes, s->limits.shared, s->setup->config,
				     &caller);
}

enum err
stepup_open(struct stepup *ret, const struct setup *setup, const struct peer *peer,
	const struct wire_msg *request, struct diag *diag)
{
	enum err e;

	*ret = (struct stepup){
		.setup = setup,
		.peer = peer,
		.request = request,
		.limits = LIMITS_NONE,
		.codes = CODES_NONE,
		.factor = "none",
		.text = BUF_INIT(APPROVAL_MAX),
	};
	if (channel_identifies(request))
		return ERR_OK; /* no account, no map: nothing to ring or remember */
	ret->unproven = find_factor(&ret->factor, setup, request);
	ret->no_push = find_no_push(ret);
	e = open_records(ret, ret->unproven == ERR_OK, diag);
	if (e == ERR_OK)
		return look_back(ret);
	/* whoever runs us without root has the keys, and could ring any phone as well */
	if (geteuid() == 0)
		ret->no_push = e;
	else
		diag->text[0] = '\0';
	return ERR_OK;
}

/* A number of `least` ... `least + count - 1`, each as likely as any other. */
static enum err
draw_number(unsigned *ret, unsigned least, unsigned count)
{
	const unsigned all = 65536 - 65536 % count; /* so many are the same for each */
	unsigned char bytes[2];
	unsigned drawn;

	do {
		enum err e = random_bytes(bytes, sizeof(bytes));

		if (e != ERR_OK)
			return e;
		drawn = bytes[0] * 256u + bytes[1];
	} while (drawn >= all);
	*ret = least + drawn % count;
	return ERR_OK;
}

static enum err
make_number(struct stepup *s)
{
	enum err e;

	s->asks = asks_number(s->setup, s->request);
	e = s->asks ? draw_number(&s->number, 1000, 9000)
		    : draw_number(&s->number, 10, 90);
	snprintf(s->number_text, sizeof(s->number_text), "%u", s->number % 10000);
	return e;
}

/* Nobody is told to compare it where nothing is shown. */
static bool
tells_number(const struct stepup *s)
{
	return s->asks ||
	       wire_number(s->request, WIRE_FIELD_STYLE) != WIRE_STYLE_UNATTENDED;
}

/* Whom sudo's command is to run as; a module that does not say so knows no other than
   root. "" for everything else. */
static const char *
target_of(const struct wire_msg *request)
{
	const char *target = wire_text(request, WIRE_FIELD_TARGET);
	bool runs = wire_text(request, WIRE_FIELD_COMMAND)[0] != '\0' ||
		    strcmp(wire_text(request, WIRE_FIELD_SERVICE), "sudo") == 0;

	return target[0] == '\0' && runs ? "root" : target;
}

enum err
stepup_prepare(struct stepup *s)
{
	enum err e = make_number(s);

	return e != ERR_OK ? e : stepup_write_text(s);
}

enum err
stepup_write_text(struct stepup *s)
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
			[TEMPLATE_TARGET] = target_of(s->request),
			[TEMPLATE_TIME] = now,
		}};
	struct tm local;

	if (gethostname(host, sizeof(host) - 1) != 0)
		return ERR_SYSTEM;
	if (localtime_r(&time, &local) != NULL)
		strftime(now, sizeof(now), "%Y-%m-%d %H:%M %z", &local);
	text.asks = s->asks;
	text.field[TEMPLATE_NUMBER] = tells_number(s) ? s->number_text : NULL;
	buf_cut(&s->text, 0);
	return approval_compose(&s->text, &text);
}

/* Whole seconds that end behind `until` (clock_ms), by a clock of whole seconds. */
static unsigned
seconds_until(int64_t until)
{
	int64_t left = until - clock_ms();

	return left > 0 ? (unsigned)((left + 999) / 1000) + 1 : 0;
}

enum err
stepup_start(struct stepup *s, bool rings, int64_t deadline)
{
	enum err e;

	if (s->limits.account < 0)
		return ERR_OK;
	e = rings ? limits_start(&s->limits, seconds_until(deadline), &s->wait)
		  : codes_start(&s->codes, &s->wait);
	if (e == ERR_OK || err_verdict(e) == VERDICT_LIMITED)
		return e;
	s->uncounted = e;
	return rings ? e : ERR_OK;
}

/*
 * Whether nobody's phone rang and no code was there, by no doing of the caller's: a
 * provider that is away uses up nobody's starts.
 */
static bool
is_nothing(const struct flow *flow, enum err result)
{
	enum cause cause = err_cause(result);

	return flow->address_serial == 0 && flow->live_until == 0 &&
	       (cause == CAUSE_NETWORK || cause == CAUSE_PROVIDER ||
		       cause == CAUSE_SETUP);
}

void
stepup_rings(struct stepup *s, const struct flow *flow)
{
	limits_ring(&s->limits, seconds_until(flow->live_until));
}

void
stepup_end(struct stepup *s, const struct flow *flow, enum admission admission,
	enum err result)
{
	bool verified = admission == ADMISSION_VERIFIED && result == ERR_OK;
	const struct limits_ending ending = {
		.result = verified || result != ERR_OK ? result : ERR_INTERNAL,
		.live = seconds_until(flow->live_until),
		.is_nothing = is_nothing(flow, result),
	};

	if (s->limits.account < 0)
		return;
	limits_end(&s->limits, &ending);
	codes_end(&s->codes, verified            ? CODES_VERIFIED
			     : ending.is_nothing ? CODES_RETURN
						 : CODES_COUNT);
	if (verified && s->setup->config->login.remember > 0 &&
		remember_add(s->limits.account, &s->key, clock_boot()) != ERR_OK)
		return; /* the person is asked again next time */
}

void
stepup_close(struct stepup *s)
{
	limits_close(&s->limits);
	buf_free(&s->text);
}
