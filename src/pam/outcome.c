/*
 * The one place where a verdict and its cause become a PAM code. Success stands in one
 * row; whatever is not in the table is a refusal.
 */
#include "pam/outcome.h"

#include <stddef.h>
#include <string.h>
#include <syslog.h>

#include <security/pam_modules.h>

#define ANY CAUSE_COUNT /* whatever the cause */
#define AT_ONCE_MS 1000 /* nobody was asked by a host that is back so soon */

/*
 * The code decides how often a host asks again, and what it says then. These are the
 * calmest that end it: none is "Critical error", which is what PAM_ABORT is called.
 *
 *   sshd       stops after MAXTRIES
 *   sudo       comes back after AUTH_ERR, PERM_DENIED, AUTHINFO_UNAVAIL and MAXTRIES,
 *              and ends at once after anything else, with two lines of its own
 *   sudo-rs    comes back after AUTH_ERR and CONV_ERR
 *   login      ends after MAXTRIES; util-linux's ends after most, shadow's after no
 *              other but ABORT
 *   su, doas   ask once; su writes what the code is called
 *   GNOME      (its dialog with a code) asks for the password where no code was shown;
 *              once one was, it begins again after AUTH_ERR, three times where somebody
 *              logs in, and leaves a dead code on the screen after AUTHINFO_UNAVAIL
 *
 * After Ctrl-C sudo stops by itself, with one line, where the code is no worse than
 * AUTH_ERR.
 */
#define ALL(code)                                                          \
	{                                                                  \
		[OUTCOME_LOCAL] = PAM_##code, [OUTCOME_SSH] = PAM_##code,  \
		[OUTCOME_SUDO] = PAM_##code, [OUTCOME_LOGIN] = PAM_##code, \
		[OUTCOME_DIALOG] = PAM_##code                              \
	}
#define END(local, ssh, sudo)                                                \
	{                                                                    \
		[OUTCOME_LOCAL] = PAM_##local, [OUTCOME_SSH] = PAM_##ssh,    \
		[OUTCOME_SUDO] = PAM_##sudo, [OUTCOME_LOGIN] = PAM_MAXTRIES, \
		[OUTCOME_DIALOG] = PAM_AUTH_ERR                              \
	}
#define NO_MORE END(PERM_DENIED, MAXTRIES, CRED_INSUFFICIENT)
#define LEFT END(PERM_DENIED, ABORT, AUTH_ERR)
#define NOBODY END(AUTH_ERR, AUTH_ERR, CRED_INSUFFICIENT)

/*
 * Whether a stack may fall back: that is what AUTHINFO_UNAVAIL says, and only to an
 * outage that the helper met itself, or to a set-up that no caller can influence.
 *
 * The first row that fits counts.
 */
static const struct row {
	enum verdict verdict;
	enum cause cause;
	struct outcome outcome;
} rows[] = {
#define ROW(verdict, cause, codes, priority, delay, final)  \
	{                                                   \
		VERDICT_##verdict, cause,                   \
		{                                           \
			codes, LOG_##priority, delay, final \
		}                                           \
	}
	ROW(AUTHENTICATED, ANY, ALL(SUCCESS), INFO, false, false),
	ROW(IGNORED, ANY, ALL(IGNORE), INFO, false, false),
	ROW(UNAVAILABLE, CAUSE_NETWORK, ALL(AUTHINFO_UNAVAIL), WARNING, false, false),
	ROW(UNAVAILABLE, CAUSE_PROVIDER, ALL(AUTHINFO_UNAVAIL), WARNING, false, false),
	ROW(UNREADABLE_QR, CAUSE_PROVIDER, ALL(AUTHINFO_UNAVAIL), WARNING, false, false),
	ROW(MISCONFIGURED, CAUSE_SETUP, ALL(AUTHINFO_UNAVAIL), ERR, false, false),
	ROW(NO_PICTURE, CAUSE_SETUP, ALL(AUTHINFO_UNAVAIL), WARNING, false, false),
	ROW(NOT_INTERACTIVE, CAUSE_SETUP, ALL(AUTHINFO_UNAVAIL), WARNING, false, true),
	ROW(REFUSED, ANY, ALL(AUTH_ERR), NOTICE, true, false),
	ROW(DENIED, ANY, NO_MORE, NOTICE, true, true),
	ROW(EXPIRED, ANY, NO_MORE, NOTICE, true, true),
	ROW(WRONG_NUMBER, ANY, NO_MORE, NOTICE, true, true),
	ROW(LIMITED, ANY, NO_MORE, NOTICE, true, true),
	ROW(NOT_GOOD_ENOUGH, ANY, NO_MORE, NOTICE, true, true),
	ROW(WRONG_ACCOUNT, ANY, NO_MORE, NOTICE, true, true),
	ROW(BAD_TOKEN, ANY, NO_MORE, ERR, true, true),
	ROW(ABORTED, ANY, LEFT, INFO, false, true),
	ROW(NOT_INTERACTIVE, ANY, NOBODY, WARNING, false, true),
	ROW(UNAVAILABLE, ANY, ALL(AUTH_ERR), WARNING, false, false),
	ROW(UNREADABLE_QR, ANY, ALL(AUTH_ERR), WARNING, false, false),
	ROW(NO_PICTURE, ANY, ALL(AUTH_ERR), WARNING, false, false),
	ROW(MISCONFIGURED, ANY, ALL(AUTH_ERR), ERR, false, false),
#undef ROW
};

static const struct outcome refusal = {ALL(AUTH_ERR), LOG_NOTICE, true, false};

/*
 * A program has answered the question, and would answer the next one; each try of ssh's
 * would ring a phone, or begin a code that nobody reads. That method is done with. What
 * could ask nothing to begin with (ssh's password method) may be followed by what can.
 */
static const struct outcome program = {
	END(AUTH_ERR, MAXTRIES, CRED_INSUFFICIENT), LOG_WARNING, false, true};

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

enum outcome_host
outcome_host(const char *service, bool ssh)
{
	if (ssh)
		return OUTCOME_SSH;
	/* "sudo-i"; and what sudoers may name, by the look of it */
	if (strcmp(service, "sudo") == 0 || strncmp(service, "sudo-", 5) == 0)
		return OUTCOME_SUDO;
	if (strcmp(service, "login") == 0 || strcmp(service, "remote") == 0)
		return OUTCOME_LOGIN;
	return OUTCOME_LOCAL;
}

int
outcome_code(const struct outcome *outcome, enum outcome_host host, bool asked)
{
	int code = outcome->codes[host];

	return host == OUTCOME_DIALOG && asked && code != PAM_SUCCESS ? PAM_AUTH_ERR
								      : code;
}

bool
outcome_repeats(enum outcome_host host)
{
	return host == OUTCOME_SUDO;
}

int64_t
outcome_lasts(const struct outcome *outcome, enum outcome_host host)
{
	/* sshd takes a handle on to the client's next method, which may go better */
	if (host == OUTCOME_SSH || outcome->codes[host] == PAM_SUCCESS)
		return 0;
	if (outcome->final)
		return INT64_MAX;
	if (!outcome_repeats(host))
		return 0; /* it asks for another name, or is at its end */
	/* what is away may be back when somebody has typed a password meanwhile */
	return outcome->delay ? INT64_MAX : AT_ONCE_MS;
}
