/* Patterns of sshd. What they are compared with never comes from outside. */
#include "cli/sshd_pattern.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "config/address.h"

#define PART_MAX 256

bool
sshd_pattern_meets(const char *text, const char *pattern)
{
	const char *star = NULL, *again = NULL;

	while (*text != '\0') {
		if (*pattern == '*') {
			star = pattern++;
			again = text;
		} else if (*pattern == '?' || *pattern == *text) {
			pattern++;
			text++;
		} else if (star != NULL) {
			pattern = star + 1;
			text = ++again;
		} else
			return false;
	}
	return pattern[strspn(pattern, "*")] == '\0';
}

/* The next part of a list, in small letters where their case does not count. */
static bool
next_part(char ret[PART_MAX], const char **at, enum sshd_pattern_kind kind)
{
	size_t i, len = strcspn(*at, ",");

	if (**at == '\0')
		return false;
	snprintf(ret, PART_MAX, "%.*s", (int)(len < PART_MAX ? len : PART_MAX - 1), *at);
	for (i = 0; kind == SSHD_PATTERN_HOST && ret[i] != '\0'; i++)
		ret[i] = (char)tolower((unsigned char)ret[i]);
	*at += len + ((*at)[len] == ',');
	return true;
}

int
sshd_pattern_list(const char *text, const char *list, enum sshd_pattern_kind kind)
{
	char part[PART_MAX], small[PART_MAX];
	const char *at = text;
	int found = 0;

	if (kind == SSHD_PATTERN_HOST && next_part(small, &at, kind))
		text = small;
	while (next_part(part, &list, kind)) {
		bool no = part[0] == '!';
		const char *pattern = part + no;

		if (!(kind == SSHD_PATTERN_ADDRESS && address_list_has(pattern, text)) &&
			!sshd_pattern_meets(text, pattern))
			continue;
		if (no)
			return -1;
		found = 1;
	}
	return found;
}

/* The first address of a network behind its own. */
static void
inside(char *part)
{
	char *slash = strchr(part, '/');
	unsigned char bytes[16];
	int family;

	if (slash == NULL)
		return;
	*slash = '\0';
	family = strchr(part, ':') != NULL ? AF_INET6 : AF_INET;
	if (inet_pton(family, part, bytes) != 1)
		return;
	if (strcmp(slash + 1, family == AF_INET ? "32" : "128") != 0)
		bytes[family == AF_INET ? 3 : 15] |= 1;
	inet_ntop(family, bytes, part, PART_MAX);
}

/* Makes "192.168.1" an address; false where that cannot be. */
static bool
complete(char part[PART_MAX])
{
	unsigned char bytes[16];
	const char *more = strchr(part, ':') != NULL ? "::1" : ".1";
	int family = more[0] == ':' ? AF_INET6 : AF_INET;
	unsigned left = 3;

	while (inet_pton(family, part, bytes) != 1) {
		if (left-- == 0 || strlen(part) + 4 > PART_MAX)
			return false;
		strcat(part, more);
	}
	return true;
}

bool
sshd_pattern_example(char *ret, size_t size, const char **at, enum sshd_pattern_kind kind)
{
	bool address = kind == SSHD_PATTERN_ADDRESS;
	char part[PART_MAX];
	size_t i;

	do {
		if (!next_part(part, at, kind))
			return false;
		if (part[0] == '!')
			memmove(part, part + 1, strlen(part));
		if (address)
			inside(part);
		for (i = 0; part[i] != '\0'; i++)
			if (part[i] == '*' || part[i] == '?')
				part[i] = address ? '1' : 'x';
	} while (part[0] == '\0' || (address && !complete(part)));
	snprintf(ret, size, "%s", part);
	return true;
}
