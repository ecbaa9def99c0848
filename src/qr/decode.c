/* The chain from picture to bytes. Large pictures are read small first: it is quicker. */
#include "qr/decode.h"

#include "qr/reader.h"

#define SIDE_ENOUGH 250 /* pixels: four for each module of a code of 200 bytes */

static enum err
read_pixels(char *payload, size_t *ret_len, const struct pixels *p)
{
	return reader_read(
		payload, PICTURE_PAYLOAD_MAX, ret_len, p->pixels, p->width, p->height);
}

enum err
decode_picture(char payload[PICTURE_PAYLOAD_MAX], size_t *ret_len,
	struct picture_seen *seen, const void *image, size_t len)
{
	AUTO_PIXELS struct pixels large = {0}, small = {0};
	enum err e;
	int side;

	e = pixels_decode(&large, seen, image, len);
	if (e != ERR_OK)
		return e;
	side = large.width > large.height ? large.width : large.height;
	if (side >= 2 * SIDE_ENOUGH) {
		e = pixels_shrink(&small, &large, side / SIDE_ENOUGH);
		if (e == ERR_OK)
			e = read_pixels(payload, ret_len, &small);
		if (e != ERR_QR_UNREADABLE)
			return e;
	}
	return read_pixels(payload, ret_len, &large);
}
