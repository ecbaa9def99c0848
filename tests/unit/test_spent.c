/* Tokens that have counted: once each, also among processes, and never pushed out. */
#include "unit.h"
#include "safedir.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clean.h"
#include "identity/spent.h"
#include "identity/state.h"

#define RIVALS 8
#define ROWS 10 /* of one block */

static int
open_tokens(void)
{
	struct diag diag = {""};
	int fd = -1;

	if (spent_open(&fd, safedir_new, &diag) != ERR_OK)
		fail_msg("%s", diag.text);
	return fd;
}

/* The `i`th of the digests that have their place in one block. */
static enum err
take(int fd, unsigned i, unsigned seconds, int64_t now)
{
	uint8_t digest[DIGEST_SHA256_SIZE] = {7};
	struct diag diag = {""};
	bool taken = true;
	enum err e;

	digest[31] = (uint8_t)i;
	e = spent_take(&taken, fd, digest, seconds, now, &diag);
	assert_true(taken == (e == ERR_OK));
	assert_true(e == ERR_OK || diag.text[0] != '\0');
	return e;
}

static void
test_take_twice_is_refused(void **state)
{
	AUTO_FD int fd = open_tokens(), other = open_tokens();

	(void)state;
	assert_int_equal(take(fd, 1, 100, 1000), ERR_OK);
	assert_int_equal(take(fd, 1, 100, 1000), ERR_TOKEN_SPENT);
	assert_int_equal(take(other, 1, 100, 1050), ERR_TOKEN_SPENT);
	assert_int_equal(take(other, 2, 100, 1050), ERR_OK);
	/* kept for as long as nobody needs the place */
	assert_int_equal(take(fd, 1, 100, 5000), ERR_TOKEN_SPENT);
}

static void
test_take_full_refuses_until_one_expires(void **state)
{
	AUTO_FD int fd = open_tokens();
	unsigned i;

	(void)state;
	for (i = 0; i < ROWS; i++)
		assert_int_equal(take(fd, i, 100 + i, 1000), ERR_OK);
	assert_int_equal(take(fd, 99, 100, 1000), ERR_TOKENS_FULL);
	assert_int_equal(take(fd, 99, 100, 1100), ERR_TOKENS_FULL);
	assert_int_equal(take(fd, 0, 100, 1100), ERR_TOKEN_SPENT);
	assert_int_equal(take(fd, 99, 100, 1101), ERR_OK); /* in the place of 0 */
	for (i = 1; i < ROWS; i++)
		assert_int_equal(take(fd, i, 100, 1101), ERR_TOKEN_SPENT);
}

static void
test_take_among_processes_one_wins(void **state)
{
	AUTO_FD int fd = open_tokens();
	int ready[2], i, winners = 0;
	pid_t pids[RIVALS];
	char byte;

	(void)state;
	(void)fd;
	assert_int_equal(pipe(ready), 0);
	for (i = 0; i < RIVALS; i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0) {
			int own = open_tokens();

			close(ready[1]);
			if (read(ready[0], &byte, 1) != 0) /* until all are there */
				_exit(99);
			_exit(take(own, 1, 100, 1000) == ERR_OK ? 1 : 0);
		}
	}
	close(ready[0]);
	close(ready[1]);
	for (i = 0; i < RIVALS; i++) {
		int status;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
		winners += WEXITSTATUS(status);
	}
	assert_int_equal(winners, 1);
}

static void
test_take_damaged_or_unwritable_is_refused(void **state)
{
	AUTO_FD int fd = open_tokens(), read_only = -1;
	char path[sizeof(safedir_new) + sizeof("/" STATE_TOKENS)];

	(void)state;
	snprintf(path, sizeof(path), "%s/" STATE_TOKENS, safedir_new);
	read_only = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(read_only >= 0);
	assert_int_equal(take(read_only, 1, 100, 1000), ERR_SYSTEM);
	assert_int_equal(take(fd, 1, 100, 1000), ERR_OK);
	assert_int_equal(pwrite(fd, "xx", 2, 7 * STATE_BLOCK + 100), 2);
	assert_int_equal(take(fd, 1, 100, 1000), ERR_SYSTEM);
	assert_int_equal(take(fd, 2, 100, 1000), ERR_SYSTEM);
}

static void
test_open_is_examined_with_the_rest(void **state)
{
	AUTO_FD int fd = open_tokens();
	struct diag diag = {""};

	(void)state;
	assert_int_equal(state_examine(safedir_new, &diag), ERR_OK);
	assert_int_equal(fchmod(fd, 0644), 0);
	assert_int_equal(state_examine(safedir_new, &diag), ERR_STATE_UNSAFE);
	assert_int_equal(spent_open(&fd, safedir_new, &diag), ERR_STATE_UNSAFE);
}

#define ON_FILES(test) \
	cmocka_unit_test_setup_teardown(test, safedir_setup, safedir_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_FILES(test_take_twice_is_refused),
		ON_FILES(test_take_full_refuses_until_one_expires),
		ON_FILES(test_take_among_processes_one_wins),
		ON_FILES(test_take_damaged_or_unwritable_is_refused),
		ON_FILES(test_open_is_examined_with_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
