/*
 * One login without PAM: the helper that real logins use, driven from a terminal. What
 * it shows goes to standard error; nothing here touches the network.
 */
#ifndef CLI_ATTEMPT_H
#define CLI_ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "wire/wire.h"

#define ATTEMPT_NAME_MAX 257

/* One line of the helper's log, such as "step=token status=200 time=31ms ok". */
struct attempt_line {
	int priority; /* as in syslog(3) */
	int64_t at; /* ms since the attempt began */
	const char *text;
};

struct attempt {
	/* asked */
	enum wire_purpose purpose;
	const char *user, *service, *config; /* borrowed */
	bool quiet; /* show nothing, and end at the first text for the person */
	void (*log)(void *arg, const struct attempt_line *line); /* may be NULL */
	void *arg;
	/* answered */
	enum verdict verdict;
	char reason[65]; /* err_word() of the helper's error */
	char sentence[512]; /* for the person */
	char issuer[1025], sub[256], name[ATTEMPT_NAME_MAX]; /* "" unless identified */
	char message[512]; /* the last error that the helper logged */
	bool shown; /* there was something to scan or to confirm */
	int64_t took; /* ms */
};

/*
 * Runs to the verdict. ERR_OK: there is one; what it says is the caller's to read.
 * Otherwise with a line in `diag`: launch_start()'s errors where the helper did not
 * start, ERR_PROTOCOL, ERR_TIMEOUT or ERR_GONE where it went without a verdict.
 */
enum err attempt_run(struct attempt *attempt, struct diag *diag) MUST_USE;

#endif
