/* The file of gdm-switchable-auth: what of gdm-password stays in it, and that it goes. */
#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/pam_gdm.h"
#include "cli/pam_stack.h"
#include "files.h"

#define TEXT_MOST 8192
#define OURS " # itsmectl pam\n"
#define HEAD                                                      \
	"# made by itsmectl pam enable gdm, of gdm-password" OURS \
	"# nothing else may ask in here: GDM aborts where a second question comes" OURS
#define ITSME                                                          \
	"auth [success=1 ignore=ignore default=die] pam_itsme.so" OURS \
	"auth requisite pam_deny.so" OURS "auth required pam_permit.so" OURS
#define NOLOGIN "auth requisite pam_nologin.so" OURS

static const struct files_row files[] = {
	{"common-auth", "auth [success=1 default=ignore] pam_unix.so nullok\n"
			"auth requisite pam_deny.so\nauth required pam_permit.so\n"},
	{"common-account", "account [success=1 default=ignore] pam_unix.so\n"
			   "account requisite pam_deny.so\n"
			   "account required pam_permit.so\n"},
	{"common-session", "session required pam_unix.so\n"},
	{"common-password", "password required pam_unix.so\n"},
	{"password-auth",
		"auth required pam_unix.so\naccount required pam_unix.so\n"
		"password required pam_unix.so\nsession required pam_unix.so\n"},
	{"other", "@include common-auth\n@include common-account\n"
		  "@include common-session\n"},
};
#define FILES (sizeof(files) / sizeof(files[0]))

static const char debian[] =
	"#%PAM-1.0\nauth    requisite       pam_nologin.so\n"
	"auth\trequired\tpam_succeed_if.so user != root quiet_success\n"
	"@include common-auth\nauth    optional        pam_gnome_keyring.so\n"
	"@include common-account\n# SELinux\n"
	"session [success=ok ignore=ignore module_unknown=ignore default=bad] "
	"pam_selinux.so close\n@include common-session\n"
	"session optional pam_gnome_keyring.so auto_start\n@include common-password\n";

static const char debian_made[] = HEAD NOLOGIN
	"auth required pam_succeed_if.so user != root quiet_success" OURS ITSME
	"account [success=1 default=ignore] pam_unix.so no_pass_expiry" OURS
	"account requisite pam_deny.so" OURS "account required pam_permit.so" OURS
	"password requisite pam_deny.so" OURS
	"session [success=ok ignore=ignore module_unknown=ignore default=bad] "
	"pam_selinux.so close" OURS "session include common-session" OURS
	"session optional pam_gnome_keyring.so auto_start" OURS;

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

/* Made of `text`, it is `expected`, and is undone to `before`. */
static void
expect(const char *text, const char *before, const char *expected)
{
	AUTO_BUF struct buf made = BUF_INIT(TEXT_MOST);
	AUTO_BUF struct buf left = BUF_INIT(TEXT_MOST);
	struct diag diag = {0};
	bool changed = true;

	assert_int_equal(pam_gdm_make(&made, text, before, &diag), ERR_OK);
	assert_string_equal(buf_str(&made), expected);
	assert_true(pam_gdm_is_made(buf_str(&made)));
	assert_false(pam_gdm_is_stale(buf_str(&made), text));
	assert_int_equal(pam_gdm_unmake(&left, buf_str(&made), &changed), ERR_OK);
	assert_string_equal(buf_str(&left), before);
	assert_false(changed);
}

static void
refuse(const char *text, const char *words)
{
	AUTO_BUF struct buf made = BUF_INIT(TEXT_MOST);
	struct diag diag = {0};

	assert_int_equal(pam_gdm_make(&made, text, "", &diag), ERR_FILE_INVALID);
	assert_non_null(strstr(diag.text, words));
}

static void
test_make_of_debians_asks_nobody_else(void **state)
{
	(void)state;
	expect(debian, "", debian_made);
}

static void
test_make_of_fedoras_asks_nobody_else(void **state)
{
	(void)state;
	expect("auth [success=done ignore=ignore default=bad] pam_selinux_permit.so\n"
	       "auth substack password-auth\nauth optional pam_gnome_keyring.so\n"
	       "account required pam_nologin.so\naccount include password-auth\n"
	       "password substack password-auth\n"
	       "-password optional pam_gnome_keyring.so use_authtok\n"
	       "session required pam_loginuid.so # x\nsession include password-auth\n",
		"",
		HEAD NOLOGIN ITSME "account required pam_nologin.so" OURS
				   "account required pam_unix.so no_pass_expiry" OURS
				   "password requisite pam_deny.so" OURS
				   "session required pam_loginuid.so" OURS
				   "session include password-auth" OURS);
}

static void
test_make_takes_from_other_what_is_not_there(void **state)
{
	(void)state;
	expect("@include common-auth\n", "",
		HEAD NOLOGIN ITSME
		"account [success=1 default=ignore] pam_unix.so no_pass_expiry" OURS
		"account requisite pam_deny.so" OURS "account required pam_permit.so" OURS
		"password requisite pam_deny.so" OURS "session include other" OURS);
}

/* Whoever has changed gdm-password by hand, or by us: what asks is left out all the same.
 */
static void
test_make_of_one_that_asks_for_itsme_is_the_same(void **state)
{
	static const char enabled[] =
		"auth requisite pam_nologin.so\n"
		"auth [success=1 ignore=ignore default=die] pam_itsme.so" OURS
		"auth requisite pam_deny.so" OURS "auth required pam_permit.so" OURS
		"#itsmectl-pam# @include common-auth\n"
		"account [success=1 default=ignore] pam_unix.so no_pass_expiry" OURS
		"#itsmectl-pam# @include common-account\nsession required pam_x.so\n";

	(void)state;
	expect(enabled, "",
		HEAD NOLOGIN ITSME
		"account [success=1 default=ignore] pam_unix.so no_pass_expiry" OURS
		"account requisite pam_deny.so" OURS "account required pam_permit.so" OURS
		"password requisite pam_deny.so" OURS "session required pam_x.so" OURS);
}

static void
test_make_where_a_file_is_there_gives_it_back(void **state)
{
	static const char before[] = "auth substack switchable-auth\n\n# theirs\n"
				     "account include switchable-auth\n";
	AUTO_BUF struct buf expected = BUF_INIT(TEXT_MOST);

	(void)state;
	buf_adds(&expected, debian_made);
	buf_adds(&expected, "#itsmectl-pam# auth substack switchable-auth\n"
			    "#itsmectl-pam# \n#itsmectl-pam# # theirs\n"
			    "#itsmectl-pam# account include switchable-auth\n");
	expect(debian, before, buf_str(&expected));
}

static void
test_make_refuses_what_it_would_change_the_meaning_of(void **state)
{
	(void)state;
	refuse("auth requisite pam_nologin.so\n"
	       "auth [success=1 default=ignore] pam_succeed_if.so user = kiosk\n"
	       "@include common-auth\n",
		"line 2 of gdm-password jumps");
	refuse("auth sufficient pam_succeed_if.so user = kiosk\n", "line 1");
	refuse("auth [success=1 pam_unix.so\n", "cannot be understood");
}

/* Without our line a rule that merely lets pass would let in anybody. */
static void
test_unmake_leaves_nothing_that_somebody_added(void **state)
{
	AUTO_BUF struct buf made = BUF_INIT(TEXT_MOST);
	AUTO_BUF struct buf left = BUF_INIT(TEXT_MOST);
	struct diag diag;
	bool changed = false;

	(void)state;
	assert_int_equal(pam_gdm_make(&made, debian, "", &diag), ERR_OK);
	buf_adds(&made, "auth required pam_succeed_if.so uid >= 1000\n");
	assert_int_equal(pam_gdm_unmake(&left, buf_str(&made), &changed), ERR_OK);
	assert_string_equal(buf_str(&left), "");
	assert_true(changed);
}

static void
test_stale_once_gdm_password_has_changed(void **state)
{
	AUTO_BUF struct buf made = BUF_INIT(TEXT_MOST);
	AUTO_BUF struct buf now = BUF_INIT(TEXT_MOST);
	struct diag diag;

	(void)state;
	assert_int_equal(pam_gdm_make(&made, debian, "", &diag), ERR_OK);
	buf_adds(&now, debian);
	buf_adds(&now, "password optional pam_gnome_keyring.so\n");
	assert_false(pam_gdm_is_stale(buf_str(&made), buf_str(&now)));
	buf_adds(&now, "session required pam_limits.so\n");
	assert_true(pam_gdm_is_stale(buf_str(&made), buf_str(&now)));
	assert_false(pam_gdm_is_stale("auth required pam_itsme.so\n", buf_str(&now)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_make_of_debians_asks_nobody_else),
		cmocka_unit_test(test_make_of_fedoras_asks_nobody_else),
		cmocka_unit_test(test_make_takes_from_other_what_is_not_there),
		cmocka_unit_test(test_make_of_one_that_asks_for_itsme_is_the_same),
		cmocka_unit_test(test_make_where_a_file_is_there_gives_it_back),
		cmocka_unit_test(test_make_refuses_what_it_would_change_the_meaning_of),
		cmocka_unit_test(test_unmake_leaves_nothing_that_somebody_added),
		cmocka_unit_test(test_stale_once_gdm_password_has_changed),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
