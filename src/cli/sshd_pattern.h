/*
 * Patterns of sshd's Match lines (ssh_config(5), PATTERNS), and something that meets one.
 */
#ifndef CLI_SSHD_PATTERN_H
#define CLI_SSHD_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

/* Whether a pattern with * and ? is met. */
bool sshd_pattern_meets(const char *text, const char *pattern);

enum sshd_pattern_kind {
	SSHD_PATTERN_NAME,
	SSHD_PATTERN_HOST, /* letters of either case are the same */
	SSHD_PATTERN_ADDRESS /* may also be "192.0.2.0/24" */
};

/* 1: the list "dev-*,!dev-x" is met, 0: it is not, -1: a part with ! is. */
int sshd_pattern_list(const char *text, const char *list, enum sshd_pattern_kind kind);

/*
 * The next part of the list from `*at` on, made into something that meets it, or what
 * stands behind its ! ("dev-*": "dev-x"; "10.0.0.0/8": "10.0.0.1"). False at the end.
 */
bool sshd_pattern_example(
	char *ret, size_t size, const char **at, enum sshd_pattern_kind kind);

#endif
