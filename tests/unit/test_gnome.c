/* GNOME's switch, as schemas and overrides have it. */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/gnome.h"
#include "files.h"

#define SCHEMA "org.gnome.login-screen.gschema.xml"
#define KEY(name, value) \
	"<key name=\"" name "\" type=\"b\">\n  <default>" value "</default>\n</key>\n"
#define SWITCH(value)                                    \
	KEY("enable-fingerprint-authentication", "true") \
	KEY("enable-switchable-authentication", value)   \
	KEY("enable-password-authentication", "true")
#define GROUP "[org.gnome.login-screen]\n"
#define ON "enable-switchable-authentication=true\n"
#define OFF "enable-switchable-authentication=false\n"
#define BEFORE "10_site.gschema.override"
#define BEHIND "95_site.gschema.override"

static const char *const names[] = {
	SCHEMA, BEFORE, BEHIND, GNOME_OVERRIDE, "gschemas.compiled"};

static int
empty(void **state)
{
	char path[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), GNOME_SCHEMAS "/%s", names[i]);
		unlink(path);
	}
	return 0;
}

static int
make_dir(void **state)
{
	(void)state;
	return mkdir(GNOME_SCHEMAS, 0700);
}

static int
remove_dir(void **state)
{
	empty(state);
	return rmdir(GNOME_SCHEMAS);
}

static struct gnome
look(void)
{
	struct gnome gnome;

	gnome_look(&gnome);
	return gnome;
}

static void
test_look_without_gdm_says_so(void **state)
{
	const struct gnome gnome = look();
	struct diag diag = {0};

	(void)state;
	assert_false(gnome.installed || gnome.has_switch || gnome.on || gnome.ours);
	assert_int_equal(gnome_check(&gnome, &diag), ERR_FILE_MISSING);
	assert_non_null(strstr(diag.text, "GDM is not installed"));
}

static void
test_look_at_an_older_gdm_points_to_the_phone(void **state)
{
	struct diag diag = {0};
	struct gnome gnome;

	(void)state;
	files_write(GNOME_SCHEMAS, SCHEMA, KEY("enable-password-authentication", "true"));
	files_write(GNOME_SCHEMAS, BEFORE, GROUP ON);
	gnome = look();
	assert_true(gnome.installed);
	assert_false(gnome.has_switch || gnome.on);
	assert_int_equal(gnome_check(&gnome, &diag), ERR_FILE_INVALID);
	assert_non_null(strstr(diag.text, "itsmectl pam enable gdm-password"));
}

static void
test_look_takes_the_schemas_own_value(void **state)
{
	struct diag diag;
	struct gnome gnome;

	(void)state;
	files_write(GNOME_SCHEMAS, SCHEMA, SWITCH("true"));
	gnome = look();
	assert_true(gnome.has_switch && gnome.on && gnome.compiled);
	assert_int_equal(gnome_check(&gnome, &diag), ERR_OK);
	files_write(GNOME_SCHEMAS, SCHEMA, SWITCH("false"));
	assert_false(look().on);
}

static void
test_look_takes_the_last_override(void **state)
{
	struct gnome gnome;

	(void)state;
	files_write(GNOME_SCHEMAS, SCHEMA, SWITCH("false"));
	files_write(GNOME_SCHEMAS, BEFORE,
		"# x\n[org.gnome.shell]\nx=['y']\n" GROUP "logo=''\n" ON);
	assert_true(look().on);
	files_write(GNOME_SCHEMAS, BEHIND, GROUP OFF);
	gnome = look();
	assert_false(gnome.on);
	assert_string_equal(gnome.by, GNOME_SCHEMAS "/" BEHIND);
	files_write(GNOME_SCHEMAS, BEHIND,
		"[org.gnome.shell]\n" OFF "[org.gnome.login-screen:KDE]\n" OFF);
	assert_true(look().on);
}

static void
test_look_at_ours_that_was_not_compiled(void **state)
{
	const struct timespec times[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};

	(void)state;
	files_write(GNOME_SCHEMAS, SCHEMA, SWITCH("false"));
	files_write(GNOME_SCHEMAS, GNOME_OVERRIDE, GROUP ON);
	assert_true(look().on && look().ours);
	assert_false(look().compiled);
	files_write(GNOME_SCHEMAS, "gschemas.compiled", "");
	assert_true(look().compiled);
	assert_int_equal(
		utimensat(AT_FDCWD, GNOME_SCHEMAS "/gschemas.compiled", times, 0), 0);
	assert_false(look().compiled);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_look_without_gdm_says_so, empty),
		cmocka_unit_test_teardown(
			test_look_at_an_older_gdm_points_to_the_phone, empty),
		cmocka_unit_test_teardown(test_look_takes_the_schemas_own_value, empty),
		cmocka_unit_test_teardown(test_look_takes_the_last_override, empty),
		cmocka_unit_test_teardown(test_look_at_ours_that_was_not_compiled, empty),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
