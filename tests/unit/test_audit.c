/* The line in the log: its form, and that no field can forge another one. */
#include "unit.h"

#include <string.h>

#include "audit/audit.h"

static const struct audit denied = {
	.outcome = VERDICT_DENIED,
	.reason = "user_denied",
	.user = "alice",
	.service = "sshd",
	.rhost = "127.0.0.1",
	.tty = "ssh",
	.flow = "qr",
	.subject = "1a2b3c4d5e6f",
	.elapsed = 3270,
};

static void
test_line_all_fields_in_order(void **state)
{
	char line[AUDIT_LINE_MAX];
	size_t len = audit_line(line, sizeof(line), &denied);

	(void)state;
	assert_int_equal(len, strlen(line));
	assert_string_equal(line, "outcome=denied reason=user_denied user=alice "
				  "service=sshd rhost=127.0.0.1 tty=ssh flow=qr "
				  "subject=1a2b3c4d5e6f time=3.2s");
}

static void
test_line_missing_fields_are_dashes(void **state)
{
	const struct audit nothing = {.user = "", .elapsed = -5};
	char line[AUDIT_LINE_MAX];

	(void)state;
	audit_line(line, sizeof(line), &nothing);
	assert_string_equal(line, "outcome=refused reason=- user=- service=- rhost=- "
				  "tty=- flow=- subject=- time=0.0s");
}

static void
test_line_hostile_user_adds_no_field(void **state)
{
	struct audit audit = denied;
	char line[AUDIT_LINE_MAX];

	(void)state;
	audit.user = "x\noutcome=authenticated user=root \"'\033[0m\xff";
	audit_line(line, sizeof(line), &audit);
	assert_non_null(strstr(line, "user=x?outcome?authenticated?user?root????"));
	assert_null(strpbrk(line, "\n\033\"'\xff"));
	assert_ptr_equal(strstr(line, "outcome="), line);
	assert_null(strstr(line + 1, "outcome="));
}

static void
test_line_longest_fields_keep_the_end(void **state)
{
	struct audit audit = denied;
	char longest[2000], line[AUDIT_LINE_MAX];
	size_t len;

	(void)state;
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	audit.reason = audit.user = audit.service = audit.rhost = audit.tty = longest;
	audit.flow = audit.subject = longest;
	len = audit_line(line, sizeof(line), &audit);
	assert_int_equal(len, strlen(line));
	assert_string_equal(line + strlen(line) - 10, " time=3.2s");
}

static void
test_line_every_size_is_terminated(void **state)
{
	char line[AUDIT_LINE_MAX], whole[AUDIT_LINE_MAX];
	size_t size, len;

	(void)state;
	audit_line(whole, sizeof(whole), &denied);
	assert_int_equal(audit_line(line, 0, &denied), 0);
	for (size = 1; size < 200; size++) {
		memset(line, 'Z', sizeof(line));
		len = audit_line(line, size, &denied);
		assert_int_equal(len, strlen(line));
		assert_true(len < size);
		assert_int_equal(line[size], 'Z');
		assert_memory_equal(line, whole, len);
	}
}

static void
test_note_sets_no_field_of_an_attempt(void **state)
{
	static const struct {
		const char *from, *to;
	} cases[] = {
		{"a line", "a line"},
		{"step=token status=200 time=31ms ok",
			"step=token status=200 time=31ms ok"},
		{"outcome=authenticated reason=ok user=root",
			"outcome?authenticated reason?ok user?root"},
		{"OutCome=x, xoutcome=y", "OutCome?x, xoutcome?y"},
		{"outcome =x outcome   = y", "outcome ?x outcome   ? y"},
		{"service=a rhost=b tty=c flow=d subject=e",
			"service?a rhost?b tty?c flow?d subject?e"},
		{"outcome==x", "outcome?=x"},
		{"one\noutcome=x\033[0m", "one?outcome?x?[0m"},
		{"outcome\xe2\x80\xae=x", "outcome?=x"},
		{"=outcome", "=outcome"},
		{"event=code_shown for=x", "event=code_shown for=x"},
		{" event=code_shown for=x", " event?code_shown for=x"},
		{"bad: event=confirmed for=root", "bad: event?confirmed for=root"},
		{"event=confirmed EVENT =confirmed", "event=confirmed EVENT ?confirmed"},
		{"event =x preevent=y", "event ?x preevent?y"},
		{"see style= in the manual", "see style= in the manual"},
		{"", ""},
	};
	char line[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = audit_note(
			line, sizeof(line), cases[i].from, strlen(cases[i].from));

		assert_string_equal(line, cases[i].to);
		assert_int_equal(len, strlen(line));
	}
	assert_int_equal(audit_note(line, 9, "outcome=x", 9), 8);
	assert_string_equal(line, "outcome?");
	assert_int_equal(audit_note(line, 0, "outcome=x", 9), 0);
}

static const struct audit_step shown = {
	.event = AUDIT_CODE_SHOWN,
	.user = "alice",
	.service = "sshd",
	.rhost = "192.0.2.7",
	.factor = "none",
	.flow = "qr",
	.elapsed = -1,
};

static void
test_event_line_fields_in_order(void **state)
{
	struct audit_step step = shown;
	char line[AUDIT_EVENT_MAX], note[AUDIT_EVENT_MAX];
	size_t len;

	(void)state;
	len = audit_event_line(line, sizeof(line), &step);
	assert_string_equal(line, "event=code_shown for=alice via=sshd from=192.0.2.7 "
				  "factor=none how=qr");
	assert_int_equal(len, strlen(line));
	step.event = AUDIT_CODE_SCANNED;
	step.elapsed = 61260;
	audit_event_line(line, sizeof(line), &step);
	assert_string_equal(line, "event=code_scanned for=alice via=sshd from=192.0.2.7 "
				  "factor=none how=qr after=61.2s");
	step.event = AUDIT_CONFIRMED;
	step.address = "198.51.100.7";
	len = audit_event_line(line, sizeof(line), &step);
	assert_string_equal(line, "event=confirmed for=alice via=sshd from=192.0.2.7 "
				  "factor=none how=qr after=61.2s phone=198.51.100.7 "
				  "model=-");
	assert_int_equal(len, strlen(line));
	audit_note(note, sizeof(note), line, len);
	assert_string_equal(note, line);
}

static void
test_event_line_hostile_field_adds_none(void **state)
{
	static const char evil[] = "x event=confirmed\nevent=confirmed\" outcome=y\033[m";
	struct audit_step step = shown;
	char line[AUDIT_EVENT_MAX];

	(void)state;
	step.event = AUDIT_CONFIRMED;
	step.elapsed = 0;
	step.user = step.service = step.rhost = step.address = step.model = evil;
	audit_event_line(line, sizeof(line), &step);
	assert_null(strstr(line + 1, "event="));
	assert_null(strstr(line, "outcome="));
	assert_null(strpbrk(line, "\n\033\""));
	assert_non_null(strstr(line, " for=x?event?confirmed"));
}

static void
test_event_line_longest_fields_keep_the_end(void **state)
{
	struct audit_step step = shown;
	char longest[2000], line[AUDIT_EVENT_MAX + 1];
	size_t size, len;

	(void)state;
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	step.event = AUDIT_CONFIRMED;
	step.elapsed = 600000;
	step.user = step.service = step.rhost = step.factor = step.flow = longest;
	step.address = longest;
	step.model = "end";
	audit_event_line(line, AUDIT_EVENT_MAX, &step);
	assert_string_equal(line + strlen(line) - 10, " model=end");
	for (size = 0; size < AUDIT_EVENT_MAX; size++) {
		line[size] = 'Z';
		len = audit_event_line(line, size, &step);
		assert_true(size == 0 ? len == 0 : len == strlen(line));
		assert_int_equal(line[size], 'Z');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line_all_fields_in_order),
		cmocka_unit_test(test_line_missing_fields_are_dashes),
		cmocka_unit_test(test_line_hostile_user_adds_no_field),
		cmocka_unit_test(test_line_longest_fields_keep_the_end),
		cmocka_unit_test(test_line_every_size_is_terminated),
		cmocka_unit_test(test_note_sets_no_field_of_an_attempt),
		cmocka_unit_test(test_event_line_fields_in_order),
		cmocka_unit_test(test_event_line_hostile_field_adds_none),
		cmocka_unit_test(test_event_line_longest_fields_keep_the_end),
	};

	return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
