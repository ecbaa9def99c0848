/* Whom a command of sudo runs as: as sudo reads its arguments, or root. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "pam/sudo_target.h"

/* The argument block of a string literal, whose own NUL ends the last argument. */
#define BLOCK(literal) literal, sizeof(literal)

struct row {
	const char *block;
	size_t len;
	const char *target;
};

static void
check(const struct row *rows, size_t count)
{
	char target[64];
	size_t i;

	for (i = 0; i < count; i++) {
		sudo_target(target, sizeof(target), rows[i].block, rows[i].len);
		if (strcmp(target, rows[i].target) != 0)
			fail_msg("row %zu: %s instead of %s", i, target, rows[i].target);
	}
}

static void
test_one_user_is_named(void **state)
{
	static const struct row rows[] = {
		{BLOCK("sudo\0-u\0bob\0id"), "bob"},
		{BLOCK("sudo\0-ubob\0id"), "bob"},
		{BLOCK("sudo\0-nu\0bob\0id"), "bob"},
		{BLOCK("sudo\0-nEubob\0id"), "bob"},
		{BLOCK("sudo\0-n\0-u\0bob\0id"), "bob"},
		{BLOCK("sudo\0--user=bob\0id"), "bob"},
		{BLOCK("sudo\0--user\0bob\0id"), "bob"},
		{BLOCK("sudo\0--us=bob\0id"), "bob"},
		{BLOCK("sudo\0--u\0bob\0id"), "bob"},
		{BLOCK("sudo\0-p\0-u\0-u\0bob\0id"), "bob"},
		{BLOCK("sudo\0-pu\0-u\0bob\0id"), "bob"},
		{BLOCK("sudo\0-g\0adm\0-D/\0-C\0005\0-R/r\0-T3\0-ubob\0id"), "bob"},
		{BLOCK("sudo\0-a\0x\0-c\0x\0-r\0x\0-t\0x\0-U\0x\0-u\0bob"), "bob"},
		{BLOCK("sudo\0-ABbEeHiKklNnPSsVv\0-u\0bob"), "bob"},
		{BLOCK("sudo\0--preserve-env\0-E\0-u\0bob\0id"), "bob"},
		{BLOCK("sudo\0--host=h\0--help\0-u\0bob\0id"), "bob"},
		{BLOCK("sudo\0A=1\0-u\0bob\0B=2\0id"), "bob"},
		{BLOCK("sudo\0./a=b\0-u\0bob\0id"), "bob"},
		{BLOCK("sudo\0-u\0bob\0--\0-u\0root"), "bob"},
		{BLOCK("sudo\0-u\0bob\0--\0A=1\0-u\0root"), "bob"},
		{BLOCK("sudo\0-u\0bob\0id\0-u\0root\0--nonsense"), "bob"},
		{BLOCK("sudo\0-u\0bob\0-\0-u\0root"), "bob"},
		{BLOCK("sudo\0-u\0bob\0\0-u\0root"), "bob"},
		{BLOCK("sudo\0-i\0-u\0bob"), "bob"},
		{BLOCK("sudoedit\0-u\0bob\0file"), "bob"},
		{BLOCK("sudo\0-e\0-u\0bob\0file"), "bob"},
		{BLOCK("sudo\0-u\0--\0id"), "--"},
		{BLOCK("sudo\0-u\0#1001\0id"), "#1001"},
		{BLOCK("sudo\0-u#4294967294\0id"), "#4294967294"},
		{"sudo\0-u\0bob\0cat\0cut o", 21, "bob"},
	};

	(void)state;
	check(rows, sizeof(rows) / sizeof(rows[0]));
}

static void
test_nobody_is_named(void **state)
{
	static const struct row rows[] = {
		{BLOCK("sudo\0id"), "root"},
		{BLOCK("sudo\0-i"), "root"},
		{BLOCK("sudo\0-s\0id\0-u\0bob"), "root"},
		{BLOCK("sudo\0-l\0-U\0bob"), "root"},
		{BLOCK("sudo\0-v"), "root"},
		{BLOCK("sudoedit\0-g\0bob\0-ubob"), "bob"},
		{BLOCK("sudo\0--\0-u\0bob"), "root"},
		{BLOCK("sudo\0/a=b\0-u\0bob"), "root"},
		{BLOCK("sudo\0=b\0-u\0bob"), "root"},
		{BLOCK("sudo\0\0-u\0bob"), "root"},
		{BLOCK("sudo\0-\0-u\0bob"), "root"},
		{BLOCK("sudo\0-p-u\0bob"), "root"},
		{BLOCK("sudo\0-p\0-u\0bob"), "root"},
		/* sudo takes the "--" behind -p for the end as well */
		{BLOCK("sudo\0-p\0--\0./a=b\0-u\0bob"), "root"},
		{BLOCK("--\0A=1\0-u\0bob"), "bob"},
		{BLOCK("sudo"), "root"},
		{"", 0, "root"},
	};

	(void)state;
	check(rows, sizeof(rows) / sizeof(rows[0]));
}

static void
test_what_is_not_understood_is_root(void **state)
{
	static const struct row rows[] = {
		{BLOCK("sudo\0-u\0bob\0-u\0carol\0id"), "root"},
		{BLOCK("sudo\0-u\0root\0-u\0bob\0id"), "root"},
		{BLOCK("sudo\0-u\0bob\0--user=bob\0id"), "root"},
		{BLOCK("sudo\0-u"), "root"},
		{BLOCK("sudo\0-nu"), "root"},
		{BLOCK("sudo\0--user"), "root"},
		{BLOCK("sudo\0-u\0\0id"), "root"},
		{BLOCK("sudo\0--user=\0id"), "root"},
		{BLOCK("sudo\0-x\0-u\0bob\0id"), "root"},
		{BLOCK("sudo\0-u\0bob\0-x\0id"), "root"},
		{BLOCK("sudo\0-u\0bob\0-nx\0id"), "root"},
		{BLOCK("sudo\0-u\0bob\0--nonsense\0id"), "root"},
		{BLOCK("sudo\0-u\0bob\0--preserve\0id"), "root"},
		{BLOCK("sudo\0-u\0bob\0--no\0id"), "root"},
		{BLOCK("sudo\0-u\0bob\0--login=x\0id"), "root"},
		{BLOCK("sudo\0-u\0bob\0--=x\0id"), "root"},
		{BLOCK("sudo\0-u\0bob\0-p"), "root"},
		{BLOCK("sudo\0-h\0-u\0bob\0id"), "root"},
		/* what sudo leaves of --preserve-env=A,-ubob */
		{BLOCK("sudo\0--preserve-env=A\0-ubob\0id"), "root"},
		{BLOCK("sudo\0--preserve-e=A\0-ubob\0id"), "root"},
		{BLOCK("sudo\0-ubob\0--preserve-env=\0id"), "root"},
		{BLOCK("sudo\0-u\0bob\0-hx\0id"), "root"},
		{BLOCK("sudo\0-u\0#0\0id"), "root"},
		{BLOCK("sudo\0-u\0#00\0id"), "root"},
		{BLOCK("sudo\0-u\0#\0id"), "root"},
		{BLOCK("sudo\0-u\0#-1\0id"), "root"},
		{BLOCK("sudo\0-u\0#4294967295\0id"), "root"},
		{BLOCK("sudo\0-u\0#4294967296\0id"), "root"},
		{BLOCK("sudo\0-u\0#99999999999\0id"), "root"},
		{BLOCK("sudo\0-u\0#0x3e9\0id"), "root"},
		{BLOCK("sudo\0-u\0# 1001\0id"), "root"},
		{"sudo\0-u\0bob", 11, "root"},
		{"sudo\0-u\0bob\0-n", 14, "root"},
		{"sudo\0-u\0bob\0cut", 15, "root"},
		{"sudo", 4, "root"},
	};

	(void)state;
	check(rows, sizeof(rows) / sizeof(rows[0]));
}

static void
test_too_long_a_name_is_root(void **state)
{
	static const char block[] = "sudo\0-u\0bobby\0id";
	char target[6];

	(void)state;
	sudo_target(target, 6, block, sizeof(block));
	assert_string_equal(target, "bobby");
	sudo_target(target, 5, block, sizeof(block));
	assert_string_equal(target, "root");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_user_is_named),
		cmocka_unit_test(test_nobody_is_named),
		cmocka_unit_test(test_what_is_not_understood_is_root),
		cmocka_unit_test(test_too_long_a_name_is_root),
	};

	return cmocka_run_group_tests_name("sudo_target", tests, NULL, NULL);
}
