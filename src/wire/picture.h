/*
 * The channel between the helper and itsme-qr: one SOCK_STREAM socket, on which pictures
 * go one way and what was found in them the other.
 *
 *   helper                                 itsme-qr
 *     ACCOUNT    whom to become, once ->
 *     REQUEST    a picture            ->
 *                                     <-   ANSWER   what is in it
 *
 * One request at a time: bytes that come while nobody waits for them are the end. Either
 * side may close at any time; for itsme-qr that is the order to exit.
 *
 * An account is: uid u32 | gid u32; with the name services that know its name, itsme-qr
 * would be half as large again. A request is: length u32 | bytes of the picture. An
 * answer has always the same size: outcome u32 | fault u32 | width u32 | height u32 |
 * length u32 | text, with zeros behind it. Numbers are big endian.
 */
#ifndef WIRE_PICTURE_H
#define WIRE_PICTURE_H

#include <stddef.h>

#include "base/err.h"
#include "base/privilege.h"

/*
 * Bytes: more than any answer of a provider carries, as HTTP_MAX bytes hold a picture of
 * 196,608 in base64. What a picture may have of pixels follows from qr/pixels.h.
 */
#define PICTURE_BYTES_MAX (512u << 10)
#define PICTURE_SIDE_MAX 4096u /* pixels each way */
#define PICTURE_PAYLOAD_MAX 1024 /* bytes in a code */

#define PICTURE_ACCOUNT_SIZE 8
#define PICTURE_REQUEST_SIZE 4 /* before the picture */
#define PICTURE_ANSWER_SIZE (5 * 4 + PICTURE_PAYLOAD_MAX)

/* What came of a picture. */
enum picture_outcome {
	PICTURE_READ, /* the payload is what its one code holds */
	PICTURE_UNUSABLE, /* the fault says why */
	PICTURE_NO_CODE, /* or more than one */
	PICTURE_LONG, /* its code holds more than PICTURE_PAYLOAD_MAX */
	PICTURE_NO_MEMORY, /* it takes more than its reader may have */
	PICTURE_NO_READER, /* its reader died or took too long */
	PICTURE_OUTCOMES
};

/* Why nothing could be made of it. */
enum picture_fault {
	PICTURE_GOOD,
	PICTURE_BYTES, /* more than PICTURE_BYTES_MAX */
	PICTURE_KIND, /* neither JPEG nor PNG */
	PICTURE_PIXELS, /* more than PICTURE_SIDE_MAX each way, or none */
	PICTURE_HELD, /* a JPEG in several parts, too large to be held until the last */
	PICTURE_BROKEN, /* damaged, or of a sort that is not decoded */
	PICTURE_FAULTS
};

/* What was seen of it, however the decoding ended. */
struct picture_seen {
	enum picture_fault fault;
	unsigned width, height; /* as its header says; 0: it was not read so far */
};

struct picture_answer {
	enum picture_outcome outcome;
	struct picture_seen seen;
	size_t len; /* of the payload; 0 but for PICTURE_READ */
	char payload[PICTURE_PAYLOAD_MAX]; /* not terminated, not fit to be shown */
};

void picture_write_account(
	unsigned char ret[PICTURE_ACCOUNT_SIZE], const struct privilege_account *account);
void picture_read_account(
	struct privilege_account *ret, const unsigned char bytes[PICTURE_ACCOUNT_SIZE]);

/* The head of a request for `len` bytes, PICTURE_BYTES_MAX at most. */
void picture_write_request(unsigned char ret[PICTURE_REQUEST_SIZE], size_t len);

/* How many bytes follow. ERR_PROTOCOL: more than may. */
enum err picture_read_request(
	size_t *ret_len, const unsigned char head[PICTURE_REQUEST_SIZE]) MUST_USE;

void picture_write_answer(
	unsigned char ret[PICTURE_ANSWER_SIZE], const struct picture_answer *answer);

/*
 * Reads an answer of somebody who may say anything. ERR_PROTOCOL: an outcome or fault
 * that is none, a length over its bound, a payload that the outcome has not, or anything
 * but zeros behind it.
 */
enum err picture_read_answer(struct picture_answer *ret,
	const unsigned char bytes[PICTURE_ANSWER_SIZE]) MUST_USE;

#endif
