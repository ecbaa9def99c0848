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

/*
 * Copies any other line for the system log, so that it cannot be taken for an attempt's,
 * whatever has come into it: as text_line(), and no field of audit_line() is set in it
 * ("outcome=" becomes "outcome?"). Returns the length written.
 */
size_t audit_note(char *dst, size_t size, const char *text, size_t len);

#endif
