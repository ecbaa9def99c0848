/* What is kept between logins: for whom it counts, for how long, and never after a boot.
 */
#include "unit.h"
#include "statedir.h"

#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clean.h"
#include "identity/remember.h"
#include "jose/digest.h"

static struct remember_key
key_of(struct remember_caller caller)
{
	struct remember_key key;

	assert_int_equal(remember_key(&key, &caller), ERR_OK);
	return key;
}

#define KEY_LINE "publickey ssh-ed25519 AAAAC3Nz"

/* Somebody over ssh: a key that was verified before, from one address. */
static const struct remember_caller usual = {.user = "alice",
	.uid = 1000,
	.service = "sshd",
	.rhost = "192.0.2.1",
	.tty = "ssh",
	.factor = KEY_LINE,
	.rules = "map"};

static const struct remember_place place = {
	.ruid = 1000, .session = 4711, .start = 99, .terminal = 0x8803};

/* The same person at a terminal. */
static const struct remember_caller local = {.user = "alice",
	.uid = 1000,
	.service = "sudo",
	.rhost = "",
	.tty = "/dev/pts/3",
	.factor = "",
	.rules = "map",
	.place = &place};

static bool
has(int fd, const struct remember_key *key, unsigned seconds, int64_t now)
{
	bool found;

	assert_int_equal(remember_has(&found, fd, key, seconds, now), ERR_OK);
	return found;
}

/* Fails where one of `count` callers has the key of `first`. */
static void
all_differ(
	struct remember_caller first, const struct remember_caller *others, size_t count)
{
	struct remember_key key = key_of(first);
	size_t i;

	assert_true(key.usable);
	for (i = 0; i < count; i++) {
		struct remember_key other = key_of(others[i]);

		if (memcmp(other.digest, key.digest, sizeof(key.digest)) == 0)
			fail_msg("case %zu is the same caller", i);
	}
}

static void
test_key_every_word_counts(void **state)
{
	struct remember_caller others[] = {
		usual, usual, usual, usual, usual, usual, usual};

	(void)state;
	others[0].user = "bob";
	others[1].service = "sudo";
	others[2].rhost = "192.0.2.2";
	others[3].tty = "pts/1";
	others[4].factor = "publickey ssh-ed25519 AAAAC3Ny";
	others[5].rules = "map without alice";
	others[6].uid = 1001; /* an account of the same name, made anew */
	all_differ(usual, others, sizeof(others) / sizeof(others[0]));
}

static void
test_key_every_part_of_the_place_counts(void **state)
{
	struct remember_place places[] = {place, place, place, place};
	struct remember_caller others[] = {local, local, local, local, local};
	size_t i;

	(void)state;
	places[0].ruid = 1001;
	places[1].session = 4712;
	places[2].start = 100; /* the leader's pid was used again */
	places[3].terminal = 0x8804;
	for (i = 0; i < 4; i++)
		others[i].place = &places[i];
	others[4].place = NULL;
	all_differ(local, others, sizeof(others) / sizeof(others[0]));
}

static void
test_key_is_usable_where_callers_are_told_apart(void **state)
{
	static const struct remember_place of_mallory = {1003, 4711, 99, 0x8803};
	static const struct remember_place of_root = {0, 4711, 99, 0x8803};
	static const struct {
		const char *service, *rhost, *tty, *factor;
		uid_t uid;
		const struct remember_place *place;
		bool usable;
	} cases[] = {
		{"sudo", "", "/dev/pts/3", "", 1000, &place, true},
		{"sudo", "", "", "", 1000, &place, true}, /* seen, not told */
		{"sudo-i", "", "/dev/pts/3", "", 1000, &place, true},
		{"su", "", "pts/3", "", 1000, &place, true},
		{"su-l", "", "pts/3", "", 1000, &place, true},
		{"doas", "", "pts/3", "", 1000, &place, true},
		/* no terminal, or no session; an address; another account; root */
		{"sudo", "", "/dev/pts/3", "", 1000, NULL, false},
		{"sudo", "192.0.2.1", "/dev/pts/3", "", 1000, &place, false},
		{"su", "", "pts/3", "", 1001, &place, false},
		{"su", "", "pts/3", "", 1000, &of_mallory, false},
		{"su", "", "pts/3", "", 0, &place, false},
		{"su", "", "pts/3", "", 0, &of_root, false},
		{"sudo", "", "pts/3", "", 1000, &of_root, false},
		/* a first factor is nothing to a program of this machine */
		{"sudo", "", "pts/3", KEY_LINE, 1000, NULL, false},
		{"sudo", "192.0.2.1", "ssh", KEY_LINE, 1000, NULL, false},
		/* services that act for whoever comes */
		{"vlock", "", "/dev/tty1", "", 1000, &place, false},
		{"i3lock", "", "", "", 1000, &place, false},
		{"swaylock", "", "", "", 1000, &place, false},
		{"xscreensaver", "", ":0", "", 1000, &place, false},
		{"kscreensaver", "", ":0", "", 1000, &place, false},
		{"kde", "", ":0", "", 1000, &place, false},
		{"login", "", "tty1", "", 1000, &place, false},
		{"gdm-password", "", ":0", "", 1000, &place, false},
		{"polkit-1", "", "", "", 1000, &place, false},
		{"cron", "", "cron", "", 1000, &place, false},
		{"xrdp-sesman", "", ":10", "", 1000, &place, false},
		{"cockpit", "", "web", "", 1000, &place, false},
		{"cockpit", "192.0.2.1", "ssh", KEY_LINE, 1000, NULL, false},
		{"sudoers", "", "pts/3", "", 1000, &place, false},
		{"SUDO", "", "pts/3", "", 1000, &place, false},
		{"", "", "pts/3", "", 1000, &place, false},
		/* sshd: behind a key, whole, of one address */
		{"sshd", "192.0.2.1", "ssh", KEY_LINE, 1000, NULL, true},
		{"sshd", "192.0.2.1", "ssh", KEY_LINE "\n", 1000, NULL, true},
		{"sshd", "192.0.2.1", "ssh", "password\n" KEY_LINE, 1000, NULL, true},
		{"sshd", "192.0.2.1", "ssh", KEY_LINE "\n" KEY_LINE "2\n", 1000, NULL,
			true},
		{"sshd", "192.0.2.1", "ssh", "", 1000, NULL, false},
		{"sshd", "192.0.2.1", "ssh", "password", 1000, NULL, false},
		{"sshd", "192.0.2.1", "ssh", "hostbased ssh-ed25519 AAAA", 1000, NULL,
			false},
		{"sshd", "192.0.2.1", "ssh", "gssapi-with-mic a@B", 1000, NULL, false},
		{"sshd", "192.0.2.1", "ssh", "publickey", 1000, NULL, false},
		{"sshd", "192.0.2.1", "ssh", "publickey ", 1000, NULL, false},
		{"sshd", "192.0.2.1", "ssh", "publickey ssh-ed25519", 1000, NULL, false},
		{"sshd", "192.0.2.1", "ssh", "publickey ssh-ed25519 ", 1000, NULL, false},
		{"sshd", "192.0.2.1", "ssh", "publickey  AAAA", 1000, NULL, false},
		{"sshd", "192.0.2.1", "ssh", KEY_LINE "...", 1000, NULL, false},
		{"sshd", "192.0.2.1", "ssh", KEY_LINE "\npubl...", 1000, NULL, false},
		{"sshd", "192.0.2.1", "ssh", KEY_LINE "\npublickey", 1000, NULL, false},
		{"sshd", "", "ssh", KEY_LINE, 1000, NULL, false},
		{"sshd", "192.0.2.1", "pts/3", KEY_LINE, 1000, NULL, false},
		{"sshd", "", "pts/3", "", 1000, &place, false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct remember_caller caller = {.user = "alice",
			.uid = cases[i].uid,
			.service = cases[i].service,
			.rhost = cases[i].rhost,
			.tty = cases[i].tty,
			.factor = cases[i].factor,
			.rules = "map",
			.place = cases[i].place};

		if (key_of(caller).usable != cases[i].usable ||
			(cases[i].usable && !remember_serves(cases[i].service)))
			fail_msg("case %zu", i);
	}
}

static void
test_serves_those_of_the_table_alone(void **state)
{
	(void)state;
	assert_true(remember_serves("sudo-i"));
	assert_true(remember_serves("sshd"));
	assert_false(remember_serves("vlock"));
	assert_false(remember_serves("login"));
	assert_false(remember_serves(""));
}

/* What the first version digested: no version, no uid, no terminal that was seen. */
static struct remember_key
old_key(const struct remember_caller *c, const char *session)
{
	struct remember_key key = {.usable = true};
	char text[1024];
	int len = snprintf(text, sizeof(text), "%zu:%s%zu:%s%zu:%s%zu:%s%zu:%s%zu:%s%s",
		strlen(c->user), c->user, strlen(c->service), c->service,
		strlen(c->rhost), c->rhost, strlen(c->tty), c->tty, strlen(c->factor),
		c->factor, strlen(c->rules), c->rules, session);

	assert_int_equal(digest_sha256(key.digest, text, (size_t)len), ERR_OK);
	return key;
}

/*
 * In a session of its own with a terminal: whether the process, its child, that child
 * once its leader has gone, and one without a terminal are seen for what they are.
 */
static int
look_in_session(int report)
{
	struct remember_place own, of_child;
	pid_t leader = getpid(), child;
	char word = 0;
	int hold[2], i;

	if (!remember_look(&own, leader) || own.session != leader ||
		own.ruid != getuid() || own.terminal == 0 || pipe(hold) != 0)
		return 1;
	signal(SIGHUP, SIG_IGN);
	child = fork();
	if (child == 0) {
		struct remember_place left;

		close(hold[1]);
		if (read(hold[0], &word, 1) != 0)
			_exit(1);
		/* the leader has closed its end by leaving */
		for (i = 0; i < 6000 && kill(leader, 0) == 0; i++)
			usleep(10000);
		word = kill(leader, 0) != 0 && getsid(0) == leader &&
				       !remember_look(&left, getpid())
			       ? 'k'
			       : 'x';
		_exit(write(report, &word, 1) == 1 ? 0 : 1);
	}
	if (child < 0 || !remember_look(&of_child, child) ||
		of_child.session != own.session || of_child.start != own.start ||
		of_child.terminal != own.terminal)
		return 2;
	return 0;
}

static void
test_look_sees_session_and_terminal(void **state)
{
	struct remember_place none;
	int report[2], terminal, status;
	char word = 0;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(report), 0);
	pid = forkpty(&terminal, NULL, NULL, NULL);
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(look_in_session(report[1]));
	close(report[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(read(report[0], &word, 1), 1);
	assert_int_equal(word, 'k');
	close(report[0]);
	close(terminal);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(setsid() > 0 && !remember_look(&none, getpid()) ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_false(remember_look(&none, 0));
	assert_false(remember_look(&none, -1));
	assert_false(remember_look(&none, 0x7fffffff));
}

static void
test_has_until_the_time_is_up(void **state)
{
	AUTO_FD int fd = statedir_open("alice");
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
test_has_nothing_that_the_first_version_kept(void **state)
{
	AUTO_FD int fd = statedir_open("alice");
	struct remember_key key = key_of(usual), kept = old_key(&usual, "");

	(void)state;
	assert_int_equal(remember_add(fd, &kept, 1000), ERR_OK);
	assert_true(has(fd, &kept, 60, 1000));
	assert_false(has(fd, &key, 60, 1000));
	key = key_of(local);
	kept = old_key(&local, "4711:99");
	assert_int_equal(remember_add(fd, &kept, 1000), ERR_OK);
	assert_false(has(fd, &key, 60, 1000));
}

static void
test_add_of_nobody_keeps_nothing(void **state)
{
	AUTO_FD int fd = statedir_open("alice");
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
	AUTO_FD int fd = statedir_open("alice");
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
	AUTO_FD int fd = statedir_open("alice");
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
	AUTO_FD int fd = statedir_open("alice");
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
	int fd = statedir_open("alice");

	(void)state;
	assert_int_equal(fchmod(fd, 0640), 0);
	close(fd);
	fd = -1;
	assert_int_equal(state_open(&fd, safedir_new, "alice", &diag), ERR_STATE_UNSAFE);
	assert_int_equal(fd, -1);
}

/* Persons look for the service's socket in there; a helper's own umask is 077. */
static void
test_open_makes_a_directory_that_everybody_may_enter(void **state)
{
	struct diag diag = {""};
	mode_t before = umask(077);
	char run[600], accounts[620];
	struct stat st;
	int fd = -1;

	(void)state;
	snprintf(run, sizeof(run), "%.500s-run", safedir_new);
	snprintf(accounts, sizeof(accounts), "%s/accounts", run);
	assert_int_equal(state_open(&fd, accounts, "alice", &diag), ERR_OK);
	umask(before);
	close(fd);
	assert_int_equal(stat(run, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(stat(accounts, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

#define ON_FILES(test) \
	cmocka_unit_test_setup_teardown(test, safedir_setup, safedir_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key_every_word_counts),
		cmocka_unit_test(test_key_every_part_of_the_place_counts),
		cmocka_unit_test(test_key_is_usable_where_callers_are_told_apart),
		cmocka_unit_test(test_serves_those_of_the_table_alone),
		cmocka_unit_test(test_look_sees_session_and_terminal),
		ON_FILES(test_has_until_the_time_is_up),
		ON_FILES(test_has_nothing_that_the_first_version_kept),
		ON_FILES(test_add_of_nobody_keeps_nothing),
		ON_FILES(test_add_takes_the_place_of_the_oldest),
		ON_FILES(test_read_is_blank_after_a_boot),
		ON_FILES(test_read_of_what_lies_elsewhere_is_damage),
		ON_FILES(test_open_what_others_may_read_is_refused),
		ON_FILES(test_open_makes_a_directory_that_everybody_may_enter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
