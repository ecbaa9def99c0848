/*
 * Fuzzes pictures, from their bytes to the screen, in one process: what a decoder does
 * wrong must show here and not die in a child. The same bytes are also an answer of an
 * itsme-qr that was won.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "qr/decode.h"
#include "display/qr_image.h"
#include "display/screen.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* At a prompt the address stands there for who wishes for it, or where no code does. */
static void
show(const char *address)
{
	const struct screen_page page = {.address = address, .app = true};
	struct screen screen = {.style = WIRE_STYLE_PROMPT};
	unsigned wishes;
	int qr;

	for (qr = CONFIG_QR_AUTO; qr <= CONFIG_QR_OFF; qr++)
		for (wishes = 0; wishes <= (SCREEN_WISH_ADDRESS | SCREEN_WISH_ASCII);
			wishes++) {
			struct screen_drawing drawing = {.text = BUF_INIT(SCREEN_MAX)};
			bool has_code, has_address, wished = wishes & SCREEN_WISH_ADDRESS;

			screen.qr = (enum config_qr)qr;
			screen.wishes = wishes;
			if (screen_compose(&drawing, &screen, &page) != ERR_OK)
				abort();
			has_code = drawing.code_rows > 0;
			has_address = strstr(buf_str(&drawing.text), address) != NULL;
			if (has_address != (wished || !has_code))
				abort();
			buf_free(&drawing.text);
		}
}

/* What is read is whole, and would be written so again. */
static void
read_answer(const uint8_t *data, size_t size)
{
	unsigned char bytes[PICTURE_ANSWER_SIZE] = "", again[PICTURE_ANSWER_SIZE];
	struct picture_answer answer;

	memcpy(bytes, data, size < sizeof(bytes) ? size : sizeof(bytes));
	if (picture_read_answer(&answer, bytes) != ERR_OK)
		return;
	if (answer.len > sizeof(answer.payload))
		abort();
	picture_write_answer(again, &answer);
	if (memcmp(bytes, again, sizeof(bytes)) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char payload[PICTURE_PAYLOAD_MAX];
	struct picture_seen seen;
	size_t len = 0;

	read_answer(data, size);
	if (decode_picture(payload, &len, &seen, data, size) != ERR_OK)
		return 0;
	if (len > sizeof(payload))
		abort();
	if (qr_image_payload_is_good(payload, len)) {
		AUTO_FREE char *address = strndup(payload, len);

		if (address != NULL)
			show(address);
	}
	return 0;
}
