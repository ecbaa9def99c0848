/*
 * Talking to the person through the host's conversation function.
 */
#ifndef PAM_CONVERSATION_H
#define PAM_CONVERSATION_H

#include <stdbool.h>
#include <stddef.h>

#include <security/pam_modules.h>

#include "base/err.h"
#include "wire/typed.h"

/*
 * Looks, without showing anything, whether there is somebody to talk to. ERR_SILENT: the
 * host has no conversation. ERR_NOT_INTERACTIVE: it is OpenSSH's for its password method,
 * which can ask nothing. That one has no data of its own, while the one for
 * keyboard-interactive does not work without (auth-pam.c, from 3.9 to 10.5).
 */
enum err conversation_look(const pam_handle_t *pamh, bool sshd) MUST_USE;

/*
 * Shows `len` bytes of text, cleaned; `style` is PAM_TEXT_INFO or PAM_ERROR_MSG.
 * ERR_NOT_INTERACTIVE: the host cannot show it. ERR_SILENT: it never shows anything.
 */
enum err conversation_show(
	pam_handle_t *pamh, int style, const char *text, size_t len) MUST_USE;

/*
 * Shows the text as a visible prompt and waits for Enter. What was typed is wiped
 * unread. ERR_GONE: the input has ended. ERR_NOT_INTERACTIVE: the host cannot ask.
 */
enum err conversation_ask(pam_handle_t *pamh, const char *text, size_t len) MUST_USE;

/* The same, but what was typed goes into `ret` as typed_read() leaves it. The caller
 * wipes it. */
enum err conversation_question(
	pam_handle_t *pamh, const char *text, size_t len, char ret[TYPED_SIZE]) MUST_USE;

/* A text before a question, the question, and a text behind it; empty: there is none. */
#define CONVERSATION_PARTS 3
#define CONVERSATION_ASKED 1

struct conversation_part {
	const char *text;
	size_t len;
};

/*
 * The same with all parts in one call of the host's function, so that it may show what
 * stands behind the question with it, or after it. `hidden`: what is typed is not seen.
 * No answer is an empty one. `ret` is NULL where nothing is wanted of it.
 */
enum err conversation_all_at_once(pam_handle_t *pamh, bool hidden,
	const struct conversation_part parts[CONVERSATION_PARTS],
	char ret[TYPED_SIZE]) MUST_USE;

#endif
