/*
 * Picture, pixels, code, bytes: the whole chain in this very process. Takes as long as
 * the picture makes it take; qr/look.h is the door for pictures from outside.
 */
#ifndef QR_DECODE_H
#define QR_DECODE_H

#include <stddef.h>

#include "base/err.h"
#include "qr/pixels.h"

/*
 * The bytes of the one QR code in `len` bytes of JPEG or PNG; not yet fit to be shown.
 *
 * ERR_QR_IMAGE: no picture that can be used; `seen` says why. ERR_QR_UNREADABLE: no code
 * in it, or more than one. ERR_QR_PAYLOAD: more than PICTURE_PAYLOAD_MAX bytes.
 * ERR_NOMEM.
 */
enum err decode_picture(char payload[PICTURE_PAYLOAD_MAX], size_t *ret_len,
	struct picture_seen *seen, const void *image, size_t len) MUST_USE;

#endif
