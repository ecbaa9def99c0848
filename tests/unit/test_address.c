/* Lists of addresses: written strictly, compared by bits. */
#include "unit.h"

#include <string.h>

#include "config/address.h"

static void
test_list_is_good_table(void **state)
{
	static const struct {
		const char *list;
		bool good;
	} cases[] = {
		{"", true},
		{"  ", true},
		{"192.0.2.1", true},
		{"192.0.2.0/24 2001:db8::/32\t::1", true},
		{"0.0.0.0/0 ::/0", true},
		{"192.0.2.1/32", true},
		{"192.0.2.1/24", false},
		{"192.0.2.0/33", false},
		{"192.0.2.0/", false},
		{"192.0.2.0/-1", false},
		{"192.0.2.0/024x", false},
		{"192.0.2", false},
		{"192.0.2.1,192.0.2.2", false},
		{"2001:db8::/129", false},
		{"2001:db8::1/64", false},
		{"localhost", false},
		{"fe80::1%eth0", false},
		{"*", false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (address_list_is_good(cases[i].list) != cases[i].good)
			fail_msg("'%s'", cases[i].list);
}

static void
test_list_has_table(void **state)
{
	static const struct {
		const char *list, *host;
		bool has;
	} cases[] = {
		{"192.0.2.0/24", "192.0.2.255", true},
		{"192.0.2.0/24", "192.0.3.0", false},
		{"192.0.2.128/25", "192.0.2.127", false},
		{"192.0.2.128/25", "192.0.2.128", true},
		{"192.0.2.0/24", "::ffff:192.0.2.7", true},
		{"10.0.0.1 192.0.2.7", "192.0.2.7", true},
		{"2001:db8::/33", "2001:db8:7fff::1", true},
		{"2001:db8::/33", "2001:db8:8000::1", false},
		{"0.0.0.0/0", "8.8.8.8", true},
		{"0.0.0.0/0", "2001:db8::1", false},
		{"::/0", "2001:db8::1", true},
		{"::/0", "8.8.8.8", false}, /* IPv4 is meant when it is written */
		{"", "192.0.2.7", false},
		{"0.0.0.0/0 ::/0", "", false},
		{"0.0.0.0/0 ::/0", "host.example", false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (address_list_has(cases[i].list, cases[i].host) != cases[i].has)
			fail_msg("'%s' in '%s'", cases[i].host, cases[i].list);
}

static void
test_network_is_one_callers(void **state)
{
	unsigned char a[16], b[16];

	(void)state;
	assert_true(address_network(a, "192.0.2.1"));
	assert_true(address_network(b, "::ffff:192.0.2.1"));
	assert_memory_equal(a, b, 16);
	assert_true(address_network(b, "192.0.2.2"));
	assert_memory_not_equal(a, b, 16);
	assert_true(address_network(a, "2001:db8:1:2::1"));
	assert_true(address_network(b, "2001:db8:1:2:ffff::9"));
	assert_memory_equal(a, b, 16);
	assert_true(address_network(b, "2001:db8:1:3::1"));
	assert_memory_not_equal(a, b, 16);
	assert_false(address_network(a, ""));
	assert_false(address_network(a, "UNKNOWN"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list_is_good_table),
		cmocka_unit_test(test_list_has_table),
		cmocka_unit_test(test_network_is_one_callers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
