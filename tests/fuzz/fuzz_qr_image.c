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

static void
show(const char *address)
{
	struct screen screen = {.style = WIRE_STYLE_PROMPT};
	int qr;

	for (qr = CONFIG_QR_AUTO; qr <= CONFIG_QR_OFF; qr++) {
		AUTO_BUF struct buf out = BUF_INIT(SCREEN_MAX);

		screen.qr = (enum config_qr)qr;
		if (screen_compose(&out, &screen, address) != ERR_OK ||
			strstr(buf_str(&out), address) == NULL)
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char payload[QR_PAYLOAD_MAX];
	size_t len = 0;

	if (qr_decode(payload, &len, data, size) != ERR_OK)
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
