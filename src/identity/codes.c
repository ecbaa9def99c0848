/* The rules of beginning codes. */
#include "identity/codes.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "config/address.h"

#define PLACE_MAX 8192 /* bytes of what tells one place from another */

static void
add_text(struct buf *out, const char *text)
{
	buf_add(out, text, strlen(text) + 1); /* with the end, so that no two are alike */
}

/*
 * Where somebody is. A local caller is who the kernel says, whatever the host says of an
 * address; root's programs (sshd, login, a greeter) act for others, and say for whom.
 */
static void
add_origin(struct buf *out, const struct codes_caller *caller)
{
	unsigned char network[16];

	if (caller->ruid != 0) {
		add_text(out, "uid");
		buf_addf(out, "%u", (unsigned)caller->ruid);
	} else if (address_network(network, caller->rhost)) {
		add_text(out, "network");
		buf_add(out, network, sizeof(network));
	} else if (caller->rhost[0] != '\0') {
		add_text(out, "host");
		add_text(out, caller->rhost);
	} else {
		add_text(out, "terminal");
		add_text(out, caller->tty);
	}
}

static enum err
make_counter(struct origins_counter *ret, enum origins_kind kind,
	const struct codes_caller *caller, bool proven, unsigned most)
{
	AUTO_BUF struct buf place = BUF_INIT(PLACE_MAX);
	enum err e;

	add_text(&place, proven ? "proven" : "stranger");
	if (kind == ORIGINS_ACCOUNT_CODES)
		add_text(&place, caller->user);
	if (kind != ORIGINS_MACHINE_CODES)
		add_origin(&place, caller);
	e = buf_err(&place);
	return e != ERR_OK ? e
			   : origins_counter(ret, kind, buf_str(&place), place.len, most);
}

/* Who sits at the machine's own terminal cannot be one of many on the network. */
static bool
is_at_the_console(const struct codes_caller *caller)
{
	return caller->ruid == 0 && caller->rhost[0] == '\0' && caller->tty[0] != '\0';
}

enum err
codes_open(struct codes *ret, int shared, const struct config *cfg,
	const struct codes_caller *caller)
{
	struct codes c = {.shared = shared,
		.window = cfg->limits.window,
		.by_machine = !caller->proven && !is_at_the_console(caller)};
	const struct {
		enum origins_kind kind;
		unsigned most;
	} kinds[] = {{ORIGINS_CODES, cfg->limits.codes_from},
		{ORIGINS_ACCOUNT_CODES, cfg->limits.codes},
		{ORIGINS_MACHINE_CODES, cfg->limits.codes_machine}};
	enum err e = make_counter(&c.origin, ORIGINS_CODES, caller, false, 0);
	size_t i;

	for (i = 0; e == ERR_OK && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		e = make_counter(&c.counters[i], kinds[i].kind, caller, caller->proven,
			kinds[i].most);
	if (e == ERR_OK)
		*ret = c;
	return e;
}

enum err
codes_start(struct codes *c, unsigned *ret_wait)
{
	size_t count = ORIGINS_COUNTERS_MAX;
	enum err e;

	*ret_wait = 0;
	if (c->shared < 0)
		return ERR_OK;
	if (!c->by_machine || origins_is_vouched(c->shared, &c->origin))
		count--; /* the machine's is the last */
	e = origins_count(c->shared, c->counters, count, c->window, ret_wait);
	return e == ERR_OK && *ret_wait > 0 ? ERR_CODE_LIMITED : e;
}

void
codes_end(struct codes *c, enum codes_end end)
{
	if (c->shared < 0 || end == CODES_COUNT)
		return;
	origins_return(c->shared, c->counters, ORIGINS_COUNTERS_MAX);
	if (end == CODES_VERIFIED)
		origins_vouch(c->shared, &c->origin);
}
