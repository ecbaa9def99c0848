/* When to ask again: never early, never past the end. */
#include "unit.h"

#include "oidc/poll.h"

#define NEVER INT64_MAX

static struct poll
begin(int64_t interval, int64_t expires_in)
{
	struct poll p;

	poll_init(&p, 0, 0);
	assert_int_equal(poll_start(&p, 0, interval, expires_in), ERR_OK);
	return p;
}

static bool
fails(struct poll *p, int64_t now, bool timed_out, int retry_after, int64_t last)
{
	return poll_failed(p, now,
		&(const struct poll_fault){.timed_out = timed_out,
			.retry_after = retry_after,
			.last = last});
}

static void
test_poll_start_refuses_nonsense(void **state)
{
	struct poll p;

	(void)state;
	poll_init(&p, 1000, 0);
	assert_int_equal(p.next, 1000);
	assert_int_equal(poll_start(&p, 1000, 5, 120), ERR_OK);
	assert_int_equal(p.next, 6000);
	assert_int_equal(p.expires, 121000);
	assert_int_equal(poll_start(&p, 0, -1, 120), ERR_PROVIDER_ANSWER);
	assert_int_equal(poll_start(&p, 0, 0, 120), ERR_PROVIDER_ANSWER);
	assert_int_equal(poll_start(&p, 0, 600, 900), ERR_OK); /* the caller's to bound */
	assert_int_equal(
		poll_start(&p, 0, 5, 3), ERR_OK); /* but it is asked about once */
	assert_true(p.next == 5000 && !poll_expired(&p));
	poll_pending(&p, 5010, 0, 60000);
	assert_true(poll_expired(&p));
	assert_int_equal(poll_start(&p, 0, 5, 0), ERR_PROVIDER_ANSWER);
	assert_int_equal(poll_start(&p, 0, 5, -5), ERR_PROVIDER_ANSWER);
	assert_int_equal(
		poll_start(&p, 0, INT64_MAX - 1, INT64_MAX), ERR_PROVIDER_ANSWER);
	assert_int_equal(poll_start(&p, 0, 5, INT64_MAX), ERR_OK);
	assert_int_equal(p.expires, 86400000);
}

static void
test_poll_pending_counts_from_the_answer(void **state)
{
	struct poll p = begin(2, 120);

	(void)state;
	poll_pending(&p, 2030, 0, NEVER);
	assert_int_equal(p.next, 4030);
	poll_pending(&p, 4060, 7, NEVER);
	assert_int_equal(p.next, 11060);
	poll_pending(&p, 11060, 1, NEVER);
	assert_int_equal(p.next, 13060);
}

/* Whatever the provider wants: what it says behind the end is of no use to anybody. */
static void
test_poll_pending_is_put_off_to_the_last_moment_at_most(void **state)
{
	struct poll p = begin(2, 120);

	(void)state;
	poll_pending(&p, 2000, 300, 93000);
	assert_int_equal(p.next, 93000);
	poll_pending(&p, 93000, 300, 93000); /* nor is it asked early */
	assert_int_equal(p.next, 95000);
}

static void
test_poll_slow_down_adds_5_s_for_good(void **state)
{
	struct poll p = begin(1, 120);

	(void)state;
	poll_slow_down(&p, 1000, 0, NEVER);
	assert_int_equal(p.next, 7000);
	poll_pending(&p, 7000, 0, NEVER);
	assert_int_equal(p.next, 13000);
	poll_slow_down(&p, 13000, 0, NEVER);
	assert_int_equal(p.next, 24000);
}

/* An outage of any length is noticed soon after it is over. */
static void
test_poll_failed_backs_off_to_a_bound(void **state)
{
	static const struct {
		int64_t interval, waits[6]; /* seconds */
	} cases[] = {
		{1, {1, 2, 4, 5, 5, 5}},
		{2, {2, 4, 5, 5, 5, 5}},
		{5, {5, 10, 10, 10, 10, 10}},
		{30, {30, 60, 60, 60, 60, 60}},
	};
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct poll p = begin(cases[i].interval, 900);
		int64_t now = 0;

		for (j = 0; j < 6; j++) {
			assert_true(fails(&p, now, false, 0, 900000));
			assert_int_equal(p.next - now, cases[i].waits[j] * 1000);
			now = p.next;
		}
	}
}

/* What does not fit is cut: one more question, then it is over. */
static void
test_poll_failed_asks_once_more_before_the_end(void **state)
{
	struct poll p = begin(5, 900);

	(void)state;
	assert_true(fails(&p, 20000, false, 300, 93000));
	assert_int_equal(p.next, 93000);
	assert_false(fails(&p, 93010, false, 300, 93000));
	assert_false(fails(&p, 88001, false, 0, 93000));
	assert_true(fails(&p, 88000, false, 0, 93000));
	assert_int_equal(p.next, 93000);
	/* where nobody may be kept waiting, there is no once more */
	assert_false(poll_failed(&p, 20000,
		&(const struct poll_fault){
			.retry_after = 300, .last = 93000, .whole = true}));
}

static void
test_poll_failed_obeys_retry_after(void **state)
{
	struct poll p = begin(1, 900);

	(void)state;
	assert_true(fails(&p, 0, false, 7, 93000));
	assert_int_equal(p.next, 7000);
	assert_true(fails(&p, 7000, false, 1, 93000)); /* it can only lengthen */
	assert_int_equal(p.next, 9000);
}

static void
test_poll_timeout_doubles_the_interval_for_good(void **state)
{
	struct poll p = begin(20, 900);

	(void)state;
	assert_true(fails(&p, 0, true, 0, NEVER));
	assert_int_equal(p.next, 40000);
	poll_pending(&p, 40000, 0, NEVER);
	assert_int_equal(p.next, 80000);
	assert_true(fails(&p, 80000, true, 0, NEVER)); /* no further than 60 s */
	assert_int_equal(p.next, 140000);
	poll_pending(&p, 140000, 0, NEVER);
	assert_int_equal(p.next, 200000);
	p = begin(90, 900); /* nor less, where the provider wants more */
	assert_true(fails(&p, 0, true, 0, NEVER));
	assert_int_equal(p.next, 90000);
}

/* The interval grows already: time-outs in a row must not count twice. */
static void
test_poll_timeouts_in_a_row_double_the_wait_once_each(void **state)
{
	struct poll p = begin(5, 900);

	(void)state;
	assert_true(fails(&p, 0, true, 0, NEVER));
	assert_int_equal(p.next, 10000);
	assert_true(fails(&p, 10000, true, 0, NEVER));
	assert_int_equal(p.next, 30000);
	assert_true(fails(&p, 30000, true, 0, NEVER));
	assert_int_equal(p.next, 70000);
}

static void
test_poll_end_is_expired(void **state)
{
	struct poll p = begin(5, 900);

	(void)state;
	poll_end(&p, 5000);
	assert_true(poll_expired(&p));
}

static void
test_poll_pending_forgives_earlier_failures(void **state)
{
	struct poll p = begin(1, 120);
	int i;

	(void)state;
	for (i = 0; i < 10; i++) {
		assert_true(fails(&p, 0, false, 0, NEVER));
		assert_int_equal(p.next, 1000);
		poll_pending(&p, 0, 0, NEVER);
	}
}

static void
test_poll_expired_at_the_edge(void **state)
{
	struct poll p = begin(5, 10);

	(void)state;
	assert_false(poll_expired(&p));
	poll_pending(&p, 4999, 0, NEVER);
	assert_false(poll_expired(&p));
	poll_pending(&p, 5000, 0, NEVER);
	assert_true(poll_expired(&p));
}

/* The wait of one of 200 logins that began together and differ by their seed alone. */
static int64_t
wait_of(uint32_t seed, int kind)
{
	struct poll p;

	poll_init(&p, 0, seed * 2654435761u);
	assert_int_equal(poll_start(&p, 0, 10, 900), ERR_OK);
	switch (kind) {
	case 0:
		break;
	case 1:
		poll_pending(&p, 0, 0, NEVER);
		break;
	case 2:
		poll_pending(&p, 0, 10, NEVER);
		break;
	case 3:
		assert_true(fails(&p, 0, false, 0, NEVER));
		break;
	default:
		assert_true(fails(&p, 0, false, 10, NEVER));
		break;
	}
	return p.next;
}

static void
test_poll_waits_spread_over_a_tenth_and_are_never_early(void **state)
{
	int kind;

	(void)state;
	for (kind = 0; kind < 5; kind++) {
		int tenths[10] = {0};
		uint32_t seed;
		int i;

		for (seed = 1; seed <= 200; seed++) {
			int64_t wait = wait_of(seed, kind);

			assert_in_range(wait, 10000, 11000);
			tenths[wait == 11000 ? 9 : (wait - 10000) / 100]++;
		}
		for (i = 0; i < 10; i++)
			if (tenths[i] < 5 || tenths[i] > 50)
				fail_msg("kind %d: %d of 200 at once", kind, tenths[i]);
	}
}

static void
test_poll_spread_is_another_each_time(void **state)
{
	struct poll p;
	int64_t before = 0;
	int i, same = 0;

	(void)state;
	poll_init(&p, 0, 7);
	assert_int_equal(poll_start(&p, 0, 10, 900), ERR_OK);
	for (i = 0; i < 50; i++) {
		poll_pending(&p, 0, 0, NEVER);
		same += p.next == before;
		before = p.next;
	}
	assert_true(same < 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_poll_start_refuses_nonsense),
		cmocka_unit_test(test_poll_pending_counts_from_the_answer),
		cmocka_unit_test(test_poll_pending_is_put_off_to_the_last_moment_at_most),
		cmocka_unit_test(test_poll_slow_down_adds_5_s_for_good),
		cmocka_unit_test(test_poll_failed_backs_off_to_a_bound),
		cmocka_unit_test(test_poll_failed_asks_once_more_before_the_end),
		cmocka_unit_test(test_poll_failed_obeys_retry_after),
		cmocka_unit_test(test_poll_timeout_doubles_the_interval_for_good),
		cmocka_unit_test(test_poll_timeouts_in_a_row_double_the_wait_once_each),
		cmocka_unit_test(test_poll_end_is_expired),
		cmocka_unit_test(test_poll_pending_forgives_earlier_failures),
		cmocka_unit_test(test_poll_expired_at_the_edge),
		cmocka_unit_test(test_poll_waits_spread_over_a_tenth_and_are_never_early),
		cmocka_unit_test(test_poll_spread_is_another_each_time),
	};

	return cmocka_run_group_tests_name("poll", tests, NULL, NULL);
}
