/* The strings of the verdicts; nothing here decides anything. */
#include "base/verdict.h"

#include <stddef.h>

static const struct {
	const char *word;
	const char *sentence;
	const char *other;
} verdicts[VERDICT_COUNT] = {
#define VERDICT_ROW(name, word, sentence, other) {word, sentence, other},
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

const char *
verdict_other_sentence(enum verdict v)
{
	const char *other =
		verdicts[(size_t)v < VERDICT_COUNT ? v : VERDICT_REFUSED].other;

	return other[0] != '\0' ? other : verdict_sentence(v);
}
