/* What is known of a terminal, and which of them may be steered. */
#include "unit.h"

#include <stdbool.h>
#include <sys/sysmacros.h>

#include "pam/terminal.h"

static void
test_kind_table(void **state)
{
	static const struct {
		unsigned major, minor;
		enum wire_terminal kind;
	} cases[] = {
		{136, 0, WIRE_TERMINAL_PTY},
		{136, 1000, WIRE_TERMINAL_PTY},
		{143, 255, WIRE_TERMINAL_PTY},
		{4, 1, WIRE_TERMINAL_CONSOLE},
		{4, 63, WIRE_TERMINAL_CONSOLE},
		{4, 0, WIRE_TERMINAL_SERIAL}, /* whichever console is in front: not ours
					       */
		{4, 64, WIRE_TERMINAL_SERIAL}, /* ttyS0 */
		{204, 64, WIRE_TERMINAL_SERIAL}, /* ttyAMA0 */
		{188, 0, WIRE_TERMINAL_SERIAL}, /* ttyUSB0 */
		{229, 0, WIRE_TERMINAL_SERIAL}, /* hvc0 */
		{5, 1, WIRE_TERMINAL_SERIAL}, /* console */
		{135, 0, WIRE_TERMINAL_SERIAL},
		{144, 0, WIRE_TERMINAL_SERIAL},
		{0, 0, WIRE_TERMINAL_UNKNOWN},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (terminal_kind(makedev(cases[i].major, cases[i].minor)) !=
			cases[i].kind)
			fail_msg("%u:%u", cases[i].major, cases[i].minor);
}

static void
test_steerable_table(void **state)
{
	static const struct {
		enum wire_terminal kind;
		unsigned columns, rows;
		const char *term;
		bool steerable;
	} cases[] = {
		{WIRE_TERMINAL_PTY, 80, 24, "xterm-256color", true},
		{WIRE_TERMINAL_PTY, 1, 1, "vt100", true},
		{WIRE_TERMINAL_CONSOLE, 80, 25, "linux", true},
		{WIRE_TERMINAL_PTY, 80, 24, "dumb", false},
		{WIRE_TERMINAL_PTY, 80, 24, "unknown", false},
		{WIRE_TERMINAL_PTY, 80, 24, "", false},
		{WIRE_TERMINAL_PTY, 80, 24, NULL, false},
		{WIRE_TERMINAL_PTY, 0, 24, "xterm", false},
		{WIRE_TERMINAL_PTY, 80, 0, "xterm", false},
		{WIRE_TERMINAL_SERIAL, 80, 24, "vt220", false},
		{WIRE_TERMINAL_UNKNOWN, 80, 24, "xterm", false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (terminal_is_steerable(cases[i].kind, cases[i].columns, cases[i].rows,
			    cases[i].term) != cases[i].steerable)
			fail_msg("case %zu", i);
}

static void
test_look_at_no_terminal(void **state)
{
	struct terminal t;

	(void)state;
	terminal_look(&t, -1);
	assert_false(t.steerable || t.coloured);
	assert_int_equal(t.kind, WIRE_TERMINAL_UNKNOWN);
	assert_int_equal(t.columns, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kind_table),
		cmocka_unit_test(test_steerable_table),
		cmocka_unit_test(test_look_at_no_terminal),
	};

	return cmocka_run_group_tests_name("terminal", tests, NULL, NULL);
}
