/* Naming lines of sshd's configuration. */
#include "cli/sshd_words.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void
sshd_words_add(char *text, size_t size, const char *fmt, ...)
{
	size_t len = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + len, size - len, fmt, ap);
	va_end(ap);
}

void
sshd_words_place(char text[SSHD_WORDS_MAX], const struct sshd_survey *survey,
	const struct sshd_visit *visit, const char *key)
{
	const struct sshd_line *line = sshd_survey_line(survey, visit, key), *other;
	const struct sshd_block *block;

	if (line == NULL)
		return;
	sshd_words_add(
		text, SSHD_WORDS_MAX, " (%s:%u)", line->place.file, line->place.line);
	other = sshd_config_loser(survey->config, line, visit != NULL ? visit->met : 1);
	if (other == NULL)
		return;
	block = &survey->config->blocks[other->block];
	sshd_words_add(text, SSHD_WORDS_MAX, "; the %.80s at %s:%u counts ", other->value,
		other->place.file, other->place.line);
	if (other->block != line->block)
		sshd_words_add(
			text, SSHD_WORDS_MAX, "only below Match %.80s", block->text);
	else
		sshd_words_add(
			text, SSHD_WORDS_MAX, "for nothing, since the first line wins");
}

void
sshd_words_advise(char advice[SSHD_WORDS_MAX], const struct sshd_survey *survey,
	const struct sshd_visit *visit, const char *key, const char *wanted)
{
	const struct sshd_line *line = sshd_survey_line(survey, visit, key);

	if (line != NULL)
		snprintf(advice, SSHD_WORDS_MAX, "write %s at %s:%u", wanted,
			line->place.file, line->place.line);
	else
		snprintf(advice, SSHD_WORDS_MAX, "write %s into " SSHD_CONFIG_FILE "%s",
			wanted,
			survey->config->block_count > 1 ? ", above its Match lines" : "");
	sshd_words_add(advice, SSHD_WORDS_MAX, "; type: systemctl reload ssh");
}
