/* Who is spoken to in which language, and what they are then told. */
#include "unit.h"

#include <string.h>

#include "base/text.h"
#include "base/verdict.h"
#include "language/catalogue.h"
#include "language/language.h"

#define FIRST ((enum language)(LANGUAGE_NONE + 1))

static void
test_word_must_be_exact(void **state)
{
	static const struct {
		const char *word;
		enum language expected;
	} cases[] = {
		{"en", LANGUAGE_EN},
		{"nl", LANGUAGE_NL},
		{"fr", LANGUAGE_FR},
		{"de", LANGUAGE_DE},
		{"", LANGUAGE_NONE},
		{"n", LANGUAGE_NONE},
		{"nls", LANGUAGE_NONE},
		{"NL", LANGUAGE_NONE},
		{" nl", LANGUAGE_NONE},
		{"auto", LANGUAGE_NONE},
		{"it", LANGUAGE_NONE},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (language_of_word(cases[i].word, strlen(cases[i].word)) !=
			cases[i].expected)
			fail_msg("%s", cases[i].word);
	assert_int_equal(language_of_word("nl_BE", 2), LANGUAGE_NL);
}

static void
test_locale_table(void **state)
{
	static const struct {
		const char *locale;
		enum language expected;
	} cases[] = {
		{"nl_BE.UTF-8", LANGUAGE_NL},
		{"nl", LANGUAGE_NL},
		{"fr", LANGUAGE_FR},
		{"fr_BE@euro", LANGUAGE_FR},
		{"fr.UTF-8", LANGUAGE_FR},
		{"de_DE@euro", LANGUAGE_DE},
		{"de@euro", LANGUAGE_DE},
		{"de-BE", LANGUAGE_DE},
		{"en_GB.UTF-8", LANGUAGE_EN},
		{"", LANGUAGE_NONE},
		{"C", LANGUAGE_NONE},
		{"C.UTF-8", LANGUAGE_NONE},
		{"POSIX", LANGUAGE_NONE},
		{"it_IT.UTF-8", LANGUAGE_NONE},
		{"nds_DE", LANGUAGE_NONE},
		{"fro", LANGUAGE_NONE},
		{"NL_BE", LANGUAGE_NONE},
		{"_nl", LANGUAGE_NONE},
		{"nl BE", LANGUAGE_NONE},
		{"nl\nBE", LANGUAGE_NONE},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (language_of_locale(cases[i].locale) != cases[i].expected)
			fail_msg("%s", cases[i].locale);
}

/* The user before the configuration before the host before English: every pairing. */
static void
test_choose_table(void **state)
{
	static const struct {
		enum language of_user, of_config;
		const char *locale;
		enum language expected;
	} cases[] = {
		{LANGUAGE_NONE, LANGUAGE_NONE, "", LANGUAGE_EN},
		{LANGUAGE_NONE, LANGUAGE_NONE, "C", LANGUAGE_EN},
		{LANGUAGE_NONE, LANGUAGE_NONE, "it_IT", LANGUAGE_EN},
		{LANGUAGE_NONE, LANGUAGE_NONE, "nl_BE.UTF-8", LANGUAGE_NL},
		{LANGUAGE_NONE, LANGUAGE_FR, "", LANGUAGE_FR},
		{LANGUAGE_NONE, LANGUAGE_FR, "nl_BE.UTF-8", LANGUAGE_FR},
		{LANGUAGE_NONE, LANGUAGE_EN, "nl_BE.UTF-8", LANGUAGE_EN},
		{LANGUAGE_DE, LANGUAGE_NONE, "", LANGUAGE_DE},
		{LANGUAGE_DE, LANGUAGE_NONE, "nl_BE.UTF-8", LANGUAGE_DE},
		{LANGUAGE_DE, LANGUAGE_FR, "nl_BE.UTF-8", LANGUAGE_DE},
		{LANGUAGE_EN, LANGUAGE_FR, "nl_BE.UTF-8", LANGUAGE_EN},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (language_choose(cases[i].of_user, cases[i].of_config,
			    cases[i].locale) != cases[i].expected)
			fail_msg("case %zu", i);
}

static void
test_text_is_the_catalogues(void **state)
{
	(void)state;
	assert_string_equal(catalogue_text(LANGUAGE_NL, "Login failed."),
		"Aanmelden is niet gelukt.");
	assert_string_equal(
		catalogue_text(LANGUAGE_FR, "Login failed."), "Connexion impossible.");
	assert_string_equal(catalogue_text(LANGUAGE_DE, "Login failed."),
		"Die Anmeldung ist fehlgeschlagen.");
	assert_string_equal(
		catalogue_text(LANGUAGE_EN, "Login failed."), "Login failed.");
}

/* What no catalogue has is shown as it is: nobody is left without a word. */
static void
test_text_without_translation_is_itself(void **state)
{
	static const enum language all[] = {LANGUAGE_NONE, LANGUAGE_EN, LANGUAGE_NL,
		LANGUAGE_FR, LANGUAGE_DE, LANGUAGE_COUNT, (enum language) - 1};
	static const char unknown[] = "No catalogue has this.";
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		assert_ptr_equal(catalogue_text(all[i], unknown), unknown);
		assert_string_equal(catalogue_text(all[i], ""), "");
	}
}

/* Its text, translated and such as every terminal can show. */
static const char *
verdict_in(enum language l, const char *(*sentence)(enum verdict v), int v)
{
	const char *english = sentence((enum verdict)v);
	const char *text = catalogue_text(l, english);

	if (english[0] == '\0')
		return english;
	if ((strcmp(text, english) == 0) != (l == LANGUAGE_EN))
		fail_msg("language %d: %s", (int)l, text);
	if (!text_is_ascii(text, strlen(text)) || strlen(text) > 80)
		fail_msg("language %d: %s", (int)l, text);
	return text;
}

/*
 * Each end of a login, in each language. Plain ASCII: OpenSSH's client shows a refusal
 * with every other letter escaped (\303\251). One line, and short enough for it.
 */
static void
test_each_verdict_in_each_language(void **state)
{
	enum language l;
	int v, w;

	(void)state;
	for (l = FIRST; l < LANGUAGE_COUNT; l++)
		for (v = 0; v < VERDICT_COUNT; v++) {
			const char *text = verdict_in(l, verdict_sentence, v);

			verdict_in(l, verdict_other_sentence, v);
			for (w = 0; text[0] != '\0' && w < v; w++)
				assert_string_not_equal(
					text, verdict_in(l, verdict_sentence, w));
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_word_must_be_exact),
		cmocka_unit_test(test_locale_table),
		cmocka_unit_test(test_choose_table),
		cmocka_unit_test(test_text_is_the_catalogues),
		cmocka_unit_test(test_text_without_translation_is_itself),
		cmocka_unit_test(test_each_verdict_in_each_language),
	};

	return cmocka_run_group_tests_name("language", tests, NULL, NULL);
}
