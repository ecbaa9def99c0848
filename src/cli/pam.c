/*
 * itsmectl pam: makes a PAM service ask for itsme without locking anybody out. Nothing is
 * changed unless a way in stays that itsme is not asked for, the doctor finds no fault
 * with the new stack, and somebody confirms it in time.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/call.h"
#include "cli/pam_disable.h"
#include "cli/pam_edit.h"
#include "cli/pam_files.h"
#include "cli/pam_service.h"
#include "cli/pam_stack.h"
#include "cli/pam_timer.h"
#include "cli/pam_way_in.h"

#define MINUTES_USUAL "5"
#define MINUTES_MOST 60

/* --- enable ------------------------------------------------------------------------ */

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

/* Not a second time, not where somebody has written it by hand, and not everywhere. */
static enum err
check_not_asked_yet(struct pam_service *s)
{
	static struct pam_stack stack;

	if (strcmp(s->name, "other") == 0)
		return diag_set(&s->diag, ERR_FILE_INVALID,
			"other is for every service without a file: give the one that is "
			"to ask for itsme a file of its own");
	if (pam_stack_read(&stack, s->name) && pam_stack_asks(&stack))
		return diag_set(
			&s->diag, ERR_FILE_INVALID, "%s asks for itsme already", s->path);
	return ERR_OK;
}

/* The text with our lines; what is wrong with it is said of its file. */
static enum err
edit(struct buf *ret, struct pam_service *s, enum pam_way way)
{
	struct diag diag = {0};
	enum err e = pam_edit_enable(ret, buf_str(&s->text), way, s->vendor, &diag);

	if (e != ERR_OK && diag.text[0] != '\0')
		return diag_set(&s->diag, e, "%s: %s", s->path, diag.text);
	return e;
}

static enum err
enable(struct call *call, struct pam_service *s, enum pam_way way, unsigned minutes)
{
	AUTO_BUF struct buf text = BUF_INIT(PAM_SERVICE_TEXT);
	bool force = call_has(call, OPTION_FORCE);
	enum err e = check_not_asked_yet(s);

	if (e == ERR_OK)
		e = edit(&text, s, way);
	if (e == ERR_OK && !force)
		e = pam_way_in_check(s->name, &s->diag);
	if (e == ERR_OK)
		e = pam_service_note(s, s->name, buf_str(&s->text), s->text.len);
	if (e != ERR_OK)
		return e;
	e = pam_timer_start(s, minutes);
	if (e == ERR_OK)
		e = pam_service_write(s, &text);
	if (e == ERR_OK && !force) {
		e = check_stack(call, s);
		if (e != ERR_OK && pam_service_restore(s) != ERR_OK)
			return e; /* the timer tries again */
	}
	if (e != ERR_OK)
		unlinkat(s->keep, s->record, 0);
	return e;
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

static enum exit_status
run_enable(struct call *call, struct pam_service *s)
{
	const char *given = call->value[OPTION_MINUTES], *as = call->value[OPTION_AS];
	enum pam_way way = pam_way_of(as != NULL ? as : "sole");
	unsigned minutes = read_minutes(given != NULL ? given : MINUTES_USUAL);
	enum err e;

	if (way == PAM_WAY_COUNT)
		return call_wrong(call, "--as is sole, second or fallback");
	if (minutes == 0)
		return call_wrong(call, "--minutes is 1 to 60");
	e = pam_service_open(s, call->words[1]);
	if (e == ERR_OK)
		e = enable(call, s, way, minutes);
	if (e == ERR_OK) {
		output_line(&call->out,
			"%s asks for itsme now. Log in from another terminal, keep this "
			"one open, and\nwithin %u minutes type: itsmectl pam confirm "
			"%s\nElse it is taken back. What was there: %s/%s",
			s->name, minutes, s->name, PAM_SERVICE_KEEP, s->name);
		pam_files_say_others(call, s->name);
	}
	return call_result(call, e, &s->diag);
}

/* --- confirm ----------------------------------------------------------------------- */

static enum exit_status
run_confirm(struct call *call, struct pam_service *s)
{
	enum err e = pam_service_open(s, call->words[1]);

	if (e == ERR_OK && !pam_edit_is_ours(buf_str(&s->text)))
		e = diag_set(&s->diag, ERR_FILE_INVALID,
			"%s: itsmectl has put nothing there", s->path);
	if (e == ERR_OK && unlinkat(s->keep, s->record, 0) != 0)
		e = diag_set(&s->diag, ERR_FILE_MISSING,
			"nothing about %s waits to be confirmed; see itsmectl pam status",
			s->name);
	if (e == ERR_OK)
		output_line(&call->out, "%s goes on asking for itsme.", s->name);
	return call_result(call, e, &s->diag);
}

/* --- status ------------------------------------------------------------------------ */

static void
show(struct call *call, const char *name, int64_t left)
{
	struct json_object *row = output_add(&call->out, "services");

	output_put(row, "service", name);
	output_put_bool(row, "confirmed", left < 0);
	output_put_int(row, "seconds_left", left > 0 ? left : 0);
	if (left < 0)
		output_line(&call->out, "%s asks for itsme.", name);
	else if (left == 0)
		output_line(&call->out,
			"%s asks for itsme, which nobody confirmed, and the timer is "
			"gone: it is taken back when the machine starts again, or type: "
			"itsmectl pam confirm %s, or itsmectl pam disable %s",
			name, name, name);
	else
		output_line(&call->out,
			"%s asks for itsme; in %lld s it is taken back unless you type: "
			"itsmectl pam confirm %s",
			name, (long long)left, name);
}

static enum err
show_service(struct call *call, struct pam_service *s, const char *name)
{
	enum err e = pam_service_open(s, name);

	if (e == ERR_OK)
		show(call, name, pam_timer_left(s->keep, s->record));
	return e;
}

static enum exit_status
run_status(struct call *call, struct pam_service *s)
{
	enum exit_status status = pam_files_each(call, pam_files_is_ours, show_service);

	(void)s;
	if (json_object_object_get(call->out.object, "services") == NULL)
		output_line(&call->out, "No service was changed by itsmectl.");
	return status;
}

/* --- the command ------------------------------------------------------------------- */

#define O(id) (1u << OPTION_##id)

static const struct action {
	const char *name;
	enum exit_status (*run)(struct call *call, struct pam_service *s);
	size_t least, most; /* services */
	uint32_t options; /* of those that are not for all commands */
} actions[] = {
	{"enable", run_enable, 1, 1, O(AS) | O(MINUTES) | O(FORCE)},
	{"confirm", run_confirm, 1, 1, 0},
	{"disable", pam_disable, 0, 1, O(PENDING) | O(ALL)},
	{"status", run_status, 0, 0, 0},
};

/* What was said that the action does not take; false: nothing. */
static bool
is_called_wrongly(const struct call *call, const struct action *action)
{
	size_t services = call->count - 1;
	unsigned i;

	for (i = 0; i < OPTION_COUNT; i++)
		if (call_has(call, (enum option)i) &&
			(call->command->options & ~action->options & 1u << i) != 0)
			return true;
	return services < action->least || services > action->most;
}

enum exit_status
command_pam(struct call *call)
{
	AUTO_PAM_SERVICE struct pam_service s = {.keep = -1, .dir = -1};
	size_t i;

	for (i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strcmp(call->words[0], actions[i].name) == 0)
			break;
	if (i == sizeof(actions) / sizeof(actions[0]) ||
		is_called_wrongly(call, &actions[i]))
		return call_wrong(call,
			"say enable SERVICE [--as WAY] [--minutes N] [--force], confirm "
			"SERVICE, disable SERVICE|--pending|--all, or status");
	if (geteuid() != 0)
		return call_result(
			call, diag_set(&s.diag, ERR_SYSTEM, "this is for root"), &s.diag);
	return actions[i].run(call, &s);
}
