/* Hints: whatever is put in stays inside. */
#include "unit.h"

#include <string.h>

#include "oidc/hint.h"

static const struct hint_values all = {
	.login = "al\"i\\ce", .user = "alice", .sub = "248289761001"};

static void
test_hint_write_table(void **state)
{
	static const struct {
		const char *template, *expected; /* NULL: refused */
	} cases[] = {
		{"{user}@example.org", "alice@example.org"},
		{"{login}", "al\"i\\ce"},
		{"{sub}{sub}-{user}", "248289761001248289761001-alice"},
		{"nobody", "nobody"},
		{"{other}", NULL}, /* JSON, but no object */
		{"{Login}", NULL},
		{"{\"u\":\"{login}\",\"n\":1}", "{\"u\":\"al\\\"i\\\\ce\",\"n\":1}"},
		{"{\"u\":\"{user}\"", NULL},
		{"{\"u\":\"{user}\"} x", NULL},
		{"{\"u\":1,\"u\":2}", NULL},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_BUF struct buf out = BUF_INIT(HINT_MAX);
		struct diag diag = {0};
		enum err e = hint_write(&out, cases[i].template, &all, false, &diag);

		if (e != (cases[i].expected != NULL ? ERR_OK : ERR_CONFIG_INVALID))
			fail_msg("%s: %s", cases[i].template, err_word(e));
		assert_string_equal(buf_str(&out),
			cases[i].expected != NULL ? cases[i].expected : "");
		assert_true(e == ERR_OK || diag.text[0] != '\0');
	}
}

static void
test_hint_value_that_is_not_known_is_missed(void **state)
{
	const struct hint_values some = {.user = "alice"};
	AUTO_BUF struct buf out = BUF_INIT(HINT_MAX);
	struct diag diag = {0};

	(void)state;
	assert_true(hint_is_complete("x{user}", &some));
	assert_false(hint_is_complete("x{login}", &some));
	assert_true(hint_is_complete("{}", &some));
	assert_int_equal(
		hint_write(&out, "{login}", &some, false, &diag), ERR_CONFIG_INVALID);
}

static void
test_hint_that_must_be_json(void **state)
{
	const struct hint_values json = {.login = "{\"a\":1}"};
	AUTO_BUF struct buf out = BUF_INIT(HINT_MAX);
	struct diag diag = {0};

	(void)state;
	assert_int_equal(
		hint_write(&out, "{user}", &all, true, &diag), ERR_CONFIG_INVALID);
	assert_int_equal(hint_write(&out, "x", &all, true, &diag), ERR_CONFIG_INVALID);
	assert_int_equal(hint_write(&out, "{login}", &json, true, &diag), ERR_OK);
	assert_string_equal(buf_str(&out), "{\"a\":1}");
}

static void
test_hint_too_long_is_refused(void **state)
{
	static char template[6 * 1000 + 1];
	AUTO_BUF struct buf out = BUF_INIT(HINT_MAX);
	struct diag diag = {0};
	size_t i;

	(void)state;
	for (i = 0; i < 1000; i++)
		memcpy(template + 6 * i, "{user}", 6);
	assert_int_equal(
		hint_write(&out, template, &all, false, &diag), ERR_CONFIG_INVALID);
	assert_int_equal(out.len, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hint_write_table),
		cmocka_unit_test(test_hint_value_that_is_not_known_is_missed),
		cmocka_unit_test(test_hint_that_must_be_json),
		cmocka_unit_test(test_hint_too_long_is_refused),
	};

	return cmocka_run_group_tests_name("hint", tests, NULL, NULL);
}
