/* The approval text: foreign parts stay parts, and ours is there in every language. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "itsme/approval.h"

/* Composes "{command}" alone, or `template`, with this command. */
static char *
compose(const char *template, const char *command)
{
	const struct approval approval = {
		.template = template,
		.field[TEMPLATE_HOST] = "host.example",
		.field[TEMPLATE_USER] = "alice",
		.field[TEMPLATE_COMMAND] = command,
	};
	struct buf text = BUF_INIT(APPROVAL_MAX);
	char *taken;

	assert_int_equal(approval_compose(&text, &approval), ERR_OK);
	taken = buf_take(&text);
	assert_non_null(taken);
	buf_free(&text);
	return taken;
}

static void
test_compose_foreign_text_is_made_harmless(void **state)
{
	static const struct {
		const char *command, *shown;
	} cases[] = {
		{"/usr/bin/id -u", "/usr/bin/id -u"},
		{"<b>x</b>", "\xc2\xab"
			     "b\xc2\xbbx\xc2\xab/b\xc2\xbb"},
		{"a && b", "a {and}{and} b"},
		{"&lt;br&gt;", "{and}lt;br{and}gt;"},
		{"{host}", "{host}"}, /* no placeholder: it came from outside */
		{"a\nb\rc\td\x1b[2Je\x7f", "a\xc2\xbf"
					   "b\xc2\xbf"
					   "c\xc2\xbf"
					   "d\xc2\xbf[2Je\xc2\xbf"},
		{"  a   b  ", "a b"},
		{"a\xc2\xa0\xe2\x80\x83 b", "a b"},
		{"a\xe2\x80\xae"
		 "b\xe2\x80\x8b"
		 "c\xc2\xad",
			"a\xc2\xbf"
			"b\xc2\xbf"
			"c\xc2\xbf"},
		{"\xd1\x81"
		 "at",
			"\xc2\xbf"
			"at"}, /* Cyrillic */
		{"\xc3\xa9\xe2\x82\xac", "\xc3\xa9\xe2\x82\xac"},
		{"e\xcc\x81", "e\xc2\xbf"},
		{"\xc2\xa4", "\xc2\xbf"},
		{"\xe2\x80\x9cx\xe2\x80\x9d \xe2\x80\x93 \xe2\x80\xa6", "\"x\" - ..."},
		{"\xff\xc0\xaf", "\xc2\xbf\xc2\xbf\xc2\xbf"},
		{"\xed\xa0\x80", "\xc2\xbf\xc2\xbf\xc2\xbf"},
		{"\xf0\x9f\x98\x80", "\xc2\xbf"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_FREE char *text = compose("{command}", cases[i].command);

		assert_string_equal(text, cases[i].shown);
	}
}

static void
test_compose_long_text_is_cut_in_the_middle(void **state)
{
	char command[4001], *end;
	AUTO_FREE char *text = NULL;

	(void)state;
	memset(command, 'a', sizeof(command) - 1);
	command[4000] = '\0';
	memcpy(command, "BEGIN", 5);
	memcpy(command + 3997, "END", 3);
	text = compose("<b>{command}</b>", command);
	assert_int_equal(strncmp(text, "<b>BEGINaaa", 11), 0);
	end = text + strlen(text);
	assert_string_equal(end - 10, "aaaEND</b>");
	assert_int_equal(strlen(text), 600 + 7);
	assert_non_null(strstr(text, "a[...3412...]a")); /* 4000 - (600 - 12) */
}

/* The number in the middle is that of the letters that are not there, odd or even. */
static void
test_compose_cut_text_says_how_much_is_left_out(void **state)
{
	char command[801];
	size_t len;

	(void)state;
	for (len = 598; len <= 800; len++) {
		AUTO_FREE char *text = NULL;
		const char *mark;

		memset(command, 'a', len);
		command[len] = '\0';
		text = compose("{command}", command);
		mark = strstr(text, "[...");
		assert_int_equal(mark == NULL, len <= 600);
		assert_true(strlen(text) <= 600);
		if (mark != NULL)
			assert_int_equal(strspn(text, "a") + strtoul(mark + 4, NULL, 10) +
						 strlen(strchr(mark, ']') + 1),
				len);
	}
}

static void
test_compose_line_without_content_is_left_out(void **state)
{
	AUTO_FREE char *with = compose("To {host}\n{command}\n{rhost}\nEnd", "id");
	AUTO_FREE char *without = compose("To {host}\n{command}\n{rhost}{time}\nEnd", "");

	(void)state;
	assert_string_equal(with, "To host.example<br>id<br>End");
	assert_string_equal(without, "To host.example<br>End");
}

/* What ours says, by what is known of the login. */
static void
test_compose_ours_by_what_is_asked(void **state)
{
	static const struct {
		bool asks;
		const char *target, *rhost, *command, *number, *text;
	} cases[] = {
		{false, "", "192.0.2.7", "", "81",
			"Log in to <b>web01</b> as <b>alice</b>.<br>"
			"Number: <b>81</b>. Your screen must show the same.<br>"
			"From: 192.0.2.7<br>Refuse if you did not ask for this."},
		{true, NULL, "192.0.2.7", "", "4711",
			"Log in to <b>web01</b> as <b>alice</b>.<br>"
			"Number: <b>4711</b><br>"
			"Type it only into a terminal that you opened yourself, at "
			"web01, from 192.0.2.7.<br>"
			"From: 192.0.2.7<br>Refuse if you did not ask for this."},
		{true, "root", "", "id", "4711",
			"Run as <b>root</b> on <b>web01</b>.<br>Number: <b>4711</b><br>"
			"Type it only into a terminal that you opened yourself, at "
			"web01.<br>Asked for by: <b>alice</b><br>Command: <b>id</b><br>"
			"Refuse if you did not ask for this."},
		/* a blank is nothing, wherever it comes from */
		{true, " ", " \xe2\x80\x83", " ", "4711",
			"Log in to <b>web01</b> as <b>alice</b>.<br>"
			"Number: <b>4711</b><br>"
			"Type it only into a terminal that you opened yourself, at "
			"web01.<br>Refuse if you did not ask for this."},
		/* no number, no word of one */
		{false, "bob", "", "ls <b>", "",
			"Run as <b>bob</b> on <b>web01</b>.<br>"
			"Asked for by: <b>alice</b><br>"
			"Command: <b>ls \xc2\xab"
			"b\xc2\xbb</b><br>Refuse if you did not ask for this."},
		{true, "", "x", "", "",
			"Log in to <b>web01</b> as <b>alice</b>.<br>From: x<br>"
			"Refuse if you did not ask for this."},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_BUF struct buf text = BUF_INIT(APPROVAL_MAX);
		const struct approval approval = {
			.template = "",
			.asks = cases[i].asks,
			.field = {[TEMPLATE_HOST] = "web01",
				[TEMPLATE_USER] = "alice",
				[TEMPLATE_TARGET] = cases[i].target,
				[TEMPLATE_RHOST] = cases[i].rhost,
				[TEMPLATE_COMMAND] = cases[i].command,
				[TEMPLATE_NUMBER] = cases[i].number},
		};

		assert_int_equal(approval_compose(&text, &approval), ERR_OK);
		assert_string_equal(buf_str(&text), cases[i].text);
	}
}

/* Also with the longest of everything, and of letters that become five. */
static void
test_compose_ours_fits_in_every_language(void **state)
{
	static char hostile[4096];
	int l, f, asks;

	(void)state;
	memset(hostile, '&', sizeof(hostile) - 1);
	for (l = LANGUAGE_NONE, asks = 0; l < LANGUAGE_COUNT; l += asks, asks = !asks) {
		AUTO_BUF struct buf text = BUF_INIT(APPROVAL_MAX);
		struct approval approval = {
			.template = "",
			.language = (enum language)l,
			.asks = asks != 0,
		};
		size_t i, n, characters = 0;
		unsigned rune;

		for (f = 0; f < TEMPLATE_FIELD_COUNT; f++)
			approval.field[f] = hostile;
		assert_int_equal(approval_compose(&text, &approval), ERR_OK);
		for (i = 0; i < text.len; i += n, characters++) {
			n = text_rune(text.data + i, text.len - i, &rune);
			assert_true(n > 0 && text_is_latin9(rune));
		}
		assert_in_range(characters, 500, 1500);
		assert_null(strchr(buf_str(&text), '&'));
	}
}

static void
test_compose_bad_template_is_an_error(void **state)
{
	AUTO_BUF struct buf text = BUF_INIT(APPROVAL_MAX);
	const struct approval approval = {.template = "<b>"};

	(void)state;
	assert_int_equal(approval_compose(&text, &approval), ERR_INTERNAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compose_foreign_text_is_made_harmless),
		cmocka_unit_test(test_compose_long_text_is_cut_in_the_middle),
		cmocka_unit_test(test_compose_cut_text_says_how_much_is_left_out),
		cmocka_unit_test(test_compose_line_without_content_is_left_out),
		cmocka_unit_test(test_compose_ours_by_what_is_asked),
		cmocka_unit_test(test_compose_ours_fits_in_every_language),
		cmocka_unit_test(test_compose_bad_template_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
