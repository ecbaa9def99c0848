/* Codes: who may have how many, and that no stranger takes another's. */
#include "unit.h"
#include "safedir.h"

#include <stdio.h>
#include <string.h>

#include "base/clean.h"
#include "identity/codes.h"
#include "identity/state.h"

static struct config cfg = {
	.limits = {.window = 100, .codes = 3, .codes_from = 5, .codes_machine = 12}};

static const struct codes_caller stranger = {
	.user = "alice", .rhost = "192.0.2.1", .tty = "ssh"};

/* Begins one and lets it end so. Returns the seconds to wait; 0: there was leave. */
static unsigned
begin(const struct codes_caller *caller, enum codes_end end)
{
	struct diag diag = {""};
	struct codes codes = CODES_NONE;
	AUTO_FD int fd = -1;
	unsigned wait = 0;
	enum err e;

	assert_int_equal(state_open_shared(&fd, safedir_new, &diag), ERR_OK);
	assert_int_equal(codes_open(&codes, fd, &cfg, caller), ERR_OK);
	e = codes_start(&codes, &wait);
	assert_int_equal(e, wait > 0 ? ERR_CODE_LIMITED : ERR_OK);
	if (e == ERR_OK)
		codes_end(&codes, end);
	return wait;
}

/* How many this caller is given, up to `most`. */
static unsigned
given(const struct codes_caller *caller, unsigned most)
{
	unsigned count = 0;

	while (count < most && begin(caller, CODES_COUNT) == 0)
		count++;
	return count;
}

static struct codes_caller
from(const char *rhost, const char *user)
{
	return (struct codes_caller){.user = user, .rhost = rhost, .tty = "ssh"};
}

static void
test_start_counts_account_and_origin(void **state)
{
	struct codes_caller c = stranger;

	(void)state;
	assert_int_equal(given(&c, 99), 3);
	assert_in_range(begin(&c, CODES_COUNT), 90, 100);
	c.user = "bob";
	assert_int_equal(given(&c, 99), 2); /* what the origin has left */
	c.user = "carol";
	assert_int_equal(given(&c, 99), 0);
}

/* A stranger takes nothing from the owner of an account who is somewhere else. */
static void
test_start_never_counts_an_account_alone(void **state)
{
	struct codes_caller c = from("192.0.2.1", "alice");

	(void)state;
	assert_int_equal(given(&c, 99), 3);
	c.rhost = "192.0.2.2";
	assert_int_equal(given(&c, 99), 3);
	c.rhost = "2001:db8::1";
	assert_int_equal(given(&c, 99), 3);
	c.rhost = "2001:db8::2"; /* the same network */
	assert_int_equal(given(&c, 99), 0);
	c = (struct codes_caller){
		.user = "alice", .ruid = 1000, .rhost = "", .proven = true};
	assert_int_equal(given(&c, 99), 3);
}

static void
test_start_tells_origins_apart(void **state)
{
	static const struct codes_caller callers[] = {
		{"alice", 0, "192.0.2.1", "ssh", false},
		{"alice", 0, "192.0.2.1", "ssh", true}, /* behind a key: not a stranger */
		{"alice", 0, "example.org", "ssh", false},
		{"alice", 0, "", "tty1", false},
		{"alice", 0, "", "tty2", false},
		{"alice", 0, "", "", false},
		{"alice", 1000, "", "pts/1", false},
		{"alice", 1001, "", "pts/1", false},
		{"alice", 1001, "", "pts/1", true},
		{"alice", 1, "", "", false},
		{"alice", 0, "uid1", "", false},
	};
	size_t i;

	(void)state;
	cfg.limits.codes_machine = 1000;
	for (i = 0; i < sizeof(callers) / sizeof(callers[0]); i++)
		if (given(&callers[i], 99) != 3)
			fail_msg("caller %zu", i);
	for (i = 0; i < sizeof(callers) / sizeof(callers[0]); i++)
		if (given(&callers[i], 99) != 0)
			fail_msg("caller %zu again", i);
	cfg.limits.codes_machine = 12;
}

/* Who the kernel names is not another one by what the host says of an address. */
static void
test_start_believes_the_kernel_first(void **state)
{
	struct codes_caller c = {.user = "alice", .ruid = 1000, .rhost = "", .tty = ""};

	(void)state;
	assert_int_equal(given(&c, 99), 3);
	c.rhost = "192.0.2.7";
	c.tty = "pts/9";
	assert_int_equal(given(&c, 99), 0);
}

/* Strangers use up what the machine has for strangers. */
static void
use_up_the_machine(void)
{
	unsigned i, count = 0;

	for (i = 1; i < 100; i++) {
		char rhost[32];
		struct codes_caller c = from(rhost, "alice");

		snprintf(rhost, sizeof(rhost), "203.0.113.%u", i);
		count += given(&c, 99);
	}
	assert_int_equal(count, 12);
}

static void
test_start_machine_is_for_strangers_alone(void **state)
{
	static const struct {
		struct codes_caller caller;
		unsigned given;
	} cases[] = {
		{{"alice", 0, "198.51.100.1", "ssh", false}, 0}, /* one more of them */
		{{"alice", 1001, "", "pts/1", false}, 0}, /* su from another account */
		{{"alice", 0, "", "", false}, 0},
		{{"alice", 0, "198.51.100.1", "ssh", true}, 3}, /* a key */
		{{"alice", 0, "203.0.113.1", "ssh", true}, 3}, /* from one of theirs */
		{{"alice", 1000, "", "pts/1", true}, 3}, /* oneself */
		{{"alice", 0, "", "tty1", false}, 3}, /* at the console */
	};
	size_t i;

	(void)state;
	use_up_the_machine();
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (given(&cases[i].caller, 99) != cases[i].given)
			fail_msg("case %zu", i);
}

/* Where somebody has logged in before, no botnet stops them. */
static void
test_start_known_origin_is_not_stopped_by_the_machine(void **state)
{
	struct codes_caller home = from("198.51.100.1", "alice");

	(void)state;
	assert_int_equal(begin(&home, CODES_VERIFIED), 0);
	use_up_the_machine();
	home.user = "bob";
	assert_int_equal(given(&home, 99), 3);
	home.rhost = "198.51.100.2";
	assert_int_equal(given(&home, 99), 0);
}

/* An office behind one address logs in; a provider that is away uses up nothing. */
static void
test_end_takes_back(void **state)
{
	static const enum codes_end ends[] = {CODES_VERIFIED, CODES_RETURN};
	size_t i;
	int k;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct codes_caller c = from("192.0.2.1", "alice");

		for (k = 0; k < 100; k++)
			assert_int_equal(begin(&c, ends[i]), 0);
	}
	assert_int_equal(given(&stranger, 99), 3);
}

static void
test_start_without_a_file_counts_nothing(void **state)
{
	struct codes codes = CODES_NONE;
	unsigned wait = 7, i;

	(void)state;
	for (i = 0; i < 100; i++)
		assert_int_equal(codes_start(&codes, &wait), ERR_OK);
	codes_end(&codes, CODES_VERIFIED);
	assert_int_equal(wait, 0);
}

#define ON_FILES(test) \
	cmocka_unit_test_setup_teardown(test, safedir_setup, safedir_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_FILES(test_start_counts_account_and_origin),
		ON_FILES(test_start_never_counts_an_account_alone),
		ON_FILES(test_start_tells_origins_apart),
		ON_FILES(test_start_believes_the_kernel_first),
		ON_FILES(test_start_machine_is_for_strangers_alone),
		ON_FILES(test_start_known_origin_is_not_stopped_by_the_machine),
		ON_FILES(test_end_takes_back),
		cmocka_unit_test(test_start_without_a_file_counts_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
