/*
 * From the picture that a provider sends to the text inside its QR code.
 */
#ifndef DISPLAY_QR_IMAGE_H
#define DISPLAY_QR_IMAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define QR_PAYLOAD_MAX 1024 /* bytes */

/*
 * Reads the one QR code in `len` bytes of JPEG or PNG. The text satisfies
 * qr_image_payload_is_good(); it is terminated and the caller's to free.
 *
 * ERR_QR_IMAGE: no picture that can be used. ERR_QR_UNREADABLE: no code in it, or more
 * than one. ERR_QR_PAYLOAD: a code whose text must not be shown. ERR_NOMEM.
 */
enum err qr_image_read(char **ret_payload, const void *image, size_t len) MUST_USE;

/*
 * Whether a text may stand in a QR code and on a terminal: 1 to QR_PAYLOAD_MAX bytes of
 * UTF-8 on one line, nothing that steers a terminal, reorders text or is unseen.
 */
bool qr_image_payload_is_good(const char *text, size_t len);

#endif
