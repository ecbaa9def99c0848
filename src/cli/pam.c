/*
 * itsmectl pam: makes a PAM service ask for itsme without locking anybody out. Nothing is
 * changed unless a way in stays that itsme is not asked for, the doctor finds no fault
 * with the new stack, and somebody confirms it in time.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/call.h"
#include "cli/pam_disable.h"
#include "cli/pam_edit.h"
#include "cli/pam_enable.h"
#include "cli/pam_files.h"
#include "cli/pam_gdm.h"
#include "cli/pam_service.h"
#include "cli/pam_stack.h"
#include "cli/pam_timer.h"

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
	{"enable", pam_enable, 1, 1, O(AS) | O(MINUTES) | O(YES) | O(FORCE)},
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

/*
 * What is meant by "gdm": no program has called itself that for long, but where there is
 * such a file it is the one.
 */
static const char *
meant(const char *service)
{
	bool file = access(PAM_STACK_DIR "/gdm", F_OK) == 0;

	return strcmp(service, "gdm") == 0 && !file ? PAM_GDM_SERVICE : service;
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
			"say enable SERVICE [--as WAY] [--minutes N] [--yes] [--force], "
			"confirm SERVICE, disable SERVICE|--pending|--all, or status");
	if (geteuid() != 0)
		return call_result(
			call, diag_set(&s.diag, ERR_SYSTEM, "this is for root"), &s.diag);
	if (call->count == 2)
		call->words[1] = meant(call->words[1]);
	return actions[i].run(call, &s);
}
