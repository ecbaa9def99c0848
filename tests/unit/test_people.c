/* Whose a uid is, by the file and by the child that asks elsewhere. */
#include "unit.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "listener/people.h"

#define NOBODYS 4000000000u /* no account has it */
#define WAIT_MS 60000

static enum err
answer(const struct people *people, uid_t *ret_uid)
{
	struct pollfd p = {.fd = people->fd, .events = POLLIN};

	assert_int_equal(poll(&p, 1, WAIT_MS), 1);
	return people_answer(people, ret_uid);
}

static void
test_accounts_of_the_machine_are_found_at_once(void **state)
{
	(void)state;
	assert_true(people_is_local(0));
	assert_true(people_is_local(1)); /* daemon, everywhere */
	assert_false(people_is_local(NOBODYS));
}

static void
test_child_answers_for_each_uid_and_ends_with_its_channel(void **state)
{
	struct people people;
	uid_t uid = 0;
	int pipes[2], i;
	char byte;

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(people_start(&people, pipes[0]), ERR_OK);
	close(pipes[1]); /* the child has one more */
	assert_int_equal(people_answer(&people, &uid), ERR_PENDING);
	for (i = 0; i < 3; i++) {
		assert_true(people_ask(&people, NOBODYS));
		assert_int_equal(answer(&people, &uid), ERR_UNKNOWN_USER);
		assert_int_equal(uid, NOBODYS);
		assert_true(people_ask(&people, 1));
		assert_int_equal(answer(&people, &uid), ERR_OK);
		assert_int_equal(uid, 1);
	}
	close(people.fd);
	/* at the end of the child, which has the pipe's other end, and not before */
	assert_int_equal(read(pipes[0], &byte, 1), 0);
	close(pipes[0]);
}

static void
test_child_that_is_gone_is_noticed(void **state)
{
	struct people people;
	uid_t uid;

	(void)state;
	assert_int_equal(people_start(&people, -1), ERR_OK);
	assert_int_equal(shutdown(people.fd, SHUT_WR), 0); /* it has heard the end */
	assert_int_equal(answer(&people, &uid), ERR_GONE);
	assert_false(people_ask(&people, 1));
	close(people.fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accounts_of_the_machine_are_found_at_once),
		cmocka_unit_test(
			test_child_answers_for_each_uid_and_ends_with_its_channel),
		cmocka_unit_test(test_child_that_is_gone_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
