/*
 * Hosts that run as the person reach a helper through a socket. What is
 * looked at is the kernel's table: to connect would start a helper.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/service.h"
#include "cli/doctor.h"
#include "cli/pam_stack.h"
#include "config/config.h"

#define TOPIC "socket"
#define DIAL_PATH RUN_DIR "/helper.sock" /* where the module looks (pam/dial.h) */
#define ENABLE "type: systemctl enable --now pam_itsme.socket"
#define SOCKETS "/proc/net/unix"
#define LISTENS 0x10000 /* __SO_ACCEPTCON, as the table shows it */
#define NAMES_MAX 1024
#define SYSTEMD_RUNS "/run/systemd/system" /* sd_booted(3) */

/* Programs that do not go by their service's name: those that call PAM. */
static const struct {
	const char *service, *program;
} programs[] = {
	{"vlock", "/usr/sbin/vlock-main"},
	{"xscreensaver", "/usr/libexec/xscreensaver/xscreensaver-auth"},
	{"xscreensaver", "/usr/lib/xscreensaver/xscreensaver-auth"},
	{"xsecurelock", "/usr/libexec/xsecurelock/authproto_pam"},
};

static bool
is_root_by_mode(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == 0 &&
	       (st.st_mode & S_ISUID) != 0;
}

/* Whether the service's program is set-user-ID root: it starts its helper by itself. */
static bool
runs_as_root(const char *service)
{
	static const char *const places[] = {"/usr/bin", "/usr/sbin", "/usr/libexec",
		"/usr/local/bin", "/usr/local/sbin"};
	char path[256];
	size_t i;

	for (i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		if (strcmp(service, programs[i].service) == 0 &&
			is_root_by_mode(programs[i].program))
			return true;
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", places[i], service);
		if (is_root_by_mode(path))
			return true;
	}
	return false;
}

/* Whether a rule of its stack calls for us with the usual configuration. */
static bool
asks_for_us(const char *service)
{
	static struct pam_stack stack;
	size_t i;

	if (!pam_stack_read(&stack, service))
		return false;
	for (i = 0; i < stack.count; i++)
		if (pam_rule_is_auth(&stack.rules[i]) &&
			pam_rule_is_itsme(&stack.rules[i]) &&
			strstr(stack.rules[i].arguments, "config=") == NULL)
			return true;
	return false;
}

/* Whether somebody listens at that path. */
static bool
is_listened_at(const char *path)
{
	FILE *file = fopen(SOCKETS, "re");
	char line[512];
	bool found = false;

	while (file != NULL && !found && fgets(line, sizeof(line), file) != NULL) {
		unsigned flags = 0;
		int at = 0;

		line[strcspn(line, "\n")] = '\0';
		found = sscanf(line, "%*s %*x %*x %x %*x %*x %*u %n", &flags, &at) == 1 &&
			at > 0 && flags == LISTENS && strcmp(line + at, path) == 0;
	}
	if (file != NULL)
		fclose(file);
	return found;
}

/*
 * What is wrong with the socket for the services of that list. Where systemd does not run
 * nothing can be enabled: whatever starts services there may be about to.
 */
static void
check_socket(struct doctor *d, const char *names)
{
	struct findings *f = &d->findings;
	enum finding_level level =
		access(SYSTEMD_RUNS, F_OK) == 0 ? FINDING_WARNING : FINDING_NOTE;
	struct stat st, above;

	if (stat(RUN_DIR, &above) != 0 || lstat(DIAL_PATH, &st) != 0)
		finding(f, level, TOPIC, ENABLE,
			"%s: the program runs as the person and asks for itsme, but "
			"there "
			"is no socket " DIAL_PATH,
			names);
	else if (!S_ISSOCK(st.st_mode))
		finding(f, FINDING_FAULT, TOPIC, "remove it; " ENABLE,
			DIAL_PATH " is not a socket");
	else if (st.st_uid != 0)
		finding(f, FINDING_FAULT, TOPIC,
			"find out who made it, remove it; " ENABLE,
			DIAL_PATH " belongs to uid %u, not to root", (unsigned)st.st_uid);
	else if (!is_listened_at(DIAL_PATH))
		finding(f, level, TOPIC,
			"type: systemctl restart pam_itsme.socket; systemctl status "
			"pam_itsme.socket",
			"%s: the program runs as the person and asks for itsme, but "
			"nobody listens at " DIAL_PATH,
			names);
	else if ((above.st_mode & 001) == 0 || (st.st_mode & 022) == 0)
		finding(f, FINDING_WARNING, TOPIC,
			"type: chmod 755 " RUN_DIR "; systemctl restart pam_itsme.socket",
			"%s: the program runs as the person, who may not reach " DIAL_PATH
			" (mode %04o)",
			names, (unsigned)(st.st_mode & 07777));
	else
		finding(f, FINDING_GOOD, TOPIC, NULL, DIAL_PATH " is listened at");
}

/* Whether a list of words has that one. */
static bool
has_word(const char *list, const char *word)
{
	size_t len;

	for (list += strspn(list, " \t"); *list != '\0'; list += strspn(list, " \t")) {
		len = strcspn(list, " \t");
		if (len == strlen(word) && strncmp(list, word, len) == 0)
			return true;
		list += len;
	}
	return false;
}

void
doctor_sockets(struct doctor *d)
{
	static const char known[] = SERVICE_PERSONS;
	AUTO_BUF struct buf names = BUF_INIT(NAMES_MAX), left_out = BUF_INIT(NAMES_MAX);
	const char *services = d->config != NULL ? d->config->socket.services : known;
	char service[64];
	const char *at;
	int len;

	for (at = known; sscanf(at, " %63s%n", service, &len) == 1; at += len) {
		if (!asks_for_us(service) || runs_as_root(service))
			continue;
		buf_addf(&names, "%s%s", names.len > 0 ? ", " : "", service);
		if (!has_word(services, service))
			buf_addf(&left_out, "%s%s", left_out.len > 0 ? " " : "", service);
	}
	if (names.len > 0)
		check_socket(d, buf_str(&names));
	if (left_out.len > 0)
		finding(&d->findings, FINDING_WARNING, TOPIC,
			"add what is missing to services below [socket], or take the "
			"line "
			"out",
			"[socket] services has not %s: refused as service_not_listed",
			buf_str(&left_out));
}
