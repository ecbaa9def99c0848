/* One-time passes: their shape, their end, and that each use is written before it counts.
 */
#define _GNU_SOURCE /* memmem */
#include "unit.h"
#include "statedir.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clean.h"
#include "identity/pass.h"

#define END 1000
#define UID 1000

/* Makes one at 10, good until END; whether it replaced another. */
static bool
make(int fd, char text[PASS_SIZE], unsigned uses)
{
	const struct pass_terms terms = {
		.user = "alice", .maker = "bob", .uid = UID, .until = END, .uses = uses};
	bool replaced = false;

	assert_int_equal(pass_draw(text), ERR_OK);
	assert_int_equal(pass_make(&replaced, fd, &terms, text, 10), ERR_OK);
	return replaced;
}

static bool
counts(int fd, const char *text, int64_t now)
{
	bool right = true;
	unsigned left;

	assert_int_equal(pass_use(&right, &left, fd, text, UID, now), ERR_OK);
	return right;
}

static void
test_draw_is_of_the_shape_that_may_be_typed(void **state)
{
	char text[PASS_SIZE], other[PASS_SIZE], typed[TYPED_SIZE];
	bool seen[128] = {false};
	size_t i, kinds = 0;
	int n;

	(void)state;
	for (n = 0; n < 200; n++) {
		assert_int_equal(pass_draw(text), ERR_OK);
		assert_int_equal(typed_read(typed, text), TYPED_PASS);
		assert_string_equal(typed, text);
		for (i = 0; text[i] != '\0'; i++)
			seen[(unsigned char)text[i] & 127] = true;
	}
	for (i = 0; i < sizeof(seen); i++)
		kinds += seen[i];
	assert_int_equal(kinds, strlen(TYPED_PASS_ALPHABET) + 1);
	assert_int_equal(pass_draw(other), ERR_OK);
	assert_string_not_equal(text, other);
}

static void
test_use_counts_as_often_as_it_was_made_for(void **state)
{
	AUTO_FD int fd = statedir_open("alice");
	char text[PASS_SIZE];
	bool right;
	unsigned left = 9;

	(void)state;
	assert_false(make(fd, text, 2));
	assert_int_equal(pass_use(&right, &left, fd, text, UID, 20), ERR_OK);
	assert_true(right);
	assert_int_equal(left, 1);
	assert_true(counts(fd, text, 20));
	assert_false(counts(fd, text, 20));
}

static void
test_use_leaves_nothing_behind_the_last_one(void **state)
{
	static const struct pass none;
	AUTO_FD int fd = statedir_open("alice");
	char text[PASS_SIZE];
	struct pass kept;

	(void)state;
	make(fd, text, 1);
	assert_true(counts(fd, text, 20));
	assert_int_equal(pass_read(&kept, fd), ERR_OK);
	assert_memory_equal(&kept, &none, sizeof(kept));
}

static void
test_use_ends_at_the_second_that_was_said(void **state)
{
	AUTO_FD int fd = statedir_open("alice");
	char text[PASS_SIZE];

	(void)state;
	make(fd, text, 2);
	assert_true(counts(fd, text, END - 1));
	assert_false(counts(fd, text, END));
	assert_false(counts(fd, text, END + 1));
}

static void
test_use_of_a_wrong_one_takes_nothing(void **state)
{
	AUTO_FD int fd = statedir_open("alice");
	char text[PASS_SIZE], wrong[PASS_SIZE];
	size_t i;

	(void)state;
	assert_false(counts(fd, "0000-0000-0000-0000", 20));
	make(fd, text, 1);
	for (i = 0; i < TYPED_PASS_LEN; i++) {
		memcpy(wrong, text, sizeof(wrong));
		wrong[i] = wrong[i] == 'x' ? 'y' : 'x';
		assert_false(counts(fd, wrong, 20));
	}
	assert_false(counts(fd, "", 20));
	assert_false(counts(fd, "?", 20));
	assert_true(counts(fd, text, 20));
}

static void
test_use_of_an_account_made_anew_is_none(void **state)
{
	AUTO_FD int fd = statedir_open("alice");
	char text[PASS_SIZE];
	bool right;
	unsigned left;

	(void)state;
	make(fd, text, 1);
	assert_int_equal(pass_use(&right, &left, fd, text, UID + 1, 20), ERR_OK);
	assert_false(right);
}

static void
test_make_ends_the_one_before(void **state)
{
	AUTO_FD int fd = statedir_open("alice");
	char old[PASS_SIZE], text[PASS_SIZE];

	(void)state;
	assert_false(make(fd, old, 1));
	assert_true(make(fd, text, 1));
	assert_false(counts(fd, old, 20));
	assert_true(counts(fd, text, 20));
	assert_false(make(fd, text, 1));
}

static void
test_revoke_ends_it(void **state)
{
	AUTO_FD int fd = statedir_open("alice");
	char text[PASS_SIZE];
	bool was;

	(void)state;
	make(fd, text, 5);
	assert_int_equal(pass_revoke(&was, fd, 20), ERR_OK);
	assert_true(was);
	assert_false(counts(fd, text, 20));
	assert_int_equal(pass_revoke(&was, fd, 20), ERR_OK);
	assert_false(was);
}

static void
test_read_of_a_damaged_block_is_none(void **state)
{
	AUTO_FD int fd = statedir_open("alice");
	char text[PASS_SIZE];
	int at;

	(void)state;
	for (at = 0; at < STATE_BLOCK - 24; at += 7) {
		unsigned char byte;
		struct pass pass;

		make(fd, text, 1);
		assert_int_equal(pread(fd, &byte, 1, 3 * STATE_BLOCK + at), 1);
		byte ^= 1;
		assert_int_equal(pwrite(fd, &byte, 1, 3 * STATE_BLOCK + at), 1);
		assert_int_equal(pass_read(&pass, fd), ERR_OK);
		assert_false(pass_is_live(&pass, 20));
		assert_false(counts(fd, text, 20));
	}
}

/* The text of a pass is nowhere in the file. */
static void
test_make_keeps_no_text(void **state)
{
	AUTO_FD int fd = statedir_open("alice");
	char text[PASS_SIZE], file[8 * STATE_BLOCK];
	ssize_t got;

	(void)state;
	make(fd, text, 1);
	got = pread(fd, file, sizeof(file), 0);
	assert_true(got > 3 * STATE_BLOCK);
	assert_null(memmem(file, (size_t)got, text, strlen(text)));
	assert_null(memmem(file, (size_t)got, text, TYPED_PASS_GROUP));
}

static void
test_use_that_cannot_be_written_lets_nobody_in(void **state)
{
	const struct rlimit none = {.rlim_cur = 0, .rlim_max = RLIM_INFINITY};
	AUTO_FD int fd = statedir_open("alice");
	char text[PASS_SIZE];
	struct rlimit before;
	bool right = true;
	unsigned left;

	(void)state;
	make(fd, text, 1);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	assert_int_equal(pass_use(&right, &left, fd, text, UID, 20), ERR_SYSTEM);
	assert_false(right);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_true(counts(fd, text, 20));
}

/* Of many processes at once, as many get in as it was made for. */
static void
test_use_by_many_at_once_counts_its_uses(void **state)
{
	AUTO_FD int fd = statedir_open("alice");
	char text[PASS_SIZE];
	int i, status, in = 0;

	(void)state;
	make(fd, text, 3);
	for (i = 0; i < 12; i++)
		if (fork() == 0) {
			int own = statedir_open("alice");

			_exit(counts(own, text, 20) ? 0 : 1);
		}
	while (wait(&status) > 0)
		in += WIFEXITED(status) && WEXITSTATUS(status) == 0;
	assert_int_equal(in, 3);
}

#define ON_FILES(test) \
	cmocka_unit_test_setup_teardown(test, safedir_setup, safedir_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_draw_is_of_the_shape_that_may_be_typed),
		ON_FILES(test_use_counts_as_often_as_it_was_made_for),
		ON_FILES(test_use_leaves_nothing_behind_the_last_one),
		ON_FILES(test_use_ends_at_the_second_that_was_said),
		ON_FILES(test_use_of_a_wrong_one_takes_nothing),
		ON_FILES(test_use_of_an_account_made_anew_is_none),
		ON_FILES(test_make_ends_the_one_before),
		ON_FILES(test_revoke_ends_it),
		ON_FILES(test_read_of_a_damaged_block_is_none),
		ON_FILES(test_make_keeps_no_text),
		ON_FILES(test_use_that_cannot_be_written_lets_nobody_in),
		ON_FILES(test_use_by_many_at_once_counts_its_uses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
