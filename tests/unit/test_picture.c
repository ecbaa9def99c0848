/* The channel to itsme-qr: what is written is read, and nothing else is. */
#include "unit.h"

#include <stdint.h>
#include <string.h>

#include "wire/picture.h"

static const struct picture_answer whole = {.outcome = PICTURE_READ,
	.seen = {PICTURE_GOOD, 300, 0xfffffffe},
	.len = 3,
	.payload = "a\0b"};

static void
test_answer_written_is_the_answer_read(void **state)
{
	unsigned char bytes[PICTURE_ANSWER_SIZE];
	struct picture_answer longest = whole, read;

	(void)state;
	picture_write_answer(bytes, &whole);
	assert_int_equal(picture_read_answer(&read, bytes), ERR_OK);
	assert_memory_equal(&read, &whole, sizeof(read));
	longest.len = PICTURE_PAYLOAD_MAX;
	memset(longest.payload, 'x', sizeof(longest.payload));
	picture_write_answer(bytes, &longest);
	assert_int_equal(picture_read_answer(&read, bytes), ERR_OK);
	assert_memory_equal(&read, &longest, sizeof(read));
}

/* Each number at each value that it may not have; the answer is left alone. */
static void
test_answer_that_may_not_be_is_refused(void **state)
{
	static const struct {
		size_t at; /* of the number */
		uint32_t value;
	} cases[] = {
		{0, PICTURE_OUTCOMES},
		{0, 0xffffffff},
		{0, PICTURE_NO_CODE}, /* with a payload */
		{0, PICTURE_NO_READER},
		{4, PICTURE_FAULTS},
		{4, 0x80000000},
		{16, PICTURE_PAYLOAD_MAX + 1},
		{16, 0xfffffff0},
		{16, 2}, /* the rest is not zero */
		{16, 0},
	};
	struct picture_answer read = {.len = 77};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned char bytes[PICTURE_ANSWER_SIZE];
		int byte;

		picture_write_answer(bytes, &whole);
		for (byte = 0; byte < 4; byte++)
			bytes[cases[i].at + (size_t)byte] =
				(unsigned char)(cases[i].value >> (24 - 8 * byte));
		if (picture_read_answer(&read, bytes) != ERR_PROTOCOL || read.len != 77)
			fail_msg("case %zu", i);
	}
}

static void
test_answer_with_anything_behind_it_is_refused(void **state)
{
	unsigned char bytes[PICTURE_ANSWER_SIZE];
	struct picture_answer read;
	size_t at;

	(void)state;
	picture_write_answer(bytes, &whole);
	for (at = 20 + whole.len; at < sizeof(bytes); at++) {
		bytes[at] = 1;
		assert_int_equal(picture_read_answer(&read, bytes), ERR_PROTOCOL);
		bytes[at] = 0;
	}
	assert_int_equal(picture_read_answer(&read, bytes), ERR_OK);
}

static void
test_request_bounds(void **state)
{
	static const size_t lengths[] = {0, 1, 0x10203, PICTURE_BYTES_MAX};
	unsigned char head[PICTURE_REQUEST_SIZE];
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		picture_write_request(head, lengths[i]);
		assert_int_equal(picture_read_request(&len, head), ERR_OK);
		assert_int_equal(len, lengths[i]);
	}
	picture_write_request(head, PICTURE_BYTES_MAX + 1);
	assert_int_equal(picture_read_request(&len, head), ERR_PROTOCOL);
	memset(head, 0xff, sizeof(head));
	assert_int_equal(picture_read_request(&len, head), ERR_PROTOCOL);
}

static void
test_account_written_is_the_account_read(void **state)
{
	const struct privilege_account account = {0xfffe0001, 65534};
	struct privilege_account read;
	unsigned char bytes[PICTURE_ACCOUNT_SIZE];

	(void)state;
	picture_write_account(bytes, &account);
	picture_read_account(&read, bytes);
	assert_int_equal(read.uid, account.uid);
	assert_int_equal(read.gid, account.gid);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answer_written_is_the_answer_read),
		cmocka_unit_test(test_answer_that_may_not_be_is_refused),
		cmocka_unit_test(test_answer_with_anything_behind_it_is_refused),
		cmocka_unit_test(test_request_bounds),
		cmocka_unit_test(test_account_written_is_the_account_read),
	};

	return cmocka_run_group_tests_name("picture", tests, NULL, NULL);
}
