/* Waiting for the helper: each way the person can leave, and who is waited for. */
#include "unit.h"

#include <arpa/inet.h>
#include <pty.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "loopback.h"
#include "pam/watch.h"

static void
test_parse_client_table(void **state)
{
	static const struct {
		const char *text;
		const char *address; /* NULL: refused */
		unsigned port;
	} table[] = {
		{"192.0.2.7 5000 192.0.2.1 22", "::ffff:192.0.2.7", 5000},
		{"2001:db8::1 65535 2001:db8::2 22", "2001:db8::1", 65535},
		{"::ffff:192.0.2.7 1 ::1 22", "::ffff:192.0.2.7", 1},
		{"fe80::1%eth0 40000 fe80::2%eth0 22", "fe80::1", 40000},
		{"UNKNOWN 65535 UNKNOWN 65535", NULL, 0},
		{"192.0.2.7 0 192.0.2.1 22", NULL, 0},
		{"192.0.2.7 65536 192.0.2.1 22", NULL, 0},
		{"192.0.2.7 -1 192.0.2.1 22", NULL, 0},
		{"192.0.2.7 5000", NULL, 0},
		{"192.0.2.7  5000 x", NULL, 0},
		{"192.0.2.7", NULL, 0},
		{" 5000 x", NULL, 0},
		{"", NULL, 0},
		{NULL, NULL, 0},
	};
	unsigned char address[16], wanted[16];
	uint16_t port;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		bool parsed = watch_parse_client(table[i].text, address, &port);

		assert_int_equal(parsed, table[i].address != NULL);
		if (!parsed)
			continue;
		assert_int_equal(inet_pton(AF_INET6, table[i].address, wanted), 1);
		assert_memory_equal(address, wanted, sizeof(wanted));
		assert_int_equal(port, table[i].port);
	}
}

/* A channel as the module has one; [0] is the module's end. */
static int
make_channel(void **state)
{
	static int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) != 0)
		return -1;
	*state = pair;
	return 0;
}

static int
close_channel(void **state)
{
	int *pair = *state;

	close(pair[0]);
	if (pair[1] >= 0)
		close(pair[1]);
	return 0;
}

static void
test_wait_message_is_ok(void **state)
{
	const struct watch none = WATCH_NONE;
	const int *pair = *state;

	assert_int_equal(write(pair[1], "x", 1), 1);
	assert_int_equal(watch_wait(&none, pair[0], clock_ms() + 60000), ERR_OK);
}

static void
test_wait_end_of_helper_is_ok(void **state)
{
	const struct watch none = WATCH_NONE;
	int *pair = *state;

	close(pair[1]);
	pair[1] = -1;
	assert_int_equal(watch_wait(&none, pair[0], clock_ms() + 60000), ERR_OK);
}

static void
test_wait_deadline_is_timeout(void **state)
{
	const struct watch none = WATCH_NONE;
	const int *pair = *state;
	int64_t start = clock_ms();

	assert_int_equal(watch_wait(&none, pair[0], start + 50), ERR_TIMEOUT);
	assert_true(clock_ms() - start >= 49);
	assert_int_equal(watch_wait(&none, pair[0], 0), ERR_TIMEOUT);
}

/* As sudo has it: blocked, so that it stays pending, and it must stay so. */
static void
test_wait_pending_signals(void **state)
{
	static const struct {
		int signal;
		enum err wanted;
	} table[] = {
		{SIGINT, ERR_GONE},
		{SIGQUIT, ERR_GONE},
		{SIGTERM, ERR_GONE},
		{SIGHUP, ERR_GONE},
		{SIGUSR1, ERR_TIMEOUT},
		{SIGWINCH, ERR_TIMEOUT},
	};
	const struct watch none = WATCH_NONE;
	const int *pair = *state;
	sigset_t set, before, pending;
	size_t i;
	int got;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		sigemptyset(&set);
		sigaddset(&set, table[i].signal);
		sigprocmask(SIG_BLOCK, &set, &before);
		raise(table[i].signal);
		assert_int_equal(
			watch_wait(&none, pair[0],
				clock_ms() + (table[i].wanted == ERR_GONE ? 60000 : 20)),
			table[i].wanted);
		sigpending(&pending);
		assert_int_equal(sigismember(&pending, table[i].signal), 1);
		assert_int_equal(sigwait(&set, &got), 0);
		sigprocmask(SIG_SETMASK, &before, NULL);
	}
}

static void
test_wait_interruption_beats_a_message(void **state)
{
	const struct watch none = WATCH_NONE;
	const int *pair = *state;
	sigset_t set, before;
	int got;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, &before);
	raise(SIGINT);
	assert_int_equal(write(pair[1], "x", 1), 1);
	assert_int_equal(watch_wait(&none, pair[0], clock_ms() + 60000), ERR_GONE);
	sigwait(&set, &got);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

static void
test_wait_terminal_closed_is_gone(void **state)
{
	struct watch watch = WATCH_NONE;
	const int *pair = *state;
	int64_t start = clock_ms();
	int master;

	assert_int_equal(openpty(&master, &watch.tty, NULL, NULL, NULL), 0);
	assert_int_equal(watch_wait(&watch, pair[0], clock_ms() + 10), ERR_TIMEOUT);
	assert_int_equal(write(master, "typed ahead\n", 12), 12);
	assert_int_equal(watch_wait(&watch, pair[0], clock_ms() + 10), ERR_TIMEOUT);
	watch.keys = true;
	assert_int_equal(watch_wait(&watch, pair[0], start + 60000), ERR_TIMEOUT);
	assert_true(clock_ms() < start + 60000);
	watch.keys = false;
	close(master);
	assert_int_equal(watch_wait(&watch, pair[0], start + 60000), ERR_GONE);
	watch_close(&watch);
}

static void
test_open_ssh_client_leaving_is_gone(void **state)
{
	const int families[] = {AF_INET, AF_INET6};
	const int *pair = *state;
	struct watch watch;
	char text[128];
	int server = -1, client = -1;
	size_t i;

	for (i = 0; i < 2; i++) {
		assert_int_equal(
			loopback_connect(families[i], &server, &client, text), 0);
		watch_open(&watch, true, text);
		assert_true(watch.client >= 0);
		assert_int_equal(watch.tty, -1);
		assert_int_equal(write(client, "early", 5), 5);
		assert_int_equal(
			watch_wait(&watch, pair[0], clock_ms() + 10), ERR_TIMEOUT);
		close(client);
		assert_int_equal(
			watch_wait(&watch, pair[0], clock_ms() + 60000), ERR_GONE);
		watch_close(&watch);
		close(server);
	}
}

static void
test_open_ssh_other_sockets_are_not_watched(void **state)
{
	struct watch watch;
	char text[128];
	int server = -1, client = -1;

	(void)state;
	assert_int_equal(loopback_connect(AF_INET, &server, &client, text), 0);
	watch_open(&watch, true, "127.0.0.1 1 127.0.0.1 22");
	assert_int_equal(watch.client, -1);
	watch_open(&watch, true, NULL);
	assert_int_equal(watch.client, -1);
	close(client);
	close(server);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_client_table),
		cmocka_unit_test_setup_teardown(
			test_wait_message_is_ok, make_channel, close_channel),
		cmocka_unit_test_setup_teardown(
			test_wait_end_of_helper_is_ok, make_channel, close_channel),
		cmocka_unit_test_setup_teardown(
			test_wait_deadline_is_timeout, make_channel, close_channel),
		cmocka_unit_test_setup_teardown(
			test_wait_pending_signals, make_channel, close_channel),
		cmocka_unit_test_setup_teardown(test_wait_interruption_beats_a_message,
			make_channel, close_channel),
		cmocka_unit_test_setup_teardown(
			test_wait_terminal_closed_is_gone, make_channel, close_channel),
		cmocka_unit_test_setup_teardown(test_open_ssh_client_leaving_is_gone,
			make_channel, close_channel),
		cmocka_unit_test(test_open_ssh_other_sockets_are_not_watched),
	};

	return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
