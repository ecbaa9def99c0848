/* The channel to itsme-fetch: what is packed comes back, and nothing else is read. */
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "unit.h"
#include "wire/fetch.h"

static struct fetch_msg
request(void)
{
	struct fetch_msg msg = {.kind = FETCH_KIND_REQUEST};

	fetch_set_number(&msg, FETCH_FIELD_SERIAL, 7);
	fetch_set_number(&msg, FETCH_FIELD_LEFT_MS, 0xfffefdfc);
	fetch_set_text(&msg, FETCH_FIELD_URL, "https://op.example/token");
	fetch_set_text(&msg, FETCH_FIELD_FORM, "");
	return msg;
}

static struct fetch_msg
answer(const char *body, size_t len)
{
	struct fetch_msg msg = {.kind = FETCH_KIND_ANSWER};

	fetch_set_number(&msg, FETCH_FIELD_SERIAL, 7);
	fetch_set_number(&msg, FETCH_FIELD_SENT, 1);
	fetch_set_bytes(&msg, FETCH_FIELD_BODY, body, len);
	return msg;
}

static void
test_fetch_what_is_packed_is_read(void **state)
{
	AUTO_BUF struct buf out = BUF_INIT(FETCH_MESSAGE_MAX);
	const struct fetch_msg msg = request();
	struct fetch_msg got;

	(void)state;
	assert_int_equal(fetch_pack(&out, &msg), ERR_OK);
	assert_int_equal(
		fetch_unpack(&got, out.data, out.len, FETCH_SIDE_HELPER), ERR_OK);
	assert_int_equal(got.kind, FETCH_KIND_REQUEST);
	assert_int_equal(got.has, msg.has);
	assert_int_equal(fetch_number(&got, FETCH_FIELD_SERIAL), 7);
	assert_int_equal(fetch_number(&got, FETCH_FIELD_LEFT_MS), 0xfffefdfc);
	assert_string_equal(
		fetch_text(&got, FETCH_FIELD_URL), "https://op.example/token");
	assert_string_equal(fetch_text(&got, FETCH_FIELD_FORM), "");
	assert_null(fetch_text(&got, FETCH_FIELD_BEARER));
	assert_int_equal(fetch_number(&got, FETCH_FIELD_STATUS), 0);
	assert_int_equal(
		fetch_unpack(&got, out.data, out.len, FETCH_SIDE_FETCH), ERR_PROTOCOL);
}

/* Every beginning of it, and it with a byte more. */
static void
test_fetch_reads_no_other_length(void **state)
{
	AUTO_BUF struct buf out = BUF_INIT(FETCH_MESSAGE_MAX);
	const struct fetch_msg msg = request();
	struct fetch_msg got;
	size_t len;

	(void)state;
	assert_int_equal(fetch_pack(&out, &msg), ERR_OK);
	for (len = 0; len < out.len; len++)
		assert_int_equal(fetch_unpack(&got, out.data, len, FETCH_SIDE_HELPER),
			ERR_PROTOCOL);
	buf_add(&out, "", 1);
	assert_int_equal(
		fetch_unpack(&got, out.data, out.len, FETCH_SIDE_HELPER), ERR_PROTOCOL);
}

/* Every value of every byte: what is taken for a message is packed the same way again. */
static void
test_fetch_reads_what_it_would_write(void **state)
{
	AUTO_BUF struct buf out = BUF_INIT(FETCH_MESSAGE_MAX);
	const struct fetch_msg msg = request();
	size_t at;
	int value, taken = 0;

	(void)state;
	assert_int_equal(fetch_pack(&out, &msg), ERR_OK);
	for (at = 0; at < out.len; at++) {
		char kept = out.data[at];

		for (value = 0; value < 256; value++) {
			AUTO_BUF struct buf again = BUF_INIT(FETCH_MESSAGE_MAX);
			struct fetch_msg got;

			out.data[at] = (char)value;
			if (fetch_unpack(&got, out.data, out.len, FETCH_SIDE_HELPER) !=
				ERR_OK)
				continue;
			taken++;
			assert_int_equal(fetch_pack(&again, &got), ERR_OK);
			assert_int_equal(again.len, out.len);
			assert_memory_equal(again.data, out.data, out.len);
		}
		out.data[at] = kept;
	}
	/* the numbers' bytes and the URL's, which may be anything but NUL, and no others
	 */
	assert_in_range(taken, 8 * 256 + 24 * 255, 8 * 256 + 24 * 255 + (int)out.len);
}

static void
test_fetch_packs_what_the_tables_allow(void **state)
{
	static char large[(1u << 20) + 1];
	AUTO_BUF struct buf out = BUF_INIT(FETCH_MESSAGE_MAX);
	struct fetch_msg msg;

	(void)state;
	memset(large, 'x', sizeof(large) - 1);
	msg = request();
	fetch_set_number(&msg, FETCH_FIELD_STATUS, 200); /* not in a REQUEST */
	assert_int_equal(fetch_pack(&out, &msg), ERR_PROTOCOL);
	msg = request();
	msg.has &= ~(1u << FETCH_FIELD_URL); /* which must be there */
	assert_int_equal(fetch_pack(&out, &msg), ERR_PROTOCOL);
	msg = request();
	fetch_set_text(&msg, FETCH_FIELD_URL, large);
	assert_int_equal(fetch_pack(&out, &msg), ERR_PROTOCOL);
	msg.kind = FETCH_KIND_COUNT;
	assert_int_equal(fetch_pack(&out, &msg), ERR_PROTOCOL);
	msg = answer(large, FETCH_BODY_MAX + 1);
	assert_int_equal(fetch_pack(&out, &msg), ERR_PROTOCOL);
}

static void
test_fetch_leaves_out_a_header_that_is_too_long(void **state)
{
	struct fetch_msg msg = answer("", 0);
	char date[200];

	(void)state;
	memset(date, 'd', sizeof(date));
	date[sizeof(date) - 1] = '\0';
	fetch_set_header(&msg, FETCH_FIELD_DATE, date);
	fetch_set_header(&msg, FETCH_FIELD_CACHE_CONTROL, NULL);
	assert_null(fetch_text(&msg, FETCH_FIELD_DATE));
	date[64] = '\0';
	fetch_set_header(&msg, FETCH_FIELD_DATE, date);
	assert_string_equal(fetch_text(&msg, FETCH_FIELD_DATE), date);
}

/* A byte at a time, two messages behind each other, and the end. */
static void
test_fetch_recv_takes_what_is_there(void **state)
{
	AUTO_BUF struct buf out = BUF_INIT(FETCH_MESSAGE_MAX);
	struct fetch_reader reader = FETCH_READER(FETCH);
	const struct fetch_msg msg = answer("a\0b", 3);
	struct fetch_msg got;
	int pair[2], turn;
	size_t at;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(fetch_pack(&out, &msg), ERR_OK);
	for (turn = 0; turn < 2; turn++) {
		for (at = 0; at < out.len; at++) {
			assert_int_equal(fetch_recv(pair[0], &reader, &got), ERR_PENDING);
			assert_int_equal(write(pair[1], out.data + at, 1), 1);
		}
		assert_int_equal(fetch_recv(pair[0], &reader, &got), ERR_OK);
		assert_int_equal(got.text[FETCH_FIELD_BODY].len, 3);
		assert_memory_equal(fetch_text(&got, FETCH_FIELD_BODY), "a\0b", 4);
	}
	assert_int_equal(write(pair[1], out.data, 10), 10);
	close(pair[1]);
	assert_int_equal(fetch_recv(pair[0], &reader, &got), ERR_GONE);
	fetch_reader_free(&reader);
	close(pair[0]);
}

/* The length is judged before anything is taken for it. */
static void
test_fetch_recv_makes_no_room_for_what_is_too_long(void **state)
{
	static const unsigned char heads[][8] = {
		{'p', 'f', FETCH_VERSION, FETCH_KIND_ANSWER, 0, 5, 0, 0},
		{'p', 'f', FETCH_VERSION, FETCH_KIND_PROGRESS, 0, 0, 1, 0},
		{'p', 'f', FETCH_VERSION, FETCH_KIND_REQUEST, 0, 0, 0, 1},
		{'p', 'f', FETCH_VERSION + 1, FETCH_KIND_ANSWER, 0, 0, 0, 1},
		{'p', 'i', FETCH_VERSION, FETCH_KIND_ANSWER, 0, 0, 0, 1},
		{'p', 'f', FETCH_VERSION, 0, 0, 0, 0, 1},
		{'p', 'f', FETCH_VERSION, 255, 0, 0, 0, 1},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		struct fetch_reader reader = FETCH_READER(FETCH);
		struct fetch_msg got;
		int pair[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
		assert_int_equal(write(pair[1], heads[i], 8), 8);
		assert_int_equal(fetch_recv(pair[0], &reader, &got), ERR_PROTOCOL);
		assert_true(reader.data.cap < 4096);
		fetch_reader_free(&reader);
		close(pair[0]);
		close(pair[1]);
	}
}

/* A peer that reads nothing holds nobody longer than the deadline. */
static void
test_fetch_send_ends_at_the_deadline(void **state)
{
	static char large[FETCH_BODY_MAX];
	const struct fetch_msg msg = answer(large, sizeof(large));
	int64_t began = clock_ms();
	int pair[2], i;
	enum err e = ERR_OK;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	for (i = 0; i < 64 && e == ERR_OK; i++)
		e = fetch_send(pair[0], &msg, 300);
	assert_int_equal(e, ERR_GONE);
	assert_in_range(clock_ms() - began, 299, 10000);
	close(pair[1]);
	assert_int_equal(fetch_send(pair[0], &msg, 300), ERR_GONE);
	close(pair[0]);
}

#define STOPPED_MS 700

/* Sends what has no room until somebody reads; 0 where it has arrived. */
static void __attribute__((noreturn)) send_large(int fd)
{
	static char large[FETCH_BODY_MAX];
	const struct fetch_msg msg = answer(large, sizeof(large));
	int i;

	for (i = 0; i < 8; i++)
		if (fetch_send(fd, &msg, STOPPED_MS - 200) != ERR_OK)
			_exit(1);
	_exit(0);
}

/* Both sides are stopped by one Ctrl-Z, and go on one after the other. */
static void
test_fetch_send_does_not_count_a_stop(void **state)
{
	static char room[1 << 16];
	int pair[2], status = 0;
	siginfo_t info;
	pid_t sender;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	sender = fork();
	if (sender == 0) {
		close(pair[1]);
		send_large(pair[0]);
	}
	close(pair[0]);
	poll(NULL, 0, 100); /* for the socket to be full */
	kill(sender, SIGSTOP);
	assert_int_equal(waitid(P_PID, (id_t)sender, &info, WSTOPPED), 0);
	poll(NULL, 0, STOPPED_MS);
	kill(sender, SIGCONT);
	poll(NULL, 0, 50);
	while (read(pair[1], room, sizeof(room)) > 0)
		continue;
	assert_int_equal(waitpid(sender, &status, 0), sender);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	close(pair[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fetch_what_is_packed_is_read),
		cmocka_unit_test(test_fetch_reads_no_other_length),
		cmocka_unit_test(test_fetch_reads_what_it_would_write),
		cmocka_unit_test(test_fetch_packs_what_the_tables_allow),
		cmocka_unit_test(test_fetch_leaves_out_a_header_that_is_too_long),
		cmocka_unit_test(test_fetch_recv_takes_what_is_there),
		cmocka_unit_test(test_fetch_recv_makes_no_room_for_what_is_too_long),
		cmocka_unit_test(test_fetch_send_ends_at_the_deadline),
		cmocka_unit_test(test_fetch_send_does_not_count_a_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
