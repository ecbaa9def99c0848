/*
 * Asking at a login screen. Each greeter shows some of what it is given and drops the
 * rest, so all of it goes into one call of the host's conversation function:
 *
 *   lightdm-gtk-greeter  the text before a question; the question itself only if another
 *                        was put earlier; once that is answered, the text behind it
 *   slick-greeter        all three until the end. A text of a later call stays hidden,
 *                        and makes it wait at "Log In" when all is over
 *   SDDM                 the last text. It answers with what was typed before PAM began
 *   tuigreet, GDM        the question with the text before it, then the text behind it
 */
#ifndef PAM_GREETING_H
#define PAM_GREETING_H

#include <stddef.h>

#include <security/pam_modules.h>

#include "base/err.h"
#include "wire/typed.h"

/*
 * Asks for a key press: `text` is a line that says so, and lines that hold once it was
 * pressed. Nothing is shown of what is typed, and it is wiped unread. Results are those
 * of conversation_ask(); no answer is as good as an empty one.
 */
enum err greeting_press(pam_handle_t *pamh, const char *text, size_t len) MUST_USE;

/* Asks a question, which is the last line of `text`; as conversation_question() does. */
enum err greeting_question(
	pam_handle_t *pamh, const char *text, size_t len, char ret[TYPED_SIZE]) MUST_USE;

#endif
