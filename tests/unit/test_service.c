/*
 * The table of services: its order, and rows that hold a promise to somebody.
 */
#include "unit.h"

#include <string.h>

#include "base/service.h"

static void
test_table_is_in_order_and_has_no_row_twice(void **state)
{
	static const char *const names[] = {
#define NAME(name, kind, whose) name,
		SERVICE_LIST(NAME)
#undef NAME
	};
	size_t i;

	(void)state;
	for (i = 1; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i - 1], names[i]) >= 0)
			fail_msg("%s stands before %s", names[i - 1], names[i]);
}

static void
test_kind_is_that_of_the_whole_name(void **state)
{
	static const struct {
		const char *name;
		enum service_kind kind;
	} cases[] = {
		{"doas", SERVICE_TERMINAL},
		{"chsh", SERVICE_TERMINAL},
		{"chfn", SERVICE_TERMINAL},
		{"emptty", SERVICE_TERMINAL},
		{"su", SERVICE_TERMINAL},
		{"su-l", SERVICE_TERMINAL},
		{"gdm-password", SERVICE_GREETER},
		{"greetd", SERVICE_GREETER},
		{"lightdm", SERVICE_GREETER},
		{"sddm", SERVICE_GREETER},
		{"xdm", SERVICE_WINDOW}, /* asks for name and password before PAM begins
					  */
		{"lxdm", SERVICE_MUTE},
		{"cockpit", SERVICE_FORM},
		{"xrdp-sesman", SERVICE_MUTE},
		{"slim", SERVICE_MUTE},
		/* servers, and what runs for nobody */
		{"dovecot", SERVICE_UNKNOWN},
		{"imap", SERVICE_UNKNOWN},
		{"vsftpd", SERVICE_UNKNOWN},
		{"smtp", SERVICE_UNKNOWN},
		{"samba", SERVICE_UNKNOWN},
		{"cups", SERVICE_UNKNOWN},
		{"cron", SERVICE_UNKNOWN},
		{"other", SERVICE_UNKNOWN},
		{"gdm", SERVICE_UNKNOWN}, /* xrdp's, where it has no file of its own */
		{"gdm-autologin", SERVICE_UNKNOWN},
		/* nearly */
		{"", SERVICE_UNKNOWN},
		{"Sudo", SERVICE_UNKNOWN},
		{"sudo ", SERVICE_UNKNOWN},
		{"sud", SERVICE_UNKNOWN},
		{"sudo-", SERVICE_UNKNOWN},
		{"/usr/bin/sudo", SERVICE_UNKNOWN},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (service_kind(cases[i].name) != cases[i].kind)
			fail_msg("%s", cases[i].name);
}

/* Root's own services are asked of root's own helper, or not at all. */
static void
test_socket_is_for_services_of_a_person(void **state)
{
	(void)state;
	assert_non_null(strstr(SERVICE_PERSONS " ", " swaylock "));
	assert_non_null(strstr(SERVICE_PERSONS " ", " mate-screensaver "));
	assert_non_null(strstr(SERVICE_PERSONS " ", " cinnamon-screensaver "));
	assert_non_null(strstr(SERVICE_PERSONS " ", " light-locker "));
	assert_non_null(strstr(SERVICE_PERSONS " ", " screen "));
	assert_null(strstr(SERVICE_PERSONS " ", " sudo "));
	assert_null(strstr(SERVICE_PERSONS " ", " sshd "));
	assert_null(strstr(SERVICE_PERSONS " ", " cockpit "));
	assert_true(service_is_persons("physlock"));
	assert_false(service_is_persons("sudo"));
	assert_false(service_is_persons("dovecot"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table_is_in_order_and_has_no_row_twice),
		cmocka_unit_test(test_kind_is_that_of_the_whole_name),
		cmocka_unit_test(test_socket_is_for_services_of_a_person),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
