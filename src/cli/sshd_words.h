/*
 * What a finding about sshd says of its lines: where one stands, and what to write there.
 */
#ifndef CLI_SSHD_WORDS_H
#define CLI_SSHD_WORDS_H

#include <stddef.h>

#include "cli/sshd_survey.h"

#define SSHD_WORDS_MAX 800 /* bytes of a text or an advice */

/* Appends what fits of it. */
void sshd_words_add(char *text, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Appends " (FILE:LINE)" of the line that counts for the key on that visit (NULL: for
 * anybody), and which one does not count though somebody may think so.
 */
void sshd_words_place(char text[SSHD_WORDS_MAX], const struct sshd_survey *survey,
	const struct sshd_visit *visit, const char *key);

/* What to write where: in the line that counts now, or in a new one outside any Match. */
void sshd_words_advise(char advice[SSHD_WORDS_MAX], const struct sshd_survey *survey,
	const struct sshd_visit *visit, const char *key, const char *wanted);

#endif
