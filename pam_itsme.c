/*
 * pam_itsme.so: logs people in with itsme. This file holds the entry points and the order
 * of steps; it must never read a configuration or anything that comes from a network:
 * that is the helper's work, on the other side of the channel.
 */
#include <stdint.h>
#include <string.h>
#include <syslog.h>

#include <security/pam_ext.h>
#include <security/pam_modules.h>

#include "audit/audit.h"
#include "base/clock.h"
#include "base/service.h"
#include "pam/caller.h"
#include "pam/conversation.h"
#include "pam/earlier.h"
#include "pam/hold.h"
#include "pam/login.h"
#include "pam/outcome.h"

#define EXPORT __attribute__((visibility("default")))

#define FAIL_DELAY_US 2000000

static void
write_audit(pam_handle_t *pamh, const struct caller *caller,
	const struct login_result *result, const struct outcome *outcome, int64_t started)
{
	const struct audit audit = {
		.outcome = result->verdict,
		.reason = result->reason,
		.user = caller->user,
		.service = caller->service,
		.rhost = caller->rhost,
		.tty = caller->tty,
		.flow = result->flow,
		.subject = result->subject,
		.elapsed = clock_ms() - started,
	};
	char line[AUDIT_LINE_MAX];

	audit_line(line, sizeof(line), &audit);
	pam_syslog(pamh, outcome->priority, "%s", line);
}

/* A host that changes the user in the middle of it all gets nobody in. */
static void
check_user(struct login_result *result, const pam_handle_t *pamh,
	const struct caller *caller)
{
	const void *user = NULL;

	if (pam_get_item(pamh, PAM_USER, &user) != PAM_SUCCESS || user == NULL ||
		strcmp(user, caller->user) != 0)
		login_fail(result, ERR_PROTOCOL);
}

/* The last words. A host that cannot show them changes nothing any more. */
static void
say(pam_handle_t *pamh, const struct caller *caller, int code, const char *sentence)
{
	int style = code == PAM_SUCCESS ? PAM_TEXT_INFO : PAM_ERROR_MSG;

	if (sentence[0] != '\0' &&
		conversation_show(pamh, style, sentence, strlen(sentence)) != ERR_OK &&
		caller->debug)
		pam_syslog(pamh, LOG_DEBUG, "the host does not show messages");
}

/* A host that calls again by itself has shown that sentence already. */
static bool
is_news(const pam_handle_t *pamh, const struct caller *caller,
	const struct login_result *result, enum outcome_host host)
{
	const struct earlier *earlier =
		outcome_repeats(host) ? earlier_find(pamh, caller) : NULL;

	return earlier == NULL || earlier->result.verdict != result->verdict;
}

/*
 * Without a code GNOME's login screen goes on to the password at once, and shows nothing
 * of this service.
 */
static bool
may_say(const struct caller *caller, const struct login_result *result)
{
	return caller->style != WIRE_STYLE_GDM || result->asked;
}

/* GDM goes by its dialog, whatever its service is called. */
static enum outcome_host
host_of(const struct caller *caller)
{
	return caller->style == WIRE_STYLE_GDM && !caller->ssh
		       ? OUTCOME_DIALOG
		       : outcome_host(caller->service, caller->ssh);
}

/* Shows the sentence, leaves the line in the log, and turns the verdict into a code. */
static int
conclude(pam_handle_t *pamh, const struct caller *caller,
	const struct login_result *result, int64_t started)
{
	const struct outcome *outcome =
		outcome_of(result->verdict, result->cause, result->asked);
	enum outcome_host host = host_of(caller);
	int code = outcome_code(outcome, host, result->asked);
	int64_t lasts = outcome_lasts(outcome, host);

	write_audit(pamh, caller, result, outcome, started);
	if (may_say(caller, result) && is_news(pamh, caller, result, host))
		say(pamh, caller, code, result->sentence);
	if (outcome->delay && host != OUTCOME_DIALOG) /* which lets pass enough itself */
		pam_fail_delay(pamh, FAIL_DELAY_US);
	/* a locker keeps a handle as long as it runs, and its person may try again */
	if (lasts > 0 && !result->by_service && !service_is_persons(caller->service))
		earlier_keep(pamh, caller, result, lasts);
	return code;
}

/*
 * The answer that this handle has got already, where it stands: at once, and without a
 * word. What may change in time leaves its line in the log for each time that it is asked
 * for.
 */
static bool
recall(pam_handle_t *pamh, const struct caller *caller, int64_t started, int *ret_code)
{
	const struct earlier *earlier = earlier_find(pamh, caller);
	const struct outcome *outcome;

	if (earlier == NULL || started >= earlier->until)
		return false;
	outcome = outcome_of(
		earlier->result.verdict, earlier->result.cause, earlier->result.asked);
	if (!outcome->final)
		write_audit(pamh, caller, &earlier->result, outcome, started);
	*ret_code = outcome_code(outcome, host_of(caller), earlier->result.asked);
	return *ret_code != PAM_SUCCESS;
}

/* What ends the host meanwhile does so when the attempt is over, and in the log. */
static int
attempt(pam_handle_t *pamh, const struct caller *caller, int64_t started)
{
	struct login_result result;
	struct hold hold;
	int code;

	hold_begin(&hold, !caller->ssh); /* there a prompt is open all the time */
	login_run(&result, pamh, caller, &hold);
	check_user(&result, pamh, caller);
	code = conclude(pamh, caller, &result, started);
	hold_end(&hold);
	return code;
}

EXPORT int
pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	int64_t started = clock_ms();
	struct login_result result;
	struct caller caller;
	struct diag diag = {0};
	enum err e;
	int code;

	e = caller_read(&caller, pamh, flags, argc, argv, &diag);
	if (recall(pamh, &caller, started, &code))
		return code;
	if (e == ERR_OK)
		return attempt(pamh, &caller, started);
	if (diag.text[0] != '\0')
		pam_syslog(pamh, LOG_ERR, "%s", diag.text);
	login_fail(&result, e);
	return conclude(pamh, &caller, &result, started);
}

/* Nothing to set; must exist, since most stacks call it after every login. */
EXPORT int
pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh;
	(void)flags;
	(void)argc;
	(void)argv;
	return PAM_SUCCESS;
}

/* Whether an account may be used is not decided here: never a grant, never a veto. */
EXPORT int
pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh;
	(void)flags;
	(void)argc;
	(void)argv;
	return PAM_IGNORE;
}
