/*
 * The line in the system log. Pure: it formats and never decides what is logged; it
 * must never be given a token, a key or a whole subject.
 */
#include "audit/audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

/* The fields in their order; `time` comes behind them. */
enum field { OUTCOME, REASON, USER, SERVICE, RHOST, TTY, FLOW, SUBJECT, FIELDS };

static const char *const names[FIELDS] = {
	"outcome", "reason", "user", "service", "rhost", "tty", "flow", "subject"};

static size_t
add(char *dst, size_t size, size_t at, const char *name, const char *value)
{
	char clean[AUDIT_FIELD_MAX + 1];
	int len;

	text_log(clean, sizeof(clean), value);
	len = snprintf(dst + at, size - at, "%s=%s ", name, clean);
	if (len < 0)
		return at;
	return at + (size_t)len < size ? at + (size_t)len : size - 1;
}

size_t
audit_line(char *dst, size_t size, const struct audit *audit)
{
	const char *const values[FIELDS] = {
		[OUTCOME] = verdict_word(audit->outcome),
		[REASON] = audit->reason,
		[USER] = audit->user,
		[SERVICE] = audit->service,
		[RHOST] = audit->rhost,
		[TTY] = audit->tty,
		[FLOW] = audit->flow,
		[SUBJECT] = audit->subject,
	};
	int64_t elapsed = audit->elapsed > 0 ? audit->elapsed : 0;
	size_t i, at = 0;
	int len;

	if (size == 0)
		return 0;
	for (i = 0; i < FIELDS; i++)
		at = add(dst, size, at, names[i], values[i]);
	len = snprintf(dst + at, size - at, "time=%" PRId64 ".%" PRId64 "s",
		elapsed / 1000, elapsed % 1000 / 100);
	if (len > 0)
		at += (size_t)len < size - at ? (size_t)len : size - at - 1;
	return at;
}

/* Whether the `len` bytes, and blanks, end in the name of a field, in any case. */
static bool
names_field(const char *text, size_t len)
{
	size_t i;

	while (len > 0 && text[len - 1] == ' ')
		len--;
	for (i = 0; i < FIELDS; i++) {
		size_t name = strlen(names[i]);

		if (len >= name && strncasecmp(text + len - name, names[i], name) == 0)
			return true;
	}
	return false;
}

size_t
audit_note(char *dst, size_t size, const char *text, size_t len)
{
	size_t out = text_line(dst, size, text, len), i;

	for (i = 0; i < out; i++)
		if (dst[i] == '=' && names_field(dst, i))
			dst[i] = '?';
	return out;
}
