/* What is kept between logins: for whom it counts, for how long, and never after a boot.
 */
#include "unit.h"
#include "safedir.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clean.h"
#include "identity/remember.h"
#include "identity/state.h"
#include "jose/digest.h"

static int
open_for(const char *user)
{
	struct diag diag = {""};
	int fd = -1;

	if (state_open(&fd, safedir_new, user, &diag) != ERR_OK)
		fail_msg("%s", diag.text);
	return fd;
}

static struct remember_key
key_of(struct remember_caller caller)
{
	struct remember_key key;

	assert_int_equal(remember_key(&key, &caller), ERR_OK);
	return key;
}

/* Somebody over ssh: no session of this machine, a key that was verified before. */
static const struct remember_caller usual = {.user = "alice",
	.service = "sshd",
	.rhost = "192.0.2.1",
	.tty = "ssh",
	.factor = "publickey x",
	.rules = "map"};

static bool
has(int fd, const struct remember_key *key, unsigned seconds, int64_t now)
{
	bool found;

	assert_int_equal(remember_has(&found, fd, key, seconds, now), ERR_OK);
	return found;
}

static void
test_key_every_word_counts(void **state)
{
	struct remember_caller others[] = {usual, usual, usual, usual, usual, usual};
	struct remember_key key = key_of(usual);
	size_t i;

	(void)state;
	others[0].user = "bob";
	others[1].service = "sudo";
	others[2].rhost = "192.0.2.2";
	others[3].tty = "pts/1";
	others[4].factor = "publickey y";
	others[5].rules = "map without alice";
	assert_true(key.usable);
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct remember_key other = key_of(others[i]);

		if (memcmp(other.digest, key.digest, sizeof(key.digest)) == 0)
			fail_msg("case %zu is the same caller", i);
	}
	others[0] = usual;
	others[0].factor = "";
	assert_false(key_of(others[0]).usable);
}

static void
test_has_until_the_time_is_up(void **state)
{
	AUTO_FD int fd = open_for("alice");
	struct remember_key key = key_of(usual);

	(void)state;
	assert_false(has(fd, &key, 60, 1000));
	assert_int_equal(remember_add(fd, &key, 1000), ERR_OK);
	assert_true(has(fd, &key, 60, 1000));
	assert_true(has(fd, &key, 60, 1059));
	assert_false(has(fd, &key, 60, 1060));
	assert_false(has(fd, &key, 60, 999)); /* what is kept lies ahead */
	assert_false(has(fd, &key, 0, 1000));
	key.usable = false;
	assert_false(has(fd, &key, 60, 1000));
}

static void
test_add_of_nobody_keeps_nothing(void **state)
{
	AUTO_FD int fd = open_for("alice");
	struct remember_key key = key_of(usual);

	(void)state;
	key.usable = false;
	assert_int_equal(remember_add(fd, &key, 1000), ERR_OK);
	key.usable = true;
	assert_false(has(fd, &key, 60, 1000));
}

static void
test_add_takes_the_place_of_the_oldest(void **state)
{
	AUTO_FD int fd = open_for("alice");
	struct remember_key keys[11];
	char rhost[32];
	int i;

	(void)state;
	for (i = 0; i < 11; i++) {
		struct remember_caller caller = usual;

		snprintf(rhost, sizeof(rhost), "192.0.2.%d", i);
		caller.rhost = rhost;
		keys[i] = key_of(caller);
		assert_int_equal(remember_add(fd, &keys[i], 1000 + i), ERR_OK);
	}
	assert_false(has(fd, &keys[0], 60, 1011));
	for (i = 1; i < 11; i++)
		assert_true(has(fd, &keys[i], 60, 1011));
	assert_int_equal(remember_forget(fd), ERR_OK);
	assert_false(has(fd, &keys[5], 60, 1011));
}

/* --- the file itself: identity/state.h ------------------------------------------------
 */

#define BOOT_AT 8 /* behind the magic */
#define SUM_AT (8 + 40 + 8 + STATE_DATA)

static bool
read_block(int fd, unsigned index, char ret[4])
{
	bool damaged;

	assert_int_equal(state_read(fd, index, ret, 4, &damaged), ERR_OK);
	return !damaged;
}

static void
test_read_is_blank_after_a_boot(void **state)
{
	AUTO_FD int fd = open_for("alice");
	unsigned char block[STATE_BLOCK];
	char data[4] = "";

	(void)state;
	assert_int_equal(state_write(fd, 0, "abc", 4), ERR_OK);
	assert_true(read_block(fd, 0, data));
	assert_string_equal(data, "abc");
	assert_int_equal(pread(fd, block, sizeof(block), 0), sizeof(block));
	block[BOOT_AT] ^= 1; /* another boot's, and whole */
	assert_int_equal(digest_sha256(block + SUM_AT, block, SUM_AT), ERR_OK);
	assert_int_equal(pwrite(fd, block, sizeof(block), 0), sizeof(block));
	assert_true(read_block(fd, 0, data));
	assert_int_equal(data[0], 0);
}

static void
test_read_of_what_lies_elsewhere_is_damage(void **state)
{
	AUTO_FD int fd = open_for("alice");
	unsigned char block[STATE_BLOCK];
	char data[4] = "", wide[5];
	bool damaged;

	(void)state;
	assert_int_equal(state_write(fd, 0, "abc", 4), ERR_OK);
	assert_int_equal(pread(fd, block, sizeof(block), 0), sizeof(block));
	assert_int_equal(pwrite(fd, block, sizeof(block), STATE_BLOCK), sizeof(block));
	assert_false(read_block(fd, 1, data));
	assert_int_equal(data[0], 0);
	assert_int_equal(state_read(fd, 0, wide, sizeof(wide), &damaged), ERR_OK);
	assert_true(damaged);
	block[BOOT_AT] ^= 1; /* and its sum is not */
	assert_int_equal(pwrite(fd, block, sizeof(block), 0), sizeof(block));
	assert_false(read_block(fd, 0, data));
}

static void
test_open_what_others_may_read_is_refused(void **state)
{
	struct diag diag = {""};
	int fd = open_for("alice");

	(void)state;
	assert_int_equal(fchmod(fd, 0640), 0);
	close(fd);
	fd = -1;
	assert_int_equal(state_open(&fd, safedir_new, "alice", &diag), ERR_STATE_UNSAFE);
	assert_int_equal(fd, -1);
}

#define ON_FILES(test) \
	cmocka_unit_test_setup_teardown(test, safedir_setup, safedir_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key_every_word_counts),
		ON_FILES(test_has_until_the_time_is_up),
		ON_FILES(test_add_of_nobody_keeps_nothing),
		ON_FILES(test_add_takes_the_place_of_the_oldest),
		ON_FILES(test_read_is_blank_after_a_boot),
		ON_FILES(test_read_of_what_lies_elsewhere_is_damage),
		ON_FILES(test_open_what_others_may_read_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
