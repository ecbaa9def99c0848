/*
 * Foreign text made fit to be shown or logged. Nothing that was typed, sent or
 * configured by somebody else reaches a terminal or a log without passing here.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Reads one UTF-8 character at `s` (at most `len` bytes) into `ret_rune` and returns
 * its length. 0 for anything malformed: overlong, surrogate, above U+10FFFF, cut off.
 */
size_t text_rune(const char *s, size_t len, unsigned *ret_rune);

/* Whether the bytes are well-formed UTF-8 (RFC 3629). */
bool text_is_utf8(const char *s, size_t len);

/* Whether every byte is printable ASCII (0x20–0x7e). */
bool text_is_ascii(const char *s, size_t len);

/*
 * Whether the character is a visible one of ISO/IEC 8859-15, or the blank. The invisible
 * ones (no-break space, soft hyphen) are not, nor are controls.
 */
bool text_is_latin9(unsigned rune);

/* Whether the character steers a terminal, reorders text or cannot be seen. */
bool text_is_unsafe(unsigned rune);

/*
 * Copies for a terminal: newlines stay; C0 and C1 controls, DEL, bidi and zero-width
 * characters and malformed bytes become '?'. `dst` is always terminated; what does not
 * fit into `size` is cut at a character. Returns the length written.
 */
size_t text_clean(char *dst, size_t size, const char *src, size_t len);

/* The same for one line: newlines become '?', too. */
size_t text_line(char *dst, size_t size, const char *src, size_t len);

/*
 * Copies for one field of a log line: printable ASCII without spaces, quotes, '=' and
 * backslashes; everything else becomes '?'. "-" for an empty or missing text.
 */
const char *text_log(char *dst, size_t size, const char *src);

/*
 * The same for a foreign sentence within a log line, which it cannot leave: one word,
 * with '_' for each blank so that it can still be read. "" stays "".
 */
const char *text_words(char *dst, size_t size, const char *src);

/*
 * The same for a message of a library that quotes what a peer has said: its own words
 * stay words up to the first quotation mark; what stands behind it is one.
 */
const char *text_quoting(char *dst, size_t size, const char *src);

#endif
