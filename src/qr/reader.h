/*
 * The one door to zxing-cpp: pixels in, the bytes of the QR code out. Plain C, so that
 * no C++ type and no exception comes through.
 */
#ifndef QR_READER_H
#define QR_READER_H

#include <stddef.h>

#include "base/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Reads the one QR code in a luminance picture (one byte a pixel, rows without gaps)
 * that has a light border. `payload` takes at most `size` bytes, not terminated.
 *
 * ERR_QR_UNREADABLE: no code, several, or one of a series. ERR_QR_PAYLOAD: longer than
 * `size`. ERR_NOMEM.
 */
enum err reader_read(char *payload, size_t size, size_t *ret_len,
	const unsigned char *pixels, int width, int height) MUST_USE;

#ifdef __cplusplus
}
#endif

#endif
