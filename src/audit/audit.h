/*
 * The one line that a login attempt leaves in the system log.
 */
#ifndef AUDIT_AUDIT_H
#define AUDIT_AUDIT_H

#include <stddef.h>
#include <stdint.h>

#include "base/verdict.h"

/* Enough for every line: each field is cut to AUDIT_FIELD_MAX characters. */
#define AUDIT_LINE_MAX 1200
#define AUDIT_FIELD_MAX 96

/* What is known of an attempt. Texts may be foreign, empty or NULL. */
struct audit {
	enum verdict outcome;
	const char *reason; /* err_word() */
	const char *user;
	const char *service;
	const char *rhost;
	const char *tty;
	const char *flow;
	const char *subject; /* short hash, never the subject itself */
	int64_t elapsed; /* milliseconds */
};

/*
 * Writes `outcome=… reason=… user=… service=… rhost=… tty=… flow=… subject=… time=1.2s`
 * into `dst`, always terminated; returns its length. No field can add another one or
 * a line: each passes text_log().
 */
size_t audit_line(char *dst, size_t size, const struct audit *audit);

/* The other lines that a defender searches: how far a login has come, as it happens. */
enum audit_event {
	AUDIT_CODE_SHOWN, /* a code, or an address to open */
	AUDIT_PHONE_RUNG,
	AUDIT_CODE_SCANNED,
	AUDIT_CONFIRMED, /* the provider vouches for somebody; not yet: they are let in */
	AUDIT_EVENTS
};

#define AUDIT_EVENT_MAX 512
#define AUDIT_EVENT_FIELD_MAX 56

/* Texts may be foreign, empty or NULL. */
struct audit_step {
	enum audit_event event;
	const char *user;
	const char *service;
	const char *rhost;
	const char *factor; /* the first factor: what it is, "none" */
	const char *flow;
	int64_t elapsed; /* milliseconds since it was shown or rung; -1: that is now */
	const char *address; /* of the phone, where the provider says so */
	const char *model; /* likewise */
};

/*
 * Writes `event=… for=… via=… from=… factor=… how=… after=1.2s phone=… model=…`, the
 * last two behind AUDIT_CONFIRMED only. The keys are others than an attempt's, so that
 * the line passes audit_note() as it is; no field can add another one.
 */
size_t audit_event_line(char *dst, size_t size, const struct audit_step *step);

/*
 * Copies any other line for the system log, so that it cannot be taken for an attempt's,
 * whatever has come into it: as text_line(), and no field of audit_line() is set in it
 * ("outcome=" becomes "outcome?"), nor `event` but at its very beginning, where nothing
 * foreign ever stands. Returns the length written.
 */
size_t audit_note(char *dst, size_t size, const char *text, size_t len);

#endif
