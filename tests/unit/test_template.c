/* Templates: what may be written, and that what is refused is refused for its reason. */
#include "unit.h"

#include <string.h>

#include "config/template.h"

static void
test_fault_good_templates_have_none(void **state)
{
	static const char *const good[] = {
		"", "Hello.",
		"{host}{user}{service}{rhost}{time}{command}{target}{number}",
		"<b>a</b><i>b</i><u>c</u><br>d", "<b><i><u>{command}</u></i></b>",
		"one\ntwo\n<b>three</b>",
		"\xe2\x82\xac caf\xc3\xa9 \xc5\x93uvre", /* all in ISO/IEC 8859-15 */
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (template_fault(good[i]) != NULL)
			fail_msg("'%s' %s", good[i], template_fault(good[i]));
}

static void
test_fault_bad_templates_are_told(void **state)
{
	static const struct {
		const char *text, *why;
	} bad[] = {
		{"{", "a brace"},
		{"{}", "a brace"},
		{"{hosts}", "a brace"},
		{"{HOST}", "a brace"},
		{"{host", "a brace"},
		{"host}", "cannot show"},
		{"<a>x</a>", "markup must be <b>"},
		{"<b", "markup must be <b>"},
		{"<", "markup must be <b>"},
		{"<b>x</i>", "markup must be <b>"},
		{"</b>", "markup must be <b>"},
		{"<b><i>x</b></i>", "markup must be <b>"},
		{"<b>x", "closed in its own line"},
		{"<b>x\ny</b>", "closed in its own line"},
		{"<b><b><b><b><b><b><b><b><b>", "markup must be <b>"},
		{"<B>x</B>", "markup must be <b>"},
		{"<br/>", "markup must be <b>"},
		{"<b class=x>y</b>", "markup must be <b>"},
		{"a & b", "cannot show"},
		{"a > b", "cannot show"},
		{"\xe2\x80\x94", "cannot show"}, /* a long dash */
		{"\xc2\xa4", "cannot show"}, /* gone since ISO/IEC 8859-1 */
		{"\xc2\xad", "cannot show"}, /* soft hyphen */
		{"\xff", "cannot show"},
		{"\t", "cannot show"},
		{"{command}{command}{command}{command}{command}{command}{command}"
		 "{command}{command}{command}{command}{command}{command}",
			"7500"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *why = template_fault(bad[i].text);

		if (why == NULL || strstr(why, bad[i].why) == NULL)
			fail_msg("'%s': %s", bad[i].text, why != NULL ? why : "taken");
	}
}

static void
test_fault_length_is_exact(void **state)
{
	char text[7502];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[7501] = '\0';
	assert_non_null(template_fault(text));
	text[7500] = '\0';
	assert_null(template_fault(text));
}

static void
test_has_finds_placeholders_only(void **state)
{
	(void)state;
	assert_true(template_has("a\n<b>{number}</b>", TEMPLATE_NUMBER));
	assert_false(template_has("number", TEMPLATE_NUMBER));
	assert_false(template_has("{host}", TEMPLATE_NUMBER));
	assert_false(template_has("", TEMPLATE_NUMBER));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fault_good_templates_have_none),
		cmocka_unit_test(test_fault_bad_templates_are_told),
		cmocka_unit_test(test_fault_length_is_exact),
		cmocka_unit_test(test_has_finds_placeholders_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
