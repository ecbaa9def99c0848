/* itsmectl pam disable: services that do not ask for itsme any more, whoever made them.
 */
#include "cli/pam_disable.h"

#include <stdio.h>
#include <string.h>

#include "cli/gnome.h"
#include "cli/pam_edit.h"
#include "cli/pam_files.h"
#include "cli/pam_retire.h"
#include "cli/pam_stack.h"
#include "cli/pam_timer.h"
#include "cli/pam_undo.h"

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
	if (e == ERR_OK)
		e = pam_undo_besides(s);
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

/* Where the service asks only because of a file that it includes, that one is named. */
static enum err
check_includes(struct pam_service *s)
{
	AUTO_BUF struct buf same = BUF_INIT(PAM_SERVICE_TEXT);
	struct pam_retired done;
	struct diag diag = {0};
	enum err e = pam_retire(&same, s->name, buf_str(&s->text), &done, &diag);

	return e == ERR_OK ? e : diag_set(&s->diag, e, "%s: %s", s->path, diag.text);
}

/* Takes the module out of the service, whoever has put it there. */
static enum err
take_out(struct call *call, struct pam_service *s, const char *name)
{
	enum err e = pam_service_open(s, name);
	bool ours = e == ERR_OK && pam_edit_is_ours(buf_str(&s->text));

	if (e == ERR_OK && !ours && !pam_retire_is_needed(buf_str(&s->text)))
		e = check_includes(s);
	if (e == ERR_OK && (ours || !pam_retire_is_needed(buf_str(&s->text))))
		e = pam_undo(s);
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

/* Takes back what nobody confirmed and no timer waits for. */
static enum err
take_out_pending(struct call *call, struct pam_service *s, const char *name)
{
	enum err e = pam_service_open(s, name);
	bool ours = e == ERR_OK && pam_edit_is_ours(buf_str(&s->text));

	if ((e != ERR_OK && e != ERR_FILE_MISSING) ||
		pam_timer_left(s->keep, s->record) != 0)
		return e != ERR_FILE_MISSING ? e : ERR_OK;
	e = pam_undo(s);
	if (e == ERR_OK)
		say_free(call, name, NULL);
	return !ours && e == ERR_FILE_INVALID ? ERR_OK : e; /* it was cut short */
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

/* What is to be done about the fault is said by it; then the service is next. */
static enum err
take_out_or_say(struct call *call, struct pam_service *s, const char *name)
{
	enum err e = take_out(call, s, name);
	struct diag fault = s->diag;

	if (e == ERR_OK || strstr(fault.text, "itsmectl pam disable") != NULL)
		return e;
	return diag_set(
		&s->diag, e, "%s; then type: itsmectl pam disable %s", fault.text, name);
}

/* What is left after one round is said after the second. */
static enum exit_status
take_out_all(struct call *call, struct pam_service *s)
{
	enum exit_status first =
		pam_files_each(call, pam_files_is_changed, try_to_take_out);
	enum exit_status second =
		pam_files_each(call, pam_files_is_changed, take_out_or_say);
	enum exit_status shared =
		pam_files_each(call, pam_files_is_shared_and_asks, refuse_shared);
	enum err e = gnome_switch_off(&s->diag); /* enabling may have been cut short */

	if (e != ERR_OK)
		return call_result(call, e, &s->diag);
	return first != EXIT_DONE ? first : second != EXIT_DONE ? second : shared;
}

enum exit_status
pam_disable(struct call *call, struct pam_service *s)
{
	bool several = call_has(call, OPTION_PENDING) || call_has(call, OPTION_ALL);
	enum err e;

	if (several == (call->count == 2))
		return call_wrong(call, "disable takes a service, --pending or --all");
	if (call_has(call, OPTION_PENDING))
		return pam_files_each_record(call, take_out_pending);
	if (several)
		return take_out_all(call, s);
	e = take_out(call, s, call->words[1]);
	return call_result(call, e, &s->diag);
}
