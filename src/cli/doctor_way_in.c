/* Looking for somebody who could still log in. */
#include "cli/doctor_way_in.h"

#include <shadow.h>
#include <string.h>
#include <unistd.h>

#include "cli/doctor_sshd.h"

/* Services by which somebody comes in from outside; sudo and su are for those inside. */
static const char *const entries[] = {"login", "remote", "sshd", "gdm-password", "sddm",
	"lightdm", "xdm", "lxdm", "slim", "greetd", "xrdp-sesman", "cockpit"};

void
doctor_way_in_add(struct doctor_way_in *w, const char *service,
	const struct pam_stack *stack, bool asks, bool ignores)
{
	const struct pam_person person = {
		ignores ? PAM_ANSWER_IGNORED : PAM_ANSWER_NO, true};
	size_t i;

	w->asks = w->asks || asks;
	pam_way_in_add(&w->doors, service, stack, ignores);
	for (i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
		if (strcmp(service, entries[i]) == 0)
			w->password = w->password || pam_stack_admits(stack, person);
}

/* Whether somebody has a password at all. */
static bool
somebody_has_password(void)
{
	const struct spwd *entry;
	bool found = false;

	setspent();
	while (!found && (entry = getspent()) != NULL)
		found = entry->sp_pwdp[0] != '\0' &&
			strchr("!*", entry->sp_pwdp[0]) == NULL;
	endspent();
	return found;
}

/* Whether it was said that nobody could log in. */
static bool
says_nobody(struct doctor *d, const struct doctor_way_in *w)
{
	bool key;

	if (d->mapped > 0 || (w->password && somebody_has_password()))
		return false;
	key = doctor_sshd_takes_key();
	finding(&d->findings, key ? FINDING_WARNING : FINDING_FAULT, "pam",
		"type: itsmectl enrol USER, and: passwd root (see recovery.md)",
		"nobody could log in%s: the map names nobody, and no password opens a "
		"service%s",
		key ? " but by a public key over ssh" : "",
		w->password ? " (nobody has one)" : "");
	return true;
}

void
doctor_way_in(struct doctor *d, const struct doctor_way_in *w)
{
	char how[160];

	if (!w->asks || geteuid() != 0 || says_nobody(d, w) || d->config == NULL)
		return;
	if (pam_way_in_to_root(&w->doors, d->config, how, sizeof(how)))
		finding(&d->findings, FINDING_GOOD, "pam", NULL,
			"root can be reached without itsme: %s", how);
	else
		finding(&d->findings, FINDING_WARNING, "pam",
			"type: passwd root, and: itsmectl pam disable login (see "
			"recovery.md)",
			"no way to root is left without itsme: nobody becomes root "
			"while it is away, or without a phone");
}
