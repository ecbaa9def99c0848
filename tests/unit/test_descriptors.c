/* Each way of closing, in a child to which the ways before it are refused. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/descriptors.h"
#include "refuse.h"

#define FIRST 4
#define MANY 5000 /* descriptors at most; the list of them comes in many pieces */

/* What is refused to a child, and with which error. */
struct world {
	struct {
		unsigned call, error;
	} refused[2];
};

static const struct world worlds[] = {
	{{{0}}}, /* nothing */
	{{{SYS_close_range, ENOSYS}}}, /* Linux before 5.9 */
	{{{SYS_close_range,
		EPERM}}}, /* a container's profile that is older than the call */
#define LISTED \
	3 /* worlds; the others try each number that there can be, which takes long */
	{{{SYS_close_range, EPERM}, {SYS_openat, ENOENT}}}, /* and no /proc */
	{{{SYS_close_range, ENOSYS}, {SYS_getdents64, EPERM}}},
};

#define WORLDS (sizeof(worlds) / sizeof(worlds[0]))

static bool
is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

/* The child: opens up to `end`, closes, and says what is not as it should be. */
static int
try(const struct world *world, int end, rlim_t limit, int kept, int kept_too)
{
	const struct rlimit most = {limit, limit};
	size_t i;
	int fd;

	for (fd = 0; fd < end; fd++)
		if (!is_open(fd) && dup2(STDERR_FILENO, fd) != fd)
			return 10;
	if (setrlimit(RLIMIT_NOFILE, &most) != 0)
		return 11;
	for (i = 0; i < 2; i++)
		if (world->refused[i].error != 0 &&
			!refuse(world->refused[i].call, world->refused[i].error))
			return 12;
	descriptors_close(FIRST, kept, kept_too);
	for (fd = 0; fd < end; fd++) {
		bool meant = fd >= FIRST && fd != kept && fd != kept_too;

		if (is_open(fd) == meant)
			return meant ? 1 : 2;
	}
	return 0;
}

/* As try(), in the first `count` worlds, each a process of its own. */
static void
verify(size_t count, int end, rlim_t limit, int kept, int kept_too)
{
	size_t i;
	int status;

	for (i = 0; i < count; i++) {
		pid_t child = fork();

		assert_true(child >= 0);
		if (child == 0)
			_exit(try(&worlds[i], end, limit, kept, kept_too));
		assert_int_equal(waitpid(child, &status, 0), child);
		if (status != 0)
			print_error("world %zu: %#x\n", i, (unsigned)status);
		assert_int_equal(status, 0);
	}
}

/* As many as this process may open, for a machine that allows fewer. */
static int
many(void)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_true(limit.rlim_cur >= 1000);
	return limit.rlim_cur < MANY ? (int)limit.rlim_cur : MANY;
}

static void
test_close_all_but_standard_ones(void **state)
{
	(void)state;
	verify(LISTED, 16, 256, -1, -1);
}

static void
test_close_thousands(void **state)
{
	int end = many();

	(void)state;
	verify(LISTED, end, (rlim_t)end, -1, -1);
}

/* Wherever they are: below what is closed, at its edges, within, in either order. */
static void
test_close_leaves_what_is_kept(void **state)
{
	static const int kept[][2] = {{FIRST, -1}, {-1, FIRST}, {15, -1}, {7, 8}, {8, 7},
		{4, 15}, {1, 9}, {9, 9}};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		verify(LISTED, 16, 256, kept[i][0], kept[i][1]);
}

/* A limit that was lowered later closes nothing, and leaves no number for the list. */
static void
test_close_above_a_limit_with_none_to_spare(void **state)
{
	(void)state;
	verify(WORLDS, 600, 256, -1, -1);
	verify(LISTED, 600, 256, 4, 599);
	verify(LISTED, 600, FIRST, -1, -1);
}

static void
test_close_nothing_does_nothing(void **state)
{
	(void)state;
	verify(LISTED, FIRST, 256, -1, -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_close_all_but_standard_ones),
		cmocka_unit_test(test_close_thousands),
		cmocka_unit_test(test_close_leaves_what_is_kept),
		cmocka_unit_test(test_close_above_a_limit_with_none_to_spare),
		cmocka_unit_test(test_close_nothing_does_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
