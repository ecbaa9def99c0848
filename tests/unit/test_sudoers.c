/* What the usual lines of sudoers give somebody. */
#include "unit.h"

#include <string.h>

#include "cli/sudoers.h"

/* alice is in the group sudo. */
static int
is_member(const char *user, const char *group)
{
	return strcmp(user, "alice") == 0 && strcmp(group, "sudo") == 0;
}

static void
test_sudoers_table(void **state)
{
	static const struct {
		const char *text;
		enum sudoers given;
	} cases[] = {
		{"", SUDOERS_NO},
		{"alice ALL=(ALL:ALL) ALL\n", SUDOERS_BY_PASSWORD},
		{"  alice\tALL = ALL  # x", SUDOERS_BY_PASSWORD},
		{"alice ALL=(ALL) NOPASSWD:ALL\n", SUDOERS_WITHOUT_PASSWORD},
		{"alice ALL=(ALL) NOPASSWD: ALL\n", SUDOERS_WITHOUT_PASSWORD},
		{"%sudo ALL=(ALL:ALL) ALL\n", SUDOERS_BY_PASSWORD},
		{"%wheel ALL=(ALL:ALL) ALL\n", SUDOERS_NO},
		{"ALL ALL=(ALL) ALL\n", SUDOERS_BY_PASSWORD},
		{"# alice ALL=(ALL) ALL\n", SUDOERS_NO},
		{"bob ALL=(ALL) ALL\n", SUDOERS_NO},
		{"alice ALL=(ALL) /bin/ls\n", SUDOERS_NO},
		{"alice ALL=(ALL) NOPASSWD: /bin/ls\n", SUDOERS_NO},
		/* somebody else's rights, or none, are no way to root */
		{"alice ALL=(bob) ALL\n", SUDOERS_NO},
		{"alice ALL=(john) ALL\n", SUDOERS_NO}, /* as long as root */
		{"alice HOST ALL # = ALL\n", SUDOERS_NO},
		{"alice ALL\n", SUDOERS_NO},
		{"alice=ALL\n", SUDOERS_NO},
		{"alice ALL=(bob, carol) NOPASSWD: ALL\n", SUDOERS_NO},
		{"alice ALL=(:adm) ALL\n", SUDOERS_NO},
		{"alice ALL=(ALL) !ALL\n", SUDOERS_NO},
		{"alice ALL=(bob, root : adm) ALL\n", SUDOERS_BY_PASSWORD},
		{"Defaults env_reset\nDefaults:alice x = ALL\n", SUDOERS_NO},
		{"alice\nalice ALL\n=\n ALL\n", SUDOERS_NO},
		{"%sudo ALL=(ALL) ALL\nalice ALL=(ALL) NOPASSWD: ALL\nbob ALL=(ALL) ALL",
			SUDOERS_WITHOUT_PASSWORD},
		{"alice ALL=(ALL) NOPASSWD: ALL\n%sudo ALL=(ALL) ALL\n",
			SUDOERS_BY_PASSWORD},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum sudoers given = sudoers_find_in(cases[i].text, "alice", is_member);

		if (given != cases[i].given)
			fail_msg("%d: %s", given, cases[i].text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sudoers_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
