/* Who asks: command lines, languages and arguments, also hostile ones. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "pam/caller.h"

/* The argument block of a string literal, whose own NUL ends the last argument. */
#define BLOCK(literal) literal, sizeof(literal)

static void
test_command_table(void **state)
{
	static const struct {
		const char *block;
		size_t len;
		const char *line;
	} table[] = {
		{BLOCK("sudo\0id"), "id"},
		{BLOCK("sudo\0-k\0/usr/bin/id\0arg two"), "-k /usr/bin/id 'arg two'"},
		{BLOCK("evil argv0 rm\0id"), "id"},
		{BLOCK("sudo\0\0x"), "'' x"},
		{BLOCK("sudo\0it's"), "'it'\\''s'"},
		{BLOCK("sudo\0a\nb\033[2Jc"), "'a?b?[2Jc'"},
		{BLOCK("sudo\0a\xe2\x80\xae"
		       "b"),
			"'a?b'"},
		{BLOCK("sudo\0caf\xc3\xa9"), "'caf\xc3\xa9'"},
		{BLOCK("sudo\0\xff\xc3"), "'\?\?'"},
		{BLOCK("sudo"), ""},
		{"sudo", 4, ""},
		{"", 0, ""},
		{"sudo\0cut off", 12, "..."},
		{"sudo\0whole\0cut", 14, "whole..."},
	};
	char line[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		caller_command(line, sizeof(line), table[i].block, table[i].len);
		assert_string_equal(line, table[i].line);
	}
}

static void
test_command_too_long_says_so(void **state)
{
	static const char block[] = "sudo\0aaaaaaaaaa\0bbbbbbbbbb\0c";
	char line[64];
	size_t size;

	(void)state;
	for (size = 1; size < 24 + 3; size++) {
		memset(line, 'Z', sizeof(line));
		caller_command(line, size, block, sizeof(block));
		assert_true(strlen(line) < size);
		assert_int_equal(line[size], 'Z');
		if (size > 4)
			assert_string_equal(line + strlen(line) - 3, "...");
	}
	caller_command(line, 27, block, sizeof(block));
	assert_string_equal(line, "aaaaaaaaaa bbbbbbbbbb c");
}

static void
test_language_table(void **state)
{
	static const struct {
		const char *locale, *language;
	} table[] = {
		{"nl_BE.UTF-8", "nl_BE.UTF-8"},
		{"de_AT@euro", "de_AT@euro"},
		{"C", ""},
		{"POSIX", ""},
		{"", ""},
		{NULL, ""},
		{"../../etc", ""},
		{"nl\n", ""},
		{"LC_CTYPE=nl;LC_MESSAGES=fr", ""},
		{"nl_BE.an-encoding-with-a-name-that-is-far-too-long-to-be-anything", ""},
	};
	char language[32];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		caller_language(language, sizeof(language), table[i].locale);
		assert_string_equal(language, table[i].language);
	}
}

static void
test_arguments_one_a_line(void **state)
{
	const char *argv[] = {"debug", "", "config=/etc/x y", "flow=qr"};
	char text[64];

	(void)state;
	assert_true(caller_arguments(text, sizeof(text), 4, argv));
	assert_string_equal(text, "debug\nconfig=/etc/x y\nflow=qr");
	assert_true(caller_arguments(text, sizeof(text), 0, NULL));
	assert_string_equal(text, "");
}

static void
test_arguments_control_characters_are_refused(void **state)
{
	const char *bad[] = {"a\nconfig=/tmp/x", "a\r", "\033", "\177", "\001"};
	char text[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(caller_arguments(text, sizeof(text), 1, &bad[i]));
}

static void
test_arguments_that_do_not_fit_are_refused(void **state)
{
	const char *argv[] = {"12345", "6789"};
	char text[16];

	(void)state;
	assert_false(caller_arguments(text, 5, 1, argv));
	assert_true(caller_arguments(text, 7, 1, argv));
	assert_false(caller_arguments(text, 10, 2, argv));
	assert_true(caller_arguments(text, 11, 2, argv));
	assert_string_equal(text, "12345\n6789");
}

static void
test_style_table(void **state)
{
	static const struct {
		const char *service;
		enum wire_style on_terminal, elsewhere;
	} cases[] = {
		{"sudo", WIRE_STYLE_LIVE, WIRE_STYLE_TEXT},
		{"su-l", WIRE_STYLE_LIVE, WIRE_STYLE_TEXT},
		{"login", WIRE_STYLE_LIVE, WIRE_STYLE_TEXT},
		{"doas", WIRE_STYLE_LIVE, WIRE_STYLE_TEXT},
		{"chsh", WIRE_STYLE_LIVE, WIRE_STYLE_TEXT},
		{"chfn", WIRE_STYLE_LIVE, WIRE_STYLE_TEXT},
		{"emptty", WIRE_STYLE_LIVE, WIRE_STYLE_TEXT},
		{"cockpit", WIRE_STYLE_FORM, WIRE_STYLE_FORM},
		/* whoever is not known may be a window started from that terminal */
		{"somebody", WIRE_STYLE_TEXT, WIRE_STYLE_TEXT},
		{"", WIRE_STYLE_TEXT, WIRE_STYLE_TEXT},
		{"gdm-password", WIRE_STYLE_GREETER, WIRE_STYLE_GREETER},
		{"lightdm", WIRE_STYLE_GREETER, WIRE_STYLE_GREETER},
		{"polkit-1", WIRE_STYLE_PLAIN, WIRE_STYLE_PLAIN},
		{"swaylock", WIRE_STYLE_PLAIN, WIRE_STYLE_PLAIN},
		{"Login", WIRE_STYLE_TEXT, WIRE_STYLE_TEXT},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (caller_style(cases[i].service, true) != cases[i].on_terminal ||
			caller_style(cases[i].service, false) != cases[i].elsewhere)
			fail_msg("%s", cases[i].service);
}

/* The sizes of the copies are those of the channel: nothing is cut on its way. */
static void
test_request_longest_texts_arrive_whole(void **state)
{
	static const unsigned char nonce[WIRE_NONCE_SIZE] = "0123456789abcde";
	struct caller caller = {.style = WIRE_STYLE_PROMPT, .terminal = {.columns = 80}};
	struct wire_packet packet;
	struct wire_msg msg, back;
	size_t len;

	(void)state;
	memset(caller.user, 'u', sizeof(caller.user) - 1);
	memset(caller.service, 's', sizeof(caller.service) - 1);
	memset(caller.tty, 't', sizeof(caller.tty) - 1);
	memset(caller.rhost, 'h', sizeof(caller.rhost) - 1);
	memset(caller.ruser, 'r', sizeof(caller.ruser) - 1);
	memset(caller.command, 'c', sizeof(caller.command) - 1);
	memset(caller.target, 'T', sizeof(caller.target) - 1);
	memset(caller.language, 'l', sizeof(caller.language) - 1);
	memset(caller.arguments, 'a', sizeof(caller.arguments) - 1);
	caller_request(&msg, &caller, nonce);
	assert_int_equal(wire_pack(&packet, &len, &msg), ERR_OK);
	assert_int_equal(wire_unpack(&back, &packet, len, WIRE_SIDE_MODULE), ERR_OK);
	assert_true(wire_nonce_is(&back, nonce));
	assert_string_equal(wire_text(&back, WIRE_FIELD_USER), caller.user);
	assert_string_equal(wire_text(&back, WIRE_FIELD_SERVICE), caller.service);
	assert_string_equal(wire_text(&back, WIRE_FIELD_TTY), caller.tty);
	assert_string_equal(wire_text(&back, WIRE_FIELD_RHOST), caller.rhost);
	assert_string_equal(wire_text(&back, WIRE_FIELD_RUSER), caller.ruser);
	assert_string_equal(wire_text(&back, WIRE_FIELD_COMMAND), caller.command);
	assert_string_equal(wire_text(&back, WIRE_FIELD_TARGET), caller.target);
	assert_string_equal(wire_text(&back, WIRE_FIELD_LANGUAGE), caller.language);
	assert_string_equal(wire_text(&back, WIRE_FIELD_ARGUMENTS), caller.arguments);
	assert_int_equal(wire_number(&back, WIRE_FIELD_STYLE), WIRE_STYLE_PROMPT);
	assert_int_equal(wire_number(&back, WIRE_FIELD_COLUMNS), 80);
	assert_int_equal(wire_number(&back, WIRE_FIELD_ROWS), 0);
}

static void
test_factor_that_is_cut_says_so(void **state)
{
	static const char key[] = "publickey ssh-ed25519 AAAA";
	char out[64], tiny[4] = "xyz";

	(void)state;
	caller_factor(out, sizeof(out), key);
	assert_string_equal(out, key);
	caller_factor(out, sizeof(key), key); /* just fits */
	assert_string_equal(out, key);
	caller_factor(out, sizeof(key) - 1, key);
	assert_string_equal(out, "publickey ssh-ed25519 ...");
	assert_int_equal(strlen(out), sizeof(key) - 2);
	caller_factor(out, 10, key);
	assert_string_equal(out, "public...");
	caller_factor(tiny, sizeof(tiny), key);
	assert_string_equal(tiny, "...");
	caller_factor(tiny, 2, key);
	assert_string_equal(tiny, "p");
	caller_factor(out, sizeof(out), "");
	assert_string_equal(out, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_factor_that_is_cut_says_so),
		cmocka_unit_test(test_command_table),
		cmocka_unit_test(test_command_too_long_says_so),
		cmocka_unit_test(test_language_table),
		cmocka_unit_test(test_arguments_one_a_line),
		cmocka_unit_test(test_arguments_control_characters_are_refused),
		cmocka_unit_test(test_arguments_that_do_not_fit_are_refused),
		cmocka_unit_test(test_style_table),
		cmocka_unit_test(test_request_longest_texts_arrive_whole),
	};

	return cmocka_run_group_tests_name("caller", tests, NULL, NULL);
}
