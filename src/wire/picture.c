/* Writing and reading what goes between the helper and itsme-qr. No input or output. */
#include "wire/picture.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Where each number of an answer begins; the payload is behind the last. */
enum place { OUTCOME = 0, FAULT = 4, WIDTH = 8, HEIGHT = 12, LENGTH = 16, PAYLOAD = 20 };

static void
write_number(unsigned char *p, size_t number)
{
	p[0] = (unsigned char)(number >> 24);
	p[1] = (unsigned char)(number >> 16);
	p[2] = (unsigned char)(number >> 8);
	p[3] = (unsigned char)number;
}

static uint32_t
read_number(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

void
picture_write_account(
	unsigned char ret[PICTURE_ACCOUNT_SIZE], const struct privilege_account *account)
{
	write_number(ret, account->uid);
	write_number(ret + 4, account->gid);
}

void
picture_read_account(
	struct privilege_account *ret, const unsigned char bytes[PICTURE_ACCOUNT_SIZE])
{
	*ret = (struct privilege_account){read_number(bytes), read_number(bytes + 4)};
}

void
picture_write_request(unsigned char ret[PICTURE_REQUEST_SIZE], size_t len)
{
	write_number(ret, len);
}

enum err
picture_read_request(size_t *ret_len, const unsigned char head[PICTURE_REQUEST_SIZE])
{
	uint32_t len = read_number(head);

	if (len > PICTURE_BYTES_MAX)
		return ERR_PROTOCOL;
	*ret_len = len;
	return ERR_OK;
}

void
picture_write_answer(
	unsigned char ret[PICTURE_ANSWER_SIZE], const struct picture_answer *answer)
{
	memset(ret, 0, PICTURE_ANSWER_SIZE);
	write_number(ret + OUTCOME, answer->outcome);
	write_number(ret + FAULT, answer->seen.fault);
	write_number(ret + WIDTH, answer->seen.width);
	write_number(ret + HEIGHT, answer->seen.height);
	write_number(ret + LENGTH, answer->len);
	memcpy(ret + PAYLOAD, answer->payload, answer->len);
}

static bool
is_zero(const unsigned char *p, size_t len)
{
	while (len > 0 && *p == 0)
		p++, len--;
	return len == 0;
}

enum err
picture_read_answer(
	struct picture_answer *ret, const unsigned char bytes[PICTURE_ANSWER_SIZE])
{
	uint32_t outcome = read_number(bytes + OUTCOME),
		 fault = read_number(bytes + FAULT), len = read_number(bytes + LENGTH);

	if (outcome >= PICTURE_OUTCOMES || fault >= PICTURE_FAULTS ||
		len > PICTURE_PAYLOAD_MAX || (len > 0 && outcome != PICTURE_READ) ||
		!is_zero(bytes + PAYLOAD + len, PICTURE_PAYLOAD_MAX - len))
		return ERR_PROTOCOL;
	*ret = (struct picture_answer){
		.outcome = (enum picture_outcome)outcome,
		.seen = {(enum picture_fault)fault, read_number(bytes + WIDTH),
			read_number(bytes + HEIGHT)},
		.len = len,
	};
	memcpy(ret->payload, bytes + PAYLOAD, len);
	return ERR_OK;
}
