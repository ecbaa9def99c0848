/* The strings of the errors, and the verdict and cause of each: one table, no logic. */
#include "base/err.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *word;
	enum verdict verdict;
	enum cause cause;
} errors[ERR_COUNT] = {
#define ERR_ROW(name, verdict, cause, word) {word, VERDICT_##verdict, CAUSE_##cause},
	ERR_LIST(ERR_ROW)
#undef ERR_ROW
};

const char *
err_word(enum err e)
{
	return errors[(size_t)e < ERR_COUNT ? e : ERR_INTERNAL].word;
}

enum err
err_find(const char *word)
{
	size_t i;

	for (i = 0; i < ERR_COUNT; i++)
		if (strcmp(errors[i].word, word) == 0)
			return (enum err)i;
	return ERR_INTERNAL;
}

enum cause
err_cause(enum err e)
{
	return errors[(size_t)e < ERR_COUNT ? e : ERR_INTERNAL].cause;
}

enum verdict
err_verdict(enum err e)
{
	return errors[(size_t)e < ERR_COUNT ? e : ERR_INTERNAL].verdict;
}

enum err
diag_set(struct diag *diag, enum err e, const char *fmt, ...)
{
	va_list ap;

	if (diag != NULL) {
		va_start(ap, fmt);
		vsnprintf(diag->text, sizeof(diag->text), fmt, ap);
		va_end(ap);
	}
	return e;
}
