/* Changing the identity map: nothing that was not meant changes, whatever happens. */
#include "unit.h"
#include "safedir.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "identity/map_edit.h"

#define ISSUER "https://idp.example/v2"
#define EDITORS 6
#define EDITS 15
#define KILLS 60

static char dir[3500];

static const char *
map_path(void)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/users", dir);
	return path;
}

static int
set_up(void **state)
{
	(void)state;
	safedir_make(dir, sizeof(dir));
	return 0;
}

static int
tear_down(void **state)
{
	char left[4096];

	(void)state;
	snprintf(left, sizeof(left), "%s/.users.itsmectl-new", dir);
	unlink(left);
	unlink(map_path());
	return rmdir(dir);
}

static void
read_map(struct buf *text)
{
	char chunk[4096];
	ssize_t got;
	int fd = open(map_path(), O_RDONLY);

	assert_true(fd >= 0);
	while ((got = read(fd, chunk, sizeof(chunk))) > 0)
		buf_add(text, chunk, (size_t)got);
	close(fd);
	assert_int_equal(buf_err(text), ERR_OK);
}

static void
assert_map(const char *expected)
{
	AUTO_BUF struct buf text = BUF_INIT(MAP_MAX);

	read_map(&text);
	assert_string_equal(buf_str(&text), expected);
}

static void
write_map(const char *text)
{
	safedir_write(dir, "users", text, strlen(text), 0600);
}

static enum err
add(const char *account, const char *issuer, const char *sub)
{
	AUTO_MAP_EDIT struct map_edit *edit = NULL;
	struct diag diag = {0};
	enum err e = map_edit_open(&edit, map_path(), &diag);

	if (e == ERR_OK)
		e = map_edit_add(edit, account, issuer, sub, &diag);
	return e != ERR_OK ? e : map_edit_commit(edit, account, ISSUER, &diag);
}

static void
test_add_makes_a_private_map(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(add("alice", NULL, "one"), ERR_OK);
	assert_map("# account   identity (see pam_itsme_users(5))\n"
		   "alice       sub=one\n");
	assert_int_equal(stat(map_path(), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void
test_add_keeps_comments_and_order(void **state)
{
	(void)state;
	write_map("# people\nalice sub=1 # first\n\nbob\tsub=2 lang=nl\r\n# end");
	assert_int_equal(add("alice", "https://other.example", "3"), ERR_OK);
	assert_int_equal(add("carol", NULL, "4"), ERR_OK);
	assert_map("# people\nalice sub=1 # first\n"
		   "alice       iss=https://other.example sub=3\n"
		   "\nbob\tsub=2 lang=nl\r\n# end\n"
		   "carol       sub=4\n");
}

static void
test_add_what_cannot_be_read_back_is_refused(void **state)
{
	static const struct {
		const char *account, *issuer, *sub;
	} bad[] = {
		{"alice", NULL, ""},
		{"alice", NULL, "a b"},
		{"alice", NULL, "a\nroot sub=a"},
		{"alice", NULL, "a\trest"},
		{"alice", NULL, "caf\xe9"},
		{"alice", NULL, "a\xe2\x80\x8b"},
		{"", NULL, "a"},
		{"#alice", NULL, "a"},
		{"al ice", NULL, "a"},
		{"alice\nroot", NULL, "a"},
		{"-alice", NULL, "a"},
		{"alice", "http://idp", "a"},
		{"alice", "https://idp sub=x", "a"},
	};
	size_t i;

	(void)state;
	write_map("bob sub=2\n");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
			add(bad[i].account, bad[i].issuer, bad[i].sub), ERR_MAP_INVALID);
	assert_map("bob sub=2\n");
}

static void
test_add_the_same_pair_twice_is_refused(void **state)
{
	(void)state;
	write_map("bob sub=2\n");
	assert_int_equal(add("bob", NULL, "2"), ERR_MAP_INVALID);
	assert_int_equal(add("bob", ISSUER, "2"), ERR_MAP_INVALID);
	assert_map("bob sub=2\n");
}

static void
test_set_sub_and_remove_touch_their_line_alone(void **state)
{
	AUTO_MAP_EDIT struct map_edit *edit = NULL;
	struct diag diag = {0};

	(void)state;
	write_map("# top\nbob lang=nl sub=old # his\nalice sub=1\n# end\n");
	assert_int_equal(map_edit_open(&edit, map_path(), &diag), ERR_OK);
	assert_int_equal(map_edit_set_sub(edit, 1, "new", &diag), ERR_MAP_INVALID);
	assert_int_equal(map_edit_set_sub(edit, 2, "new sub", &diag), ERR_MAP_INVALID);
	assert_int_equal(map_edit_set_sub(edit, 2, "longer-than-before", &diag), ERR_OK);
	assert_int_equal(map_edit_remove(edit, 4, &diag), ERR_MAP_INVALID);
	assert_int_equal(map_edit_remove(edit, 3, &diag), ERR_OK);
	assert_int_equal(map_edit_commit(edit, "bob", ISSUER, &diag), ERR_OK);
	assert_map("# top\nbob lang=nl sub=longer-than-before # his\n# end\n");
}

static void
test_open_a_faulty_or_open_map_is_refused(void **state)
{
	(void)state;
	write_map("bob\n");
	assert_int_equal(add("alice", NULL, "1"), ERR_MAP_INVALID);
	assert_map("bob\n");
	write_map("bob sub=1\n");
	assert_int_equal(chmod(map_path(), 0644), 0);
	assert_int_equal(add("alice", NULL, "1"), ERR_MAP_UNSAFE);
}

static void
test_commit_after_another_kind_of_editor_is_refused(void **state)
{
	AUTO_MAP_EDIT struct map_edit *edit = NULL;
	struct diag diag = {0};

	(void)state;
	write_map("bob sub=2\n");
	assert_int_equal(map_edit_open(&edit, map_path(), &diag), ERR_OK);
	assert_int_equal(map_edit_add(edit, "alice", NULL, "1", &diag), ERR_OK);
	write_map("bob sub=2\ncarol sub=3\n");
	assert_int_equal(map_edit_commit(edit, "alice", ISSUER, &diag), ERR_MAP_BUSY);
	assert_map("bob sub=2\ncarol sub=3\n");
}

static void
test_commit_after_a_change_in_place_is_refused(void **state)
{
	AUTO_MAP_EDIT struct map_edit *edit = NULL;
	struct diag diag = {0};
	int fd = -1;

	(void)state;
	write_map("bob sub=2\n");
	assert_int_equal(map_edit_open(&edit, map_path(), &diag), ERR_OK);
	assert_int_equal(map_edit_add(edit, "alice", NULL, "1", &diag), ERR_OK);
	usleep(20000); /* more than the grain of a file's time */
	fd = open(map_path(), O_WRONLY);
	assert_int_equal(pwrite(fd, "3", 1, 8), 1);
	close(fd);
	assert_int_equal(map_edit_commit(edit, "alice", ISSUER, &diag), ERR_MAP_BUSY);
	assert_map("bob sub=3\n");
}

/* Takes as long as it says: MAP_EDIT_WAIT_MS. */
static void
test_open_waits_only_so_long_for_another_editor(void **state)
{
	AUTO_MAP_EDIT struct map_edit *first = NULL, *second = NULL;
	struct diag diag = {0};

	(void)state;
	write_map("bob sub=2\n");
	assert_int_equal(map_edit_open(&first, map_path(), &diag), ERR_OK);
	alarm(60); /* for ever is too long */
	assert_int_equal(map_edit_open(&second, map_path(), &diag), ERR_MAP_BUSY);
	alarm(0);
	assert_null(second);
}

static void
test_commit_where_nothing_can_be_written_keeps_the_map(void **state)
{
	const struct rlimit none = {4, 4};
	char left[4096];
	struct stat st;
	int status;
	pid_t pid;

	(void)state;
	write_map("bob sub=2\n");
	pid = fork();
	if (pid == 0) {
		signal(SIGXFSZ, SIG_IGN);
		if (setrlimit(RLIMIT_FSIZE, &none) != 0)
			_exit(99);
		_exit(add("alice", NULL, "1") == ERR_SYSTEM ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_map("bob sub=2\n");
	snprintf(left, sizeof(left), "%s/.users.itsmectl-new", dir);
	assert_int_not_equal(stat(left, &st), 0);
}

/* An administrator who adds accounts of their own, telling each that is on disk. */
static void
edit_on(int number, int told, unsigned char first)
{
	for (int i = first; i < first + EDITS; i++) {
		unsigned char done = (unsigned char)i;
		char account[32];

		snprintf(account, sizeof(account), "user%d-%d", number, i);
		if (add(account, NULL, "sub") != ERR_OK)
			_exit(1);
		if (write(told, &done, 1) != 1)
			_exit(2);
	}
	_exit(0);
}

static bool
is_mapped(int number, int i)
{
	AUTO_MAP struct map *map = NULL;
	struct diag diag = {0};
	char account[32];

	snprintf(account, sizeof(account), "user%d-%d", number, i);
	if (map_load(&map, map_path(), account, ISSUER, &diag) != ERR_OK)
		fail_msg("%s", diag.text);
	return map->count == 1;
}

static void
test_editors_at_once_lose_nothing(void **state)
{
	int number, i, status;

	(void)state;
	for (number = 0; number < EDITORS; number++)
		if (fork() == 0)
			edit_on(number, open("/dev/null", O_WRONLY), 0);
	for (number = 0; number < EDITORS; number++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	for (number = 0; number < EDITORS; number++)
		for (i = 0; i < EDITS; i++)
			assert_true(is_mapped(number, i));
}

/* Killed at any moment: what was told to be there is there, and the next one can write.
 */
static void
test_editor_killed_at_any_moment_loses_nothing(void **state)
{
	unsigned seed = 4711;
	int round;

	(void)state;
	for (round = 0; round < KILLS; round++) {
		unsigned char done;
		int told[2], i;
		pid_t pid;

		assert_int_equal(pipe(told), 0);
		pid = fork();
		if (pid == 0)
			edit_on(round, told[1], 0);
		close(told[1]);
		usleep((useconds_t)rand_r(&seed) % 20000);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		for (i = 0; read(told[0], &done, 1) == 1; i++)
			assert_true(is_mapped(round, done));
		close(told[0]);
	}
	assert_int_equal(add("last", NULL, "1"), ERR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_add_makes_a_private_map, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_add_keeps_comments_and_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_add_what_cannot_be_read_back_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_add_the_same_pair_twice_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_set_sub_and_remove_touch_their_line_alone, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			test_open_a_faulty_or_open_map_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_commit_after_another_kind_of_editor_is_refused, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			test_commit_after_a_change_in_place_is_refused, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			test_open_waits_only_so_long_for_another_editor, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			test_commit_where_nothing_can_be_written_keeps_the_map, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			test_editors_at_once_lose_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_editor_killed_at_any_moment_loses_nothing, set_up,
			tear_down),
	};

	return cmocka_run_group_tests_name("map_edit", tests, NULL, NULL);
}
