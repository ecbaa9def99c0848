/* A file that was read: whether somebody has touched it since. */
#include "unit.h"
#include "safedir.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "helper/fresh.h"

static char dir[3500];
static char path[4096];

/* The file with a descriptor of its own, as if read long after its last change. */
static struct fresh
open_later(void)
{
	struct fresh fresh;

	fresh_open(&fresh, path, clock_unix() + 60, clock_unix() + 60);
	return fresh;
}

static int
set_up(void **state)
{
	(void)state;
	safedir_make(dir, sizeof(dir));
	safedir_write(dir, "f", "content", 7, 0600);
	snprintf(path, sizeof(path), "%s/f", dir);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

/* Writes what is there already, once the file system's clock has moved on. */
static void
write_again(void)
{
	const struct timespec tick = {.tv_nsec = 20000000};
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	nanosleep(&tick, NULL);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "content", 7), 7);
	close(fd);
}

static void
test_file_that_nobody_touched_is_fresh(void **state)
{
	struct fresh fresh = open_later();

	(void)state;
	assert_true(fresh_is(&fresh));
	fresh_close(&fresh);
	assert_false(fresh_is(&fresh));
	fresh_close(&fresh);
}

static void
test_file_that_was_written_is_not_fresh(void **state)
{
	struct fresh fresh = open_later();

	(void)state;
	write_again();
	assert_false(fresh_is(&fresh));
	fresh_close(&fresh);
}

static void
test_file_that_was_replaced_or_removed_is_not_fresh(void **state)
{
	struct fresh fresh = open_later();
	char other[4096];

	(void)state;
	safedir_write(dir, "g", "content", 7, 0600);
	snprintf(other, sizeof(other), "%s/g", dir);
	assert_int_equal(rename(other, path), 0);
	assert_false(fresh_is(&fresh));
	fresh_close(&fresh);
	fresh = open_later();
	assert_true(fresh_is(&fresh));
	assert_int_equal(unlink(path), 0);
	assert_false(fresh_is(&fresh));
	fresh_close(&fresh);
}

/* Which of the two was read, nobody knows. */
static void
test_file_that_may_have_changed_meanwhile_is_not_fresh(void **state)
{
	struct fresh fresh;

	(void)state;
	fresh_open(&fresh, path, clock_unix(), clock_unix());
	assert_false(fresh_is(&fresh));
	fresh_close(&fresh);
}

/* Else nobody gets past a login screen for as long as the clock is behind. */
static void
test_file_of_before_the_clock_was_put_back_is_fresh(void **state)
{
	struct fresh fresh;

	(void)state;
	fresh_open(&fresh, path, clock_unix() - 61, clock_unix() - 60);
	assert_true(fresh_is(&fresh));
	write_again();
	assert_false(fresh_is(&fresh));
	fresh_close(&fresh);
	/* put back while it was read */
	fresh_open(&fresh, path, clock_unix(), clock_unix() - 60);
	assert_false(fresh_is(&fresh));
	fresh_close(&fresh);
}

static void
test_file_that_is_not_there_is_not_fresh(void **state)
{
	struct fresh fresh;

	(void)state;
	fresh_open(&fresh, "/nonexistent/f", clock_unix() + 60, clock_unix() + 60);
	assert_false(fresh_is(&fresh));
	fresh_close(&fresh);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_file_that_nobody_touched_is_fresh),
		TEST(test_file_that_was_written_is_not_fresh),
		TEST(test_file_that_was_replaced_or_removed_is_not_fresh),
		TEST(test_file_that_may_have_changed_meanwhile_is_not_fresh),
		TEST(test_file_of_before_the_clock_was_put_back_is_fresh),
		TEST(test_file_that_is_not_there_is_not_fresh),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
