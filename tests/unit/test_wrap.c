/* Text in lines: where it is broken, and how many rows that makes. */
#include "unit.h"

#include <limits.h>
#include <string.h>

#include "display/wrap.h"

static void
test_words_table(void **state)
{
	static const struct {
		const char *text;
		unsigned columns;
		const char *expected;
	} cases[] = {
		{"one two", 80, "one two\n"},
		{"one two", 7, "one two\n"},
		{"one two", 6, "one\ntwo\n"},
		{"one two", 3, "one\ntwo\n"},
		{"one two", 2, "on\ne\ntw\no\n"},
		{"one two three", 7, "one two\nthree\n"},
		{"one two three", 8, "one two\nthree\n"},
		{"abcdefgh", 3, "abc\ndef\ngh\n"},
		{"ab cdefgh", 3, "ab\ncde\nfgh\n"},
		{"téléphone à", 9, "téléphone\nà\n"},
		{"éééé", 1, "é\né\né\né\n"},
		{"", 5, "\n"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_BUF struct buf out = BUF_INIT(1024);

		wrap_words(&out, cases[i].text, cases[i].columns);
		if (strcmp(buf_str(&out), cases[i].expected) != 0)
			fail_msg("case %zu: %s", i, buf_str(&out));
	}
}

static void
test_rows_table(void **state)
{
	static const struct {
		const char *text;
		unsigned columns, rows;
	} cases[] = {{"", 80, 0}, {"a", 80, 1}, {"a\n", 80, 1}, {"a\nb", 80, 2},
		{"a\n\nb", 80, 3}, {"\n", 80, 1}, {"abcd", 4, 1}, {"abcde", 4, 2},
		{"abcdefgh\n", 4, 2}, {"abcdefghi\nx", 4, 4}, {"ééé", 3, 1},
		{"abc", UINT_MAX, 1}};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (wrap_rows(cases[i].text, cases[i].columns) != cases[i].rows)
			fail_msg("case %zu: %u rows", i,
				wrap_rows(cases[i].text, cases[i].columns));
	assert_int_equal(wrap_columns("téléphone\nthe rest"), 9);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_table),
		cmocka_unit_test(test_rows_table),
	};

	return cmocka_run_group_tests_name("wrap", tests, NULL, NULL);
}
