/*
 * From the picture that a provider sends to the text inside its QR code. What is in it is
 * looked for by a program apart, itsme-qr, which is started before there is a picture.
 */
#ifndef DISPLAY_QR_IMAGE_H
#define DISPLAY_QR_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clean.h"
#include "base/err.h"
#include "base/launch.h"
#include "base/privilege.h"
#include "wire/picture.h"

/*
 * Milliseconds of our own running for one picture; itsme-qr waits 15000. It takes a few,
 * but for where a thousand logins begin at once. What computes for ever ends after one
 * second, and nobody waits beyond the end of the login.
 */
#define QR_IMAGE_WAIT_MAX 20000

/* A running itsme-qr, or none (any more). */
struct qr_image {
	struct launched program;
	int64_t end; /* clock_ms: no answer is waited for longer; 0: there is no end */
};

#define QR_IMAGE_NONE                    \
	{                                \
		.program = LAUNCHED_NONE \
	}

/*
 * Starts itsme-qr: the program `path`, or for NULL the one beside the running program.
 * It becomes the account. The errors of launch_start(). The caller closes.
 */
enum err qr_image_open(struct qr_image *ret, const char *path,
	const struct privilege_account *account, struct diag *diag) MUST_USE;

/*
 * Reads the one QR code in `len` bytes of JPEG or PNG. The text satisfies
 * qr_image_payload_is_good(); it is terminated and the caller's to free.
 *
 * ERR_QR_IMAGE: no picture that can be used. ERR_QR_UNREADABLE: no code in it, or more
 * than one. ERR_QR_PAYLOAD: a text that is too long or must not be shown. ERR_QR_READER:
 * the picture killed its reader, took too long or too much memory; or itsme-qr is not
 * there, ended, or said what it may not say: then it is ended, and no picture is read any
 * more. ERR_NOMEM. `diag` says in numbers what the picture is like and, where it is too
 * large, what the bound is.
 */
enum err qr_image_read(struct qr_image *qr, char **ret_payload, const void *image,
	size_t len, struct diag *diag) MUST_USE;

/* Ends itsme-qr. Does nothing where none runs. */
void qr_image_close(struct qr_image *qr);
#define AUTO_QR_IMAGE CLEANUP(qr_image_close)

/*
 * Whether a text may stand in a QR code and on a terminal: 1 to PICTURE_PAYLOAD_MAX bytes
 * of UTF-8 on one line, nothing that steers a terminal, reorders text or is unseen.
 */
bool qr_image_payload_is_good(const char *text, size_t len);

#endif
