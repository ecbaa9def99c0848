/*
 * The one place where a verdict and its cause become a PAM code. Success stands in one
 * row; whatever is not in the table is a refusal.
 */
#include "pam/outcome.h"

#include <stddef.h>
#include <syslog.h>

#include <security/pam_modules.h>

#define ANY CAUSE_COUNT /* whatever the cause */

/*
 * The code decides how often a host asks again (after MAXTRIES sshd stops, after ABORT
 * sudo, login and su stop; AUTH_ERR and AUTHINFO_UNAVAIL make most of them come back),
 * and whether a stack may fall back: that is what AUTHINFO_UNAVAIL says, and only to an
 * outage that the helper met itself, or to a set-up that no caller can influence.
 *
 * The first row that fits counts.
 */
static const struct row {
	enum verdict verdict;
	enum cause cause;
	struct outcome outcome;
} rows[] = {
#define ROW(verdict, cause, code, ssh_code, priority, delay, final)              \
	{                                                                        \
		VERDICT_##verdict, cause,                                        \
		{                                                                \
			PAM_##code, PAM_##ssh_code, LOG_##priority, delay, final \
		}                                                                \
	}
	ROW(AUTHENTICATED, ANY, SUCCESS, SUCCESS, INFO, false, false),
	ROW(IGNORED, ANY, IGNORE, IGNORE, INFO, false, false),
	ROW(UNAVAILABLE, CAUSE_NETWORK, AUTHINFO_UNAVAIL, AUTHINFO_UNAVAIL, WARNING,
		false, false),
	ROW(UNAVAILABLE, CAUSE_PROVIDER, AUTHINFO_UNAVAIL, AUTHINFO_UNAVAIL, WARNING,
		false, false),
	ROW(UNREADABLE_QR, CAUSE_PROVIDER, AUTHINFO_UNAVAIL, AUTHINFO_UNAVAIL, WARNING,
		false, false),
	ROW(MISCONFIGURED, CAUSE_SETUP, AUTHINFO_UNAVAIL, AUTHINFO_UNAVAIL, ERR, false,
		false),
	ROW(NO_PICTURE, CAUSE_SETUP, AUTHINFO_UNAVAIL, AUTHINFO_UNAVAIL, WARNING, false,
		false),
	ROW(NOT_INTERACTIVE, CAUSE_SETUP, AUTHINFO_UNAVAIL, AUTHINFO_UNAVAIL, WARNING,
		false, true),
	ROW(REFUSED, ANY, AUTH_ERR, AUTH_ERR, NOTICE, true, false),
	ROW(DENIED, ANY, ABORT, MAXTRIES, NOTICE, true, true),
	ROW(EXPIRED, ANY, ABORT, MAXTRIES, NOTICE, true, true),
	ROW(WRONG_NUMBER, ANY, ABORT, MAXTRIES, NOTICE, true, true),
	ROW(LIMITED, ANY, ABORT, MAXTRIES, NOTICE, true, true),
	ROW(NOT_GOOD_ENOUGH, ANY, ABORT, MAXTRIES, NOTICE, true, true),
	ROW(WRONG_ACCOUNT, ANY, ABORT, MAXTRIES, NOTICE, true, true),
	ROW(BAD_TOKEN, ANY, ABORT, MAXTRIES, ERR, true, true),
	ROW(ABORTED, ANY, ABORT, ABORT, INFO, false, true),
	ROW(NOT_INTERACTIVE, ANY, AUTH_ERR, AUTH_ERR, WARNING, false, true),
	ROW(UNAVAILABLE, ANY, AUTH_ERR, AUTH_ERR, WARNING, false, false),
	ROW(UNREADABLE_QR, ANY, AUTH_ERR, AUTH_ERR, WARNING, false, false),
	ROW(NO_PICTURE, ANY, AUTH_ERR, AUTH_ERR, WARNING, false, false),
	ROW(MISCONFIGURED, ANY, AUTH_ERR, AUTH_ERR, ERR, false, false),
#undef ROW
};

static const struct outcome refusal = {
	PAM_AUTH_ERR, PAM_AUTH_ERR, LOG_NOTICE, true, false};

/*
 * A program has answered the question, and would answer the next one; each try of ssh's
 * would ring a phone, or begin a code that nobody reads. That method is done with. What
 * could ask nothing to begin with (ssh's password method) may be followed by what can.
 */
static const struct outcome program = {
	PAM_AUTH_ERR, PAM_MAXTRIES, LOG_WARNING, false, true};

const struct outcome *
outcome_of(enum verdict verdict, enum cause cause, bool asked)
{
	size_t i;

	if (verdict == VERDICT_NOT_INTERACTIVE && asked)
		return &program;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].verdict == verdict &&
			(rows[i].cause == ANY || rows[i].cause == cause))
			return &rows[i].outcome;
	return &refusal;
}

int
outcome_code(const struct outcome *outcome, bool ssh)
{
	return ssh ? outcome->ssh_code : outcome->code;
}
