/* Counting from where something comes: rows that nobody can fill up. */
#include "unit.h"
#include "safedir.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clean.h"
#include "identity/origins.h"
#include "identity/state.h"

static int
open_shared(void)
{
	struct diag diag = {""};
	int fd = -1;

	if (state_open_shared(&fd, safedir_new, &diag) != ERR_OK)
		fail_msg("%s", diag.text);
	return fd;
}

static struct origins_counter
counter(enum origins_kind kind, const char *place, unsigned most)
{
	struct origins_counter c;

	assert_int_equal(origins_counter(&c, kind, place, strlen(place), most), ERR_OK);
	return c;
}

static void
test_count_row_window(void **state)
{
	struct origin row = {0};
	int i;

	(void)state;
	for (i = 0; i < 4; i++)
		assert_int_equal(origins_count_row(&row, 4, 100, 1000), 0);
	assert_int_equal(origins_count_row(&row, 4, 100, 1010), 90);
	assert_int_equal(origins_count_row(&row, 4, 100, 1100), 0);
	row = (struct origin){.window = 5000, .starts = 4}; /* it lies ahead */
	assert_int_equal(origins_count_row(&row, 4, 100, 1000), 0);
	assert_int_equal(row.window, 1000);
}

static void
test_count_all_or_none(void **state)
{
	AUTO_FD int fd = open_shared();
	struct origins_counter c[] = {counter(ORIGINS_CODES, "here", 5),
		counter(ORIGINS_ACCOUNT_CODES, "here and alice", 2),
		counter(ORIGINS_MACHINE_CODES, "", 100)};
	struct origins_counter other = counter(ORIGINS_ACCOUNT_CODES, "here and bob", 99);
	unsigned wait;
	int i;

	(void)state;
	for (i = 0; i < 10; i++) {
		assert_int_equal(origins_count(fd, c, 3, 100, &wait), ERR_OK);
		if (i < 2)
			assert_int_equal(wait, 0);
		else
			assert_in_range(wait, 90, 100);
	}
	c[1] = other;
	for (i = 0; i < 4; i++) { /* three of five are left */
		assert_int_equal(origins_count(fd, c, 3, 100, &wait), ERR_OK);
		assert_true(i < 3 ? wait == 0 : wait > 90);
	}
}

static void
test_return_takes_back_what_was_counted_once(void **state)
{
	AUTO_FD int fd = open_shared();
	struct origins_counter mine = counter(ORIGINS_CODES, "here", 2), theirs = mine;
	unsigned wait;

	(void)state;
	origins_return(fd, &mine, 1); /* nothing */
	assert_int_equal(origins_count(fd, &mine, 1, 100, &wait), ERR_OK);
	assert_int_equal(origins_count(fd, &theirs, 1, 100, &wait), ERR_OK);
	assert_int_equal(wait, 0);
	origins_return(fd, &mine, 1);
	origins_return(fd, &mine, 1);
	origins_return(fd, &mine, 1);
	assert_int_equal(origins_count(fd, &mine, 1, 100, &wait), ERR_OK);
	assert_int_equal(wait, 0);
	assert_int_equal(origins_count(fd, &mine, 1, 100, &wait), ERR_OK);
	assert_true(wait > 0); /* theirs still counts */
}

/* A refusal leaves nothing that could be taken back. */
static void
test_return_after_a_refusal_takes_nothing(void **state)
{
	AUTO_FD int fd = open_shared();
	struct origins_counter mine = counter(ORIGINS_CODES, "here", 1), refused = mine;
	unsigned wait;

	(void)state;
	assert_int_equal(origins_count(fd, &mine, 1, 100, &wait), ERR_OK);
	assert_int_equal(origins_count(fd, &refused, 1, 100, &wait), ERR_OK);
	assert_true(wait > 0);
	origins_return(fd, &refused, 1);
	assert_int_equal(origins_count(fd, &refused, 1, 100, &wait), ERR_OK);
	assert_true(wait > 0);
}

/* Thousands of strangers: the file stays, the machine's row and who is vouched for, too.
 */
static void
test_count_strangers_push_nobody_out(void **state)
{
	AUTO_FD int fd = open_shared();
	struct origins_counter machine = counter(ORIGINS_MACHINE_CODES, "", 1);
	struct origins_counter home = counter(ORIGINS_CODES, "home", 1);
	struct stat st;
	unsigned wait;
	int i;

	(void)state;
	assert_false(origins_is_vouched(fd, &home));
	origins_vouch(fd, &home);
	assert_int_equal(origins_count(fd, &machine, 1, 1000, &wait), ERR_OK);
	for (i = 0; i < 40000; i++) {
		struct origins_counter stranger;
		char place[16];

		snprintf(place, sizeof(place), "%d", i);
		stranger = counter(ORIGINS_CODES, place, 1);
		if (stranger.block == home.block) /* the others cannot reach it */
			assert_int_equal(
				origins_count(fd, &stranger, 1, 1000, &wait), ERR_OK);
	}
	assert_true(origins_is_vouched(fd, &home));
	assert_int_equal(origins_count(fd, &machine, 1, 1000, &wait), ERR_OK);
	assert_true(wait > 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_in_range(st.st_size, 1, 4 * 1024 * STATE_BLOCK);
}

static void
test_count_kinds_are_apart(void **state)
{
	AUTO_FD int fd = open_shared();
	enum origins_kind kind;
	unsigned wait;

	(void)state;
	for (kind = ORIGINS_RINGS; kind <= ORIGINS_MACHINE_CODES; kind++) {
		struct origins_counter c = counter(kind, "here", 1);

		assert_int_equal(origins_count(fd, &c, 1, 100, &wait), ERR_OK);
		assert_int_equal(wait, 0);
		assert_int_equal(origins_count(fd, &c, 1, 100, &wait), ERR_OK);
		assert_true(wait > 0);
	}
}

#define ON_FILES(test) \
	cmocka_unit_test_setup_teardown(test, safedir_setup, safedir_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_count_row_window),
		ON_FILES(test_count_all_or_none),
		ON_FILES(test_return_takes_back_what_was_counted_once),
		ON_FILES(test_return_after_a_refusal_takes_nothing),
		ON_FILES(test_count_strangers_push_nobody_out),
		ON_FILES(test_count_kinds_are_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
