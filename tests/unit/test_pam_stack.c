/* Stacks as libpam decides them: what is predicted is compared with libpam itself. */
#include "unit.h"

#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/pam_stack.h"
#include "files.h"

#define STACKS 3000
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SERVICE "pam-stack-test"
#define INNER "pam-stack-inner"

static char inner_path[4096]; /* libpam looks for others in its own directory */

static int
make_dir(void **state)
{
	(void)state;
	if (getcwd(inner_path, sizeof(inner_path) / 2) == NULL ||
		mkdir(PAM_STACK_DIR, 0700) != 0)
		return -1;
	strcat(inner_path, "/" PAM_STACK_DIR "/" INNER);
	files_write(PAM_STACK_DIR, "other", "auth required pam_deny.so\n");
	return 0;
}

static int
remove_dir(void **state)
{
	(void)state;
	unlink(PAM_STACK_DIR "/" SERVICE);
	unlink(PAM_STACK_DIR "/" INNER);
	unlink(PAM_STACK_DIR "/other");
	return rmdir(PAM_STACK_DIR);
}

static int
converse(int count, const struct pam_message **messages, struct pam_response **ret,
	void *arg)
{
	(void)count;
	(void)messages;
	(void)ret;
	(void)arg;
	return PAM_CONV_ERR;
}

/* What libpam does with the stack. */
static bool
libpam_admits(void)
{
	const struct pam_conv conversation = {.conv = converse};
	pam_handle_t *pam = NULL;
	int result;

	assert_int_equal(
		pam_start_confdir(SERVICE, "nobody", &conversation, PAM_STACK_DIR, &pam),
		PAM_SUCCESS);
	result = pam_authenticate(pam, PAM_SILENT);
	pam_end(pam, result);
	return result == PAM_SUCCESS;
}

/* One to four rules that ask nobody, with every kind of control. */
static void
append_rules(char *text, size_t size, bool may_include)
{
	static const char *const controls[] = {"required", "requisite", "sufficient",
		"optional", "[success=done ignore=ignore default=die]",
		"[success=1 default=ignore]", "[success=2 default=bad]", "[default=ok]",
		"[success=ok auth_err=1 default=die]", "[success=ignore]",
		"[success = ok default = die]", "[sucess=done]", "requierd",
		"[success=done default=dye]", "[success=done", "[success=okdefault=die]",
		"[default=ignore success=ok]", "[]",
		"[success=die success=ok auth_err=ignore]", "success=ok", "[success=0]",
		"[default=die default=ok]", "[SUCCESS=ok]", "[success=ok default=bad;]",
		"[success=reset default=ignore]"};
	static const char *const types[] = {"auth", "auth", "auth", "auth", "auth",
		"-auth", "aut", "AUTH", "[auth]", "authentication"};
	static const char *const modules[] = {
		"pam_permit.so", "pam_permit.so", "pam_deny.so", "pam_deny.so", ""};
	int rules = 1 + rand() % 4;
	/* reset goes back to where a substack began, which is beyond us */
	size_t kinds = sizeof(controls) / sizeof(controls[0]) - !may_include;

	while (rules-- > 0) {
		size_t len = strlen(text);

		if (may_include && rand() % 5 == 0)
			snprintf(text + len, size - len, "%s %s\n",
				rand() % 3 == 0   ? "@include"
				: rand() % 2 == 0 ? "auth include"
						  : "auth substack",
				inner_path);
		else
			snprintf(text + len, size - len, "%s %s %s\n%s",
				types[(size_t)rand() % COUNT(types)],
				controls[(size_t)rand() % kinds],
				modules[(size_t)rand() % COUNT(modules)],
				rand() % 4 == 0 ? "account required pam_permit.so\n"
						: "");
	}
}

static void
test_admits_what_libpam_admits(void **state)
{
	static struct pam_stack stack;
	unsigned admitted = 0;
	int i;

	(void)state;
	srand(1);
	for (i = 0; i < STACKS; i++) {
		char outer[2048] = "", inner[2048] = "";
		bool real;

		append_rules(outer, sizeof(outer), true);
		append_rules(inner, sizeof(inner), false);
		files_write(PAM_STACK_DIR, SERVICE, outer);
		files_write(PAM_STACK_DIR, INNER, inner);
		assert_true(pam_stack_read(&stack, SERVICE));
		real = libpam_admits();
		admitted += real;
		if (pam_stack_admits(&stack, (struct pam_person){PAM_ANSWER_YES, true}) !=
			real)
			fail_msg("libpam %s:\n%s--- %s:\n%s", real ? "admits" : "refuses",
				outer, INNER, inner);
	}
	assert_in_range(admitted, STACKS / 20, STACKS * 9 / 10);
}

static void
expect(const char *text, bool nothing, bool itsme, bool secret, bool both)
{
	static struct pam_stack stack;
	bool seen[4];
	int i;

	files_write(PAM_STACK_DIR, SERVICE, text);
	assert_true(pam_stack_read(&stack, SERVICE));
	assert_false(stack.cut);
	for (i = 0; i < 4; i++)
		seen[i] = pam_stack_admits(&stack,
			(struct pam_person){(i & 1) != 0 ? PAM_ANSWER_YES : PAM_ANSWER_NO,
				(i & 2) != 0});
	if (seen[0] != nothing || seen[1] != itsme || seen[2] != secret ||
		seen[3] != both)
		fail_msg("%d %d %d %d:\n%s", seen[0], seen[1], seen[2], seen[3], text);
}

static void
test_admits_by_what_was_shown(void **state)
{
	(void)state;
	expect("auth required pam_itsme.so\n", false, true, false, true);
	expect("auth required pam_unix.so\nauth required pam_itsme.so\n", false, false,
		false, true);
	expect("auth sufficient pam_itsme.so\nauth required pam_unix.so\n", false, true,
		true, true);
	expect("auth sufficient pam_rootok.so\nauth required pam_itsme.so\n", false, true,
		false, true);
	expect("auth required pam_env.so\nauth sufficient pam_itsme.so\n", false, true,
		false, true);
	expect("auth required pam_access.so\nauth sufficient pam_itsme.so\n", true, true,
		true, true);
	expect("auth required pam_unix.so\nauth sufficient pam_itsme.so\n", false, false,
		true, true);
	/* an exception is for others, a condition is met */
	expect("auth [success=1 default=ignore] pam_succeed_if.so user ingroup x\n"
	       "auth required pam_itsme.so\nauth required pam_permit.so\n",
		false, true, false, true);
	expect("auth requisite pam_succeed_if.so uid >= 1000\n"
	       "auth required pam_itsme.so\n",
		false, true, false, true);
}

static void
test_substack_ends_by_itself(void **state)
{
	static const char inner[] = "auth sufficient pam_unix.so\n"
				    "auth required pam_deny.so\n";
	static struct pam_stack stack;

	(void)state;
	files_write(PAM_STACK_DIR, INNER, inner);
	expect("auth substack " INNER "\nauth required pam_itsme.so\n", false, false,
		false, true);
	expect("auth include " INNER "\nauth required pam_itsme.so\n", false, false, true,
		true);
	/* of the other file, the rules of that type alone */
	files_write(PAM_STACK_DIR, INNER,
		"auth sufficient pam_unix.so\nauth required pam_deny.so\n"
		"account required pam_permit.so\n");
	files_write(PAM_STACK_DIR, SERVICE,
		"auth substack " INNER "\nauth required pam_itsme.so\n");
	assert_true(pam_stack_read(&stack, SERVICE));
	assert_int_equal(stack.count, 3);
	assert_int_equal(pam_stack_after_success(&stack, 0), 2);
}

static void
expect_answers(const char *text, bool ignored, bool away)
{
	static struct pam_stack stack;
	const struct pam_person passed_over = {PAM_ANSWER_IGNORED, true};
	const struct pam_person cut_off = {PAM_ANSWER_AWAY, true};

	pam_stack_read_text(&stack, SERVICE, text);
	if (pam_stack_admits(&stack, passed_over) != ignored ||
		pam_stack_admits(&stack, cut_off) != away)
		fail_msg("not %d %d:\n%s", ignored, away, text);
	assert_false(
		pam_stack_admits(&stack, (struct pam_person){PAM_ANSWER_IGNORED, false}));
}

static void
test_admits_whom_itsme_passes_over_or_cannot_ask(void **state)
{
	(void)state;
	expect_answers("auth [success=done ignore=ignore default=die] pam_itsme.so\n"
		       "auth requisite pam_deny.so\n",
		false, false);
	expect_answers("auth [success=done authinfo_unavail=ignore ignore=ignore "
		       "default=die] pam_itsme.so\nauth required pam_unix.so\n",
		true, true);
	expect_answers("auth [success=done ignore=ignore default=die] pam_itsme.so\n"
		       "auth required pam_unix.so\n",
		true, false);
	expect_answers(
		"auth required pam_unix.so\nauth required pam_itsme.so\n", true, false);
}

static void
test_a_line_that_is_not_understood_refuses_everybody(void **state)
{
	static const char *const broken[] = {
		"auth [success=done default=die pam_itsme.so",
		"auth success=done default=die] pam_itsme.so",
		"auth [success=don] pam_itsme.so", "auth required",
		"aut required pam_itsme.so"};
	static struct pam_stack stack;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		char text[256];

		snprintf(text, sizeof(text), "%s\nauth required pam_permit.so\n",
			broken[i]);
		pam_stack_read_text(&stack, SERVICE, text);
		assert_true(stack.rules[0].broken);
		assert_false(pam_stack_admits(
			&stack, (struct pam_person){PAM_ANSWER_YES, true}));
		files_write(PAM_STACK_DIR, SERVICE, text);
		assert_false(libpam_admits());
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_admits_what_libpam_admits),
		cmocka_unit_test(test_admits_by_what_was_shown),
		cmocka_unit_test(test_substack_ends_by_itself),
		cmocka_unit_test(test_admits_whom_itsme_passes_over_or_cannot_ask),
		cmocka_unit_test(test_a_line_that_is_not_understood_refuses_everybody),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
