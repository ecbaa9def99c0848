/* Who gets a place at the socket, and when it is free again. */
#include "unit.h"

#include "helper/quota.h"
#include "listener/places.h"

static struct places places;

static int
empty(void **state)
{
	(void)state;
	places = (struct places){.each = {{0}}};
	return 0;
}

static enum places_answer
take(uid_t uid, struct place **ret)
{
	return places_take(&places, ret, uid, PLACE_SILENT, 0);
}

static void
test_each_person_has_three_and_leaves_the_others_theirs(void **state)
{
	struct place *place;
	int i;

	(void)state;
	assert_int_equal(PLACES_EACH, QUOTA_EACH);
	for (i = 0; i < 90; i++)
		assert_int_equal(take(1001, &place),
			i < PLACES_EACH ? PLACES_TAKEN : PLACES_FULL_EACH);
	for (i = 0; i < PLACES_EACH; i++)
		assert_int_equal(take(1000, &place), PLACES_TAKEN);
	assert_int_equal(take(1000, &place), PLACES_FULL_EACH);
}

static void
test_root_has_many_and_not_all(void **state)
{
	struct place *place;
	int i;

	(void)state;
	for (i = 0; i < PLACES_ROOT; i++)
		assert_int_equal(take(0, &place), PLACES_TAKEN);
	assert_int_equal(take(0, &place), PLACES_FULL_EACH);
	assert_int_equal(take(1000, &place), PLACES_TAKEN);
}

static void
test_uids_that_are_looked_up_do_not_fill_the_room(void **state)
{
	struct place *place;
	uid_t uid;

	(void)state;
	for (uid = 100000; uid < 100000 + PLACES_ASKED; uid++)
		assert_int_equal(
			places_take(&places, &place, uid, PLACE_ASKED, 0), PLACES_TAKEN);
	assert_int_equal(
		places_take(&places, &place, uid, PLACE_ASKED, 0), PLACES_FULL_ALL);
	assert_int_equal(take(1000, &place), PLACES_TAKEN);
}

static void
test_all_places_are_bounded(void **state)
{
	struct place *place;
	uid_t uid;

	(void)state;
	for (uid = 1; uid <= PLACES_ALL; uid++)
		assert_int_equal(take(uid, &place), PLACES_TAKEN);
	assert_int_equal(take(uid, &place), PLACES_FULL_ALL);
	places_end(place, 0);
	assert_int_equal(take(uid, &place), PLACES_TAKEN);
}

/* Or whoever comes and goes could have a helper started as fast as they can connect. */
static void
test_helper_keeps_its_place_for_a_second_at_least(void **state)
{
	struct place *place[PLACES_EACH], *other;
	int i;

	(void)state;
	assert_true(places_due(&places) == INT64_MAX);
	for (i = 0; i < PLACES_EACH; i++) {
		assert_int_equal(take(1000, &place[i]), PLACES_TAKEN);
		places_work(place[i], 7, 10);
		places_end(place[i], 11);
	}
	assert_int_equal(take(1000, &other), PLACES_FULL_EACH);
	assert_true(places_due(&places) == 10 + PLACES_LEAST_MS);
	assert_false(places_is_over(place[0], 9 + PLACES_LEAST_MS));
	assert_true(places_is_over(place[0], 10 + PLACES_LEAST_MS));
	places_end(place[0], 10 + PLACES_LEAST_MS);
	assert_int_equal(take(1000, &other), PLACES_TAKEN);
	places_work(other, 7, 0);
	assert_false(places_is_over(other, INT64_MAX)); /* as long as it takes */
	places_end(other, PLACES_LEAST_MS);
	assert_int_equal(other->state, PLACE_FREE);
}

static void
test_silence_lasts_five_seconds_and_keeps_nothing(void **state)
{
	struct place *place;

	(void)state;
	assert_int_equal(take(1000, &place), PLACES_TAKEN);
	assert_true(places_due(&places) == PLACES_WORD_MS);
	assert_false(places_is_over(place, PLACES_WORD_MS - 1));
	assert_true(places_is_over(place, PLACES_WORD_MS));
	places_end(place, 1);
	assert_int_equal(place->state, PLACE_FREE);
	assert_int_equal(place->fd, -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
			test_each_person_has_three_and_leaves_the_others_theirs, empty),
		cmocka_unit_test_setup(test_root_has_many_and_not_all, empty),
		cmocka_unit_test_setup(
			test_uids_that_are_looked_up_do_not_fill_the_room, empty),
		cmocka_unit_test_setup(test_all_places_are_bounded, empty),
		cmocka_unit_test_setup(
			test_helper_keeps_its_place_for_a_second_at_least, empty),
		cmocka_unit_test_setup(
			test_silence_lasts_five_seconds_and_keeps_nothing, empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
