/* AuthenticationMethods by what sshd -T says of them. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "cli/sshd_methods.h"

static struct sshd_methods methods;

static void
read_methods(const char *value)
{
	char text[1024];

	snprintf(text, sizeof(text),
		"port 22\npubkeyauthentication yes\npasswordauthentication no\n"
		"kbdinteractiveauthentication yes\nhostbasedauthentication no\n"
		"authenticationmethods %s\nusedns no\n",
		value);
	sshd_methods_read(&methods, text);
}

static void
test_any_is_no_list(void **state)
{
	(void)state;
	read_methods("any");
	assert_int_equal(methods.count, 0);
	sshd_methods_read(&methods, "port 22\n"); /* a sshd that knows no such key */
	assert_int_equal(methods.count, 0);
}

static void
test_lists_that_work(void **state)
{
	(void)state;
	read_methods("publickey,keyboard-interactive:pam publickey");
	assert_int_equal(methods.count, 2);
	assert_int_equal(methods.alive, 2);
	assert_int_equal(methods.asking, 1);
	assert_true(methods.lists[0].asks && methods.lists[0].verifies_first);
	assert_false(sshd_methods_goes_around(&methods.lists[0]));
	assert_true(sshd_methods_goes_around(&methods.lists[1]));
}

static void
test_lists_that_cannot_be_completed(void **state)
{
	static const struct {
		const char *list, *culprit;
		enum sshd_broken broken;
	} rows[] = {{"publickey,password", "password", SSHD_BROKEN_DISABLED},
		{"hostbased", "hostbased", SSHD_BROKEN_DISABLED},
		{"publickey,keyboard-interactive:bsdauth", "keyboard-interactive:bsdauth",
			SSHD_BROKEN_SUBMETHOD},
		{"publickey:rsa", "publickey:rsa", SSHD_BROKEN_SUBMETHOD},
		{"keyboard-interactive:", "keyboard-interactive:", SSHD_BROKEN_SUBMETHOD},
		{"publickey,keyboard-interactive", "", SSHD_BROKEN_NO},
		{"gssapi-with-mic", "", SSHD_BROKEN_NO}}; /* nothing is said of it */
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		read_methods(rows[i].list);
		assert_int_equal(methods.count, 1);
		assert_int_equal(methods.lists[0].broken, rows[i].broken);
		assert_string_equal(methods.lists[0].culprit, rows[i].culprit);
		assert_int_equal(methods.alive, rows[i].broken == SSHD_BROKEN_NO);
	}
}

static void
test_what_stands_before_the_code(void **state)
{
	static const struct {
		const char *list;
		bool first;
	} rows[] = {{"keyboard-interactive", false},
		{"keyboard-interactive,publickey", false},
		{"publickey,keyboard-interactive", true},
		{"publickey,publickey,keyboard-interactive,publickey", true}};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		read_methods(rows[i].list);
		assert_true(methods.lists[0].asks);
		assert_int_equal(methods.lists[0].verifies_first, rows[i].first);
	}
}

static void
test_more_lists_than_there_is_room_for(void **state)
{
	char value[1024] = "";
	int i;

	(void)state;
	for (i = 0; i < SSHD_METHODS_LISTS + 5; i++)
		strcat(value, "publickey ");
	read_methods(value);
	assert_int_equal(methods.count, SSHD_METHODS_LISTS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_is_no_list),
		cmocka_unit_test(test_lists_that_work),
		cmocka_unit_test(test_lists_that_cannot_be_completed),
		cmocka_unit_test(test_what_stands_before_the_code),
		cmocka_unit_test(test_more_lists_than_there_is_room_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
