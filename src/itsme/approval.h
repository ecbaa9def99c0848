/*
 * The approval text: what the phone shows before the person says yes ("what you see is
 * what you sign"). Whatever in it is not ours cannot add markup, lines, invisible or
 * lookalike letters, nor push the rest out of sight:
 *
 *   a letter of ISO/IEC 8859-15     stands as it is
 *   a typographic quote, dash, …    its plain form
 *   < > &                           « » {and}
 *   blanks of any kind, in a row    one blank
 *   anything else, malformed bytes  ¿ each: controls, line breaks, bidi and zero-width
 *                                   characters, letters of other alphabets
 *   more than its field may hold    cut in the middle: beginning[...123...]end
 */
#ifndef ITSME_APPROVAL_H
#define ITSME_APPROVAL_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "config/template.h"
#include "language/language.h"

/* Bytes that hold any text: a character has at most three in UTF-8. */
#define APPROVAL_MAX (3 * TEMPLATE_TEXT_MAX)

/* All borrowed. */
struct approval {
	const char *template; /* without a template_fault(); "": ours, in `language` */
	enum language language;
	bool asks; /* the number is to be typed into a terminal, not to be compared */
	const char *field[TEMPLATE_FIELD_COUNT]; /* as they came; NULL: empty */
};

/*
 * Appends the text: at most 7,500 characters, all of ISO/IEC 8859-15, in UTF-8. A line
 * whose placeholders are all empty is left out. ERR_NOMEM, or ERR_INTERNAL for a
 * template with a fault. Ours says whose command it is where there is a {target}, and
 * what is to be done with the number.
 */
enum err approval_compose(struct buf *ret, const struct approval *approval) MUST_USE;

#endif
