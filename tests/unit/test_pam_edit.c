/* Changing PAM's files: our lines go in and out, and nothing else moves. */
#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/pam_edit.h"
#include "cli/pam_retire.h"
#include "cli/pam_stack.h"
#include "files.h"

#define TEXT_MOST 8192

/* Files that others include, as a distribution would have them. */
static const struct files_row files[] = {
	{"common-auth", "auth [success=1 default=ignore] pam_unix.so nullok\n"
			"auth requisite pam_deny.so\nauth required pam_permit.so\n"},
	{"common-account", "# account\n"
			   "account\t[success=1 new_authtok_reqd=done default=ignore]\t"
			   "pam_unix.so \naccount requisite pam_deny.so # no\n"
			   "account required pam_permit.so\n"},
	{"system-auth", "auth required pam_env.so\nauth sufficient pam_unix.so nullok\n"
			"auth required pam_deny.so\n"
			"account required \\\n  pam_unix.so broken_shadow\n"
			"account sufficient pam_localuser.so\n"
			"session required pam_unix.so\n"},
	{"other", "@include common-auth\n@include common-account\n"},
	{"postlogin", "session optional pam_lastlog.so\n"},
	{"sss-account", "account required pam_sss.so\n"},
	{"login", "auth requisite pam_nologin.so\n@include common-auth\n"
		  "auth optional pam_group.so\n@include common-account\n"
		  "session required pam_limits.so\n"},
};
#define FILES (sizeof(files) / sizeof(files[0]))

static int
make_dir(void **state)
{
	(void)state;
	return files_make(PAM_STACK_DIR, files, FILES);
}

static int
remove_dir(void **state)
{
	(void)state;
	return files_remove(PAM_STACK_DIR, files, FILES);
}

/* `text` with our lines is `expected`, and without them `text` again, to the byte. */
static void
expect(const char *text, enum pam_way way, const char *expected)
{
	AUTO_BUF struct buf on = BUF_INIT(TEXT_MOST);
	AUTO_BUF struct buf off = BUF_INIT(TEXT_MOST);
	AUTO_BUF struct buf twice = BUF_INIT(TEXT_MOST);
	struct diag diag;
	enum pam_way seen;

	assert_int_equal(pam_edit_enable(&on, text, way, false, &diag), ERR_OK);
	assert_string_equal(buf_str(&on), expected);
	assert_true(pam_edit_is_ours(buf_str(&on)));
	assert_false(pam_edit_is_copy(buf_str(&on)));
	assert_false(pam_edit_is_stale(buf_str(&on), &seen));
	assert_int_equal(pam_edit_enable(&twice, buf_str(&on), way, false, &diag),
		ERR_FILE_INVALID);
	assert_int_equal(pam_edit_disable(&off, buf_str(&on)), ERR_OK);
	assert_string_equal(buf_str(&off), text);
	assert_false(pam_edit_is_ours(buf_str(&off)));
}

#define OURS " # itsmectl pam\n"
#define WAS "#itsmectl-pam# "
#define SOLE                                                           \
	"auth [success=1 ignore=ignore default=die] pam_itsme.so" OURS \
	"auth requisite pam_deny.so" OURS "auth required pam_permit.so" OURS
#define FALLBACK(include)                                                     \
	"auth [success=1 authinfo_unavail=ignore ignore=ignore default=die] " \
	"pam_itsme.so unmapped=ignore" OURS "auth substack " include OURS     \
	"auth required pam_permit.so" OURS
#define SECOND "auth required pam_itsme.so" OURS
#define ACCOUNT                                                                 \
	"account [success=1 new_authtok_reqd=done default=ignore] pam_unix.so " \
	"no_pass_expiry" OURS "account requisite pam_deny.so" OURS              \
	"account required pam_permit.so" OURS

static void
test_enable_and_disable_on_debian(void **state)
{
	/* an empty line above the include, as sudo has it */
	static const char text[] = "# PAM\n\n@include common-auth\n"
				   "auth optional pam_group.so # x\n\n"
				   "@include common-account\nsession required pam_x.so\n";

	(void)state;
	expect(text, PAM_WAY_SOLE,
		"# PAM\n\n" SOLE WAS "@include common-auth\n"
		"auth optional pam_group.so # x\n\n" ACCOUNT WAS
		"@include common-account\nsession required pam_x.so\n");
	expect(text, PAM_WAY_FALLBACK,
		"# PAM\n\n" FALLBACK("common-auth") WAS
		"@include common-auth\n"
		"auth optional pam_group.so # x\n\n" ACCOUNT WAS
		"@include common-account\nsession required pam_x.so\n");
	expect(text, PAM_WAY_SECOND,
		"# PAM\n\n@include common-auth\n" SECOND
		"auth optional pam_group.so # x\n\n"
		"@include common-account\nsession required pam_x.so\n");
}

static void
test_enable_and_disable_elsewhere(void **state)
{
	(void)state;
	expect("auth  substack system-auth\nauth include postlogin\n"
	       "account include system-auth\n",
		PAM_WAY_SOLE,
		SOLE WAS "auth  substack system-auth\nauth include postlogin\n"
			 "account required pam_unix.so broken_shadow no_pass_expiry" OURS
			 "account sufficient pam_localuser.so" OURS WAS
			 "account include system-auth\n");
	/* a good password would end the stack before us */
	expect("auth include system-auth\n", PAM_WAY_SECOND,
		"auth substack system-auth" OURS SECOND WAS "auth include system-auth\n");
	expect("auth substack system-auth\n", PAM_WAY_SECOND,
		"auth substack system-auth\n" SECOND);
	/* no account part: libpam would take that of other */
	expect("auth include login\n", PAM_WAY_FALLBACK,
		FALLBACK("login") ACCOUNT WAS "auth include login\n");
	/* what else the include brings stays */
	expect("@include login\n", PAM_WAY_SOLE,
		SOLE ACCOUNT "session include login" OURS WAS "@include login\n");
	expect("@include system-auth\n", PAM_WAY_SECOND,
		"auth substack system-auth" OURS SECOND "account include system-auth" OURS
		"session include system-auth" OURS WAS "@include system-auth\n");
}

static void
test_enable_keeps_the_end_of_the_file(void **state)
{
	(void)state;
	expect("@include common-auth", PAM_WAY_SOLE,
		SOLE ACCOUNT WAS "@include common-auth");
	expect("auth \\\n include \\\n common-auth", PAM_WAY_SECOND,
		"auth substack common-auth" OURS SECOND WAS "auth \\\n" WAS
		" include \\\n" WAS " common-auth");
	expect("@include common-auth\naccount required pam_unix.so", PAM_WAY_SOLE,
		SOLE WAS "@include common-auth\n"
			 "account required pam_unix.so no_pass_expiry" OURS WAS
			 "account required pam_unix.so");
}

static void
test_enable_changes_only_accounts_of_pam_unix(void **state)
{
	(void)state;
	expect("@include common-auth\naccount required pam_unix.so no_pass_expiry\n"
	       "account include sss-account\naccount substack common-account\n"
	       "account required pam_nologin.so\n@include sss-account\n",
		PAM_WAY_SOLE,
		SOLE WAS "@include common-auth\n"
			 "account required pam_unix.so no_pass_expiry\n"
			 "account include sss-account\naccount substack common-account\n"
			 "account required pam_nologin.so\n@include sss-account\n");
}

static void
test_disable_takes_out_what_the_first_version_put_in(void **state)
{
	static const char text[] =
		"auth [success=done ignore=ignore default=die] pam_itsme.so" OURS
		"auth requisite pam_deny.so" OURS WAS "@include common-auth\n"
		"@include common-account\n";
	AUTO_BUF struct buf off = BUF_INIT(TEXT_MOST);
	enum pam_way way = PAM_WAY_COUNT;

	(void)state;
	assert_int_equal(pam_edit_disable(&off, text), ERR_OK);
	assert_string_equal(
		buf_str(&off), "@include common-auth\n@include common-account\n");
	/* it lets the password's age count */
	assert_true(pam_edit_is_stale(text, &way));
	assert_int_equal(way, PAM_WAY_SOLE);
}

static void
test_stale_once_the_shared_account_file_has_changed(void **state)
{
	AUTO_BUF struct buf on = BUF_INIT(TEXT_MOST);
	AUTO_BUF struct buf second = BUF_INIT(TEXT_MOST);
	enum pam_way way = PAM_WAY_COUNT;
	struct diag diag;

	(void)state;
	assert_int_equal(
		pam_edit_enable(&on, "@include common-auth\n@include common-account\n",
			PAM_WAY_FALLBACK, false, &diag),
		ERR_OK);
	assert_int_equal(pam_edit_enable(&second,
				 "@include common-auth\n@include common-account\n",
				 PAM_WAY_SECOND, false, &diag),
		ERR_OK);
	files_write(PAM_STACK_DIR, "common-account",
		"account required pam_access.so\n"
		"account required pam_unix.so\n");
	assert_true(pam_edit_is_stale(buf_str(&on), &way));
	assert_int_equal(way, PAM_WAY_FALLBACK);
	assert_false(pam_edit_is_stale(buf_str(&second), &way));
	files_write(PAM_STACK_DIR, files[1].name, files[1].text);
	assert_false(pam_edit_is_stale(buf_str(&on), &way));
	assert_false(pam_edit_is_stale("@include common-auth\n", &way));
}

static void
test_disable_keeps_what_was_changed_meanwhile(void **state)
{
	AUTO_BUF struct buf on = BUF_INIT(TEXT_MOST);
	AUTO_BUF struct buf off = BUF_INIT(TEXT_MOST);
	struct diag diag;

	(void)state;
	assert_int_equal(pam_edit_enable(&on, "@include common-auth\n", PAM_WAY_SOLE,
				 false, &diag),
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
	static const struct {
		const char *text, *says;
	} refused[] = {
		{"", "nobody logs in by it"},
		{"session required pam_unix.so\n", "nobody logs in by it"},
		{"#@include common-auth\n", "nobody logs in by it"},
		{"account include system-auth\n", "nobody logs in by it"},
		{"auth required pam_permit.so\n", "asks nobody"},
		{"auth sufficient pam_rootok.so\n", "asks nobody"},
		{"\nauth required pam_unix.so\n", "pam_unix.so, line 2"},
		{"@include common-auth\n@include common-auth\n", "more than once"},
		{"@include common-auth\nauth include login\n", "more than once"},
		{"@include nosuch\n", "cannot be read"},
		{"auth [success=1 default=ignore] pam_succeed_if.so user = robot\n"
		 "auth substack system-auth\n",
			"jumps over"},
	};
	struct diag diag;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		AUTO_BUF struct buf out = BUF_INIT(TEXT_MOST);

		assert_int_equal(pam_edit_enable(&out, refused[i].text, PAM_WAY_SOLE,
					 false, &diag),
			ERR_FILE_INVALID);
		if (strstr(diag.text, refused[i].says) == NULL)
			fail_msg("%s\nrefused by: %s", refused[i].text, diag.text);
	}
}

static void
test_enable_of_a_jump_that_ends_before_the_include(void **state)
{
	(void)state;
	expect("auth [success=1 default=ignore] pam_succeed_if.so uid < 100\n"
	       "auth required pam_env.so\nauth include common-auth\n",
		PAM_WAY_SECOND,
		"auth [success=1 default=ignore] pam_succeed_if.so uid < 100\n"
		"auth required pam_env.so\nauth include common-auth\n" SECOND);
}

static void
test_a_copy_of_a_vendors_file_says_so(void **state)
{
	AUTO_BUF struct buf on = BUF_INIT(TEXT_MOST);
	AUTO_BUF struct buf off = BUF_INIT(TEXT_MOST);
	struct diag diag;

	(void)state;
	assert_int_equal(
		pam_edit_enable(&on, "@include common-auth\n", PAM_WAY_SOLE, true, &diag),
		ERR_OK);
	assert_true(pam_edit_is_copy(buf_str(&on)));
	assert_int_equal(pam_edit_disable(&off, buf_str(&on)), ERR_OK);
	assert_string_equal(buf_str(&off), "@include common-auth\n");
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
	assert_string_equal(pam_way_name(PAM_WAY_SECOND), "second");
}

/* --- by somebody else's hand ------------------------------------------------------- */

#define OFF "# taken out by itsmectl pam disable: "
#define IN " # put in by itsmectl pam disable\n"

static void
expect_retired(const char *text, const char *expected, unsigned itsme, unsigned denies,
	unsigned others)
{
	AUTO_BUF struct buf out = BUF_INIT(TEXT_MOST);
	struct pam_retired done;
	static struct pam_stack stack;
	struct diag diag = {0};

	assert_true(pam_retire_is_needed(text));
	if (pam_retire(&out, "sudo", text, &done, &diag) != ERR_OK)
		fail_msg("%s\nrefused: %s", text, diag.text);
	assert_string_equal(buf_str(&out), expected);
	assert_int_equal(done.itsme, itsme);
	assert_int_equal(done.denies, denies);
	assert_int_equal(done.others, others);
	assert_false(pam_retire_is_needed(buf_str(&out)));
	pam_stack_read_text(&stack, "sudo", buf_str(&out));
	assert_true(pam_stack_admits(&stack, (struct pam_person){PAM_ANSWER_NO, true}));
	assert_false(
		pam_stack_admits(&stack, (struct pam_person){PAM_ANSWER_YES, false}));
}

static void
test_retire_asks_for_the_password_again(void **state)
{
	(void)state;
	/* ours is one rule too many, and no more */
	expect_retired("@include common-auth\nauth required pam_itsme.so x\n# end",
		"@include common-auth\n" OFF "auth required pam_itsme.so x\n# end", 1, 0,
		0);
	expect_retired("auth sufficient pam_unix.so\n"
		       "auth [success=done default=die] \\\n /lib/pam_itsme.so\n",
		"auth sufficient pam_unix.so\n" OFF
		"auth [success=done default=die] \\\n" OFF " /lib/pam_itsme.so\n",
		1, 0, 0);
	/* a rule that refuses everybody stands behind it */
	expect_retired("auth sufficient pam_unix.so\n-auth sufficient pam_itsme.so\n"
		       "auth requisite pam_deny.so",
		"auth sufficient pam_unix.so\n" OFF "-auth sufficient pam_itsme.so\n"
		"auth requisite pam_deny.so",
		1, 0, 0);
	/* nothing is left */
	expect_retired("auth [success=done default=die] pam_itsme.so\n"
		       "auth requisite pam_deny.so\n@include common-account\n",
		"@include common-auth" IN OFF
		"auth [success=done default=die] pam_itsme.so\n" OFF
		"auth requisite pam_deny.so\n@include common-account\n",
		1, 1, 0);
	/* nothing but what lets in anybody */
	expect_retired("auth required pam_itsme.so\nauth required pam_permit.so\n",
		"@include common-auth" IN OFF "auth required pam_itsme.so\n"
		"auth required pam_permit.so\n",
		1, 0, 0);
	/* or that ends the stack before */
	expect_retired("auth sufficient pam_permit.so\nauth required pam_itsme.so\n",
		OFF "auth sufficient pam_permit.so\n@include common-auth" IN OFF
		    "auth required pam_itsme.so\n",
		1, 0, 1);
}

static void
test_retire_leaves_jumps_as_long_as_they_were(void **state)
{
	(void)state;
	expect_retired("auth [success=2 default=ignore] pam_unix.so\n"
		       "auth [success=1 default=die] pam_itsme.so\n"
		       "auth requisite pam_deny.so\nauth required pam_permit.so\n",
		"auth [success=2 default=ignore] pam_unix.so\n"
		"auth [default=ignore] pam_permit.so" IN OFF
		"auth [success=1 default=die] pam_itsme.so\n"
		"auth requisite pam_deny.so\nauth required pam_permit.so\n",
		1, 0, 0);
	/* whom the first rule passes over itsme still has to know the password */
	expect_retired("auth [success=1 default=ignore] pam_unix.so\n"
		       "auth requisite pam_itsme.so\nauth required pam_permit.so\n",
		"auth [success=1 default=ignore] pam_unix.so\n"
		"auth substack common-auth" IN OFF "auth requisite pam_itsme.so\n"
		"auth required pam_permit.so\n",
		1, 0, 0);
}

static void
test_retire_finds_a_rule_that_is_broken(void **state)
{
	(void)state;
	expect_retired(
		"auth [success=done default=die pam_itsme.so\n@include common-auth\n",
		OFF "auth [success=done default=die pam_itsme.so\n@include common-auth\n",
		1, 0, 0);
	assert_false(pam_retire_is_needed("# auth required pam_itsme.so\n"
					  "auth required pam_exec.so pam_itsme.so\n"));
}

static void
test_retire_leaves_shared_files_alone(void **state)
{
	AUTO_BUF struct buf out = BUF_INIT(TEXT_MOST);
	struct pam_retired done;
	struct diag diag;

	(void)state;
	files_write(PAM_STACK_DIR, "common-auth", "auth required pam_itsme.so\n");
	assert_int_equal(pam_retire(&out, "sudo",
				 "auth required pam_itsme.so\n@include common-auth\n",
				 &done, &diag),
		ERR_FILE_INVALID);
	assert_non_null(strstr(diag.text, "pam-auth-update --disable itsme"));
	assert_int_equal(
		pam_retire(&out, "sudo", "auth required pam_itsme.so\n", &done, &diag),
		ERR_FILE_INVALID);
	files_write(PAM_STACK_DIR, files[0].name, files[0].text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_enable_and_disable_on_debian),
		cmocka_unit_test(test_enable_and_disable_elsewhere),
		cmocka_unit_test(test_enable_keeps_the_end_of_the_file),
		cmocka_unit_test(test_enable_changes_only_accounts_of_pam_unix),
		cmocka_unit_test(test_disable_takes_out_what_the_first_version_put_in),
		cmocka_unit_test(test_stale_once_the_shared_account_file_has_changed),
		cmocka_unit_test(test_disable_keeps_what_was_changed_meanwhile),
		cmocka_unit_test(test_enable_refuses_what_it_does_not_understand),
		cmocka_unit_test(test_enable_of_a_jump_that_ends_before_the_include),
		cmocka_unit_test(test_a_copy_of_a_vendors_file_says_so),
		cmocka_unit_test(test_way_of_unknown_word_is_none),
		cmocka_unit_test(test_retire_asks_for_the_password_again),
		cmocka_unit_test(test_retire_leaves_jumps_as_long_as_they_were),
		cmocka_unit_test(test_retire_finds_a_rule_that_is_broken),
		cmocka_unit_test(test_retire_leaves_shared_files_alone),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
