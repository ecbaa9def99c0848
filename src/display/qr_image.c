/* Picture, pixels, code, text: the chain, and what the text may be at its end. */
#include "display/qr_image.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "display/picture.h"
#include "display/qr_reader.h"

bool
qr_image_payload_is_good(const char *text, size_t len)
{
	char clean[QR_PAYLOAD_MAX + 1];

	return len > 0 && len <= QR_PAYLOAD_MAX && memchr(text, '\n', len) == NULL &&
	       text_clean(clean, sizeof(clean), text, len) == len &&
	       memcmp(clean, text, len) == 0;
}

enum err
qr_image_read(char **ret_payload, const void *image, size_t len)
{
	AUTO_PICTURE struct picture picture = {0};
	char text[QR_PAYLOAD_MAX];
	size_t text_len = 0;
	char *payload;
	enum err e;

	e = picture_decode(&picture, image, len);
	if (e == ERR_OK)
		e = qr_reader_read(text, sizeof(text), &text_len, picture.pixels,
			picture.width, picture.height);
	if (e != ERR_OK)
		return e;
	if (!qr_image_payload_is_good(text, text_len))
		return ERR_QR_PAYLOAD;
	payload = strndup(text, text_len);
	if (payload == NULL)
		return ERR_NOMEM;
	*ret_payload = payload;
	return ERR_OK;
}
