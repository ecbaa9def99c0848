/*
 * A provider's picture, JPEG or PNG, turned into luminance with a white border: what a
 * QR reader wants to see. Everything in the file is hostile.
 */
#ifndef QR_PIXELS_H
#define QR_PIXELS_H

#include <stddef.h>

#include "base/clean.h"
#include "base/err.h"
#include "wire/picture.h"

/*
 * The bounds follow from what it costs to look at a picture of so many pixels each way.
 * Measured with libjpeg-turbo 2.1, libpng 1.6 and zxing-cpp 1.4: CPU time, and memory of
 * the process, with its libraries.
 *
 *                                    2048           4096
 *   JPEG, grey                   10 ms, 10 MB   18 ms, 10 MB
 *   JPEG, colour, progressive    27 ms, 21 MB  110 ms, 57 MB
 *   PNG, grey                    17 ms,  9 MB   75 ms, 29 MB
 *   PNG, 16 bits, interlaced    102 ms, 10 MB  414 ms, 29 MB
 *   the same without a code     123 ms, 15 MB  433 ms, 29 MB
 *
 * A second of CPU and 64 MB of address space are what the child has (qr/look.h), of which
 * the libraries take 9. PICTURE_SIDE_MAX is 60 for each module of a code of 250 bytes
 * with its margin. What has more than PIXELS_WHOLE is looked at in half its size;
 * zxing-cpp takes as much again as the picture, and four times the time. A JPEG in
 * several scans has all that it says of its colours in memory until the last.
 */
#define PIXELS_WHOLE (2048u * 2048u)
#define PIXELS_HELD_MAX (48u << 20) /* bytes: 4096 x 4096 in colour as usual */
#define PIXELS_SCANS_MAX 32 /* of a progressive JPEG; a good one has about ten */
#define PIXELS_JPEG_MEMORY_MAX (PIXELS_HELD_MAX + (8l << 20))

struct pixels {
	unsigned char *pixels; /* owned; width * height, one byte each, 0 is black */
	int width, height; /* with the border */
	int border; /* white pixels on each side */
};

/*
 * Decodes by what the bytes are, not by what anybody called them. ERR_QR_IMAGE with the
 * fault in `seen`; what is too large is refused by its header, before any of it is
 * unpacked. ERR_NOMEM.
 */
enum err pixels_decode(struct pixels *ret, struct picture_seen *seen, const void *image,
	size_t len) MUST_USE;

/*
 * A copy that is `factor` (2 and more) times smaller each way; every pixel is the mean
 * of those it stands for. ERR_QR_IMAGE: nothing would be left. ERR_NOMEM.
 */
enum err pixels_shrink(
	struct pixels *ret, const struct pixels *picture, int factor) MUST_USE;

void pixels_free(struct pixels *picture);
#define AUTO_PIXELS CLEANUP(pixels_free)

#endif
