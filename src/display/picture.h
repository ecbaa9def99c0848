/*
 * A provider's picture, JPEG or PNG, turned into luminance with a white border: what a
 * QR reader wants to see. Everything in the file is hostile.
 */
#ifndef DISPLAY_PICTURE_H
#define DISPLAY_PICTURE_H

#include <stddef.h>

#include "base/clean.h"
#include "base/err.h"

#define PICTURE_BYTES_MAX (512u << 10)
#define PICTURE_SIDE_MAX 2048u /* pixels */
#define PICTURE_SCANS_MAX 32 /* of a progressive JPEG; a good one has about ten */

struct picture {
	unsigned char *pixels; /* owned; width * height, one byte each, 0 is black */
	int width, height; /* with the border */
	int border; /* white pixels on each side */
};

/*
 * Decodes by what the bytes are, not by what anybody called them. ERR_QR_IMAGE: neither
 * JPEG nor PNG, over a limit, or broken beyond use. ERR_NOMEM.
 */
enum err picture_decode(struct picture *ret, const void *image, size_t len) MUST_USE;

/*
 * A copy that is `factor` (2 and more) times smaller each way; every pixel is the mean
 * of those it stands for. ERR_QR_IMAGE: nothing would be left. ERR_NOMEM.
 */
enum err picture_shrink(
	struct picture *ret, const struct picture *picture, int factor) MUST_USE;

void picture_free(struct picture *picture);
#define AUTO_PICTURE CLEANUP(picture_free)

#endif
