/* The channel protocol: what is packed comes back, and nothing else is taken. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire/wire.h"

static const unsigned char nonce[WIRE_NONCE_SIZE] = "0123456789abcde";

static struct wire_msg
verdict_message(void)
{
	struct wire_msg msg = {.kind = WIRE_KIND_VERDICT};

	wire_set_nonce(&msg, nonce);
	wire_set_text(&msg, WIRE_FIELD_USER, "alice");
	wire_set_number(&msg, WIRE_FIELD_VERDICT, VERDICT_AUTHENTICATED);
	wire_set_text(&msg, WIRE_FIELD_REASON, "ok");
	return msg;
}

static void
test_pack_then_unpack_is_the_same(void **state)
{
	struct wire_msg msg = verdict_message(), back;
	struct wire_packet packet;
	size_t len;

	(void)state;
	assert_int_equal(wire_pack(&packet, &len, &msg), ERR_OK);
	assert_int_equal(wire_unpack(&back, &packet, len, WIRE_SIDE_HELPER), ERR_OK);
	assert_int_equal(back.kind, WIRE_KIND_VERDICT);
	assert_string_equal(wire_text(&back, WIRE_FIELD_USER), "alice");
	assert_int_equal(wire_number(&back, WIRE_FIELD_VERDICT), VERDICT_AUTHENTICATED);
	assert_true(wire_nonce_is(&back, nonce));
	assert_false(wire_nonce_is(&back, (const unsigned char *)"0123456789abcdX"));
	assert_string_equal(wire_text(&back, WIRE_FIELD_SUBJECT), "");
}

static void
test_unpack_wrong_side_is_refused(void **state)
{
	struct wire_msg msg = verdict_message(), back;
	struct wire_packet packet;
	size_t len;

	(void)state;
	assert_int_equal(wire_pack(&packet, &len, &msg), ERR_OK);
	assert_int_equal(
		wire_unpack(&back, &packet, len, WIRE_SIDE_MODULE), ERR_PROTOCOL);
}

static void
test_unpack_every_truncation_is_refused(void **state)
{
	struct wire_msg msg = verdict_message(), back;
	struct wire_packet packet;
	size_t len, cut;

	(void)state;
	assert_int_equal(wire_pack(&packet, &len, &msg), ERR_OK);
	for (cut = 0; cut < len; cut++)
		assert_int_equal(
			wire_unpack(&back, &packet, cut, WIRE_SIDE_HELPER), ERR_PROTOCOL);
}

/* Whatever one bit does, the message is refused or says what the tables allow. */
static void
test_unpack_every_flipped_bit_stays_within_the_tables(void **state)
{
	struct wire_msg msg = verdict_message(), back;
	struct wire_packet packet;
	size_t len, bit;

	(void)state;
	assert_int_equal(wire_pack(&packet, &len, &msg), ERR_OK);
	for (bit = 0; bit < len * 8; bit++) {
		packet.data[bit / 8] ^= (unsigned char)(1u << bit % 8);
		if (wire_unpack(&back, &packet, len, WIRE_SIDE_HELPER) == ERR_OK) {
			assert_int_equal(back.kind, WIRE_KIND_VERDICT);
			assert_true(strlen(wire_text(&back, WIRE_FIELD_USER)) == 5);
		}
		packet.data[bit / 8] ^= (unsigned char)(1u << bit % 8);
	}
}

/* Of another version no more is read than what names the attempt. */
static void
test_unpack_request_of_another_version_gives_nonce_and_user(void **state)
{
	struct wire_msg msg = {.version = WIRE_VERSION + 1, .kind = WIRE_KIND_REQUEST};
	struct wire_msg back = {0};
	struct wire_packet packet;
	size_t len, cut;

	(void)state;
	wire_set_nonce(&msg, nonce);
	wire_set_text(&msg, WIRE_FIELD_USER, "alice");
	wire_set_text(&msg, WIRE_FIELD_SERVICE, "vlock");
	wire_set_number(&msg, WIRE_FIELD_STYLE, 0);
	assert_int_equal(wire_pack(&packet, &len, &msg), ERR_OK);
	memset(packet.data + len, 0xff, 100); /* what only that version knows */
	for (cut = 4 + 3 + WIRE_NONCE_SIZE + 3 + 6; cut < len + 100; cut++) {
		assert_int_equal(
			wire_unpack(&back, &packet, cut, WIRE_SIDE_MODULE), ERR_VERSION);
		assert_int_equal(back.version, WIRE_VERSION + 1);
		assert_int_equal(
			back.has, 1u << WIRE_FIELD_NONCE | 1u << WIRE_FIELD_USER);
		assert_string_equal(wire_text(&back, WIRE_FIELD_USER), "alice");
		assert_true(wire_nonce_is(&back, nonce));
	}
	while (--cut > 0)
		if (cut < 4 + 3 + WIRE_NONCE_SIZE + 3 + 6)
			assert_int_equal(
				wire_unpack(&back, &packet, cut, WIRE_SIDE_MODULE),
				ERR_PROTOCOL);
}

static void
test_unpack_every_flipped_bit_of_another_version_gives_no_more(void **state)
{
	const uint32_t known = 1u << WIRE_FIELD_NONCE | 1u << WIRE_FIELD_USER;
	struct wire_msg msg = {.version = WIRE_VERSION + 1, .kind = WIRE_KIND_REQUEST};
	struct wire_msg back;
	struct wire_packet packet;
	size_t len, bit;
	unsigned read = 0;

	(void)state;
	wire_set_nonce(&msg, nonce);
	wire_set_text(&msg, WIRE_FIELD_USER, "alice");
	wire_set_text(&msg, WIRE_FIELD_SERVICE, "vlock");
	wire_set_number(&msg, WIRE_FIELD_STYLE, 0);
	assert_int_equal(wire_pack(&packet, &len, &msg), ERR_OK);
	for (bit = 0; bit < len * 8; bit++) {
		packet.data[bit / 8] ^= (unsigned char)(1u << bit % 8);
		if (wire_unpack(&back, &packet, len, WIRE_SIDE_MODULE) == ERR_VERSION) {
			assert_int_equal(back.kind, WIRE_KIND_REQUEST);
			assert_int_equal(back.has, known);
			assert_true(strlen(wire_text(&back, WIRE_FIELD_USER)) == 5);
			read++;
		}
		packet.data[bit / 8] ^= (unsigned char)(1u << bit % 8);
	}
	assert_in_range(read, 1, len * 8 - 1);
}

/* A verdict that cannot be read admits nobody, and its version is known. */
static void
test_unpack_verdict_of_another_version_gives_nothing(void **state)
{
	struct wire_msg msg = verdict_message(), back = {0};
	struct wire_packet packet;
	size_t len;

	(void)state;
	msg.version = WIRE_VERSION + 1;
	assert_int_equal(wire_pack(&packet, &len, &msg), ERR_OK);
	assert_int_equal(wire_unpack(&back, &packet, len, WIRE_SIDE_HELPER), ERR_VERSION);
	assert_int_equal(back.version, WIRE_VERSION + 1);
	assert_int_equal(back.kind, WIRE_KIND_NONE);
	assert_int_equal(back.has, 0);
}

/* What a module of any version must be able to read: that never changes. */
static void
test_refusal_is_packed_alike_in_every_version(void **state)
{
	static const char always[] = "pi\x09\x07\x00\x00\x10"
				     "0123456789abcde\0"
				     "\x01\x00\x06"
				     "alice\0"
				     "\x0c\x00\x02"
				     "t\0"
				     "\x0f\x00\x04\x00\x00\x00\x0e"
				     "\x10\x00\x02"
				     "r";
	struct wire_msg msg = {.version = 9, .kind = WIRE_KIND_VERDICT};
	struct wire_packet packet;
	size_t len;

	(void)state;
	wire_set_nonce(&msg, nonce);
	wire_set_text(&msg, WIRE_FIELD_USER, "alice");
	wire_set_text(&msg, WIRE_FIELD_TEXT, "t");
	wire_set_number(&msg, WIRE_FIELD_VERDICT, VERDICT_MISCONFIGURED);
	wire_set_text(&msg, WIRE_FIELD_REASON, "r");
	assert_int_equal(wire_pack(&packet, &len, &msg), ERR_OK);
	assert_int_equal(len, sizeof(always));
	assert_memory_equal(packet.data, always, len);
}

static void
test_unpack_hand_made_packets(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		enum err expected;
	} cases[] = {
#define PACKET(s) s, sizeof(s) - 1
		{PACKET("pi\x01\x02\x0e\x00\x04\x00\x00\x00\x00"), ERR_OK},
		{PACKET("px\x01\x02\x0e\x00\x04\x00\x00\x00\x00"), ERR_PROTOCOL},
		{PACKET("pi\x00\x02\x0e\x00\x04\x00\x00\x00\x00"), ERR_PROTOCOL},
		{PACKET("pi\x02\x02\x0e\x00\x04\x00\x00\x00\x00"), ERR_PROTOCOL},
		{PACKET("pi\x01\x00\x0e\x00\x04\x00\x00\x00\x00"), ERR_PROTOCOL},
		{PACKET("pi\x01\x63\x0e\x00\x04\x00\x00\x00\x00"), ERR_PROTOCOL},
		/* no field at all; one twice; a foreign one; unknown; short number;
		   trailing */
		{PACKET("pi\x01\x02"), ERR_PROTOCOL},
		{PACKET("pi\x01\x02\x0e\x00\x04\x00\x00\x00\x00\x0e\x00\x04\x00\x00\x00"
			"\x00"),
			ERR_PROTOCOL},
		{PACKET("pi\x01\x02\x01\x00\x02x\x00\x0e\x00\x04\x00\x00\x00\x00"),
			ERR_PROTOCOL},
		{PACKET("pi\x01\x02\x7f\x00\x04\x00\x00\x00\x00"), ERR_PROTOCOL},
		{PACKET("pi\x01\x02\x0e\x00\x03\x00\x00\x00"), ERR_PROTOCOL},
		{PACKET("pi\x01\x02\x0e\x00\x04\x00\x00\x00\x00z"), ERR_PROTOCOL},
		/* in another order; an empty text, which would have been left out */
		{PACKET("pi\x01\x02\x0e\x00\x04\x00\x00\x00\x00\x15\x00\x02x\x00"),
			ERR_OK},
		{PACKET("pi\x01\x02\x15\x00\x02x\x00\x0e\x00\x04\x00\x00\x00\x00"),
			ERR_PROTOCOL},
		{PACKET("pi\x01\x02\x0e\x00\x04\x00\x00\x00\x00\x15\x00\x01\x00"),
			ERR_PROTOCOL},
#undef PACKET
	};
	struct wire_packet packet;
	struct wire_msg back;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memcpy(packet.data, cases[i].bytes, cases[i].len);
		if (wire_unpack(&back, &packet, cases[i].len, WIRE_SIDE_MODULE) !=
			cases[i].expected)
			fail_msg("case %zu", i);
	}
}

static void
test_text_with_inner_nul_or_without_end_is_refused(void **state)
{
	struct wire_msg msg = {.kind = WIRE_KIND_SHOW}, back;
	struct wire_packet packet;
	size_t len;

	(void)state;
	wire_set_text(&msg, WIRE_FIELD_TEXT, "abc");
	assert_int_equal(wire_pack(&packet, &len, &msg), ERR_OK);
	packet.data[len - 3] = '\0';
	assert_int_equal(
		wire_unpack(&back, &packet, len, WIRE_SIDE_HELPER), ERR_PROTOCOL);
	packet.data[len - 3] = 'b';
	packet.data[len - 1] = 'd';
	assert_int_equal(
		wire_unpack(&back, &packet, len, WIRE_SIDE_HELPER), ERR_PROTOCOL);
}

static void
test_pack_missing_field_is_refused(void **state)
{
	struct wire_msg msg = {.kind = WIRE_KIND_VERDICT};
	struct wire_packet packet;
	size_t len;

	(void)state;
	wire_set_nonce(&msg, nonce);
	wire_set_text(&msg, WIRE_FIELD_USER, "alice");
	assert_int_equal(wire_pack(&packet, &len, &msg), ERR_PROTOCOL);
}

static void
test_set_text_too_long_is_cut_at_a_character(void **state)
{
	struct wire_msg msg = {.kind = WIRE_KIND_SHOW};
	char text[300];

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text + 255, "\xc3\xa9", 3);
	wire_set_text(&msg, WIRE_FIELD_USER, text);
	assert_int_equal(msg.text[WIRE_FIELD_USER].len, 255);
}

static void
test_send_and_receive_over_a_socket(void **state)
{
	struct wire_msg msg = {.kind = WIRE_KIND_SHOW}, back;
	struct wire_packet packet;
	char *text = calloc(1, 40001);
	int fd[2];

	(void)state;
	assert_non_null(text);
	memset(text, 'q', 40000);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd), 0);
	wire_set_text(&msg, WIRE_FIELD_TEXT, text);
	assert_int_equal(wire_send(fd[0], &msg), ERR_OK);
	assert_int_equal(wire_recv(fd[1], &back, &packet, WIRE_SIDE_HELPER), ERR_OK);
	assert_string_equal(wire_text(&back, WIRE_FIELD_TEXT), text);
	close(fd[0]);
	assert_int_equal(wire_recv(fd[1], &back, &packet, WIRE_SIDE_HELPER), ERR_GONE);
	assert_int_equal(wire_send(fd[1], &msg), ERR_GONE);
	close(fd[1]);
	free(text);
}

static void
test_receive_oversized_packet_is_refused(void **state)
{
	static char big[WIRE_MAX + 100];
	struct wire_packet packet;
	struct wire_msg back;
	int fd[2];

	(void)state;
	memcpy(big, "pi\x01\x03", 4);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd), 0);
	assert_int_equal(send(fd[0], big, sizeof(big), 0), sizeof(big));
	assert_int_equal(
		wire_recv(fd[1], &back, &packet, WIRE_SIDE_HELPER), ERR_PROTOCOL);
	close(fd[0]);
	close(fd[1]);
}

/* A descriptor that comes along is not taken, and what brought it neither. */
static void
test_receive_descriptor_is_refused(void **state)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {.header = {.cmsg_len = CMSG_LEN(sizeof(int)),
			     .cmsg_level = SOL_SOCKET,
			     .cmsg_type = SCM_RIGHTS}};
	struct wire_msg msg = {.kind = WIRE_KIND_SHOW}, back;
	struct wire_packet packet;
	struct iovec iov = {.iov_base = packet.data};
	struct msghdr header = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control.space)};
	int fd[2], sent = STDERR_FILENO, next;

	(void)state;
	memcpy(CMSG_DATA(&control.header), &sent, sizeof(sent));
	wire_set_text(&msg, WIRE_FIELD_TEXT, "x");
	assert_int_equal(wire_pack(&packet, &iov.iov_len, &msg), ERR_OK);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd), 0);
	assert_int_equal(sendmsg(fd[0], &header, 0), iov.iov_len);
	next = dup(fd[0]);
	close(next);
	assert_int_equal(
		wire_recv(fd[1], &back, &packet, WIRE_SIDE_HELPER), ERR_PROTOCOL);
	sent = dup(fd[0]);
	assert_int_equal(sent, next); /* none was opened */
	close(sent);
	close(fd[0]);
	close(fd[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pack_then_unpack_is_the_same),
		cmocka_unit_test(test_unpack_wrong_side_is_refused),
		cmocka_unit_test(test_unpack_every_truncation_is_refused),
		cmocka_unit_test(test_unpack_every_flipped_bit_stays_within_the_tables),
		cmocka_unit_test(
			test_unpack_request_of_another_version_gives_nonce_and_user),
		cmocka_unit_test(
			test_unpack_every_flipped_bit_of_another_version_gives_no_more),
		cmocka_unit_test(test_unpack_verdict_of_another_version_gives_nothing),
		cmocka_unit_test(test_refusal_is_packed_alike_in_every_version),
		cmocka_unit_test(test_unpack_hand_made_packets),
		cmocka_unit_test(test_text_with_inner_nul_or_without_end_is_refused),
		cmocka_unit_test(test_pack_missing_field_is_refused),
		cmocka_unit_test(test_set_text_too_long_is_cut_at_a_character),
		cmocka_unit_test(test_send_and_receive_over_a_socket),
		cmocka_unit_test(test_receive_oversized_packet_is_refused),
		cmocka_unit_test(test_receive_descriptor_is_refused),
	};

	return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
