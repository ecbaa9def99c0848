/*
 * itsmectl pam: makes a PAM service ask for itsme without locking anybody out. Nothing is
 * changed unless a way in stays that itsme is not asked for, the doctor finds no fault
 * with the new stack, and somebody confirms it in time.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/call.h"
#include "cli/pam_edit.h"
#include "cli/pam_retire.h"
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
	if (e == ERR_OK)
		output_line(&call->out,
			"%s asks for itsme now. Log in from another terminal, keep this "
			"one open, and\nwithin %u minutes type: itsmectl pam confirm "
			"%s\nElse it is taken back. What was there: %s/%s",
			s->name, minutes, s->name, PAM_SERVICE_KEEP, s->name);
	return call_result(call, e, &s->diag);
}

/* --- confirm, disable -------------------------------------------------------------- */

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

/* Says that the service is free of it. */
static void
say_free(struct call *call, const char *name, const char *kept)
{
	struct json_object *row = output_add(&call->out, "services");

	output_line(&call->out, "%s asks for itsme no more.", name);
	output_put(row, "service", name);
	if (kept != NULL)
		output_put(row, "kept", kept);
}

/* What somebody else has written goes, and a copy of it stays. */
static enum err
retire(struct call *call, struct pam_service *s)
{
	AUTO_BUF struct buf text = BUF_INIT(PAM_SERVICE_TEXT);
	struct pam_retired done = {0};
	struct diag diag = {0};
	char kept[sizeof(PAM_SERVICE_KEEP) + PAM_SERVICE_MOST];
	enum err e = pam_retire(&text, s->name, buf_str(&s->text), &done, &diag);

	if (e != ERR_OK)
		return diag_set(&s->diag, e, "%s: %s", s->path, diag.text);
	snprintf(kept, sizeof(kept), PAM_SERVICE_KEEP "/%s", s->name);
	e = pam_service_note(s, s->name, buf_str(&s->text), s->text.len);
	if (e == ERR_OK)
		e = pam_service_write(s, &text);
	if (e != ERR_OK)
		return e;
	say_free(call, s->name, kept);
	output_line(&call->out,
		"  Somebody had written pam_itsme.so into %s by hand: %u of its lines "
		"are comments now%s%s.\n  What was there: %s",
		s->path, done.itsme + done.denies + done.others,
		done.put_in[0] != '\0' ? ", and in their place it has: " : "",
		done.put_in, kept);
	return ERR_OK;
}

/* Takes the module out of the service, whoever has put it there. */
static enum err
take_out(struct call *call, struct pam_service *s, const char *name)
{
	enum err e = pam_service_open(s, name);
	bool ours = e == ERR_OK && pam_edit_is_ours(buf_str(&s->text));

	if (e == ERR_OK && (ours || !pam_retire_is_needed(buf_str(&s->text))))
		e = pam_service_take_out(s);
	if (e != ERR_OK)
		return e;
	if (pam_retire_is_needed(buf_str(&s->text)))
		return retire(call, s);
	say_free(call, name, NULL);
	return ERR_OK;
}

/*
 * The same, without a word where it cannot be done yet: a file that it includes may come
 * later, or be at fault.
 */
static enum err
try_to_take_out(struct call *call, struct pam_service *s, const char *name)
{
	enum err e = take_out(call, s, name);

	(void)e;
	return ERR_OK;
}

/* Takes our lines out where nobody confirmed them and no timer waits. */
static enum err
take_out_pending(struct call *call, struct pam_service *s, const char *name)
{
	enum err e = pam_service_open(s, name);

	if (e != ERR_OK || pam_timer_left(s->keep, s->record) != 0)
		return e;
	e = pam_service_take_out(s);
	if (e == ERR_OK)
		say_free(call, name, NULL);
	return e;
}

/* A file of PAM_STACK_DIR with that name, read; false: there is none of its own. */
static bool
read_own(struct buf *text, const char *name)
{
	char path[sizeof(PAM_STACK_DIR) + 256];
	struct stat st;

	snprintf(path, sizeof(path), PAM_STACK_DIR "/%s", name);
	return lstat(path, &st) == 0 && S_ISREG(st.st_mode) && pam_stack_text(text, path);
}

/* Whether it is a service with our lines in its file. */
static int
is_ours(const struct dirent *entry)
{
	AUTO_BUF struct buf text = BUF_INIT(PAM_SERVICE_TEXT);

	return pam_service_is_name(entry->d_name) && read_own(&text, entry->d_name) &&
	       pam_edit_is_ours(buf_str(&text));
}

/* Whether it is one whose file names the module, whoever has written it. */
static int
is_changed(const struct dirent *entry)
{
	AUTO_BUF struct buf text = BUF_INIT(PAM_SERVICE_TEXT);

	return pam_service_is_name(entry->d_name) && read_own(&text, entry->d_name) &&
	       (pam_edit_is_ours(buf_str(&text)) || pam_retire_is_needed(buf_str(&text)));
}

/* Whether it is a file that services share which names the module: not ours to change. */
static int
is_shared_and_asks(const struct dirent *entry)
{
	AUTO_BUF struct buf text = BUF_INIT(PAM_SERVICE_TEXT);

	return pam_stack_is_shared(entry->d_name) &&
	       pam_stack_text(&text, entry->d_name) &&
	       pam_retire_is_needed(buf_str(&text));
}

/*
 * Does `act` for each that `chosen` takes; one that fails does not stand in the way of
 * the others.
 */
static enum exit_status
each(struct call *call, int (*chosen)(const struct dirent *),
	enum err (*act)(struct call *, struct pam_service *, const char *name))
{
	struct dirent **entries = NULL;
	int i, count = scandir(PAM_STACK_DIR, &entries, chosen, alphasort);
	enum exit_status status = EXIT_DONE;

	for (i = 0; i < count; i++) {
		AUTO_PAM_SERVICE struct pam_service s;
		enum err e = act(call, &s, entries[i]->d_name);

		if (call_result(call, e, &s.diag) != EXIT_DONE)
			status = EXIT_NOT;
		free(entries[i]);
	}
	free(entries);
	return status;
}

/* Says which file shared by services is left, and how it is changed. */
static enum err
refuse_shared(struct call *call, struct pam_service *s, const char *name)
{
	bool debian = strncmp(name, "common-", 7) == 0;

	(void)call;
	*s = (struct pam_service){.keep = -1, .dir = -1};
	return diag_set(&s->diag, ERR_FILE_INVALID,
		PAM_STACK_DIR "/%.60s still names pam_itsme.so, for every service; %s",
		name,
		debian ? "type: pam-auth-update --disable itsme"
		       : "take the line out, or select another profile (authselect)");
}

/* What is left after one round is said after the second. */
static enum exit_status
take_out_all(struct call *call)
{
	enum exit_status first = each(call, is_changed, try_to_take_out);
	enum exit_status second = each(call, is_changed, take_out);
	enum exit_status shared = each(call, is_shared_and_asks, refuse_shared);

	return first != EXIT_DONE ? first : second != EXIT_DONE ? second : shared;
}

static enum exit_status
run_disable(struct call *call, struct pam_service *s)
{
	bool several = call_has(call, OPTION_PENDING) || call_has(call, OPTION_ALL);
	enum err e;

	if (several == (call->count == 2))
		return call_wrong(call, "disable takes a service, --pending or --all");
	if (call_has(call, OPTION_PENDING))
		return each(call, is_ours, take_out_pending);
	if (several)
		return take_out_all(call);
	e = take_out(call, s, call->words[1]);
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
	enum exit_status status = each(call, is_ours, show_service);

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
	{"disable", run_disable, 0, 1, O(PENDING) | O(ALL)},
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
