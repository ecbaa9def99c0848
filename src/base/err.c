/* The strings of the errors and the verdict each leads to: one table, no logic. */
#include "base/err.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

static const struct {
	const char *word;
	enum verdict verdict;
} errors[ERR_COUNT] = {
#define ERR_ROW(name, verdict, word) {word, VERDICT_##verdict},
	ERR_LIST(ERR_ROW)
#undef ERR_ROW
};

const char *
err_word(enum err e)
{
	return errors[(size_t)e < ERR_COUNT ? e : ERR_INTERNAL].word;
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
