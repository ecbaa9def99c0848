/* One-time passes that would let somebody in now. */
#include "cli/doctor.h"

#include <unistd.h>

#include "cli/pass.h"

static void
note(void *arg, const struct pass *pass)
{
	struct doctor *d = arg;
	char until[PASS_TIME_MAX];

	pass_until(until, pass);
	finding(&d->findings, FINDING_NOTE, "pass", NULL,
		"%s can be entered with a one-time pass until %s (uses left: %u, made by "
		"%s)",
		pass->user, until, (unsigned)pass->uses, pass->maker);
}

void
doctor_passes(struct doctor *d)
{
	struct diag diag = {0};
	enum err e;

	if (access(STATE_DIR, F_OK) != 0 || geteuid() != 0 || d->state_unsafe)
		return; /* nothing was kept, or it is not ours to see, or that was said */
	e = pass_each_live(note, d, &diag);
	if (e != ERR_OK)
		finding_error(&d->findings, "pass", NULL, e, &diag);
}
