/* What a person may answer: nothing else leaves the module. */
#include "unit.h"

#include <string.h>

#include "wire/typed.h"

static void
test_kinds(void **state)
{
	static const struct {
		const char *answer;
		enum typed kind;
		const char *read;
	} table[] = {
		{"", TYPED_NOTHING, ""},
		{"  \t", TYPED_NOTHING, ""},
		{"\r\n", TYPED_NOTHING, ""},
		{"7", TYPED_NUMBER, "7"},
		{" 0042 ", TYPED_NUMBER, "0042"},
		{"123456", TYPED_NUMBER, "123456"},
		{"1234567", TYPED_OTHER, "?"},
		{"-1", TYPED_OTHER, "?"},
		{"4 2", TYPED_OTHER, "?"},
		{"link", TYPED_LINK, "link"},
		{"LINK ", TYPED_LINK, "link"},
		{"links", TYPED_OTHER, "?"},
		{"lin", TYPED_OTHER, "?"},
		{"lien", TYPED_LINK, "link"},
		{"Adresse", TYPED_LINK, "link"},
		{"adres", TYPED_LINK, "link"},
		{"address", TYPED_LINK, "link"},
		{"a", TYPED_ASCII, "a"},
		{" A\r\n", TYPED_ASCII, "a"},
		{"plain", TYPED_ASCII, "a"},
		{"ASCII", TYPED_ASCII, "a"},
		{"eenvoudig", TYPED_ASCII, "a"},
		{"simple", TYPED_ASCII, "a"},
		{"einfach", TYPED_ASCII, "a"},
		{"i", TYPED_INVERTED, "i"},
		{"I ", TYPED_INVERTED, "i"},
		{"invert", TYPED_INVERTED, "i"},
		{"inverted", TYPED_INVERTED, "i"},
		{"omgekeerd", TYPED_INVERTED, "i"},
		{"inverse", TYPED_INVERTED, "i"},
		{"invers\303\251", TYPED_INVERTED, "i"},
		{"invertiert", TYPED_INVERTED, "i"},
		{"aa", TYPED_OTHER, "?"},
		{"ai", TYPED_OTHER, "?"},
		{"a i", TYPED_OTHER, "?"},
		{"b", TYPED_OTHER, "?"},
		{"plain text", TYPED_OTHER, "?"},
		{"invers\303", TYPED_OTHER, "?"},
		{"7k2m-x9ra-04tz-hq6c", TYPED_PASS, "7k2m-x9ra-04tz-hq6c"},
		{" 7K2M-X9RA-04TZ-HQ6C", TYPED_PASS, "7k2m-x9ra-04tz-hq6c"},
		{"7k2mx9ra04tzhq6c", TYPED_OTHER, "?"},
		{"7k2m-x9ra-04tz-hq6", TYPED_OTHER, "?"},
		{"7k2m-x9ra-04tz-hq6cc", TYPED_OTHER, "?"},
		{"7k2m-x9ra-04tz-hq-c", TYPED_OTHER, "?"},
		{"7k2m-x9ra-04tzohq6c", TYPED_OTHER, "?"},
		{"7k2m-x9ra-04tz-hqil", TYPED_OTHER, "?"},
		{"hunter2", TYPED_OTHER, "?"},
		{"correct horse battery staple, and more", TYPED_OTHER, "?"},
		{"12345678901234567890123456789012345", TYPED_OTHER, "?"},
		{"4\0332", TYPED_OTHER, "?"},
		{"\303\251", TYPED_OTHER, "?"},
	};
	char read[TYPED_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(typed_read(read, table[i].answer), table[i].kind);
		assert_string_equal(read, table[i].read);
	}
}

/* Nothing of a refused answer stays in the buffer, nor of a wish's own word. */
static void
test_other_leaves_nothing(void **state)
{
	static const char *const answers[] = {"correct horse", "eenvoudig"};
	char read[TYPED_SIZE];
	size_t i, k;

	(void)state;
	for (k = 0; k < 2; k++) {
		memset(read, 'x', sizeof(read));
		assert_int_equal(
			typed_read(read, answers[k]), k == 0 ? TYPED_OTHER : TYPED_ASCII);
		for (i = 1; i < sizeof(read); i++)
			assert_int_equal(read[i], 0);
	}
}

/* What the helper is sent it reads as the same again. */
static void
test_read_twice_is_the_same(void **state)
{
	static const char *const answers[] = {"", "0042", "Lien", "Plain", "Omgekeerd",
		"7K2M-X9RA-04TZ-HQ6C", "hunter2"};
	char once[TYPED_SIZE], twice[TYPED_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		enum typed kind = typed_read(once, answers[i]);

		assert_int_equal(typed_read(twice, once), kind);
		assert_string_equal(twice, once);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_other_leaves_nothing),
		cmocka_unit_test(test_read_twice_is_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
