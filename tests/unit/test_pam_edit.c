/* Changing PAM's files: our lines go in and out, and nothing else moves. */
#include "unit.h"

#include <string.h>

#include "cli/pam_edit.h"

#define DEBIAN                                                            \
	"# PAM\n@include common-auth\nauth optional pam_group.so # x\n\n" \
	"@include common-account\n"

static void
expect_round_trip(const char *text, enum pam_way way, const char *expected)
{
	AUTO_BUF struct buf on = BUF_INIT(4096);
	AUTO_BUF struct buf off = BUF_INIT(4096);
	AUTO_BUF struct buf twice = BUF_INIT(4096);
	struct diag diag;

	assert_int_equal(pam_edit_enable(&on, text, way, &diag), ERR_OK);
	assert_non_null(strstr(buf_str(&on), expected));
	assert_true(pam_edit_is_ours(buf_str(&on)));
	assert_int_equal(
		pam_edit_enable(&twice, buf_str(&on), way, &diag), ERR_FILE_INVALID);
	assert_int_equal(pam_edit_disable(&off, buf_str(&on)), ERR_OK);
	assert_string_equal(buf_str(&off), text);
	assert_false(pam_edit_is_ours(buf_str(&off)));
}

static void
test_enable_and_disable_leaves_the_text(void **state)
{
	(void)state;
	expect_round_trip(DEBIAN, PAM_WAY_SOLE,
		"# PAM\nauth [success=done ignore=ignore default=die] pam_itsme.so # "
		"itsmectl pam\nauth requisite pam_deny.so # itsmectl pam\n"
		"#itsmectl-pam# @include common-auth\nauth optional");
	expect_round_trip(DEBIAN, PAM_WAY_SECOND,
		"@include common-auth\nauth required pam_itsme.so # itsmectl pam\nauth");
	expect_round_trip(DEBIAN, PAM_WAY_FALLBACK,
		"pam_itsme.so # itsmectl pam\n@include common-auth\nauth");
	expect_round_trip("auth  substack password-auth\naccount include system-auth\n",
		PAM_WAY_SOLE, "#itsmectl-pam# auth  substack password-auth\n");
	expect_round_trip("\tauth include system-auth\n", PAM_WAY_SECOND, "pam_itsme.so");
}

static void
test_disable_keeps_what_was_changed_meanwhile(void **state)
{
	AUTO_BUF struct buf on = BUF_INIT(4096);
	AUTO_BUF struct buf off = BUF_INIT(4096);
	struct diag diag;

	(void)state;
	assert_int_equal(
		pam_edit_enable(&on, "@include common-auth\n", PAM_WAY_SOLE, &diag),
		ERR_OK);
	buf_adds(&on, "session optional pam_x.so # itsmectl pamela\nlast");
	assert_int_equal(pam_edit_disable(&off, buf_str(&on)), ERR_OK);
	assert_string_equal(buf_str(&off),
		"@include common-auth\nsession optional pam_x.so # itsmectl "
		"pamela\nlast");
}

static void
test_enable_refuses_what_it_does_not_understand(void **state)
{
	static const char *const texts[] = {
		"",
		"auth required pam_unix.so\n",
		"#@include common-auth\n",
		"account include system-auth\n",
		"@include common-auth\n@include common-auth\n",
	};
	struct diag diag;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		AUTO_BUF struct buf out = BUF_INIT(4096);

		assert_int_equal(pam_edit_enable(&out, texts[i], PAM_WAY_SOLE, &diag),
			ERR_FILE_INVALID);
	}
}

static void
test_way_of_unknown_word_is_none(void **state)
{
	(void)state;
	assert_int_equal(pam_way_of("sole"), PAM_WAY_SOLE);
	assert_int_equal(pam_way_of("second"), PAM_WAY_SECOND);
	assert_int_equal(pam_way_of("fallback"), PAM_WAY_FALLBACK);
	assert_int_equal(pam_way_of("Sole"), PAM_WAY_COUNT);
	assert_int_equal(pam_way_of(""), PAM_WAY_COUNT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_enable_and_disable_leaves_the_text),
		cmocka_unit_test(test_disable_keeps_what_was_changed_meanwhile),
		cmocka_unit_test(test_enable_refuses_what_it_does_not_understand),
		cmocka_unit_test(test_way_of_unknown_word_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
