/* Reading /proc/PID, as proc(5) has it. */
#include "base/process.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clean.h"

#define FILE_MAX 4096 /* bytes of a file; what is looked at stands at its beginning */

/* Fields of the stat file behind the name, which ends at the last ')'. */
enum field { FIELD_STATE = 3, FIELD_SESSION = 6, FIELD_TERMINAL = 7, FIELD_START = 22 };

/* A whole number with a blank or an end behind it. */
static bool
read_number(int64_t *ret, const char *text)
{
	char *end;

	if (!isdigit((unsigned char)text[0]) && text[0] != '-')
		return false;
	errno = 0;
	*ret = strtoll(text, &end, 10);
	return errno == 0 && end != text && (*end == ' ' || *end == '\0' || *end == '\n');
}

/* The text of a field, behind `name_end`; NULL: there are fewer. */
static const char *
find_field(const char *name_end, enum field wanted)
{
	const char *at = name_end;
	int field;

	for (field = FIELD_STATE - 1; at != NULL && field < (int)wanted; field++) {
		at = strchr(at, ' ');
		if (at != NULL)
			at++;
	}
	return at;
}

bool
process_parse_stat(struct process *ret, const char *stat)
{
	/* the name may hold anything, also blanks and parentheses */
	const char *name_end = strrchr(stat, ')');
	const struct {
		enum field field;
		int64_t least, most;
	} wanted[] = {
		{FIELD_SESSION, 0, INT32_MAX},
		{FIELD_TERMINAL, INT32_MIN, INT32_MAX},
		{FIELD_START, 0, INT64_MAX},
	};
	int64_t found[3];
	const char *state = find_field(name_end, FIELD_STATE);
	size_t i;

	if (state == NULL)
		return false;
	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		const char *text = find_field(name_end, wanted[i].field);

		if (text == NULL || !read_number(&found[i], text) ||
			found[i] < wanted[i].least || found[i] > wanted[i].most)
			return false;
	}
	ret->state = state[0];
	ret->session = (pid_t)found[0];
	ret->terminal = (int)found[1];
	ret->start = (uint64_t)found[2];
	return true;
}

bool
process_parse_status(uid_t *ret, const char *status)
{
	static const char label[] = "\nUid:\t";
	const char *at = strstr(status, label);
	int64_t uid;
	char *end;

	if (at == NULL || !isdigit((unsigned char)at[sizeof(label) - 1]))
		return false;
	uid = strtoll(at + sizeof(label) - 1, &end, 10);
	if (*end != '\t' || uid < 0 || uid >= UINT32_MAX)
		return false;
	*ret = (uid_t)uid;
	return true;
}

static bool
read_file(char text[FILE_MAX], pid_t pid, const char *name)
{
	char path[64];
	AUTO_FD int fd = -1;
	ssize_t got;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	got = fd >= 0 ? read(fd, text, FILE_MAX - 1) : -1;
	if (got <= 0)
		return false;
	text[got] = '\0';
	return true;
}

bool
process_read(struct process *ret, pid_t pid)
{
	struct process found = {.pid = pid};
	char text[FILE_MAX];

	if (pid <= 0 || !read_file(text, pid, "stat") ||
		!process_parse_stat(&found, text) || !read_file(text, pid, "status") ||
		!process_parse_status(&found.ruid, text))
		return false;
	*ret = found;
	return true;
}
