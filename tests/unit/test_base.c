/* Units of the base floor: buffers, cleaning of text, UTF-8, strings of the tables. */
#include "unit.h"

#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/secret.h"
#include "base/text.h"

static void
test_buf_add_over_limit_sticks(void **state)
{
	AUTO_BUF struct buf b = BUF_INIT(8);

	(void)state;
	buf_adds(&b, "12345678");
	assert_int_equal(buf_err(&b), ERR_OK);
	buf_adds(&b, "9");
	assert_int_equal(buf_err(&b), ERR_TOKEN_SIZE);
	buf_cut(&b, 0);
	buf_adds(&b, "1");
	assert_int_equal(buf_err(&b), ERR_TOKEN_SIZE);
	assert_null(buf_take(&b));
}

static void
test_buf_grows_and_terminates(void **state)
{
	AUTO_BUF struct buf b = BUF_INIT(100000);
	int i;

	(void)state;
	assert_string_equal(buf_str(&b), "");
	for (i = 0; i < 10000; i++)
		buf_addf(&b, "%04d", i);
	assert_int_equal(buf_err(&b), ERR_OK);
	assert_int_equal(b.len, 40000);
	assert_int_equal(strlen(buf_str(&b)), 40000);
	assert_memory_equal(b.data + 4 * 9999, "9999", 5);
	buf_cut(&b, 4);
	assert_string_equal(buf_str(&b), "0000");
}

static void
test_buf_take_empty_is_a_string(void **state)
{
	AUTO_BUF struct buf b = BUF_INIT(10);
	char *text = buf_take(&b);

	(void)state;
	assert_non_null(text);
	assert_string_equal(text, "");
	free(text);
}

static void
test_text_is_utf8_table(void **state)
{
	static const struct {
		const char *text;
		bool good;
	} cases[] = {
		{"plain", true},
		{"\xc3\xa9", true},
		{"\xe2\x96\x88", true},
		{"\xf0\x9f\xac\x80", true},
		{"\xf4\x8f\xbf\xbf", true},
		{"\x80", false},
		{"\xc0\x80", false},
		{"\xc1\xbf", false},
		{"\xe0\x80\x80", false},
		{"\xed\xa0\x80", false},
		{"\xf4\x90\x80\x80", false},
		{"\xf5\x80\x80\x80", false},
		{"\xe2\x96", false},
		{"\xff", false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (text_is_utf8(cases[i].text, strlen(cases[i].text)) != cases[i].good)
			fail_msg("case %zu", i);
}

static void
test_text_clean_table(void **state)
{
	static const struct {
		const char *from, *to;
	} cases[] = {
		{"line\nline", "line\nline"},
		{"\x1b[31mred", "?[31mred"},
		{"a\rb\tc\bd\x7f", "a?b?c?d?"},
		{"\xc2\x9b"
		 "31m",
			"?31m"},
		{"right\xe2\x80\xaeleft", "right?left"},
		{"zero\xe2\x80\x8bwidth\xef\xbb\xbf", "zero?width?"},
		{"no\xf0\x9d\x85\xb3note\xf0\x9b\xb2\xa0", "no?note?"},
		{"cut\xe2\x96", "cut??"},
		{"blocks \xe2\x96\x88\xe2\x96\x80", "blocks \xe2\x96\x88\xe2\x96\x80"},
	};
	char out[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		text_clean(out, sizeof(out), cases[i].from, strlen(cases[i].from));
		assert_string_equal(out, cases[i].to);
	}
}

static void
test_text_line_is_one(void **state)
{
	char out[8];

	(void)state;
	assert_int_equal(text_line(out, sizeof(out), "a\nb\n\x1b", 5), 5);
	assert_string_equal(out, "a?b??");
	assert_int_equal(text_line(out, 0, "\n", 1), 0);
	assert_int_equal(text_line(out, sizeof(out), "\n\n\n\n\n\n\n\n\n", 9), 7);
	assert_string_equal(out, "???????");
}

static void
test_text_clean_cuts_at_a_character(void **state)
{
	char out[6];

	(void)state;
	assert_int_equal(text_clean(out, sizeof(out), "\xe2\x96\x88\xe2\x96\x88", 6), 3);
	assert_string_equal(out, "\xe2\x96\x88");
	assert_int_equal(text_clean(out, 0, "x", 1), 0);
}

static void
test_text_log_neutralises_fields(void **state)
{
	char out[32];

	(void)state;
	assert_string_equal(text_log(out, sizeof(out), "alice"), "alice");
	assert_string_equal(text_log(out, sizeof(out), "a b=\"c\"\n\\"), "a?b??c???");
	assert_string_equal(text_log(out, sizeof(out), NULL), "-");
	assert_string_equal(text_log(out, sizeof(out), ""), "-");
	assert_string_equal(text_log(out, 4, "abcdef"), "abc");
}

static void
test_text_words_is_one_word(void **state)
{
	char out[64];

	(void)state;
	assert_string_equal(
		text_words(out, sizeof(out), "It is not known."), "It_is_not_known.");
	assert_string_equal(
		text_words(out, sizeof(out), "a=b \"c\"\n'\\\xc3\xa9"), "a?b_?c??????");
	assert_string_equal(text_words(out, sizeof(out), ""), "");
	assert_string_equal(text_words(out, 4, "a b c"), "a_b");
	assert_string_equal(text_words(out, 1, "a"), "");
}

static void
test_text_quoting_keeps_what_is_quoted_together(void **state)
{
	static const struct {
		const char *from, *to;
	} cases[] = {
		{"SSL: no host", "SSL: no host"},
		{"name 'x user=root' is not 'y'", "name ?x_user?root?_is_not_?y?"},
		{"name \"x' y\" z", "name ?x?_y?_z"},
		{"name `x y", "name `x_y"},
		{"a=b\nc", "a?b?c"},
	};
	char out[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(
			text_quoting(out, sizeof(out), cases[i].from), cases[i].to);
}

static void
test_err_outside_the_table_is_internal(void **state)
{
	(void)state;
	assert_string_equal(err_word((enum err)9999), "internal");
	assert_int_equal(err_verdict((enum err)9999), VERDICT_UNAVAILABLE);
}

static void
test_err_none_means_authenticated(void **state)
{
	int e;

	(void)state;
	for (e = 0; e < ERR_COUNT; e++) {
		assert_int_not_equal(err_verdict((enum err)e), VERDICT_AUTHENTICATED);
		assert_true(strlen(err_word((enum err)e)) > 1);
	}
}

static void
test_verdict_outside_the_table_is_refused(void **state)
{
	(void)state;
	assert_string_equal(verdict_word((enum verdict)99), "refused");
	assert_string_equal(verdict_sentence((enum verdict)99), "Login failed.");
}

static void
test_secret_equal_table(void **state)
{
	(void)state;
	assert_true(secret_equal("abc", "abc", 3));
	assert_false(secret_equal("abc", "abd", 3));
	assert_false(secret_equal("xbc", "abc", 3));
	assert_true(secret_equal("a", "b", 0));
}

static void
test_clock_left_is_bounded(void **state)
{
	(void)state;
	assert_int_equal(clock_left(100, 200), 0);
	assert_int_equal(clock_left(200, 100), 100);
	assert_int_equal(clock_left(INT64_MAX, 0), INT32_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buf_add_over_limit_sticks),
		cmocka_unit_test(test_buf_grows_and_terminates),
		cmocka_unit_test(test_buf_take_empty_is_a_string),
		cmocka_unit_test(test_text_is_utf8_table),
		cmocka_unit_test(test_text_clean_table),
		cmocka_unit_test(test_text_line_is_one),
		cmocka_unit_test(test_text_clean_cuts_at_a_character),
		cmocka_unit_test(test_text_log_neutralises_fields),
		cmocka_unit_test(test_text_words_is_one_word),
		cmocka_unit_test(test_text_quoting_keeps_what_is_quoted_together),
		cmocka_unit_test(test_err_outside_the_table_is_internal),
		cmocka_unit_test(test_err_none_means_authenticated),
		cmocka_unit_test(test_verdict_outside_the_table_is_refused),
		cmocka_unit_test(test_secret_equal_table),
		cmocka_unit_test(test_clock_left_is_bounded),
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
