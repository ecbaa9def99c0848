/* itsmectl pam enable: what a service needs to ask for itsme, all of it or nothing. */
#include "cli/pam_enable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/service.h"
#include "cli/gnome.h"
#include "cli/pam_edit.h"
#include "cli/pam_files.h"
#include "cli/pam_gdm.h"
#include "cli/pam_setting.h"
#include "cli/pam_stack.h"
#include "cli/pam_timer.h"
#include "cli/pam_undo.h"
#include "cli/pam_way_in.h"

#define MINUTES_USUAL "5"
#define MINUTES_MOST 60

/* --- the file ------------------------------------------------------------------------
 */

/* Runs `itsmectl check`, which gives its privilege up, as a process of its own. */
static enum err
check_stack(struct call *call, struct pam_service *s)
{
	const char *config = call_config_path(call);
	bool quiet = call_has(call, OPTION_JSON);
	int status = -1;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		if (null >= 0 && dup2(quiet ? null : STDERR_FILENO, STDOUT_FILENO) >= 0)
			execl("/proc/self/exe", "itsmectl", "check", "--config", config,
				(char *)NULL);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return ERR_OK;
	return diag_set(&s->diag, ERR_CONFIG_INVALID,
		"the check found a fault, so %s is as it was (--force goes on)", s->path);
}

static bool
asks_already(const struct pam_service *s)
{
	static struct pam_stack stack;

	return pam_stack_read(&stack, s->name) && pam_stack_asks(&stack);
}

/* Not a second time, not where somebody has written it by hand, and not everywhere. */
static enum err
check_not_asked_yet(struct call *call, struct pam_service *s)
{
	if (strcmp(s->name, "other") == 0)
		return diag_set(&s->diag, ERR_FILE_INVALID,
			"other is for every service without a file: give the one that is "
			"to ask for itsme a file of its own");
	if (service_kind(s->name) == SERVICE_MUTE && !call_has(call, OPTION_FORCE))
		return diag_set(&s->diag, ERR_FILE_INVALID,
			"%s shows nobody anything, so nobody could log in by itsme "
			"there; "
			"its password goes on",
			s->name);
	if (asks_already(s))
		return diag_set(
			&s->diag, ERR_FILE_INVALID, "%s asks for itsme already", s->path);
	return ERR_OK;
}

/* The text of the service that this one is made of. */
static enum err
make_gdm(struct buf *ret, struct pam_service *s)
{
	AUTO_BUF struct buf from = BUF_INIT(PAM_SERVICE_TEXT);

	if (!pam_stack_text(&from, PAM_GDM_PASSWORD))
		return diag_set(&s->diag, ERR_FILE_MISSING,
			PAM_STACK_DIR "/" PAM_GDM_PASSWORD
				      ": cannot be read, and %s is made of it",
			s->name);
	return pam_gdm_make(
		ret, buf_str(&from), s->vendor ? "" : buf_str(&s->text), &s->diag);
}

/* The text with our lines; what is wrong with it is said of its file. */
static enum err
edit(struct buf *ret, struct pam_service *s, enum pam_way way)
{
	struct diag diag = {0};
	enum err e;

	if (pam_gdm_is(s->name))
		return make_gdm(ret, s);
	e = pam_edit_enable(ret, buf_str(&s->text), way, s->vendor, &diag);
	if (e != ERR_OK && diag.text[0] != '\0')
		return diag_set(&s->diag, e, "%s: %s", s->path, diag.text);
	return e;
}

/* --- what is needed besides -------------------------------------------------------- */

/* Whether the service lacks a setting; ERR_… where it cannot have what it needs. */
static enum err
look_besides(struct call *call, struct pam_service *s, bool *ret_lacking)
{
	struct gnome gnome;
	enum err e;

	if (pam_gdm_is(s->name)) {
		gnome_look(&gnome);
		return gnome_check(&gnome, &s->diag);
	}
	if (!pam_setting_is_greeter(s->name))
		return ERR_OK;
	e = pam_setting_look(ret_lacking, s->name, &s->diag);
	if (e != ERR_OK && call_has(call, OPTION_FORCE)) {
		output_complain("%s", s->diag.text);
		return ERR_OK;
	}
	return e;
}

/* Whether the administrator wants that, where it is more than a PAM line. */
static enum err
ask(struct call *call, struct pam_service *s)
{
	char question[256];

	snprintf(question, sizeof(question),
		"Whoever picks a name at %s will ring that person's phone.\nWrite "
		"[service:%s] " PAM_SETTING " into " CONFIG_PATH "?",
		s->name, s->name);
	if (call_confirm(call, question))
		return ERR_OK;
	return diag_set(&s->diag, ERR_CONFIG_INVALID,
		"nothing was changed: without " PAM_SETTING " no phone rings at %s",
		s->name);
}

static enum err
do_besides(struct pam_service *s, bool lacking)
{
	if (pam_gdm_is(s->name))
		return gnome_switch_on(&s->diag);
	return lacking ? pam_setting_write(s->name, &s->diag) : ERR_OK;
}

/* The setting alone, where the service asks already. */
static enum err
mend(struct call *call, struct pam_service *s)
{
	enum err e = ask(call, s);

	if (e == ERR_OK)
		e = pam_setting_write(s->name, &s->diag);
	if (e == ERR_OK)
		output_line(&call->out,
			"%s asks for itsme already; " PAM_SETTING
			" stands in " CONFIG_PATH " now.",
			s->name);
	return e;
}

/* --- all of it --------------------------------------------------------------------- */

/* With the first reason, whatever becomes of that; the record stays until it has worked.
 */
static void
take_back(struct pam_service *s, bool written)
{
	struct diag first = s->diag;
	enum err e = written ? pam_service_restore(s) : ERR_OK;

	if (e == ERR_OK)
		e = pam_undo_besides(s);
	if (e == ERR_OK)
		unlinkat(s->keep, s->record, 0);
	s->diag = first; /* what is left the timer tries again */
}

/* The record and the timer first: whatever ends this here, all is taken back. */
static enum err
carry_out(struct call *call, struct pam_service *s, const struct buf *text, bool lacking,
	unsigned minutes)
{
	enum err e = pam_timer_start(s, minutes);
	bool written = false;

	if (e == ERR_OK)
		e = do_besides(s, lacking);
	if (e == ERR_OK) {
		e = pam_service_write(s, text);
		written = e == ERR_OK;
	}
	if (e == ERR_OK && !call_has(call, OPTION_FORCE))
		e = check_stack(call, s);
	if (e != ERR_OK)
		take_back(s, written);
	return e;
}

static enum err
enable(struct call *call, struct pam_service *s, enum pam_way way, unsigned minutes)
{
	AUTO_BUF struct buf text = BUF_INIT(PAM_SERVICE_TEXT);
	bool lacking = false, force = call_has(call, OPTION_FORCE);
	enum err e = check_not_asked_yet(call, s);

	if (e == ERR_OK)
		e = edit(&text, s, way);
	if (e == ERR_OK && !force)
		e = pam_way_in_check(s->name, &s->diag);
	if (e == ERR_OK)
		e = look_besides(call, s, &lacking);
	if (e == ERR_OK && lacking)
		e = ask(call, s);
	if (e == ERR_OK && !s->none)
		e = pam_service_note(s, s->name, buf_str(&s->text), s->text.len);
	return e != ERR_OK ? e : carry_out(call, s, &text, lacking, minutes);
}

/* 0: no number that is allowed. */
static unsigned
read_minutes(const char *text)
{
	unsigned long minutes = strtoul(text, NULL, 10);

	if (text[strspn(text, "0123456789")] != '\0' || minutes > MINUTES_MOST)
		return 0;
	return (unsigned)minutes;
}

static void
say(struct call *call, struct pam_service *s, unsigned minutes)
{
	output_line(&call->out,
		"%s asks for itsme now. Log in from another terminal, keep this one "
		"open, and\nwithin %u minutes type: itsmectl pam confirm %s\nElse it is "
		"taken back.",
		s->name, minutes, s->name);
	if (!s->none)
		output_line(
			&call->out, "What was there: " PAM_SERVICE_KEEP "/%s", s->name);
	if (pam_gdm_is(s->name))
		output_line(&call->out,
			"GNOME shows the code, at the login screen and on "
			"the lock screen; the password goes on\nopening both, "
			"by " PAM_GDM_PASSWORD ".");
	pam_files_say_others(call, s->name);
}

/* Whether the service asks, but lacks what a greeter needs besides. */
static bool
is_half(struct pam_service *s)
{
	struct diag diag;
	bool lacking = false;

	return pam_setting_is_greeter(s->name) && asks_already(s) &&
	       pam_setting_look(&lacking, s->name, &diag) == ERR_OK && lacking;
}

/* At a greeter everybody comes in, also who is not enrolled, or while itsme is away. */
static enum pam_way
usual_way(const char *service)
{
	return pam_setting_is_greeter(service) ? PAM_WAY_FALLBACK : PAM_WAY_SOLE;
}

enum exit_status
pam_enable(struct call *call, struct pam_service *s)
{
	const char *given = call->value[OPTION_MINUTES], *as = call->value[OPTION_AS];
	enum pam_way way = as != NULL ? pam_way_of(as) : usual_way(call->words[1]);
	unsigned minutes = read_minutes(given != NULL ? given : MINUTES_USUAL);
	enum err e;

	if (way == PAM_WAY_COUNT)
		return call_wrong(call, "--as is sole, second or fallback");
	if (way != PAM_WAY_SOLE && pam_gdm_is(call->words[1]))
		return call_wrong(call, "gdm takes no --as: nothing else may ask there");
	if (minutes == 0)
		return call_wrong(call, "--minutes is 1 to 60");
	e = pam_service_open(s, call->words[1]);
	if (e == ERR_OK && is_half(s))
		return call_result(call, mend(call, s), &s->diag);
	if (e == ERR_OK)
		e = enable(call, s, way, minutes);
	if (e == ERR_OK)
		say(call, s, minutes);
	return call_result(call, e, &s->diag);
}
