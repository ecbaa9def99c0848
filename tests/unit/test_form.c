/* Form bodies: every byte that could split a field is escaped. */
#include "unit.h"

#include "oidc/form.h"

static void
test_form_add_escapes_everything_but_unreserved(void **state)
{
	AUTO_BUF struct buf form = BUF_INIT(200);

	(void)state;
	form_add(&form, "a", "x-._~9Z");
	form_add(&form, "b&c", "1=2&3 +%\n\xc3\xa9");
	assert_int_equal(buf_err(&form), ERR_OK);
	assert_string_equal(
		buf_str(&form), "a=x-._~9Z&b%26c=1%3D2%263%20%2B%25%0A%C3%A9");
}

static void
test_form_add_int_writes_decimal(void **state)
{
	AUTO_BUF struct buf form = BUF_INIT(200);

	(void)state;
	form_add_int(&form, "a", 0);
	form_add_int(&form, "b", INT64_MIN);
	assert_string_equal(buf_str(&form), "a=0&b=-9223372036854775808");
}

static void
test_form_escape_makes_one_path_segment(void **state)
{
	AUTO_BUF struct buf out = BUF_INIT(100);

	(void)state;
	form_escape(&out, "../a?b#c");
	assert_string_equal(buf_str(&out), "..%2Fa%3Fb%23c");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_form_add_escapes_everything_but_unreserved),
		cmocka_unit_test(test_form_add_int_writes_decimal),
		cmocka_unit_test(test_form_escape_makes_one_path_segment),
	};

	return cmocka_run_group_tests_name("form", tests, NULL, NULL);
}
