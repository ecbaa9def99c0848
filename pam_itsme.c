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
#include "pam/caller.h"
#include "pam/conversation.h"
#include "pam/login.h"
#include "pam/outcome.h"

#define EXPORT __attribute__((visibility("default")))

#define FINAL_ANSWER "pam_itsme_final_answer" /* PAM data: the code, plus 1 */
#define FAIL_DELAY_US 2000000

/* The answer that this handle has got already, where it was a final one. */
static bool
recall(const pam_handle_t *pamh, int *ret_code)
{
	const void *data = NULL;

	if (pam_get_data(pamh, FINAL_ANSWER, &data) != PAM_SUCCESS || data == NULL)
		return false;
	*ret_code = (int)(intptr_t)data - 1;
	return *ret_code != PAM_SUCCESS;
}

static void
remember(pam_handle_t *pamh, int code)
{
	pam_set_data(pamh, FINAL_ANSWER, (void *)(intptr_t)(code + 1), NULL);
}

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

/* Shows the sentence, leaves the line in the log, and turns the verdict into a code. */
static int
conclude(pam_handle_t *pamh, const struct caller *caller,
	const struct login_result *result, int64_t started)
{
	const struct outcome *outcome =
		outcome_of(result->verdict, result->cause, result->asked);
	int code = outcome_code(outcome, caller->ssh);

	write_audit(pamh, caller, result, outcome, started);
	say(pamh, caller, code, result->sentence);
	if (outcome->delay)
		pam_fail_delay(pamh, FAIL_DELAY_US);
	/*
	 * sshd takes this handle on to the client's next method, which may go better; a
	 * locker keeps one as long as it runs, and its person may try again.
	 */
	if (outcome->final && !caller->ssh && !result->by_service)
		remember(pamh, code);
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

	if (recall(pamh, &code))
		return code;
	e = caller_read(&caller, pamh, flags, argc, argv, &diag);
	if (e == ERR_OK) {
		login_run(&result, pamh, &caller);
		check_user(&result, pamh, &caller);
	} else {
		if (diag.text[0] != '\0')
			pam_syslog(pamh, LOG_ERR, "%s", diag.text);
		login_fail(&result, e);
	}
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
