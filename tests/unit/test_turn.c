/* Turns: who waits for whom, what they are told, and that nothing outlives a process. */
#include "unit.h"
#include "statedir.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clean.h"
#include "identity/turn.h"

static struct remember_key
key_of(unsigned char first)
{
	struct remember_key key = {.usable = true};

	memset(key.digest, first, sizeof(key.digest));
	return key;
}

static struct turn_end
last(int fd, const struct remember_key *key, int64_t since)
{
	struct turn_end end = {.reason = ERR_INTERNAL};

	assert_int_equal(turn_last(&end, fd, key, since), ERR_OK);
	return end;
}

static void
finish(int fd, const struct remember_key *key, enum err reason, int64_t now)
{
	const struct turn_end end = {.reason = reason, .wait = 7};

	assert_int_equal(turn_finish(fd, key, &end, now), ERR_OK);
}

static void
test_take_one_key_is_for_one_at_a_time(void **state)
{
	AUTO_FD int one = statedir_open("alice");
	AUTO_FD int other = statedir_open("alice");
	const struct remember_key key = key_of(1), another = key_of(2);

	(void)state;
	assert_int_equal(turn_take(one, &key), ERR_OK);
	assert_int_equal(turn_take(other, &key), ERR_PENDING);
	assert_int_equal(turn_take(other, &another), ERR_OK);
	close(one);
	one = statedir_open("alice");
	assert_int_equal(turn_take(other, &key), ERR_OK);
	assert_int_equal(turn_take(one, &key), ERR_PENDING);
}

static void
test_take_last_bit_of_the_place_counts(void **state)
{
	AUTO_FD int one = statedir_open("alice");
	AUTO_FD int other = statedir_open("alice");
	struct remember_key key = key_of(0xff), another = key_of(0xff);

	(void)state;
	another.digest[3] = 0xfe;
	assert_int_equal(turn_take(one, &key), ERR_OK);
	assert_int_equal(turn_take(other, &another), ERR_OK);
	assert_int_equal(turn_take(other, &key), ERR_PENDING);
}

static void
test_take_of_a_killed_process_is_given_back(void **state)
{
	AUTO_FD int fd = statedir_open("alice");
	const struct remember_key key = key_of(1);
	int ready[2];
	pid_t child;
	char byte;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		int own = statedir_open("alice");

		if (turn_take(own, &key) == ERR_OK && write(ready[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(turn_take(fd, &key), ERR_PENDING);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_int_equal(turn_take(fd, &key), ERR_OK);
	close(ready[0]);
	close(ready[1]);
}

static void
test_last_refusal_is_for_that_key_and_not_older_than_the_waiting(void **state)
{
	AUTO_FD int fd = statedir_open("alice");
	const struct remember_key key = key_of(1), another = key_of(2);

	(void)state;
	assert_int_equal(turn_begin(fd, &key, getpid(), 100), ERR_OK);
	assert_int_equal(last(fd, &key, 0).reason, ERR_OK);
	finish(fd, &key, ERR_USER_DENIED, 130);
	assert_int_equal(last(fd, &key, 130).reason, ERR_USER_DENIED);
	assert_int_equal(last(fd, &key, 130).wait, 7);
	assert_int_equal(last(fd, &key, 131).reason, ERR_OK);
	assert_int_equal(last(fd, &another, 0).reason, ERR_OK);
}

static void
test_last_is_forgotten_by_who_begins(void **state)
{
	AUTO_FD int fd = statedir_open("alice");
	const struct remember_key key = key_of(1);

	(void)state;
	finish(fd, &key, ERR_USER_DENIED, 130);
	assert_int_equal(turn_begin(fd, &key, getpid(), 130), ERR_OK);
	assert_int_equal(last(fd, &key, 130).reason, ERR_OK);
}

/* What everybody meets by themselves, and above all what is no refusal. */
static void
test_last_never_is_an_outage_or_a_success(void **state)
{
	static const enum err own[] = {ERR_OK, ERR_GONE, ERR_HTTP_CONNECT, ERR_INTERNAL,
		ERR_UNMAPPED_USER, ERR_NOT_INTERACTIVE, ERR_CONFIG_INVALID,
		ERR_SKIPPED_GROUP, ERR_QR_IMAGE, ERR_NO_PICTURE, ERR_HTTP_TOO_MANY};
	static const enum err shared[] = {ERR_USER_DENIED, ERR_EXPIRED, ERR_TIMEOUT,
		ERR_WRONG_NUMBER, ERR_WRONG_SUBJECT, ERR_PUSH_LIMITED, ERR_CLAIM_REQUIRED,
		ERR_SIGNATURE};
	AUTO_FD int fd = statedir_open("alice");
	const struct remember_key key = key_of(1);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		assert_int_equal(turn_begin(fd, &key, getpid(), 1), ERR_OK);
		finish(fd, &key, own[i], 2);
		assert_int_equal(last(fd, &key, 0).reason, ERR_OK);
	}
	for (i = 0; i < sizeof(shared) / sizeof(shared[0]); i++) {
		finish(fd, &key, shared[i], 3);
		assert_int_equal(last(fd, &key, 0).reason, shared[i]);
	}
}

static void
test_last_of_many_callers_the_newest_are_kept(void **state)
{
	AUTO_FD int fd = statedir_open("alice");
	unsigned char i;

	(void)state;
	for (i = 1; i <= 20; i++) {
		const struct remember_key key = key_of(i);

		finish(fd, &key, ERR_EXPIRED, i);
	}
	for (i = 15; i <= 20; i++) {
		const struct remember_key key = key_of(i);

		assert_int_equal(last(fd, &key, 0).reason, ERR_EXPIRED);
	}
}

static void
test_last_of_a_damaged_block_is_nothing(void **state)
{
	AUTO_FD int fd = statedir_open("alice");
	const struct remember_key key = key_of(1);

	(void)state;
	finish(fd, &key, ERR_USER_DENIED, 5);
	assert_int_equal(pwrite(fd, "x", 1, 2 * STATE_BLOCK + 80), 1);
	assert_int_equal(last(fd, &key, 0).reason, ERR_OK);
	assert_int_equal(turn_begin(fd, &key, getpid(), 6), ERR_OK);
}

static void
test_finish_where_nothing_can_be_written_fails(void **state)
{
	const struct rlimit none = {.rlim_cur = 0, .rlim_max = RLIM_INFINITY};
	const struct turn_end end = {.reason = ERR_USER_DENIED};
	AUTO_FD int fd = statedir_open("alice");
	const struct remember_key key = key_of(1);
	struct rlimit before;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	assert_int_equal(turn_begin(fd, &key, getpid(), 1), ERR_SYSTEM);
	assert_int_equal(turn_finish(fd, &key, &end, 1), ERR_SYSTEM);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
}

static void
test_is_stopped_tells_a_stopped_process(void **state)
{
	AUTO_FD int fd = statedir_open("alice");
	const struct remember_key key = key_of(1);
	pid_t child = fork();
	int status;

	(void)state;
	if (child == 0) {
		raise(SIGSTOP);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, WUNTRACED), child);
	assert_false(turn_is_stopped(fd, &key));
	assert_int_equal(turn_begin(fd, &key, child, 1), ERR_OK);
	assert_true(turn_is_stopped(fd, &key));
	assert_int_equal(turn_begin(fd, &key, getpid(), 1), ERR_OK);
	assert_false(turn_is_stopped(fd, &key));
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

#define ON_FILES(test) \
	cmocka_unit_test_setup_teardown(test, safedir_setup, safedir_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_FILES(test_take_one_key_is_for_one_at_a_time),
		ON_FILES(test_take_last_bit_of_the_place_counts),
		ON_FILES(test_take_of_a_killed_process_is_given_back),
		ON_FILES(
			test_last_refusal_is_for_that_key_and_not_older_than_the_waiting),
		ON_FILES(test_last_is_forgotten_by_who_begins),
		ON_FILES(test_last_never_is_an_outage_or_a_success),
		ON_FILES(test_last_of_many_callers_the_newest_are_kept),
		ON_FILES(test_last_of_a_damaged_block_is_nothing),
		ON_FILES(test_finish_where_nothing_can_be_written_fails),
		ON_FILES(test_is_stopped_tells_a_stopped_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
