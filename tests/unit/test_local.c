/* What a request needs of the machine, and what a caller can leave it without. */
#include "unit.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fetch/local.h"

static void
test_local_check_ordinarily_finds_everything(void **state)
{
	struct diag diag = {0};

	(void)state;
	assert_int_equal(local_check(&diag), ERR_OK);
	assert_string_equal(diag.text, "");
}

/* In a process of its own, with `more` descriptors beyond the next free one. */
static enum err
check_with_files(unsigned more)
{
	int status, next = dup(0);
	pid_t pid;

	assert_true(next >= 0);
	close(next);
	pid = fork();
	if (pid == 0) {
		const struct rlimit few = {(rlim_t)next + more, (rlim_t)next + more};
		struct diag diag = {0};
		enum err e;

		if (setrlimit(RLIMIT_NOFILE, &few) != 0)
			_exit(255);
		e = local_check(&diag);
		if (e != ERR_OK && strstr(diag.text, "descriptor") == NULL)
			_exit(254);
		_exit((int)e);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return (enum err)WEXITSTATUS(status);
}

/* A resolver takes several, one after the other: one that is left is not enough. */
static void
test_local_check_without_descriptors_fails(void **state)
{
	unsigned more;

	(void)state;
	for (more = 1; more < 8; more++)
		assert_int_equal(check_with_files(more), ERR_SYSTEM);
	assert_int_equal(check_with_files(32), ERR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_local_check_ordinarily_finds_everything),
		cmocka_unit_test(test_local_check_without_descriptors_fails),
	};

	return cmocka_run_group_tests_name("local", tests, NULL, NULL);
}
