/* Counts and lines; whoever calls logs them. No text of a caller's stands in a line. */
#include "listener/refusals.h"

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"

#define ROWS (REFUSAL_KINDS + REFUSALS_ROWS)

static const struct {
	enum err reason;
	const char *why;
} kinds[REFUSAL_KINDS] = {
	[REFUSAL_EACH] = {ERR_BUSY, "all places of this uid are taken"},
	[REFUSAL_ALL] = {ERR_BUSY, "all places are taken"},
	[REFUSAL_STRANGER] = {ERR_UNKNOWN_USER, "such uids are no account's"},
	[REFUSAL_UNSURE] = {ERR_TIMEOUT, "the account database does not answer"},
	[REFUSAL_HELPER] = {ERR_SYSTEM, "no helper can be started"},
};

static size_t
write_line(char line[REFUSALS_LINE_MAX], struct refusals_row *row)
{
	int len = snprintf(line, REFUSALS_LINE_MAX,
		"refused times=%u peer_uid=%u reason=%s: %s", row->count,
		(unsigned)row->uid, err_word(kinds[row->kind].reason),
		kinds[row->kind].why);

	row->count = 0;
	return len > 0 && len < REFUSALS_LINE_MAX ? (size_t)len : 0;
}

/* The row of that uid, a free one for it, or the one that is everybody's. */
static struct refusals_row *
find_row(struct refusals *refusals, enum refusal kind, uid_t uid)
{
	struct refusals_row *found = &refusals->rows[kind];
	size_t i;

	for (i = REFUSAL_KINDS; kind == REFUSAL_EACH && i < ROWS; i++) {
		struct refusals_row *row = &refusals->rows[i];

		if (row->due != 0 && row->uid == uid)
			return row;
		if (row->due == 0 && found == &refusals->rows[kind])
			found = row;
	}
	return found;
}

size_t
refusals_note(struct refusals *refusals, char line[REFUSALS_LINE_MAX], enum refusal kind,
	uid_t uid, int64_t now)
{
	struct refusals_row *row = find_row(refusals, kind, uid);
	bool fresh = row->due == 0;

	row->kind = kind;
	row->uid = uid;
	row->count++;
	if (!fresh)
		return 0;
	row->due = now + REFUSALS_EVERY_MS;
	return write_line(line, row);
}

size_t
refusals_next(struct refusals *refusals, char line[REFUSALS_LINE_MAX], int64_t now)
{
	size_t i;

	for (i = 0; i < ROWS; i++) {
		struct refusals_row *row = &refusals->rows[i];

		if (row->due == 0 || now < row->due)
			continue;
		row->due = row->count > 0 ? now + REFUSALS_EVERY_MS : 0;
		if (row->count > 0)
			return write_line(line, row);
	}
	return 0;
}

int64_t
refusals_due(const struct refusals *refusals)
{
	int64_t due = INT64_MAX;
	size_t i;

	for (i = 0; i < ROWS; i++)
		if (refusals->rows[i].due != 0 && refusals->rows[i].due < due)
			due = refusals->rows[i].due;
	return due;
}
