/*
 * The lines of a configuration, taken apart: sections, keys, comments. What a section or
 * a key is called, and what its value may be, is for others to judge.
 *
 *   [section]      ; alone on its line
 *   key = value    ; or key: value; a ';' behind a blank begins a comment
 *   # comment      ; or ';', at the beginning of the line
 *
 * Blanks (spaces and tabs) around a line, a key and a value do not count; a line ends
 * with LF or CR LF. Nothing is quoted or escaped, and no line goes on in the next one.
 */
#ifndef CONFIG_INI_H
#define CONFIG_INI_H

#include <stddef.h>

enum ini_kind {
	INI_END, /* there is no line any more */
	INI_NOTHING, /* empty, a comment, or (with a fault) not a text at all */
	INI_SECTION, /* `name`, unless there is a fault */
	INI_KEY, /* `name` and `value` */
	INI_OTHER /* none of these, which is a fault; `name` is what stands there */
};

/* Begins as {.at = TEXT, .end = BEHIND IT}; `*end` must be writable as well. */
struct ini {
	char *at, *end; /* what is left of the text, which is cut to pieces */
	unsigned line; /* number of the last one, from 1 */
	char *name, *value; /* of the last line, terminated; they point into the text */
	const char *fault; /* what is wrong with it as a line; what to do. Or NULL */
};

/*
 * Takes the next line. Its name and value are valid UTF-8 without control characters
 * (but tabs) and as long as the line makes them.
 */
enum ini_kind ini_next(struct ini *ini);

#endif
