/*
 * The line in the system log. Pure: it formats and never decides what is logged; it
 * must never be given a token, a key or a whole subject.
 */
#include "audit/audit.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"

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
	const struct {
		const char *name;
		const char *value;
	} fields[] = {
		{"outcome", verdict_word(audit->outcome)},
		{"reason", audit->reason},
		{"user", audit->user},
		{"service", audit->service},
		{"rhost", audit->rhost},
		{"tty", audit->tty},
		{"flow", audit->flow},
		{"subject", audit->subject},
	};
	int64_t elapsed = audit->elapsed > 0 ? audit->elapsed : 0;
	size_t i, at = 0;
	int len;

	if (size == 0)
		return 0;
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		at = add(dst, size, at, fields[i].name, fields[i].value);
	len = snprintf(dst + at, size - at, "time=%" PRId64 ".%" PRId64 "s",
		elapsed / 1000, elapsed % 1000 / 100);
	if (len > 0)
		at += (size_t)len < size - at ? (size_t)len : size - at - 1;
	return at;
}
