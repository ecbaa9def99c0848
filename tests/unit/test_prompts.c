/* When to show what: text hosts, prompt hosts, programs that answer by themselves. */
#include "unit.h"

#include "helper/prompts.h"

static char address[] = "https://example.org/qr";

static void
test_text_shows_each_address_once(void **state)
{
	struct flow flow = {.address = NULL};
	struct prompts p = {.style = WIRE_STYLE_TEXT};

	(void)state;
	assert_int_equal(prompts_next(&p, &flow, 0), PROMPTS_NOTHING);
	flow.address = address;
	flow.address_serial = 1;
	assert_int_equal(prompts_next(&p, &flow, 0), PROMPTS_SHOW);
	assert_int_equal(prompts_next(&p, &flow, 0), PROMPTS_NOTHING);
	flow.address_serial = 2;
	assert_int_equal(prompts_next(&p, &flow, 0), PROMPTS_SHOW);
	flow.acknowledged = true;
	assert_int_equal(prompts_next(&p, &flow, 0), PROMPTS_SHOW_SCANNED);
	flow.address_serial = 3;
	assert_int_equal(prompts_next(&p, &flow, 0), PROMPTS_NOTHING);
}

static void
test_text_reply_is_a_protocol_error(void **state)
{
	struct prompts p = {.style = WIRE_STYLE_TEXT};

	(void)state;
	assert_int_equal(prompts_answered(&p, true, 0), ERR_PROTOCOL);
}

static void
test_prompt_asks_again_only_with_a_new_address(void **state)
{
	struct flow flow = {.address = address, .address_serial = 1};
	struct prompts p = {.style = WIRE_STYLE_PROMPT};

	(void)state;
	assert_int_equal(prompts_next(&p, &flow, 0), PROMPTS_ASK);
	flow.address_serial = 2;
	assert_int_equal(prompts_next(&p, &flow, 0), PROMPTS_NOTHING); /* still open */
	assert_int_equal(prompts_answered(&p, true, 5000), ERR_OK);
	assert_int_equal(prompts_next(&p, &flow, 5000), PROMPTS_ASK);
	assert_int_equal(prompts_answered(&p, true, 9000), ERR_OK);
	assert_int_equal(prompts_next(&p, &flow, 9000), PROMPTS_NOTHING); /* the same */
}

static void
test_prompt_after_the_scan_waits_in_silence(void **state)
{
	struct flow flow = {.address = address, .address_serial = 1};
	struct prompts p = {.style = WIRE_STYLE_PROMPT};

	(void)state;
	assert_int_equal(prompts_next(&p, &flow, 0), PROMPTS_ASK);
	flow.acknowledged = true;
	flow.address_serial = 2;
	assert_int_equal(prompts_answered(&p, true, 5000), ERR_OK);
	assert_int_equal(prompts_next(&p, &flow, 5000), PROMPTS_NOTHING);
}

static void
test_prompt_instant_replies_are_a_program(void **state)
{
	struct flow flow = {.address = address, .address_serial = 1};
	struct prompts p = {.style = WIRE_STYLE_PROMPT};

	(void)state;
	assert_int_equal(prompts_next(&p, &flow, 0), PROMPTS_ASK);
	assert_int_equal(prompts_answered(&p, true, 5), ERR_OK);
	assert_int_equal(prompts_next(&p, &flow, 5), PROMPTS_ASK);
	assert_int_equal(prompts_answered(&p, true, 9), ERR_OK);
	assert_int_equal(prompts_next(&p, &flow, 9), PROMPTS_ASK);
	assert_int_equal(prompts_answered(&p, true, 12), ERR_NOT_INTERACTIVE);
}

/* That a phone rings is said once; no answer to it is too fast. */
static void
test_prompt_that_need_not_be_read_takes_any_reply(void **state)
{
	struct flow flow = {.address_serial = 1};
	struct prompts p = {.style = WIRE_STYLE_PROMPT};

	(void)state;
	assert_int_equal(prompts_next(&p, &flow, 0), PROMPTS_ASK);
	assert_int_equal(prompts_answered(&p, false, 1), ERR_OK);
	assert_int_equal(prompts_next(&p, &flow, 1), PROMPTS_NOTHING);
	assert_int_equal(p.instant, 0);
}

static void
test_unattended_shows_and_asks_nothing(void **state)
{
	struct flow flow = {.address = address, .address_serial = 1};
	struct prompts p = {.style = WIRE_STYLE_UNATTENDED, .deadline = 100000};

	(void)state;
	assert_int_equal(prompts_next(&p, &flow, 0), PROMPTS_NOTHING);
	flow.acknowledged = true;
	assert_int_equal(prompts_next(&p, &flow, 99999), PROMPTS_NOTHING);
	assert_int_equal(prompts_due(&p), INT64_MAX);
	assert_int_equal(prompts_answered(&p, true, 5), ERR_PROTOCOL);
}

static void
test_prompt_one_slow_reply_clears_the_suspicion(void **state)
{
	struct flow flow = {.address = address, .address_serial = 1};
	struct prompts p = {.style = WIRE_STYLE_PROMPT};
	int64_t now = 0;
	int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		assert_int_equal(prompts_next(&p, &flow, now), PROMPTS_ASK);
		now += 10;
		assert_int_equal(prompts_answered(&p, true, now), ERR_OK);
		assert_int_equal(prompts_next(&p, &flow, now), PROMPTS_ASK);
		now += PROMPTS_INSTANT_MS;
		assert_int_equal(prompts_answered(&p, true, now), ERR_OK);
		flow.address_serial++;
	}
}

static void
test_prompt_number_is_bounded(void **state)
{
	struct flow flow = {.address = address, .address_serial = 1};
	struct prompts p = {.style = WIRE_STYLE_PROMPT};
	int i;

	(void)state;
	for (i = 0; i < PROMPTS_MAX; i++) {
		assert_int_equal(prompts_next(&p, &flow, i * 1000), PROMPTS_ASK);
		assert_int_equal(prompts_answered(&p, true, i * 1000 + 900), ERR_OK);
		flow.address_serial++;
	}
	assert_int_equal(prompts_next(&p, &flow, 999000), PROMPTS_SPENT);
	flow.acknowledged = true; /* scanned after all: the verdict may come */
	assert_int_equal(prompts_next(&p, &flow, 999000), PROMPTS_NOTHING);
}

/* A number is asked for until it has come: also once the code was scanned. */
static void
test_prompt_asks_until_the_number_has_come(void **state)
{
	struct flow flow = {.address = address};
	struct prompts p = {.style = WIRE_STYLE_PROMPT, .number = PROMPTS_NUMBER_WANTED};

	(void)state;
	assert_int_equal(prompts_next(&p, &flow, 0), PROMPTS_NOTHING); /* no code yet */
	flow.address_serial = 1;
	assert_int_equal(prompts_next(&p, &flow, 0), PROMPTS_ASK);
	assert_int_equal(prompts_next(&p, &flow, 900), PROMPTS_NOTHING); /* open */
	assert_int_equal(prompts_answered(&p, true, 1000), ERR_OK);
	assert_int_equal(prompts_next(&p, &flow, 1000), PROMPTS_ASK);
	flow.acknowledged = true;
	assert_int_equal(prompts_next(&p, &flow, 2000), PROMPTS_NOTHING); /* open */
	assert_int_equal(prompts_answered(&p, true, 3000), ERR_OK);
	assert_int_equal(prompts_next(&p, &flow, 3000), PROMPTS_ASK);
	assert_int_equal(prompts_answered(&p, true, 4000), ERR_OK);
	p.number = PROMPTS_NUMBER_GIVEN;
	assert_int_equal(prompts_next(&p, &flow, 4000), PROMPTS_NOTHING);
}

/* The phone shows the number before the provider says that the code was scanned. */
static void
test_prompt_after_the_number_shows_no_other_code(void **state)
{
	struct flow flow = {.address = address, .address_serial = 1};
	struct prompts p = {.style = WIRE_STYLE_PROMPT, .number = PROMPTS_NUMBER_WANTED};

	(void)state;
	assert_int_equal(prompts_next(&p, &flow, 0), PROMPTS_ASK);
	assert_int_equal(prompts_answered(&p, true, 5), ERR_OK); /* however fast */
	p.number = PROMPTS_NUMBER_GIVEN;
	flow.address_serial = 2;
	assert_int_equal(prompts_next(&p, &flow, 5), PROMPTS_NOTHING);
}

static void
test_prompt_number_wanted_of_a_program_ends(void **state)
{
	struct flow flow = {.address = address, .address_serial = 1};
	struct prompts p = {.style = WIRE_STYLE_PROMPT, .number = PROMPTS_NUMBER_WANTED};
	int i;

	(void)state;
	for (i = 0; i < PROMPTS_INSTANT_MAX; i++) {
		assert_int_equal(prompts_next(&p, &flow, i * 10), PROMPTS_ASK);
		assert_int_equal(prompts_answered(&p, true, i * 10 + 9),
			i + 1 < PROMPTS_INSTANT_MAX ? ERR_OK : ERR_NOT_INTERACTIVE);
	}
}

/* One that takes its time to answer: the same question again and again, 400 ms later. */
static void
test_prompt_hasty_replies_are_a_program(void **state)
{
	static const int64_t delays[] = {PROMPTS_INSTANT_MS, 400, 700, 999};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(delays) / sizeof(delays[0]); i++) {
		struct flow flow = {.address = address, .address_serial = 1};
		struct prompts p = {
			.style = WIRE_STYLE_PROMPT, .number = PROMPTS_NUMBER_WANTED};
		int64_t now = 0;
		enum err e = ERR_OK;
		int asked = 0;

		while (e == ERR_OK && asked < PROMPTS_MAX) {
			assert_int_equal(prompts_next(&p, &flow, now), PROMPTS_ASK);
			now += delays[i];
			e = prompts_answered(&p, true, now);
			asked++;
		}
		assert_int_equal(e, ERR_NOT_INTERACTIVE);
		assert_in_range(asked, 6, 8); /* five Enters in a row are a person's */
		assert_true(now <= 8000);
	}
}

/* Who is impatient is somebody: also when the code changes meanwhile, or after a pause.
 */
static void
test_prompt_impatient_person_is_no_program(void **state)
{
	struct flow flow = {.address = address, .address_serial = 1};
	struct prompts p = {.style = WIRE_STYLE_PROMPT, .number = PROMPTS_NUMBER_WANTED};
	int64_t now = 0;
	int i;

	(void)state;
	for (i = 0; i < PROMPTS_MAX; i++) {
		assert_int_equal(prompts_next(&p, &flow, now), PROMPTS_ASK);
		now += i % 6 == 5 ? PROMPTS_HASTY_MS : 500;
		assert_int_equal(prompts_answered(&p, true, now), ERR_OK);
	}
	p = (struct prompts){.style = WIRE_STYLE_PROMPT, .number = PROMPTS_NUMBER_WANTED};
	for (i = 0; i < PROMPTS_MAX; i++) {
		assert_int_equal(prompts_next(&p, &flow, now), PROMPTS_ASK);
		now += 500;
		assert_int_equal(prompts_answered(&p, true, now), ERR_OK);
		flow.address_serial += i % 3 == 2;
	}
}

/* A flow that goes on where another has ended begins to count anew. */
static void
test_begin_shows_what_the_next_flow_has(void **state)
{
	static const enum wire_style styles[] = {
		WIRE_STYLE_TEXT, WIRE_STYLE_LIVE, WIRE_STYLE_PLAIN};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(styles) / sizeof(styles[0]); i++) {
		struct flow flow = {.address_serial = 1};
		struct prompts p = {.style = styles[i]};

		prompts_begin(&p, PROMPTS_NO_NUMBER, 100000);
		assert_int_equal(prompts_next(&p, &flow, 0), PROMPTS_SHOW);
		flow.acknowledged = true;
		assert_int_equal(prompts_next(&p, &flow, 0), PROMPTS_SHOW_SCANNED);
		flow = (struct flow){.address = NULL};
		prompts_begin(&p, PROMPTS_NO_NUMBER, 100000);
		assert_int_equal(prompts_next(&p, &flow, 0), PROMPTS_NOTHING);
		flow.address = address;
		flow.address_serial = 1;
		assert_int_equal(prompts_next(&p, &flow, 0), PROMPTS_SHOW);
		flow.acknowledged = true;
		assert_int_equal(prompts_next(&p, &flow, 0), PROMPTS_SHOW_SCANNED);
	}
}

/* A prompt of the flow before cannot be taken back; the next one shows the code. */
static void
test_begin_leaves_an_open_prompt(void **state)
{
	struct flow flow = {.address_serial = 1};
	struct prompts p = {.style = WIRE_STYLE_PROMPT};

	(void)state;
	assert_int_equal(prompts_next(&p, &flow, 0), PROMPTS_ASK);
	flow.address = address;
	prompts_begin(&p, PROMPTS_NO_NUMBER, 100000);
	assert_int_equal(prompts_next(&p, &flow, 10), PROMPTS_NOTHING);
	assert_int_equal(prompts_answered(&p, false, 20), ERR_OK);
	assert_int_equal(prompts_next(&p, &flow, 20), PROMPTS_ASK);
}

/* On a live screen a word about the time each second, when the number changes. */
static void
test_live_counts_the_seconds(void **state)
{
	struct flow flow = {.address = address, .address_serial = 1};
	struct prompts p = {.style = WIRE_STYLE_LIVE, .deadline = 100250};

	(void)state;
	assert_int_equal(prompts_due(&p), INT64_MAX);
	assert_int_equal(prompts_next(&p, &flow, 1000), PROMPTS_SHOW);
	prompts_shown(&p, true, 1000);
	assert_int_equal(prompts_due(&p), 1250);
	assert_int_equal(prompts_next(&p, &flow, 1249), PROMPTS_NOTHING);
	assert_int_equal(prompts_next(&p, &flow, 1250), PROMPTS_STATUS);
	assert_int_equal(prompts_due(&p), 2250);
	assert_int_equal(prompts_next(&p, &flow, 5300), PROMPTS_STATUS); /* late */
	assert_int_equal(prompts_due(&p), 6250);
	assert_int_equal(prompts_next(&p, &flow, 100250), PROMPTS_STATUS);
	assert_true(prompts_due(&p) > 100250); /* or the loop would never rest */
	assert_int_equal(prompts_next(&p, &flow, 200000), PROMPTS_STATUS);
	assert_true(prompts_due(&p) > 200000);
}

static void
test_live_is_redrawn_when_the_terminal_changes(void **state)
{
	struct flow flow = {.address = NULL};
	struct prompts p = {.style = WIRE_STYLE_LIVE, .deadline = 100000};

	(void)state;
	prompts_redraw(&p); /* there is nothing yet */
	assert_int_equal(prompts_next(&p, &flow, 1), PROMPTS_NOTHING);
	flow.address = address;
	flow.address_serial = 1;
	assert_int_equal(prompts_next(&p, &flow, 1), PROMPTS_SHOW);
	prompts_shown(&p, true, 1);
	assert_int_equal(prompts_next(&p, &flow, 2), PROMPTS_NOTHING);
	prompts_redraw(&p);
	assert_int_equal(prompts_next(&p, &flow, 2), PROMPTS_SHOW);
	flow.acknowledged = true;
	assert_int_equal(prompts_next(&p, &flow, 3), PROMPTS_SHOW_SCANNED);
	prompts_shown(&p, true, 3);
	assert_int_equal(prompts_next(&p, &flow, 4), PROMPTS_NOTHING);
	prompts_redraw(&p);
	assert_int_equal(prompts_next(&p, &flow, 4), PROMPTS_SHOW_SCANNED);
}

/* Where each word is a new line there are few of them. */
static void
test_text_reminds_at_long_intervals(void **state)
{
	struct flow flow = {.address = address, .address_serial = 1};
	struct prompts p = {.style = WIRE_STYLE_TEXT, .deadline = 100000};
	int64_t now;
	int words = 0;

	(void)state;
	assert_int_equal(prompts_next(&p, &flow, 0), PROMPTS_SHOW);
	prompts_shown(&p, false, 0);
	for (now = 0; now < 100000; now += 100)
		words += prompts_next(&p, &flow, now) == PROMPTS_REMIND;
	assert_int_equal(words, 3);
}

static void
test_dialog_shows_one_address_and_never_asks(void **state)
{
	struct flow flow = {.address = NULL};
	struct prompts p = {.style = WIRE_STYLE_GDM};

	(void)state;
	assert_int_equal(prompts_next(&p, &flow, 0), PROMPTS_NOTHING);
	flow.address = address;
	flow.address_serial = 1;
	assert_int_equal(prompts_next(&p, &flow, 0), PROMPTS_DIALOG);
	assert_int_equal(prompts_due(&p), INT64_MAX);
	assert_int_equal(prompts_next(&p, &flow, 500000), PROMPTS_NOTHING);
	flow.acknowledged = true;
	assert_int_equal(prompts_next(&p, &flow, 500000), PROMPTS_SHOW_SCANNED);
	prompts_shown(&p, false, 500000);
	assert_int_equal(prompts_due(&p), INT64_MAX);
	assert_int_equal(prompts_next(&p, &flow, 900000), PROMPTS_NOTHING);
}

/* Until the old one cannot be scanned any more, by the provider's word and by ours. */
static void
test_dialog_ends_once_its_code_is_replaced(void **state)
{
	static const struct {
		int64_t replaced_until, end;
	} table[] = {{0, 1000}, {500, 1000}, {8000, 8000},
		{90000, 1000 + PROMPTS_REPLACED_MS}};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct flow flow = {.address = address, .address_serial = 1};
		struct prompts p = {.style = WIRE_STYLE_GDM};

		assert_int_equal(prompts_next(&p, &flow, 0), PROMPTS_DIALOG);
		flow.address_serial = 2;
		flow.replaced_until = table[i].replaced_until;
		if (table[i].end > 1000) {
			assert_int_equal(prompts_next(&p, &flow, 1000), PROMPTS_NOTHING);
			assert_int_equal(prompts_due(&p), table[i].end);
			flow.address_serial = 3; /* the first one's end stays */
			flow.replaced_until = 70000;
			assert_int_equal(prompts_next(&p, &flow, table[i].end - 1),
				PROMPTS_NOTHING);
		}
		assert_int_equal(prompts_next(&p, &flow, table[i].end), PROMPTS_STALE);
	}
}

static void
test_dialog_goes_on_for_who_has_scanned_a_replaced_code(void **state)
{
	struct flow flow = {.address = address, .address_serial = 1};
	struct prompts p = {.style = WIRE_STYLE_GDM};

	(void)state;
	assert_int_equal(prompts_next(&p, &flow, 0), PROMPTS_DIALOG);
	flow.address_serial = 2;
	flow.replaced_until = 8000;
	assert_int_equal(prompts_next(&p, &flow, 1000), PROMPTS_NOTHING);
	flow.acknowledged = true;
	assert_int_equal(prompts_next(&p, &flow, 7999), PROMPTS_SHOW_SCANNED);
	assert_int_equal(prompts_due(&p), INT64_MAX);
	assert_int_equal(prompts_next(&p, &flow, 60000), PROMPTS_NOTHING);
}

/* What was scanned before anything stood there is not what this dialog would show. */
static void
test_dialog_of_a_spent_address_is_never_shown(void **state)
{
	struct flow flow = {
		.address = address, .address_serial = 1, .acknowledged = true};
	struct prompts p = {.style = WIRE_STYLE_GDM};

	(void)state;
	assert_int_equal(prompts_next(&p, &flow, 0), PROMPTS_NOTHING);
	assert_int_equal(p.shown, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dialog_shows_one_address_and_never_asks),
		cmocka_unit_test(test_dialog_ends_once_its_code_is_replaced),
		cmocka_unit_test(test_dialog_goes_on_for_who_has_scanned_a_replaced_code),
		cmocka_unit_test(test_dialog_of_a_spent_address_is_never_shown),
		cmocka_unit_test(test_live_counts_the_seconds),
		cmocka_unit_test(test_live_is_redrawn_when_the_terminal_changes),
		cmocka_unit_test(test_text_reminds_at_long_intervals),
		cmocka_unit_test(test_text_shows_each_address_once),
		cmocka_unit_test(test_text_reply_is_a_protocol_error),
		cmocka_unit_test(test_prompt_asks_again_only_with_a_new_address),
		cmocka_unit_test(test_prompt_after_the_scan_waits_in_silence),
		cmocka_unit_test(test_prompt_instant_replies_are_a_program),
		cmocka_unit_test(test_prompt_that_need_not_be_read_takes_any_reply),
		cmocka_unit_test(test_unattended_shows_and_asks_nothing),
		cmocka_unit_test(test_prompt_one_slow_reply_clears_the_suspicion),
		cmocka_unit_test(test_prompt_number_is_bounded),
		cmocka_unit_test(test_prompt_asks_until_the_number_has_come),
		cmocka_unit_test(test_prompt_after_the_number_shows_no_other_code),
		cmocka_unit_test(test_prompt_number_wanted_of_a_program_ends),
		cmocka_unit_test(test_prompt_hasty_replies_are_a_program),
		cmocka_unit_test(test_prompt_impatient_person_is_no_program),
		cmocka_unit_test(test_begin_shows_what_the_next_flow_has),
		cmocka_unit_test(test_begin_leaves_an_open_prompt),
	};

	return cmocka_run_group_tests_name("prompts", tests, NULL, NULL);
}
