/* Whose words count: how a channel is recognised, and what is left of a claim. */
#define _GNU_SOURCE /* seteuid */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "helper/activation.h"
#include "helper/peer.h"
#include "helper/quota.h"
#include "wire/handover.h"

#define NOBODY 65534

static const struct peer person = {.uid = 1, .pid = 2, .restricted = true};
static const struct peer root = {.uid = 0, .pid = 2};

static void
pretend(const char *pid, const char *fds)
{
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	if (pid != NULL)
		setenv("LISTEN_PID", pid, 1);
	if (fds != NULL)
		setenv("LISTEN_FDS", fds, 1);
}

static void
test_activation_is_for_this_process_and_one_socket(void **state)
{
	char own[32], other[32], padded[40];
	size_t i;

	(void)state;
	snprintf(own, sizeof(own), "%d", (int)getpid());
	snprintf(other, sizeof(other), "%d", (int)getppid());
	snprintf(padded, sizeof(padded), " %d", (int)getpid());
	{
		const struct {
			const char *pid, *fds;
			enum activation wanted;
		} table[] = {
			{NULL, NULL, ACTIVATION_NONE},
			{own, "1", ACTIVATION_SOCKET},
			{own, "2", ACTIVATION_INVALID},
			{own, "0", ACTIVATION_INVALID},
			{own, "", ACTIVATION_INVALID},
			{own, NULL, ACTIVATION_INVALID},
			{other, "1", ACTIVATION_INVALID},
			{padded, "1", ACTIVATION_INVALID},
			{"", "1", ACTIVATION_INVALID},
			{NULL, "1", ACTIVATION_INVALID},
		};

		for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
			pretend(table[i].pid, table[i].fds);
			assert_int_equal(activation_find(), table[i].wanted);
		}
	}
	pretend(NULL, NULL);
}

/* A pair of sockets whose maker has the euid `uid`. */
static void
make_pair(int pair[2], uid_t uid)
{
	assert_int_equal(seteuid(uid), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(seteuid(getuid()), 0);
}

static void
test_meet_believes_root_and_ourselves(void **state)
{
	struct peer peer = {0};
	int pair[2];

	(void)state;
	make_pair(pair, getuid());
	assert_int_equal(peer_meet(&peer, pair[0], NULL), ERR_OK);
	assert_int_equal(peer.uid, getuid());
	assert_int_equal(peer.pid, getpid());
	assert_false(peer.restricted);
	assert_false(peer.accepted);
	close(pair[0]);
	close(pair[1]);
	assert_int_equal(peer_meet(&peer, STDIN_FILENO, NULL), ERR_PROTOCOL);
	if (getuid() != 0)
		return;
	make_pair(pair, NOBODY); /* only the service hands such a one on */
	assert_int_equal(peer_meet(&peer, pair[0], NULL), ERR_PROTOCOL);
	assert_int_equal(
		seteuid(NOBODY), 0); /* but a person's own helper believes them */
	assert_int_equal(peer_meet(&peer, pair[0], NULL), ERR_OK);
	assert_int_equal(seteuid(0), 0);
	assert_false(peer.restricted);
	close(pair[0]);
	close(pair[1]);
}

static void
test_tame_leaves_what_may_be_said(void **state)
{
	static const struct {
		const char *given, *left;
	} table[] = {
		{"", ""},
		{"flow=push", "flow=push"},
		{"config=/etc/shadow", ""},
		{"debug\nconfig=/a\nflow=push\nconfig=/b\ntimeout=30\ndebug",
			"flow=push\ntimeout=30"},
		{"config\nconfig=", ""},
		{"\n\nflow=qr\n", "flow=qr"},
	};
	char arguments[4097];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct wire_msg m = {.kind = WIRE_KIND_REQUEST};

		wire_set_text(&m, WIRE_FIELD_USER, "alice");
		wire_set_text(&m, WIRE_FIELD_SERVICE, "vlock");
		wire_set_text(&m, WIRE_FIELD_TTY, "ssh");
		wire_set_text(&m, WIRE_FIELD_RHOST, "192.0.2.7");
		wire_set_text(&m, WIRE_FIELD_RUSER, "root");
		wire_set_text(&m, WIRE_FIELD_COMMAND, "sudo id");
		wire_set_text(&m, WIRE_FIELD_TARGET, "root");
		wire_set_text(&m, WIRE_FIELD_FACTOR, "publickey ssh-ed25519 AAAA");
		wire_set_number(&m, WIRE_FIELD_RUID, 0);
		wire_set_number(&m, WIRE_FIELD_PURPOSE, WIRE_PURPOSE_IDENTIFY);
		wire_set_text(&m, WIRE_FIELD_ARGUMENTS, table[i].given);
		peer_tame(&root, &m, arguments);
		assert_string_equal(wire_text(&m, WIRE_FIELD_ARGUMENTS), table[i].given);
		assert_string_equal(wire_text(&m, WIRE_FIELD_COMMAND), "sudo id");
		assert_int_equal(
			wire_number(&m, WIRE_FIELD_PURPOSE), WIRE_PURPOSE_IDENTIFY);
		peer_tame(&person, &m, arguments);
		assert_int_equal(wire_number(&m, WIRE_FIELD_PURPOSE), WIRE_PURPOSE_LOGIN);
		assert_string_equal(wire_text(&m, WIRE_FIELD_ARGUMENTS), table[i].left);
		assert_string_equal(wire_text(&m, WIRE_FIELD_USER), "alice");
		assert_string_equal(wire_text(&m, WIRE_FIELD_SERVICE), "vlock");
		assert_string_equal(wire_text(&m, WIRE_FIELD_TTY), "");
		assert_string_equal(wire_text(&m, WIRE_FIELD_RHOST), "");
		assert_string_equal(wire_text(&m, WIRE_FIELD_RUSER), "");
		assert_string_equal(wire_text(&m, WIRE_FIELD_COMMAND), "");
		assert_string_equal(wire_text(&m, WIRE_FIELD_TARGET), "");
		assert_string_equal(wire_text(&m, WIRE_FIELD_FACTOR), "");
		assert_int_equal(wire_number(&m, WIRE_FIELD_RUID), person.uid);
	}
}

static void
test_tame_longest_arguments_fit(void **state)
{
	struct wire_msg m = {.kind = WIRE_KIND_REQUEST};
	char given[4097], arguments[4097];

	(void)state;
	memset(given, '=', sizeof(given) - 1);
	given[sizeof(given) - 1] = '\0';
	wire_set_text(&m, WIRE_FIELD_ARGUMENTS, given);
	peer_tame(&person, &m, arguments);
	assert_string_equal(wire_text(&m, WIRE_FIELD_ARGUMENTS), given);
}

static void
test_may_ask_for_oneself_alone(void **state)
{
	struct peer nobody = {.uid = NOBODY, .restricted = true};
	struct diag diag = {""};

	(void)state;
	assert_int_equal(peer_may_ask_for(&nobody, "nobody", &diag), ERR_OK);
	assert_int_equal(peer_may_ask_for(&nobody, "root", &diag), ERR_OTHER_USER);
	assert_int_equal(peer_may_ask_for(&nobody, "Nobody", &diag), ERR_UNKNOWN_USER);
	assert_int_equal(peer_may_ask_for(&nobody, "", &diag), ERR_UNKNOWN_USER);
	assert_int_equal(peer_may_ask_for(&root, "nobody", &diag), ERR_OK);
}

static void
test_may_claim_what_is_listed(void **state)
{
	static const struct {
		const char *service, *services;
		enum err wanted;
	} table[] = {
		{"vlock", "vlock", ERR_OK},
		{"vlock", "a  vlock b", ERR_OK},
		{"b", "a vlock b", ERR_OK},
		{"vloc", "vlock", ERR_OTHER_SERVICE},
		{"vlock", "vloc", ERR_OTHER_SERVICE},
		{"a vlock", "a vlock", ERR_OTHER_SERVICE},
		{"sudo", "vlock", ERR_OTHER_SERVICE},
		{"", "vlock", ERR_OTHER_SERVICE},
		{"", "  ", ERR_OTHER_SERVICE},
		{"vlock", "", ERR_OTHER_SERVICE},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(peer_may_claim(&person, table[i].service,
					 table[i].services, NULL),
			table[i].wanted);
		assert_int_equal(
			peer_may_claim(&root, table[i].service, table[i].services, NULL),
			ERR_OK);
	}
}

/* In one process as well: each place is a descriptor of its own. */
static void
test_quota_is_for_each_uid(void **state)
{
	struct diag diag = {""};
	int i;

	(void)state;
	for (i = 0; i < QUOTA_EACH; i++)
		assert_int_equal(quota_take(1000, &diag), ERR_OK);
	assert_int_equal(quota_take(1000, &diag), ERR_BUSY);
	assert_int_equal(quota_take(1001, &diag), ERR_OK);
	assert_int_equal(quota_take(999, &diag), ERR_OK);
	assert_int_equal(quota_take((uid_t)-2, &diag), ERR_OK);
	unlink(QUOTA_FILE);
}

/* Through the service: root's programs serve many people, and take nobody's place. */
static void
test_meet_counts_no_connection_of_root(void **state)
{
	struct diag diag = {""};
	struct peer peer = {0};
	char own[32];
	int pair[2], i;

	(void)state;
	if (getuid() != 0)
		return;
	snprintf(own, sizeof(own), "%d", (int)getpid());
	make_pair(pair, 0);
	pretend(own, "1");
	for (i = 0; i <= QUOTA_EACH; i++)
		assert_int_equal(peer_meet(&peer, pair[0], &diag), ERR_OK);
	pretend(NULL, NULL);
	assert_true(peer.accepted);
	assert_false(peer.restricted);
	close(pair[0]);
	close(pair[1]);
	unlink(QUOTA_FILE);
}

/* As the listener does it: a stream on which a connection of somebody's comes. */
static void
test_meet_takes_what_the_listener_hands_over(void **state)
{
	struct diag diag = {""};
	struct peer peer = {0};
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "accepted"};
	char own[32], byte;
	int pair[2], door, stream, helper;

	(void)state;
	if (getuid() != 0)
		return;
	snprintf(own, sizeof(own), "%d", (int)getpid());
	unlink(address.sun_path);
	door = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(
		bind(door, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(handover_give(&helper, address.sun_path, 0), ERR_SYSTEM);
	assert_int_equal(listen(door, 1), 0);
	make_pair(pair, 1);
	assert_int_equal(handover_give(&helper, address.sun_path, pair[0]), ERR_OK);
	close(pair[0]);
	stream = accept(door, NULL, NULL);
	pretend(own, "1");
	assert_int_equal(peer_meet(&peer, stream, &diag), ERR_OK);
	assert_true(peer.accepted && peer.restricted);
	assert_int_equal(peer.uid, 1);
	assert_int_equal(write(pair[1], "x", 1), 1);
	assert_int_equal(read(stream, &byte, 1), 1); /* it is the caller's now */
	assert_int_equal(recv(helper, &byte, 1, MSG_DONTWAIT), -1); /* still held */
	close(pair[1]);
	close(stream);
	close(helper);
	/* nothing but one connection from root counts */
	make_pair(pair, 0);
	assert_int_equal(handover_give(&helper, address.sun_path, door), ERR_OK);
	stream = accept(door, NULL, NULL);
	assert_int_equal(peer_meet(&peer, stream, &diag), ERR_PROTOCOL);
	close(stream);
	close(helper);
	assert_int_equal(chmod(address.sun_path, 0666), 0);
	assert_int_equal(seteuid(NOBODY), 0);
	assert_int_equal(handover_give(&helper, address.sun_path, pair[0]), ERR_OK);
	assert_int_equal(seteuid(0), 0);
	stream = accept(door, NULL, NULL);
	assert_int_equal(peer_meet(&peer, stream, &diag), ERR_PROTOCOL);
	close(stream);
	close(helper);
	pretend(NULL, NULL);
	close(pair[0]);
	close(pair[1]);
	close(door);
	unlink(address.sun_path);
	unlink(QUOTA_FILE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_activation_is_for_this_process_and_one_socket),
		cmocka_unit_test(test_meet_believes_root_and_ourselves),
		cmocka_unit_test(test_tame_leaves_what_may_be_said),
		cmocka_unit_test(test_tame_longest_arguments_fit),
		cmocka_unit_test(test_may_ask_for_oneself_alone),
		cmocka_unit_test(test_may_claim_what_is_listed),
		cmocka_unit_test(test_quota_is_for_each_uid),
		cmocka_unit_test(test_meet_counts_no_connection_of_root),
		cmocka_unit_test(test_meet_takes_what_the_listener_hands_over),
	};

	return cmocka_run_group_tests_name("peer", tests, NULL, NULL);
}
