/* The strings of the verdicts; nothing here decides anything. */
#include "base/verdict.h"

#include <stddef.h>

static const struct {
	const char *word;
	const char *sentence;
} verdicts[VERDICT_COUNT] = {
#define VERDICT_ROW(name, word, sentence) {word, sentence},
	VERDICT_LIST(VERDICT_ROW)
#undef VERDICT_ROW
};

const char *
verdict_word(enum verdict v)
{
	return verdicts[(size_t)v < VERDICT_COUNT ? v : VERDICT_REFUSED].word;
}

const char *
verdict_sentence(enum verdict v)
{
	return verdicts[(size_t)v < VERDICT_COUNT ? v : VERDICT_REFUSED].sentence;
}
