/*
 * From the picture that a provider sends to the text inside its QR code.
 */
#ifndef DISPLAY_QR_IMAGE_H
#define DISPLAY_QR_IMAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "display/qr_decode.h"

#define QR_IMAGE_CPU_MAX 1 /* seconds of computing for one picture; usual: 1 ms */
#define QR_IMAGE_WAIT_MAX 2000 /* milliseconds of waiting for it */

/*
 * Reads the one QR code in `len` bytes of JPEG or PNG. The text satisfies
 * qr_image_payload_is_good(); it is terminated and the caller's to free.
 *
 * The picture is looked at in a child process that can open nothing: a picture that
 * crashes a decoder, or keeps it busy, costs that child and nothing else. It dies with
 * its parent. It must be allowed to fork, to wait and to set its own limits.
 *
 * The errors of qr_decode(); ERR_QR_PAYLOAD also for a text that must not be shown;
 * ERR_QR_READER: the child came to no answer, or took too long. ERR_SYSTEM: no child.
 * `diag` says what the picture is like and, where it is too large, what the bound is.
 */
enum err qr_image_read(
	char **ret_payload, const void *image, size_t len, struct diag *diag) MUST_USE;

/*
 * Whether a text may stand in a QR code and on a terminal: 1 to QR_PAYLOAD_MAX bytes of
 * UTF-8 on one line, nothing that steers a terminal, reorders text or is unseen.
 */
bool qr_image_payload_is_good(const char *text, size_t len);

#endif
