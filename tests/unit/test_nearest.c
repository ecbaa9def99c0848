/* What a misspelt word is nearest to, and what it is not near to. */
#include "unit.h"

#include <string.h>

#include "base/nearest.h"

static const char *
find(struct nearest *n, const char *word, const char *const *candidates)
{
	nearest_begin(n, word);
	for (; *candidates != NULL; candidates++)
		nearest_try(n, *candidates, strlen(*candidates));
	return nearest_found(n);
}

static void
test_nearest_table(void **state)
{
	static const char *const words[] = {"auth", "account", "client_id", "timeout",
		"no", "yes", "off", "auto", "required", "requisite", "pam_unix.so",
		"pam_env.so", "decryption_key", NULL};
	static const struct {
		const char *word, *found;
	} cases[] = {
		{"aut", "auth"},
		{"ahtu", NULL}, /* two exchanges */
		{"auht", "auth"},
		{"AUTH", "auth"},
		{"clientid", "client_id"},
		{"client-id", "client_id"},
		{"Client_Id", "client_id"},
		{"tiemout", "timeout"},
		{"tiemuot", "timeout"},
		{"itemuot", NULL}, /* three exchanges */
		{"aothx", "auth"},
		{"aotx", NULL}, /* as many edits in a shorter word */
		{"timeouts", "timeout"},
		{"yess", "yes"},
		{"requird", "required"},
		{"requiste", "requisite"},
		{"pam_untix.so", "pam_unix.so"},
		{"pam_unix", NULL},
		{"encryption_key", "decryption_key"},
		{"on", NULL}, /* is not "no" */
		{"n", NULL},
		{"", NULL},
		{"on_", NULL},
		{"true", NULL},
		{"nothing", NULL},
		{"pam_zzzzzz.so", NULL},
		{"key", NULL},
	};
	struct nearest n;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *found = find(&n, cases[i].word, words);

		if (cases[i].found == NULL
				? found != NULL
				: found == NULL || strcmp(found, cases[i].found) != 0)
			fail_msg("%s: %s", cases[i].word, found != NULL ? found : "-");
	}
}

static void
test_nearest_long_words_are_near_to_nothing(void **state)
{
	char word[NEAREST_MAX + 2];
	const char *candidates[] = {word, NULL};
	struct nearest n;

	(void)state;
	memset(word, 'x', sizeof(word));
	word[NEAREST_MAX + 1] = '\0';
	assert_null(find(&n, word, candidates));
	word[NEAREST_MAX] = '\0';
	assert_string_equal(find(&n, word, candidates), word);
}

/* Only the bytes that were given count: words of a list are not ended by a NUL. */
static void
test_nearest_takes_a_part_of_a_text(void **state)
{
	static const char list[] = "auto|push|qr";
	struct nearest n;

	(void)state;
	nearest_begin(&n, "psh");
	nearest_try(&n, list, 4);
	nearest_try(&n, list + 5, 4);
	assert_string_equal(nearest_found(&n), "push");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nearest_table),
		cmocka_unit_test(test_nearest_long_words_are_near_to_nothing),
		cmocka_unit_test(test_nearest_takes_a_part_of_a_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
