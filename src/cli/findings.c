/* Printing findings and counting them. */
#include "cli/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define TEXT_MAX 1024

static const struct {
	const char *word, *tag;
	enum paint paint;
} levels[FINDING_COUNT] = {
#define FINDING_ROW(name, word, tag, paint) {word, tag, PAINT_##paint},
	FINDING_LIST(FINDING_ROW)
#undef FINDING_ROW
};

void
finding(struct findings *f, enum finding_level level, const char *topic,
	const char *advice, const char *fmt, ...)
{
	struct json_object *row = output_add(f->out, "findings");
	char said[TEXT_MAX], text[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(said, sizeof(said), fmt, ap);
	va_end(ap);
	text_line(text, sizeof(text), said, strlen(said));
	f->count[level]++;
	output_tagged(
		f->out, levels[level].paint, levels[level].tag, "%-8s %s", topic, text);
	if (advice != NULL)
		output_line(f->out, "                 -> %s", advice);
	output_put(row, "level", levels[level].word);
	output_put(row, "topic", topic);
	output_put(row, "text", text);
	if (advice != NULL)
		output_put(row, "advice", advice);
}

void
finding_error(struct findings *f, const char *topic, const char *advice, enum err e,
	const struct diag *diag)
{
	if (diag->text[0] != '\0')
		finding(f, FINDING_FAULT, topic, advice, "%s (%s)", diag->text,
			err_word(e));
	else
		finding(f, FINDING_FAULT, topic, advice, "%s", err_word(e));
}

bool
findings_end(struct findings *f)
{
	unsigned faults = f->count[FINDING_FAULT], warnings = f->count[FINDING_WARNING];

	output_int(f->out, "faults", faults);
	output_int(f->out, "warnings", warnings);
	output_line(f->out, "%u fault%s, %u warning%s", faults, faults == 1 ? "" : "s",
		warnings, warnings == 1 ? "" : "s");
	return faults == 0;
}
