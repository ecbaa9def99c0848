/* The setting of a greeter goes into a configuration and out of it, and nothing moves. */
#include "unit.h"

#include <string.h>

#include "cli/pam_setting.h"

#define TEXT_MOST 8192
#define OURS " ; itsmectl pam\n"
#define SECTION "[service:sddm]" OURS "push_requires = none" OURS

/* `text` with the setting is `expected`, and without it `text` again. */
static void
expect(const char *text, const char *expected)
{
	AUTO_BUF struct buf with = BUF_INIT(TEXT_MOST);
	AUTO_BUF struct buf without = BUF_INIT(TEXT_MOST);
	struct diag diag = {0};
	bool found = false;

	assert_int_equal(pam_setting_add(&with, text, "sddm", &diag), ERR_OK);
	assert_string_equal(buf_str(&with), expected);
	assert_int_equal(
		pam_setting_remove(&without, buf_str(&with), "sddm", &found), ERR_OK);
	assert_true(found);
	assert_string_equal(buf_str(&without), text);
}

/* What is left of `text` once our lines for sddm are out. */
static void
expect_left(const char *text, const char *expected, bool expected_found)
{
	AUTO_BUF struct buf left = BUF_INIT(TEXT_MOST);
	bool found = !expected_found;

	assert_int_equal(pam_setting_remove(&left, text, "sddm", &found), ERR_OK);
	assert_string_equal(buf_str(&left), expected);
	assert_int_equal(found, expected_found);
}

static void
test_add_and_remove_where_there_is_no_section(void **state)
{
	(void)state;
	expect("", SECTION);
	expect("[login]\nflow = auto\n", "[login]\nflow = auto\n" SECTION);
	expect("[service:sddmx]\nflow = qr\n#[service:sddm]\n",
		"[service:sddmx]\nflow = qr\n#[service:sddm]\n" SECTION);
}

static void
test_add_and_remove_where_there_is_a_section(void **state)
{
	(void)state;
	expect("[service:sddm]\ntimeout = 30\n[login]\n",
		"[service:sddm]\npush_requires = none" OURS "timeout = 30\n[login]\n");
	expect("[service:sddm] ; mine\n",
		"[service:sddm] ; mine\npush_requires = none" OURS);
}

static void
test_add_where_the_last_line_has_no_end(void **state)
{
	AUTO_BUF struct buf with = BUF_INIT(TEXT_MOST);
	AUTO_BUF struct buf in = BUF_INIT(TEXT_MOST);
	struct diag diag;

	(void)state;
	assert_int_equal(pam_setting_add(&with, "[login]", "sddm", &diag), ERR_OK);
	assert_string_equal(buf_str(&with), "[login]\n" SECTION);
	assert_int_equal(pam_setting_add(&in, "[service:sddm]", "sddm", &diag), ERR_OK);
	assert_string_equal(buf_str(&in), "[service:sddm]\npush_requires = none" OURS);
}

/* Another word of the administrator's is not overruled. */
static void
test_add_refuses_where_something_else_is_said(void **state)
{
	AUTO_BUF struct buf with = BUF_INIT(TEXT_MOST);
	struct diag diag = {0};

	(void)state;
	assert_int_equal(
		pam_setting_add(&with,
			"[login]\n[service:sddm]\npush_requires = first_factor\n", "sddm",
			&diag),
		ERR_CONFIG_INVALID);
	assert_non_null(strstr(diag.text, "line 3 has push_requires = first_factor"));
}

/* A key that was put below our section would else belong to the one above. */
static void
test_remove_leaves_the_section_to_keys_of_others(void **state)
{
	(void)state;
	expect_left("[login]\n" SECTION "timeout = 30\n[limits]\nstarts = 3\n",
		"[login]\n[service:sddm]\ntimeout = 30\n[limits]\nstarts = 3\n", true);
	expect_left("[login]\n" SECTION "# mine\n\n[limits]\nstarts = 3\n",
		"[login]\n# mine\n\n[limits]\nstarts = 3\n", true);
	expect_left("[login]\n" SECTION "nonsense\n",
		"[login]\n[service:sddm]\nnonsense\n", true);
}

static void
test_remove_leaves_other_services_and_other_hands(void **state)
{
	static const char text[] = "[service:lightdm]" OURS "push_requires = none" OURS
				   "[service:sddm]\npush_requires = none\n";

	(void)state;
	expect_left(text, text, false);
}

#define WHOLE                                            \
	"[provider]\nissuer = https://idp.example.org\n" \
	"client_id = c\nservice = S\n[client]\n"         \
	"signing_key = /etc/s.pem\ndecryption_key = /etc/e.pem\n"

/* What one more line would make unreadable locks everybody out, at every service. */
static void
test_setting_that_the_configuration_has_no_room_for_is_refused(void **state)
{
	AUTO_BUF struct buf full = BUF_INIT(PAM_SETTING_MOST);
	AUTO_BUF struct buf longest = BUF_INIT(PAM_SETTING_MOST);
	AUTO_BUF struct buf with = BUF_INIT(PAM_SETTING_MOST);
	AUTO_BUF struct buf without = BUF_INIT(PAM_SETTING_MOST);
	AUTO_BUF struct buf out = BUF_INIT(PAM_SETTING_MOST);
	AUTO_CONFIG struct config *config = NULL;
	struct diag diag = {0};
	int i;

	(void)state;
	assert_int_equal(config_parse(&config, WHOLE, strlen(WHOLE), "f", &diag), ERR_OK);
	assert_int_equal(pam_setting_with(&with, WHOLE, "sddm", &diag), ERR_OK);
	assert_string_equal(buf_str(&with), WHOLE SECTION);
	buf_adds(&full, WHOLE);
	for (i = 0; i < CONFIG_OVERRIDES_MAX; i++)
		buf_addf(&full, "[service:s%d]\ntimeout = 30\n", i);
	assert_int_equal(pam_setting_with(&without, buf_str(&full), "sddm", &diag),
		ERR_CONFIG_INVALID);
	buf_adds(&longest, WHOLE);
	while (longest.len < CONFIG_MAX - 20)
		buf_adds(&longest, "#234567\n");
	assert_int_equal(pam_setting_with(&out, buf_str(&longest), "sddm", &diag),
		ERR_CONFIG_INVALID);
	assert_non_null(strstr(diag.text, "longer than"));
}

static void
test_lacking_at_greeters_alone(void **state)
{
	struct config config = {.login.push_requires = CONFIG_PUSH_FIRST_FACTOR};

	(void)state;
	assert_true(pam_setting_is_lacking(&config, "lightdm"));
	assert_false(pam_setting_is_lacking(&config, "sshd"));
	assert_false(pam_setting_is_lacking(&config, "gdm-switchable-auth"));
	config.first_factor = true;
	assert_false(pam_setting_is_lacking(&config, "lightdm"));
	config.first_factor = false;
	config.login.push_requires = CONFIG_PUSH_NONE;
	assert_false(pam_setting_is_lacking(&config, "lightdm"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add_and_remove_where_there_is_no_section),
		cmocka_unit_test(test_add_and_remove_where_there_is_a_section),
		cmocka_unit_test(test_add_where_the_last_line_has_no_end),
		cmocka_unit_test(test_add_refuses_where_something_else_is_said),
		cmocka_unit_test(test_remove_leaves_the_section_to_keys_of_others),
		cmocka_unit_test(test_remove_leaves_other_services_and_other_hands),
		cmocka_unit_test(
			test_setting_that_the_configuration_has_no_room_for_is_refused),
		cmocka_unit_test(test_lacking_at_greeters_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
