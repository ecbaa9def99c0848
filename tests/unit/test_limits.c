/* Ringing phones: how often, one at a time, and that nothing of it can be broken. */
#include "unit.h"
#include "safedir.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "config/address.h"
#include "identity/limits.h"
#include "jose/digest.h"

static struct config cfg = {
	.limits = {.starts = 3, .starts_from = 4, .window = 100, .cooldown = 10}};

/* --- rules ------------------------------------------------------------------------ */

static void
test_count_window_and_growing_pause(void **state)
{
	struct limits_record r = {0};
	int i;

	(void)state;
	for (i = 0; i < 3; i++)
		assert_int_equal(limits_count(&r, &cfg, 1000 + i), 0);
	assert_int_equal(limits_count(&r, &cfg, 1003), 100);
	assert_int_equal(limits_count(&r, &cfg, 1004), 99); /* asking does not add */
	assert_int_equal(limits_pause(&r, 1102), 1);
	assert_int_equal(limits_count(&r, &cfg, 1103), 0);
	assert_int_equal(limits_count(&r, &cfg, 1103), 0);
	assert_int_equal(limits_count(&r, &cfg, 1103), 0);
	assert_int_equal(limits_count(&r, &cfg, 1103), 200); /* twice as long */
	assert_int_equal(limits_count(&r, &cfg, 1303), 0);
	/* after a long quiet time it is forgotten */
	for (i = 0; i < 3; i++)
		assert_int_equal(limits_count(&r, &cfg, 9000), 0);
	assert_int_equal(limits_count(&r, &cfg, 9000), 100);
}

static void
test_count_pause_has_an_end(void **state)
{
	struct limits_record r = {.overruns = 4000000000u, .window = 5000, .starts = 3};

	(void)state;
	assert_int_equal(limits_count(&r, &cfg, 5000), LIMITS_PAUSE_MAX);
}

static void
test_count_window_passes(void **state)
{
	struct limits_record r = {0};

	(void)state;
	assert_int_equal(limits_count(&r, &cfg, 1000), 0);
	assert_int_equal(limits_count(&r, &cfg, 1001), 0);
	assert_int_equal(limits_count(&r, &cfg, 1002), 0);
	assert_int_equal(limits_count(&r, &cfg, 1100), 0);
	assert_int_equal(r.starts, 1);
}

static void
test_refused_pause_doubles(void **state)
{
	struct limits_record r = {0};

	(void)state;
	limits_refused(&r, &cfg, 1000);
	assert_int_equal(limits_count(&r, &cfg, 1000), 10);
	assert_int_equal(limits_count(&r, &cfg, 1010), 0);
	limits_refused(&r, &cfg, 1010);
	assert_int_equal(limits_pause(&r, 1010), 20);
}

static void
test_refused_shortens_no_pause(void **state)
{
	struct limits_record r = {.blocked = 5000};

	(void)state;
	limits_refused(&r, &cfg, 1000);
	assert_int_equal(limits_pause(&r, 1000), 4000);
}

static void
test_count_remembers_overruns_for_a_while(void **state)
{
	static const struct {
		int64_t quiet;
		unsigned pause;
	} cases[] = {{150, 200}, {799, 200}, {800, 100}}; /* eight windows */
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct limits_record r = {.blocked = 1100, .window = 1100, .overruns = 1};
		int64_t now = 1100 + cases[i].quiet;

		for (k = 0; k < 3; k++)
			assert_int_equal(limits_count(&r, &cfg, now), 0);
		assert_int_equal(limits_count(&r, &cfg, now), cases[i].pause);
	}
}

static void
test_count_window_that_lies_ahead_begins_anew(void **state)
{
	struct limits_record r = {.window = 5000, .starts = 3};

	(void)state;
	assert_int_equal(limits_count(&r, &cfg, 1000), 0);
	assert_int_equal(r.window, 1000);
}

/* What the person is told: that they said no, or that there were too many. */
static void
test_refused_is_told_from_too_many(void **state)
{
	struct limits_record r = {0};
	int i;

	(void)state;
	assert_false(limits_is_refused(&r, 1000));
	for (i = 0; i < 4; i++)
		limits_count(&r, &cfg, 1000); /* the last is one too many */
	assert_int_equal(limits_pause(&r, 1000), 100);
	assert_false(limits_is_refused(&r, 1000));
	limits_refused(&r, &cfg, 1050); /* shorter than the pause that there is */
	assert_false(limits_is_refused(&r, 1050));
	assert_int_equal(limits_count(&r, &cfg, 1100), 0);
	limits_refused(&r, &cfg, 1100);
	assert_true(limits_is_refused(&r, 1100));
	assert_true(limits_is_refused(&r, 1119));
	assert_false(limits_is_refused(&r, 1120)); /* over */
}

static void
test_live_has_an_end(void **state)
{
	struct limits_record r = {.live = 1020};

	(void)state;
	assert_int_equal(limits_live(&r, 1000), 20);
	assert_int_equal(limits_live(&r, 1019), 1);
	assert_int_equal(limits_live(&r, 1020), 0);
	assert_int_equal(limits_live(&r, 5000), 0);
	r.live = UINT32_MAX;
	assert_int_equal(limits_live(&r, 1000), LIMITS_LIVE_MAX);
	r.live = 0;
	assert_int_equal(limits_live(&r, 0), 0);
}

/* --- files ------------------------------------------------------------------------ */

static struct limits
open_for(const char *user, const char *rhost)
{
	struct limits l = LIMITS_NONE;
	struct diag diag = {""};

	if (limits_open(&l, safedir_new, &cfg, user, rhost, &diag) != ERR_OK)
		fail_msg("%s", diag.text);
	return l;
}

/* `live`: for so many seconds the provider may still have it. */
static void
end(struct limits *l, enum err result, unsigned live)
{
	limits_end(l, &(struct limits_ending){.result = result, .live = live});
}

static void
test_start_one_at_a_time(void **state)
{
	AUTO_LIMITS struct limits a = open_for("alice", "");
	AUTO_LIMITS struct limits b = open_for("alice", "");
	AUTO_LIMITS struct limits c = open_for("bob", "");
	unsigned wait;

	(void)state;
	assert_int_equal(limits_start(&a, 20, &wait), ERR_OK);
	assert_int_equal(limits_start(&b, 20, &wait), ERR_PUSH_PENDING);
	assert_int_equal(limits_start(&c, 20, &wait), ERR_OK);
	end(&a, ERR_TIMEOUT, 0);
	assert_int_equal(limits_start(&b, 20, &wait), ERR_OK);
}

static void
test_start_and_end_keep_count(void **state)
{
	AUTO_LIMITS struct limits l = open_for("alice", "192.0.2.1");
	unsigned wait = 0;
	int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		assert_int_equal(limits_start(&l, 20, &wait), ERR_OK);
		end(&l, ERR_EXPIRED, 0);
	}
	assert_int_equal(limits_start(&l, 20, &wait), ERR_PUSH_LIMITED);
	assert_in_range(wait, 90, 100);
	assert_int_equal(limits_clear(l.account), ERR_OK);
	assert_int_equal(limits_start(&l, 20, &wait), ERR_OK);
	end(&l, ERR_OK, 0); /* a good login */
	assert_int_equal(limits_start(&l, 20, &wait), ERR_PUSH_LIMITED); /* the address */
	l.rhost = "192.0.2.2";
	assert_int_equal(limits_start(&l, 20, &wait), ERR_OK);
	end(&l, ERR_USER_DENIED, 0);
	assert_int_equal(limits_start(&l, 20, &wait), ERR_PUSH_LIMITED);
	assert_in_range(wait, 5, 10);
}

static void
test_start_an_address_rings_many_accounts_only_so_often(void **state)
{
	unsigned wait = 0;
	int i;

	(void)state;
	for (i = 0; i < 5; i++) {
		char user[16];

		snprintf(user, sizeof(user), "user%d", i);
		{
			AUTO_LIMITS struct limits l = open_for(user, "2001:db8::1");

			assert_int_equal(limits_start(&l, 20, &wait),
				i < 4 ? ERR_OK : ERR_PUSH_LIMITED);
		}
	}
	{
		AUTO_LIMITS struct limits same = open_for("x", "2001:db8::ffff:1");
		AUTO_LIMITS struct limits other = open_for("y", "2001:db8:0:1::1");

		assert_int_equal(limits_start(&same, 20, &wait), ERR_PUSH_LIMITED);
		assert_int_equal(limits_start(&other, 20, &wait), ERR_OK);
	}
}

/* Else one machine could keep everybody's phone from ringing. */
static void
test_start_from_a_limited_address_takes_nothing_from_the_account(void **state)
{
	AUTO_LIMITS struct limits l = open_for("alice", "");
	unsigned wait = 0, i;

	(void)state;
	for (i = 0; i < 10; i++) {
		l.user = i < 4 ? "mallory" : "alice";
		l.rhost = "192.0.2.1";
		if (i < 4)
			assert_int_equal(limits_clear(l.account), ERR_OK);
		assert_int_equal(
			limits_start(&l, 20, &wait), i < 4 ? ERR_OK : ERR_PUSH_LIMITED);
		end(&l, ERR_EXPIRED, 0);
	}
	assert_int_equal(limits_clear(l.account), ERR_OK);
	for (i = 0; i < 10; i++)
		assert_int_equal(limits_start(&l, 20, &wait), ERR_PUSH_LIMITED);
	l.rhost = "192.0.2.2";
	for (i = 0; i < 3; i++) {
		assert_int_equal(limits_start(&l, 20, &wait), ERR_OK);
		end(&l, ERR_EXPIRED, 0);
	}
}

/* The block of the shared file in which an address is counted. */
static unsigned
block_of(const char *address)
{
	unsigned char network[16], digest[DIGEST_SHA256_SIZE];

	assert_true(address_network(network, address));
	assert_int_equal(digest_sha256(digest, network, sizeof(network)), ERR_OK);
	return (digest[8] | (unsigned)digest[9] << 8) % 1024;
}

static void
test_start_addresses_that_share_a_block_keep_their_count(void **state)
{
	static const char first[] = "192.0.2.1";
	char second[32] = "";
	unsigned wait = 0;
	int i;

	(void)state;
	for (i = 0; i < 65536; i++) {
		snprintf(second, sizeof(second), "10.0.%d.%d", i / 256, i % 256);
		if (block_of(second) == block_of(first))
			break;
	}
	assert_in_range(i, 0, 65535);
	for (i = 0; i < 6; i++) {
		char user[16];

		snprintf(user, sizeof(user), "user%d", i);
		{
			AUTO_LIMITS struct limits l =
				open_for(user, i == 4 ? second : first);

			assert_int_equal(limits_start(&l, 20, &wait),
				i < 5 ? ERR_OK : ERR_PUSH_LIMITED);
		}
	}
}

static void
test_end_by_a_wrong_number_is_a_refusal(void **state)
{
	AUTO_LIMITS struct limits l = open_for("alice", "");
	unsigned wait = 0;

	(void)state;
	assert_int_equal(limits_start(&l, 20, &wait), ERR_OK);
	end(&l, ERR_WRONG_NUMBER, 0);
	assert_int_equal(limits_start(&l, 20, &wait), ERR_PUSH_LIMITED);
	assert_in_range(wait, 5, 10);
}

/* The request, not the process: whoever made it may be gone. */
static void
test_start_not_while_a_request_is_live(void **state)
{
	struct limits first = open_for("alice", "192.0.2.1");
	AUTO_LIMITS struct limits l = open_for("alice", "192.0.2.1");
	AUTO_LIMITS struct limits bob = open_for("bob", "192.0.2.1");
	struct limits_record before, after;
	unsigned wait = 0;
	bool pending;
	int i;

	(void)state;
	assert_int_equal(limits_start(&first, 20, &wait), ERR_OK);
	assert_int_equal(limits_start(&l, 20, &wait), ERR_PUSH_PENDING);
	assert_in_range(wait, 18, 20); /* while it rings */
	limits_close(&first); /* killed */
	assert_int_equal(limits_read(&before, &pending, l.account), ERR_OK);
	for (i = 0; i < 10; i++) {
		assert_int_equal(limits_start(&l, 20, &wait), ERR_PUSH_PENDING);
		assert_in_range(wait, 18, 20);
	}
	assert_int_equal(limits_read(&after, &pending, l.account), ERR_OK);
	assert_false(pending);
	assert_memory_equal(&before, &after, sizeof(before)); /* it counts nothing */
	/* neither was the address: three of its four are left */
	assert_int_equal(limits_start(&bob, 20, &wait), ERR_OK);
	end(&bob, ERR_OK, 0);
	assert_int_equal(limits_clear(l.account), ERR_OK); /* root's word */
	assert_int_equal(limits_start(&l, 20, &wait), ERR_OK);
}

/* Stopped at its terminal: its lock outlives its request, which is what counts. */
static void
test_start_not_kept_for_ever_by_who_was_stopped(void **state)
{
	AUTO_LIMITS struct limits stopped = open_for("alice", "");
	AUTO_LIMITS struct limits l = open_for("alice", "");
	AUTO_LIMITS struct limits third = open_for("alice", "");
	unsigned wait = 0;

	(void)state;
	assert_int_equal(limits_start(&stopped, 1, &wait), ERR_OK);
	assert_int_equal(limits_start(&l, 20, &wait), ERR_PUSH_PENDING);
	assert_int_equal(limits_clear(l.account), ERR_OK);
	assert_int_equal(limits_start(&l, 20, &wait), ERR_PUSH_PENDING);
	sleep(2);
	assert_int_equal(limits_start(&l, 20, &wait), ERR_OK);
	/* it goes on, and has nothing to say of the other's request */
	end(&stopped, ERR_TIMEOUT, 0);
	assert_int_equal(limits_start(&third, 20, &wait), ERR_PUSH_PENDING);
	assert_in_range(wait, 18, 20);
	end(&l, ERR_TIMEOUT, 0);
	assert_int_equal(limits_start(&third, 20, &wait), ERR_OK);
}

/* What the end says of the request, whatever the result is. */
static void
test_end_leaves_what_may_be_live(void **state)
{
	static const enum err results[] = {ERR_GONE, ERR_TIMEOUT, ERR_NOT_INTERACTIVE,
		ERR_WRONG_NUMBER, ERR_HTTP_TIMEOUT, ERR_STOPPED, ERR_PROVIDER_ANSWER};
	struct limits_record record;
	unsigned wait = 0;
	bool pending;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
		AUTO_LIMITS struct limits l = open_for("alice", "");

		assert_int_equal(limits_clear(l.account), ERR_OK);
		assert_int_equal(limits_start(&l, 20, &wait), ERR_OK);
		end(&l, results[i], 50);
		assert_int_equal(limits_start(&l, 20, &wait), ERR_PUSH_PENDING);
		assert_in_range(wait, 48, 50); /* longer than it was asked for */
		assert_int_equal(limits_clear(l.account), ERR_OK);
		assert_int_equal(limits_start(&l, 20, &wait), ERR_OK);
		end(&l, results[i], 3); /* or shorter */
		assert_int_equal(limits_start(&l, 20, &wait), ERR_PUSH_PENDING);
		assert_in_range(wait, 1, 3);
		assert_int_equal(limits_clear(l.account), ERR_OK);
		assert_int_equal(limits_start(&l, 20, &wait), ERR_OK);
		end(&l, results[i], 86400);
		assert_int_equal(limits_read(&record, &pending, l.account), ERR_OK);
		assert_in_range(record.live, 1, clock_boot() + LIMITS_LIVE_MAX);
		assert_int_equal(limits_clear(l.account), ERR_OK);
		assert_int_equal(limits_start(&l, 20, &wait), ERR_OK);
		end(&l, results[i], 0);
		assert_int_not_equal(limits_start(&l, 20, &wait), ERR_PUSH_PENDING);
	}
}

static void
test_end_of_what_never_rang_counts_nothing(void **state)
{
	AUTO_LIMITS struct limits l = open_for("alice", "192.0.2.1");
	unsigned wait = 0;
	int i;

	(void)state;
	for (i = 0; i < 20; i++) {
		assert_int_equal(limits_start(&l, 20, &wait), ERR_OK);
		limits_end(&l, &(struct limits_ending){
				       .result = ERR_HTTP_CONNECT, .is_nothing = true});
	}
	for (i = 0; i < 3; i++) {
		assert_int_equal(limits_start(&l, 20, &wait), ERR_OK);
		end(&l, ERR_EXPIRED, 0);
	}
	assert_int_equal(limits_start(&l, 20, &wait), ERR_PUSH_LIMITED);
}

/* As an earlier version has written it: an upgrade makes no damaged records. */
static void
test_start_after_an_upgrade(void **state)
{
	struct {
		int64_t window, blocked;
		uint32_t starts, overruns, refusals, unused;
		char user[256];
	} old = {.starts = 1, .user = "alice"};
	AUTO_LIMITS struct limits l = open_for("alice", "");
	struct limits_record record;
	unsigned wait = 0;
	bool pending;

	(void)state;
	old.window = clock_boot();
	assert_int_equal(state_write(l.account, 0, &old, sizeof(old)), ERR_OK);
	assert_int_equal(limits_read(&record, &pending, l.account), ERR_OK);
	assert_int_equal(record.starts, 1);
	assert_int_equal(limits_live(&record, clock_boot()), 0);
	assert_int_equal(limits_start(&l, 20, &wait), ERR_OK);
}

/* Fifty processes at once: one of them gets leave, whatever the others do. */
static void
test_start_fifty_at_once_one_rings(void **state)
{
	int go[2], asked[2], status, i, leave = 0;
	pid_t children[50];
	char byte;

	(void)state;
	assert_int_equal(pipe(go), 0);
	assert_int_equal(pipe(asked), 0);
	for (i = 0; i < 50; i++) {
		children[i] = fork();
		assert_true(children[i] >= 0);
		if (children[i] == 0) {
			struct limits l = open_for("alice", "");
			unsigned wait;
			enum err e;

			close(go[1]);
			e = limits_start(&l, 20, &wait);
			/* nobody lets go before all have asked */
			if (write(asked[1], "", 1) != 1 || read(go[0], &byte, 1) != 0)
				_exit(2);
			_exit(e == ERR_OK ? 0 : e == ERR_PUSH_PENDING ? 1 : 3);
		}
	}
	close(go[0]);
	for (i = 0; i < 50; i++)
		assert_int_equal(read(asked[0], &byte, 1), 1);
	close(go[1]);
	for (i = 0; i < 50; i++) {
		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
		leave += WEXITSTATUS(status) == 0;
	}
	assert_int_equal(leave, 1);
}

/* Killed at any moment: no lock stays, and the record is whole. */
static void
test_start_killed_anywhere_leaves_nothing_behind(void **state)
{
	unsigned round;

	(void)state;
	for (round = 0; round < 60; round++) {
		pid_t child = fork();
		struct limits_record record;
		bool pending, damaged;
		int status;

		assert_true(child >= 0);
		if (child == 0) {
			for (;;) {
				struct limits l = open_for("alice", "192.0.2.9");
				unsigned wait;

				if (limits_start(&l, 20, &wait) == ERR_OK)
					end(&l, ERR_OK, 0);
				limits_close(&l);
			}
		}
		usleep(200 + 137 * round);
		assert_int_equal(kill(child, SIGKILL), 0);
		assert_int_equal(waitpid(child, &status, 0), child);
		{
			AUTO_LIMITS struct limits l = open_for("alice", "192.0.2.9");

			assert_int_equal(
				limits_read(&record, &pending, l.account), ERR_OK);
			assert_false(pending);
			assert_in_range(record.live, 0, clock_boot() + 20);
			assert_int_equal(limits_clear(l.account), ERR_OK);
			assert_int_equal(state_read(l.account, 0, &record, sizeof(record),
						 &damaged),
				ERR_OK);
			assert_false(damaged);
			assert_false(state_is_locked(l.account, STATE_LOCK_UPDATE));
			assert_false(state_is_locked(l.shared, STATE_LOCK_UPDATE));
		}
	}
}

/* Whatever is in the file, it opens for nobody and locks nobody out for good. */
static void
test_start_damaged_record_counts_as_used_up(void **state)
{
	AUTO_LIMITS struct limits l = open_for("alice", "");
	unsigned wait = 0;

	(void)state;
	assert_int_equal(limits_start(&l, 20, &wait), ERR_OK);
	end(&l, ERR_EXPIRED, 0);
	assert_int_equal(pwrite(l.account, "x", 1, 100), 1);
	assert_int_equal(limits_start(&l, 20, &wait), ERR_PUSH_LIMITED);
	assert_in_range(wait, 1, 100);
	assert_int_equal(ftruncate(l.account, 7), 0);
	assert_int_equal(limits_start(&l, 20, &wait), ERR_PUSH_LIMITED);
	assert_int_equal(limits_clear(l.account), ERR_OK);
	assert_int_equal(limits_start(&l, 20, &wait), ERR_OK);
}

/* Names go nowhere but into their own file. */
static void
test_open_names_are_no_paths(void **state)
{
	static const char *const names[] = {"../../x", "/etc/passwd", ".", "..", "a/b",
		"-rf", "\n", "\xff\xfe", "account-x",
		"a-very-long-name-that-is-longer-than-any-directory-would-like-it-to-be-"
		"a-very-long-name-that-is-longer-than-any-directory-would-like-it-to-be-"
		"a-very-long-name-that-is-longer-than-any-directory-would-like-it-to-be-"
		"a-very-long-name-that-is-longer-than-any"};
	char command[8300];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		AUTO_LIMITS struct limits l = open_for(names[i], names[i]);
		unsigned wait;

		assert_int_equal(limits_start(&l, 20, &wait), ERR_OK);
	}
	snprintf(command, sizeof(command),
		"test $(find '%s' -type f -size -600k | wc -l) = 11 && "
		"test $(find '%s' | wc -l) = 12",
		safedir_new, safedir_new);
	assert_int_equal(system(command), 0);
}

static void
expect_unsafe(const char *user)
{
	struct limits l = LIMITS_NONE;
	struct diag diag = {""};

	assert_int_equal(
		limits_open(&l, safedir_new, &cfg, user, "", &diag), ERR_STATE_UNSAFE);
	assert_true(diag.text[0] != '\0');
	assert_int_equal(l.account, -1);
}

static void
test_open_what_is_not_ours_is_refused(void **state)
{
	char file[8300], other[8300], victim[8300];
	struct stat st;

	(void)state;
	{
		AUTO_LIMITS struct limits l = open_for("alice", "");

		snprintf(file, sizeof(file), "/proc/self/fd/%d", l.account);
		memset(other, 0, sizeof(other));
		assert_true(readlink(file, other, sizeof(other) - 1) > 0);
	}
	snprintf(victim, sizeof(victim), "%s/victim", safedir_new);
	close(open(victim, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(unlink(other), 0);
	assert_int_equal(symlink(victim, other), 0);
	expect_unsafe("alice");
	assert_int_equal(unlink(other), 0);
	assert_int_equal(link(victim, other), 0);
	expect_unsafe("alice");
	assert_int_equal(unlink(other), 0);
	assert_int_equal(mkfifo(other, 0600), 0);
	expect_unsafe("alice");
	assert_int_equal(unlink(other), 0);
	assert_int_equal(mkdir(other, 0700), 0);
	expect_unsafe("alice");
	assert_int_equal(rmdir(other), 0);
	assert_int_equal(stat(victim, &st), 0);
	assert_int_equal(st.st_size, 0);
	assert_int_equal(chmod(safedir_new, 0750), 0);
	expect_unsafe("alice");
	assert_int_equal(chmod(safedir_new, 0700), 0);
	snprintf(file, sizeof(file), "%s.moved", safedir_new);
	assert_int_equal(rename(safedir_new, file), 0);
	assert_int_equal(symlink(file, safedir_new), 0);
	expect_unsafe("alice");
	assert_int_equal(unlink(safedir_new), 0);
	assert_int_equal(rename(file, safedir_new), 0);
}

#define ON_FILES(test) \
	cmocka_unit_test_setup_teardown(test, safedir_setup, safedir_teardown)

/* Ctrl-Z at a terminal of one's own: nobody else waits for what was stopped. */
static void
test_update_is_not_stopped_by_a_terminal(void **state)
{
	static const int signals[] = {SIGTSTP, SIGTTIN, SIGTTOU};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct diag diag = {""};
		AUTO_FD int fd = -1;
		int status = 0;
		pid_t child;

		assert_int_equal(state_open_shared(&fd, safedir_new, &diag), ERR_OK);
		child = fork();
		if (child == 0) {
			int own = -1;

			setpgid(0, 0); /* a group that the terminal could stop */
			if (state_open_shared(&own, safedir_new, &diag) != ERR_OK ||
				state_lock(own, STATE_LOCK_UPDATE) != ERR_OK)
				_exit(1);
			raise(signals[i]);
			state_unlock(own, STATE_LOCK_UPDATE);
			for (;;)
				pause();
		}
		assert_int_equal(waitpid(child, &status, WUNTRACED), child);
		assert_true(WIFSTOPPED(status));
		assert_false(state_is_locked(fd, STATE_LOCK_UPDATE));
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_count_window_and_growing_pause),
		cmocka_unit_test(test_count_pause_has_an_end),
		cmocka_unit_test(test_count_window_passes),
		cmocka_unit_test(test_refused_pause_doubles),
		cmocka_unit_test(test_refused_shortens_no_pause),
		cmocka_unit_test(test_count_remembers_overruns_for_a_while),
		cmocka_unit_test(test_count_window_that_lies_ahead_begins_anew),
		cmocka_unit_test(test_refused_is_told_from_too_many),
		cmocka_unit_test(test_live_has_an_end),
		ON_FILES(test_start_one_at_a_time),
		ON_FILES(test_start_and_end_keep_count),
		ON_FILES(test_start_an_address_rings_many_accounts_only_so_often),
		ON_FILES(
			test_start_from_a_limited_address_takes_nothing_from_the_account),
		ON_FILES(test_start_addresses_that_share_a_block_keep_their_count),
		ON_FILES(test_end_by_a_wrong_number_is_a_refusal),
		ON_FILES(test_start_not_while_a_request_is_live),
		ON_FILES(test_start_not_kept_for_ever_by_who_was_stopped),
		ON_FILES(test_end_leaves_what_may_be_live),
		ON_FILES(test_end_of_what_never_rang_counts_nothing),
		ON_FILES(test_start_after_an_upgrade),
		ON_FILES(test_start_fifty_at_once_one_rings),
		ON_FILES(test_start_killed_anywhere_leaves_nothing_behind),
		ON_FILES(test_start_damaged_record_counts_as_used_up),
		ON_FILES(test_update_is_not_stopped_by_a_terminal),
		ON_FILES(test_open_names_are_no_paths),
		ON_FILES(test_open_what_is_not_ours_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
