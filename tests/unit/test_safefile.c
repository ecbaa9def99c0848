/* Files that decide who gets in: read along paths that nobody else could change. */
#include "unit.h"
#include "safedir.h"

#include <limits.h>
#include <fcntl.h>

#include "base/safefile.h"

static char dir[3500];

/* What safefile_read() says of a path below the test's directory. */
static enum err
read_below(const char *name, mode_t forbidden, struct diag *diag)
{
	AUTO_BUF struct buf text = BUF_INIT(8192);
	char path[4096];
	enum err e;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	e = safefile_read(&text, path, forbidden, diag);
	if (e == ERR_OK)
		assert_string_equal(buf_str(&text), "content");
	return e;
}

static char *
below(const char *name)
{
	static char path[2][4096];
	static int turn;

	turn = !turn;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", dir, name);
	return path[turn];
}

static int
set_up(void **state)
{
	(void)state;
	safedir_make(dir, sizeof(dir));
	assert_int_equal(mkdir(below("a"), 0755), 0);
	assert_int_equal(mkdir(below("a/b"), 0700), 0);
	safedir_write(dir, "a/b/f", "content", 7, 0600);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	unlink(below("a/b/f"));
	rmdir(below("a/b"));
	rmdir(below("a"));
	return rmdir(dir);
}

static void
test_read_safe_path_gives_the_content(void **state)
{
	struct diag diag = {""};

	(void)state;
	if (read_below("a/b/f", 077, &diag) != ERR_OK)
		fail_msg("%s", diag.text);
	assert_int_equal(chmod(below("a/b/f"), 0644), 0);
	assert_int_equal(read_below("a/b/f", 022, &diag), ERR_OK);
	assert_int_equal(chmod(below("a/b/f"), 0600), 0);
}

/* What safefile_program() says of the file with this mode. */
static enum err
program_with(mode_t mode, struct diag *diag)
{
	enum err e;

	assert_int_equal(chmod(below("a/b/f"), mode), 0);
	e = safefile_program(below("a/b/f"), diag);
	assert_int_equal(chmod(below("a/b/f"), 0600), 0);
	return e;
}

static void
test_program_table(void **state)
{
	static const struct {
		mode_t mode;
		enum err expected;
		const char *said;
	} cases[] = {
		{0755, ERR_OK, ""},
		{0555, ERR_OK, ""},
		{0111, ERR_OK, ""}, /* nothing of it need be readable */
		{0644, ERR_OK, ""}, /* whether it runs is not asked here */
		{0775, ERR_FILE_UNSAFE, "chmod go-w "},
		{0757, ERR_FILE_UNSAFE, "chmod go-w "},
		{0722, ERR_FILE_UNSAFE, "chmod go-w "},
		{04755, ERR_FILE_UNSAFE, "chmod u-s,g-s "},
		{02755, ERR_FILE_UNSAFE, "chmod u-s,g-s "},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct diag diag = {""};

		if (program_with(cases[i].mode, &diag) != cases[i].expected ||
			strstr(diag.text, cases[i].said) == NULL)
			fail_msg("mode %04o: %s", (unsigned)cases[i].mode, diag.text);
	}
}

static void
test_program_elsewhere_or_of_another_kind(void **state)
{
	struct diag diag = {""};

	(void)state;
	assert_int_equal(safefile_program(below("a/b/none"), &diag), ERR_FILE_MISSING);
	assert_int_equal(safefile_program(below("none/f"), &diag), ERR_FILE_MISSING);
	assert_int_equal(safefile_program("a/b/f", &diag), ERR_FILE_INVALID);
	assert_int_equal(mkdir(below("a/b/d"), 0755), 0);
	assert_int_equal(safefile_program(below("a/b/d"), &diag), ERR_FILE_INVALID);
	rmdir(below("a/b/d"));
	assert_int_equal(symlink("f", below("a/b/l")), 0);
	assert_int_equal(safefile_program(below("a/b/l"), &diag), ERR_FILE_UNSAFE);
	assert_non_null(strstr(diag.text, "a/b/l: is a symbolic link"));
	unlink(below("a/b/l"));
	assert_int_equal(symlink("b", below("a/l")), 0);
	assert_int_equal(safefile_program(below("a/l/f"), &diag), ERR_FILE_UNSAFE);
	unlink(below("a/l"));
	assert_int_equal(chmod(below("a"), 0775), 0);
	assert_int_equal(safefile_program(below("a/b/f"), &diag), ERR_FILE_UNSAFE);
	assert_non_null(strstr(diag.text, "/a: mode is 0775; type: chmod go-w "));
	assert_int_equal(chmod(below("a"), 0755), 0);
	if (geteuid() != 0)
		return;
	assert_int_equal(chown(below("a/b/f"), 12345, (gid_t)-1), 0);
	assert_int_equal(safefile_program(below("a/b/f"), &diag), ERR_FILE_UNSAFE);
	assert_non_null(strstr(diag.text, "belongs to uid 12345, who may have changed"));
	assert_int_equal(chown(below("a/b/f"), 0, (gid_t)-1), 0);
	assert_int_equal(chown(below("a/b"), 12345, (gid_t)-1), 0);
	assert_int_equal(safefile_program(below("a/b/f"), &diag), ERR_FILE_UNSAFE);
	assert_int_equal(chown(below("a/b"), 0, (gid_t)-1), 0);
}

static void
test_open_is_close_on_exec(void **state)
{
	AUTO_FD int fd = -1;

	(void)state;
	assert_int_equal(safefile_open(&fd, below("a/b/f"), 077, NULL), ERR_OK);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
}

static void
test_mode_table(void **state)
{
	static const struct {
		const char *name;
		mode_t mode, forbidden, restored;
		enum err expected;
	} cases[] = {
		{"a/b/f", 0600, 077, 0600, ERR_OK},
		{"a/b/f", 0400, 077, 0600, ERR_OK},
		{"a/b/f", 0640, 077, 0600, ERR_FILE_UNSAFE},
		{"a/b/f", 0604, 077, 0600, ERR_FILE_UNSAFE},
		{"a/b/f", 0610, 077, 0600, ERR_FILE_UNSAFE},
		{"a/b/f", 0644, 0, 0600, ERR_OK},
		{"a/b/f", 0620, 0, 0600, ERR_FILE_UNSAFE},
		{"a/b/f", 0602, 0, 0600, ERR_FILE_UNSAFE},
		{"a/b", 0770, 0, 0700, ERR_FILE_UNSAFE},
		{"a/b", 0702, 0, 0700, ERR_FILE_UNSAFE},
		{"a/b", 01777, 0, 0700, ERR_FILE_UNSAFE},
		{"a", 0775, 0, 0755, ERR_FILE_UNSAFE},
		{"a", 0757, 0, 0755, ERR_FILE_UNSAFE},
		{"a", 0755, 0, 0755, ERR_OK},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct diag diag = {""};
		enum err e;

		assert_int_equal(chmod(below(cases[i].name), cases[i].mode), 0);
		e = read_below("a/b/f", cases[i].forbidden, &diag);
		assert_int_equal(chmod(below(cases[i].name), cases[i].restored), 0);
		if (e != cases[i].expected)
			fail_msg("case %zu: %s: %s", i, err_word(e), diag.text);
		/* The part at fault is named, and what to type. */
		if (e != ERR_OK && (strncmp(diag.text, below(cases[i].name),
					    strlen(below(cases[i].name))) != 0 ||
					   strstr(diag.text, "type: chmod go") == NULL))
			fail_msg("case %zu: %s", i, diag.text);
	}
}

static void
test_foreign_owner_is_unsafe(void **state)
{
	static const char *const names[] = {"a", "a/b", "a/b/f"};
	size_t i;

	(void)state;
	if (geteuid() != 0)
		skip();
	for (i = 0; i < 3; i++) {
		struct diag diag = {""};

		assert_int_equal(chown(below(names[i]), 12345, 0), 0);
		assert_int_equal(read_below("a/b/f", 077, &diag), ERR_FILE_UNSAFE);
		assert_non_null(strstr(diag.text, "belongs to uid 12345"));
		assert_int_equal(chown(below(names[i]), 0, 0), 0);
	}
	assert_int_equal(read_below("a/b/f", 077, NULL), ERR_OK);
}

static void
test_symbolic_link_at_each_level_is_unsafe(void **state)
{
	static const struct {
		const char *target, *link, *path;
	} cases[] = {
		{"f", "a/b/l", "a/b/l"}, /* the file */
		{"b", "a/l", "a/l/f"}, /* its directory */
		{"a", "l", "l/b/f"}, /* further up */
		{"nowhere", "a/b/l", "a/b/l"}, /* dangling */
		{"l", "a/b/l", "a/b/l"}, /* a loop */
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct diag diag = {""};
		enum err e;

		assert_int_equal(symlink(cases[i].target, below(cases[i].link)), 0);
		e = read_below(cases[i].path, 077, &diag);
		assert_int_equal(unlink(below(cases[i].link)), 0);
		if (e != ERR_FILE_UNSAFE || strstr(diag.text, "symbolic link") == NULL)
			fail_msg("case %zu: %s: %s", i, err_word(e), diag.text);
	}
}

static void
test_missing_parts_are_missing(void **state)
{
	struct diag diag = {""};

	(void)state;
	assert_int_equal(read_below("a/b/g", 077, &diag), ERR_FILE_MISSING);
	assert_non_null(strstr(diag.text, "/a/b/g: does not exist"));
	assert_int_equal(read_below("a/x/f", 077, &diag), ERR_FILE_MISSING);
	assert_non_null(strstr(diag.text, "/a/x: does not exist"));
}

static void
test_file_as_a_directory_is_unsafe(void **state)
{
	(void)state;
	assert_int_equal(read_below("a/b/f/g", 077, NULL), ERR_FILE_UNSAFE);
}

/* A FIFO without a writer would block a plain open() for ever. */
static void
test_not_a_regular_file_is_invalid(void **state)
{
	struct diag diag = {""};

	(void)state;
	assert_int_equal(mkfifo(below("a/b/p"), 0600), 0);
	alarm(60);
	assert_int_equal(read_below("a/b/p", 077, &diag), ERR_FILE_INVALID);
	alarm(0);
	assert_int_equal(unlink(below("a/b/p")), 0);
	assert_int_equal(read_below("a/b", 077, &diag), ERR_FILE_INVALID);
	assert_non_null(strstr(diag.text, "is not a regular file"));
	assert_int_equal(
		safefile_open(&(int){-1}, "/dev/null", 0, NULL), ERR_FILE_UNSAFE);
}

static void
test_path_forms_are_refused(void **state)
{
	static const char *const names[] = {
		"a/./b/f", "a/../a/b/f", "a//b/f", "a/b/f/", "a/b/..", "a/b/."};
	char *longest = calloc(1, PATH_MAX + 1);
	size_t i;

	(void)state;
	assert_non_null(longest);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (read_below(names[i], 0, NULL) != ERR_FILE_INVALID)
			fail_msg("%s", names[i]);
	memset(longest, '/', PATH_MAX);
	assert_int_equal(safefile_open(&(int){-1}, longest, 0, NULL), ERR_FILE_INVALID);
	assert_int_equal(safefile_open(&(int){-1}, "", 0, NULL), ERR_FILE_INVALID);
	assert_int_equal(safefile_open(&(int){-1}, "/", 0, NULL), ERR_FILE_INVALID);
	assert_int_equal(
		safefile_open(&(int){-1}, "etc/passwd", 0, NULL), ERR_FILE_INVALID);
	assert_int_equal(safefile_open(&(int){-1}, "../f", 0, NULL), ERR_FILE_INVALID);
	free(longest);
}

static void
test_size_limit_is_exact(void **state)
{
	char content[8193];
	struct diag diag = {""};
	AUTO_BUF struct buf small = BUF_INIT(8192), tight = BUF_INIT(8191);
	const char *path;

	(void)state;
	memset(content, 'x', sizeof(content));
	path = safedir_write(dir, "a/b/g", content, 8192, 0600);
	assert_int_equal(safefile_read(&small, path, 077, &diag), ERR_OK);
	assert_int_equal(small.len, 8192);
	assert_int_equal(safefile_read(&tight, path, 077, &diag), ERR_FILE_INVALID);
	assert_non_null(strstr(diag.text, "is larger than 8191 bytes"));
	assert_int_equal(unlink(path), 0);
}

static void
test_fault_is_called_by_its_kind(void **state)
{
	static const struct {
		const struct safefile_kind *kind;
		enum err missing, unsafe, invalid;
	} table[] = {
		{&safefile_config, ERR_CONFIG_MISSING, ERR_CONFIG_UNSAFE,
			ERR_CONFIG_INVALID},
		{&safefile_key, ERR_KEY_MISSING, ERR_KEY_UNSAFE, ERR_KEY_INVALID},
		{&safefile_map, ERR_MAP_MISSING, ERR_MAP_UNSAFE, ERR_MAP_INVALID},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct safefile_kind *kind = table[i].kind;

		assert_int_equal(
			safefile_fault(ERR_FILE_MISSING, kind), table[i].missing);
		assert_int_equal(safefile_fault(ERR_FILE_UNSAFE, kind), table[i].unsafe);
		assert_int_equal(
			safefile_fault(ERR_FILE_INVALID, kind), table[i].invalid);
		assert_int_equal(safefile_fault(ERR_NOMEM, kind), ERR_NOMEM);
		assert_int_equal(safefile_fault(ERR_OK, kind), ERR_OK);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_safe_path_gives_the_content),
		cmocka_unit_test(test_open_is_close_on_exec),
		cmocka_unit_test(test_mode_table),
		cmocka_unit_test(test_program_table),
		cmocka_unit_test(test_program_elsewhere_or_of_another_kind),
		cmocka_unit_test(test_foreign_owner_is_unsafe),
		cmocka_unit_test(test_symbolic_link_at_each_level_is_unsafe),
		cmocka_unit_test(test_missing_parts_are_missing),
		cmocka_unit_test(test_file_as_a_directory_is_unsafe),
		cmocka_unit_test(test_not_a_regular_file_is_invalid),
		cmocka_unit_test(test_path_forms_are_refused),
		cmocka_unit_test(test_size_limit_is_exact),
		cmocka_unit_test(test_fault_is_called_by_its_kind),
	};

	return cmocka_run_group_tests_name("safefile", tests, set_up, tear_down);
}
