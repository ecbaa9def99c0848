/* When to ask again: never early, never past the end. */
#include "unit.h"

#include "oidc/poll.h"

static void
test_poll_start_without_interval_is_5_s(void **state)
{
	struct poll p;

	(void)state;
	assert_int_equal(poll_start(&p, 1000, 0, 120), ERR_OK);
	assert_int_equal(p.next, 6000);
	assert_int_equal(p.expires, 121000);
}

static void
test_poll_start_refuses_nonsense(void **state)
{
	struct poll p;

	(void)state;
	assert_int_equal(poll_start(&p, 0, -1, 120), ERR_PROVIDER_ANSWER);
	assert_int_equal(poll_start(&p, 0, 61, 120), ERR_PROVIDER_ANSWER);
	assert_int_equal(poll_start(&p, 0, 60, 120), ERR_OK);
	assert_int_equal(poll_start(&p, 0, 5, 0), ERR_PROVIDER_ANSWER);
	assert_int_equal(poll_start(&p, 0, 5, -5), ERR_PROVIDER_ANSWER);
	assert_int_equal(poll_start(&p, 0, 5, INT64_MAX), ERR_OK);
	assert_int_equal(p.expires, 86400000);
}

static void
test_poll_pending_counts_from_the_answer(void **state)
{
	struct poll p;

	(void)state;
	assert_int_equal(poll_start(&p, 0, 2, 120), ERR_OK);
	poll_pending(&p, 2030, 0);
	assert_int_equal(p.next, 4030);
	poll_pending(&p, 4060, 7);
	assert_int_equal(p.next, 11060);
	poll_pending(&p, 11060, 1);
	assert_int_equal(p.next, 13060);
}

static void
test_poll_slow_down_adds_5_s_for_good(void **state)
{
	struct poll p;

	(void)state;
	assert_int_equal(poll_start(&p, 0, 1, 120), ERR_OK);
	poll_slow_down(&p, 1000, 0);
	assert_int_equal(p.next, 7000);
	poll_pending(&p, 7000, 0);
	assert_int_equal(p.next, 13000);
	poll_slow_down(&p, 13000, 0);
	assert_int_equal(p.next, 24000);
}

static void
test_poll_failed_backs_off_then_gives_up(void **state)
{
	struct poll p;

	(void)state;
	assert_int_equal(poll_start(&p, 0, 1, 120), ERR_OK);
	assert_true(poll_failed(&p, 0, false, 0));
	assert_int_equal(p.next, 1000);
	assert_true(poll_failed(&p, 1000, false, 0));
	assert_int_equal(p.next, 3000);
	assert_true(poll_failed(&p, 3000, false, 0));
	assert_int_equal(p.next, 7000);
	assert_false(poll_failed(&p, 7000, false, 0));
}

static void
test_poll_timeout_doubles_the_interval_for_good(void **state)
{
	struct poll p;

	(void)state;
	assert_int_equal(poll_start(&p, 0, 20, 900), ERR_OK);
	assert_true(poll_failed(&p, 0, true, 0));
	assert_int_equal(p.next, 40000);
	poll_pending(&p, 40000, 0);
	assert_int_equal(p.next, 80000);
	assert_true(poll_failed(&p, 80000, true, 0)); /* no further than 60 s */
	assert_int_equal(p.next, 140000);
	poll_pending(&p, 140000, 0);
	assert_int_equal(p.next, 200000);
}

/* The interval grows already: time-outs in a row must not count twice. */
static void
test_poll_timeouts_in_a_row_double_the_wait_once_each(void **state)
{
	struct poll p;

	(void)state;
	assert_int_equal(poll_start(&p, 0, 5, 900), ERR_OK);
	assert_true(poll_failed(&p, 0, true, 0));
	assert_int_equal(p.next, 10000);
	assert_true(poll_failed(&p, 10000, true, 0));
	assert_int_equal(p.next, 30000);
	assert_true(poll_failed(&p, 30000, true, 0));
	assert_int_equal(p.next, 70000);
	assert_false(poll_failed(&p, 70000, true, 0));
}

static void
test_poll_failures_of_either_kind_double_the_wait(void **state)
{
	struct poll p;

	(void)state;
	assert_int_equal(poll_start(&p, 0, 5, 900), ERR_OK);
	assert_true(poll_failed(&p, 0, false, 0));
	assert_int_equal(p.next, 5000);
	assert_true(poll_failed(&p, 5000, true, 0));
	assert_int_equal(p.next, 15000);
	assert_true(poll_failed(&p, 15000, false, 0));
	assert_int_equal(p.next, 35000);
	poll_pending(&p, 35000, 0);
	assert_int_equal(p.next, 45000); /* one time-out, for good */
}

static void
test_poll_end_is_expired(void **state)
{
	struct poll p;

	(void)state;
	assert_int_equal(poll_start(&p, 0, 5, 900), ERR_OK);
	poll_end(&p, 5000);
	assert_true(poll_expired(&p));
}

static void
test_poll_pending_forgives_earlier_failures(void **state)
{
	struct poll p;
	int i;

	(void)state;
	assert_int_equal(poll_start(&p, 0, 1, 120), ERR_OK);
	for (i = 0; i < 10; i++) {
		assert_true(poll_failed(&p, 0, false, 0));
		poll_pending(&p, 0, 0);
	}
}

static void
test_poll_expired_at_the_edge(void **state)
{
	struct poll p;

	(void)state;
	assert_int_equal(poll_start(&p, 0, 5, 10), ERR_OK);
	assert_false(poll_expired(&p));
	poll_pending(&p, 4999, 0);
	assert_false(poll_expired(&p));
	poll_pending(&p, 5000, 0);
	assert_true(poll_expired(&p));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_poll_start_without_interval_is_5_s),
		cmocka_unit_test(test_poll_start_refuses_nonsense),
		cmocka_unit_test(test_poll_pending_counts_from_the_answer),
		cmocka_unit_test(test_poll_slow_down_adds_5_s_for_good),
		cmocka_unit_test(test_poll_failed_backs_off_then_gives_up),
		cmocka_unit_test(test_poll_timeout_doubles_the_interval_for_good),
		cmocka_unit_test(test_poll_timeouts_in_a_row_double_the_wait_once_each),
		cmocka_unit_test(test_poll_failures_of_either_kind_double_the_wait),
		cmocka_unit_test(test_poll_end_is_expired),
		cmocka_unit_test(test_poll_pending_forgives_earlier_failures),
		cmocka_unit_test(test_poll_expired_at_the_edge),
	};

	return cmocka_run_group_tests_name("poll", tests, NULL, NULL);
}
