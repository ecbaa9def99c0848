/*
 * Fuzzes pictures, from their bytes to the screen, in one process: what a decoder does
 * wrong must show here and not die in a child.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "display/qr_decode.h"
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

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char payload[QR_PAYLOAD_MAX];
	struct picture_seen seen;
	size_t len = 0;

	if (qr_decode(payload, &len, &seen, data, size) != ERR_OK)
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
