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

void
doctor_way_in(struct doctor *d, const struct doctor_way_in *w)
{
	bool key;

	if (!w->asks || d->mapped > 0 || geteuid() != 0 ||
		(w->password && somebody_has_password()))
		return;
	key = doctor_sshd_takes_key();
	finding(&d->findings, key ? FINDING_WARNING : FINDING_FAULT, "pam",
		"type: itsmectl enrol USER, and: passwd root (see recovery.md)",
		"nobody could log in%s: the map names nobody, and no password opens a "
		"service%s",
		key ? " but by a public key over ssh" : "",
		w->password ? " (nobody has one)" : "");
}
