/*
 * Templates of the text that the phone shows: one or more lines of our own words and
 * markup, with placeholders for what differs from login to login.
 *
 *   Log in to <b>{host}</b> as <b>{user}</b>
 *
 * The words are written by the administrator or by us, so they may hold the markup that
 * the app knows; what replaces a placeholder may not (itsme/approval.c).
 */
#ifndef CONFIG_TEMPLATE_H
#define CONFIG_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

/* name, word between the braces, most characters that may stand in its place */
#define TEMPLATE_FIELD_LIST(X)                                         \
	X(HOST, "host", 64) /* this machine */                         \
	X(USER, "user", 64) /* the local account */                    \
	X(SERVICE, "service", 40) /* the PAM service */                \
	X(RHOST, "rhost", 64) /* where from; empty for local logins */ \
	X(TIME, "time", 32) /* in the machine's time zone */           \
	X(COMMAND, "command", 600) /* as typed; empty but for sudo */  \
	X(TARGET, "target", 64) /* whom sudo runs it as; else empty */ \
	X(NUMBER, "number", 16) /* to be compared with the terminal */

enum template_field {
#define TEMPLATE_FIELD_ENUM(name, word, most) TEMPLATE_##name,
	TEMPLATE_FIELD_LIST(TEMPLATE_FIELD_ENUM)
#undef TEMPLATE_FIELD_ENUM
		TEMPLATE_FIELD_COUNT,
	TEMPLATE_WORDS, /* our own words and markup */
	TEMPLATE_BREAK /* the end of a line */
};

#define TEMPLATE_TEXT_MAX 7500 /* characters that the app takes */

struct template_piece {
	enum template_field field;
	const char *words; /* TEMPLATE_WORDS: `len` bytes, not terminated */
	size_t len;
};

/* The piece at `*at`, which moves behind it. Only for a template without a fault. */
struct template_piece template_next(const char **at);

/* Most characters that may stand in the place of this field. */
size_t template_field_most(enum template_field field);

/*
 * What is wrong with a template (lines separated by '\n'): NULL, or what it must be.
 * Looks at its letters (ISO/IEC 8859-15), its markup (b, i, u and br, closed in their
 * line), its placeholders, and at how long it can become. Static storage.
 */
const char *template_fault(const char *text);

/* Whether the text has this placeholder. */
bool template_has(const char *text, enum template_field field);

#endif
