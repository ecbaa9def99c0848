/*
 * The one place where a verdict becomes a PAM code. Success stands in one row; whatever
 * is not in the table is a refusal.
 */
#include "pam/outcome.h"

#include <stddef.h>
#include <syslog.h>

#include <security/pam_modules.h>

/*
 * The code decides how often a host asks again: after MAXTRIES sshd stops, after ABORT
 * sudo, login and su stop; AUTH_ERR and AUTHINFO_UNAVAIL make most of them come back.
 */
static const struct outcome outcomes[] = {
	{VERDICT_AUTHENTICATED, PAM_SUCCESS, PAM_SUCCESS, LOG_INFO, false, false},
	{VERDICT_IGNORED, PAM_IGNORE, PAM_IGNORE, LOG_INFO, false, false},
	{VERDICT_REFUSED, PAM_AUTH_ERR, PAM_AUTH_ERR, LOG_NOTICE, true, false},
	{VERDICT_DENIED, PAM_ABORT, PAM_MAXTRIES, LOG_NOTICE, true, true},
	{VERDICT_EXPIRED, PAM_ABORT, PAM_MAXTRIES, LOG_NOTICE, true, true},
	{VERDICT_WRONG_NUMBER, PAM_ABORT, PAM_MAXTRIES, LOG_NOTICE, true, true},
	{VERDICT_LIMITED, PAM_ABORT, PAM_MAXTRIES, LOG_NOTICE, true, true},
	{VERDICT_NOT_GOOD_ENOUGH, PAM_ABORT, PAM_MAXTRIES, LOG_NOTICE, true, true},
	{VERDICT_WRONG_ACCOUNT, PAM_ABORT, PAM_MAXTRIES, LOG_NOTICE, true, true},
	{VERDICT_BAD_TOKEN, PAM_ABORT, PAM_MAXTRIES, LOG_ERR, true, true},
	{VERDICT_ABORTED, PAM_ABORT, PAM_ABORT, LOG_INFO, false, true},
	{VERDICT_UNREADABLE_QR, PAM_AUTHINFO_UNAVAIL, PAM_AUTHINFO_UNAVAIL, LOG_WARNING,
		false, false},
	{VERDICT_NO_PICTURE, PAM_AUTHINFO_UNAVAIL, PAM_AUTHINFO_UNAVAIL, LOG_WARNING,
		false, false},
	{VERDICT_UNAVAILABLE, PAM_AUTHINFO_UNAVAIL, PAM_AUTHINFO_UNAVAIL, LOG_WARNING,
		false, false},
	{VERDICT_MISCONFIGURED, PAM_AUTHINFO_UNAVAIL, PAM_AUTHINFO_UNAVAIL, LOG_ERR,
		false, false},
	{VERDICT_NOT_INTERACTIVE, PAM_AUTHINFO_UNAVAIL, PAM_AUTHINFO_UNAVAIL, LOG_WARNING,
		false, true},
};

static const struct outcome refusal = {
	VERDICT_REFUSED, PAM_AUTH_ERR, PAM_AUTH_ERR, LOG_NOTICE, true, false};

const struct outcome *
outcome_of(enum verdict verdict)
{
	size_t i;

	for (i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++)
		if (outcomes[i].verdict == verdict)
			return &outcomes[i];
	return &refusal;
}

int
outcome_code(const struct outcome *outcome, bool ssh)
{
	return ssh ? outcome->ssh_code : outcome->code;
}
