/*
 * A provider's picture, JPEG or PNG, turned into luminance with a white border: what a
 * QR reader wants to see. Everything in the file is hostile.
 */
#ifndef DISPLAY_PICTURE_H
#define DISPLAY_PICTURE_H

#include <stddef.h>

#include "base/clean.h"
#include "base/err.h"

/*
 * The bounds follow from what it costs to look at a picture of so many pixels each way.
 * Measured with libjpeg-turbo 2.1, libpng 1.6 and zxing-cpp 1.4: CPU time, and all memory
 * of the process.
 *
 *                                    2048           4096           8192
 *   JPEG, grey                    9 ms, 13 MB   35 ms,  41 MB   157 ms, 152 MB
 *   JPEG, colour, progressive    28 ms, 25 MB  105 ms,  87 MB   444 ms, 347 MB
 *   PNG, grey                    16 ms, 13 MB   62 ms,  40 MB   277 ms, 152 MB
 *   PNG, 16 bits, interlaced    102 ms, 16 MB  405 ms,  40 MB  1642 ms, 152 MB
 *   the same without a code     125 ms, 18 MB  482 ms,  63 MB  1962 ms, 243 MB
 *
 * A second of CPU is what the child has (display/qr_image.h), 256 MB what the service
 * has. 4096 pixels are 60 for each module of a code of 250 bytes with its margin. The
 * bytes are bounded for decoders alone: an answer of HTTP_MAX bytes carries a picture of
 * 196,608 in base64, and no more.
 */
#define PICTURE_SIDE_MAX 4096u /* pixels */
#define PICTURE_BYTES_MAX (512u << 10)
#define PICTURE_SCANS_MAX 32 /* of a progressive JPEG; a good one has about ten */
/* Bytes that libjpeg may take: a progressive file has all it says of three colours there.
 */
#define PICTURE_JPEG_MEMORY_MAX (6l * PICTURE_SIDE_MAX * PICTURE_SIDE_MAX + (8l << 20))

/* Why nothing could be made of it. */
enum picture_fault {
	PICTURE_GOOD,
	PICTURE_BYTES, /* more than PICTURE_BYTES_MAX */
	PICTURE_KIND, /* neither JPEG nor PNG */
	PICTURE_PIXELS, /* more than PICTURE_SIDE_MAX each way, or none */
	PICTURE_BROKEN /* damaged, or of a sort that is not decoded */
};

/* What was seen of it, however the decoding ended. */
struct picture_seen {
	enum picture_fault fault;
	unsigned width, height; /* as its header says; 0: it was not read so far */
};

struct picture {
	unsigned char *pixels; /* owned; width * height, one byte each, 0 is black */
	int width, height; /* with the border */
	int border; /* white pixels on each side */
};

/*
 * Decodes by what the bytes are, not by what anybody called them. ERR_QR_IMAGE with the
 * fault in `seen`; what is too large is refused by its header, before any of it is
 * unpacked. ERR_NOMEM.
 */
enum err picture_decode(struct picture *ret, struct picture_seen *seen, const void *image,
	size_t len) MUST_USE;

/*
 * A copy that is `factor` (2 and more) times smaller each way; every pixel is the mean
 * of those it stands for. ERR_QR_IMAGE: nothing would be left. ERR_NOMEM.
 */
enum err picture_shrink(
	struct picture *ret, const struct picture *picture, int factor) MUST_USE;

void picture_free(struct picture *picture);
#define AUTO_PICTURE CLEANUP(picture_free)

#endif
