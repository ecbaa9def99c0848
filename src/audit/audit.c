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

/* What begins the line of an event, and nothing else. */
static const char event_name[] = "event";

static const char *const events[AUDIT_EVENTS] = {
	[AUDIT_CODE_SHOWN] = "code_shown",
	[AUDIT_PHONE_RUNG] = "phone_rung",
	[AUDIT_CODE_SCANNED] = "code_scanned",
	[AUDIT_CONFIRMED] = "confirmed",
};

/* `most` characters of the value count. */
static size_t
add_most(char *dst, size_t size, size_t at, const char *name, const char *value,
	size_t most)
{
	char clean[AUDIT_FIELD_MAX + 1];
	int len;

	text_log(clean, most + 1, value);
	len = snprintf(dst + at, size - at, "%s=%s ", name, clean);
	if (len < 0)
		return at;
	return at + (size_t)len < size ? at + (size_t)len : size - 1;
}

static size_t
add(char *dst, size_t size, size_t at, const char *name, const char *value)
{
	return add_most(dst, size, at, name, value, AUDIT_FIELD_MAX);
}

/* The time at the end of `at` bytes. */
static size_t
add_time(char *dst, size_t size, size_t at, const char *name, int64_t elapsed)
{
	int64_t some = elapsed > 0 ? elapsed : 0;
	int len = snprintf(dst + at, size - at, "%s=%" PRId64 ".%" PRId64 "s", name,
		some / 1000, some % 1000 / 100);

	if (len > 0)
		at += (size_t)len < size - at ? (size_t)len : size - at - 1;
	return at;
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
	size_t i, at = 0;

	if (size == 0)
		return 0;
	for (i = 0; i < FIELDS; i++)
		at = add(dst, size, at, names[i], values[i]);
	return add_time(dst, size, at, "time", audit->elapsed);
}

size_t
audit_event_line(char *dst, size_t size, const struct audit_step *step)
{
	size_t i = step->event < AUDIT_EVENTS ? step->event : AUDIT_CODE_SHOWN, at = 0;
	const struct {
		const char *name, *value;
	} fields[] = {{event_name, events[i]}, {"for", step->user},
		{"via", step->service}, {"from", step->rhost}, {"factor", step->factor},
		{"how", step->flow}};

	if (size == 0)
		return 0;
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		at = add_most(dst, size, at, fields[i].name, fields[i].value,
			AUDIT_EVENT_FIELD_MAX);
	if (step->elapsed >= 0)
		at = add_time(dst, size, at, "after", step->elapsed);
	else if (at > 0)
		dst[--at] = '\0'; /* the blank */
	if (step->event != AUDIT_CONFIRMED || at + 1 >= size)
		return at;
	dst[at++] = ' ';
	at = add_most(dst, size, at, "phone", step->address, AUDIT_EVENT_FIELD_MAX);
	at = add_most(dst, size, at, "model", step->model, AUDIT_EVENT_FIELD_MAX);
	dst[--at] = '\0';
	return at;
}

/* Whether the `len` bytes, and blanks, end in the name of a field, in any case. */
static bool
ends_in(const char *text, size_t len, const char *name)
{
	size_t size = strlen(name);

	while (len > 0 && text[len - 1] == ' ')
		len--;
	return len >= size && strncasecmp(text + len - size, name, size) == 0;
}

/* Whether the '=' behind the `len` bytes would make them a field of a line of ours. */
static bool
names_field(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < FIELDS; i++)
		if (ends_in(text, len, names[i]))
			return true;
	return ends_in(text, len, event_name) && len != strlen(event_name);
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
