/* Patterns of sshd, and examples that meet them. */
#include "unit.h"

#include <string.h>

#include "cli/sshd_pattern.h"

static void
test_meets_patterns_as_sshd_does(void **state)
{
	static const struct {
		const char *text, *pattern;
		bool meets;
	} rows[] = {{"alice", "alice", true}, {"alice", "alic", false},
		{"alice", "alice2", false}, {"alice", "a*e", true},
		{"alice", "a*x", false}, {"alice", "*", true}, {"", "*", true},
		{"", "?", false}, {"", "", true}, {"alice", "?????", true},
		{"alice", "??????", false}, {"alice", "*l*c*", true},
		{"aab", "*ab", true}, {"Alice", "alice", false}, {"a", "", false},
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "*a*a*a*a*a*a*a*c", false}};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(
			sshd_pattern_meets(rows[i].text, rows[i].pattern), rows[i].meets);
}

static void
test_list_with_what_it_leaves_out(void **state)
{
	static const struct {
		const char *text, *list;
		enum sshd_pattern_kind kind;
		int met;
	} rows[] = {{"dev-a", "dev-*,!dev-x", SSHD_PATTERN_NAME, 1},
		{"dev-x", "dev-*,!dev-x", SSHD_PATTERN_NAME, -1},
		{"dev-x", "!dev-x,dev-*", SSHD_PATTERN_NAME, -1},
		{"alice", "!dev-x", SSHD_PATTERN_NAME, 0},
		{"alice", "bob,alice", SSHD_PATTERN_NAME, 1},
		{"alice", "", SSHD_PATTERN_NAME, 0},
		{"A.Example.ORG", "*.example.org", SSHD_PATTERN_HOST, 1},
		{"a.example.org", "*.EXAMPLE.org", SSHD_PATTERN_HOST, 1},
		{"10.1.2.3", "10.0.0.0/8", SSHD_PATTERN_ADDRESS, 1},
		{"11.1.2.3", "10.0.0.0/8", SSHD_PATTERN_ADDRESS, 0},
		{"10.1.2.3", "10.0.0.0/8,!10.1.0.0/16", SSHD_PATTERN_ADDRESS, -1},
		{"192.168.1.1", "192.168.*", SSHD_PATTERN_ADDRESS, 1},
		{"2001:db8::1", "2001:db8::/32", SSHD_PATTERN_ADDRESS, 1},
		{"2001:db9::1", "2001:db8::/32", SSHD_PATTERN_ADDRESS, 0},
		{"10.0.0.1", "::/0", SSHD_PATTERN_ADDRESS, 0},
		{"10.0.0.1", "0.0.0.0/0", SSHD_PATTERN_ADDRESS, 1}};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(
			sshd_pattern_list(rows[i].text, rows[i].list, rows[i].kind),
			rows[i].met);
}

static void
test_example_meets_its_part(void **state)
{
	static const struct {
		const char *list;
		enum sshd_pattern_kind kind;
		const char *examples; /* each with a blank behind it */
	} rows[] = {{"dev-*,?ob", SSHD_PATTERN_NAME, "dev-x xob "},
		{"!a,,b", SSHD_PATTERN_NAME, "a b "},
		{"*.Example.org", SSHD_PATTERN_HOST, "x.example.org "},
		{"10.0.0.0/8,192.0.2.7,192.0.2.6/32", SSHD_PATTERN_ADDRESS,
			"10.0.0.1 192.0.2.7 192.0.2.6 "},
		{"192.168.*,10.*,*", SSHD_PATTERN_ADDRESS,
			"192.168.1.1 10.1.1.1 1.1.1.1 "},
		{"2001:db8::/32,2001:db8:*,::2/128", SSHD_PATTERN_ADDRESS,
			"2001:db8::1 2001:db8:1::1 ::2 "},
		{"nonsense,10.0.0.0/99,", SSHD_PATTERN_ADDRESS, "10.0.0.1 "},
		{"", SSHD_PATTERN_ADDRESS, ""}};
	char example[64], all[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *at = rows[i].list;

		all[0] = '\0';
		while (sshd_pattern_example(example, sizeof(example), &at, rows[i].kind))
			strcat(strcat(all, example), " ");
		assert_string_equal(all, rows[i].examples);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_meets_patterns_as_sshd_does),
		cmocka_unit_test(test_list_with_what_it_leaves_out),
		cmocka_unit_test(test_example_meets_its_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
