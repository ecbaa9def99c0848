/*
 * The table of configuration keys: what may be written, how it is read, what it is
 * when nothing is written. Parsing, listings and the manual all come from it.
 */
#ifndef CONFIG_SETTING_H
#define CONFIG_SETTING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "config/config.h"

/* How a value is read, how long it may be, and what is said of a bad one (setting.c). */
enum setting_kind {
	SETTING_ISSUER, /* https address without query, fragment or user */
	SETTING_WORD, /* printable ASCII without blanks */
	SETTING_SCOPE, /* letters, digits and . _ - */
	SETTING_NAMES, /* the same, with blanks between several */
	SETTING_PATH, /* absolute file name */
	SETTING_PRIVATE, /* absolute file name or store URI */
	SETTING_PRIVATES, /* the same; may be given several times */
	SETTING_PROXY, /* address of a proxy */
	SETTING_URL, /* https address, also with a query */
	SETTING_SCOPES, /* words with single blanks between, openid among them */
	SETTING_HINT, /* a template of printable text */
	SETTING_ACR, /* basic, advanced or a URI */
	SETTING_LINES, /* a template; given again, it is the next line */
	SETTING_CLAIMS, /* NAME=VALUE words */
	SETTING_GROUPS, /* names or numbers of groups */
	SETTING_ADDRESSES, /* addresses and prefixes */
	SETTING_CHOICE, /* one of `words`; stored as its position */
	SETTING_NUMBER /* from `least` to `most` */
};

struct setting {
	const char *section;
	const char *name;
	enum setting_kind kind;
	size_t offset; /* of the field in struct config */
	const char *fallback; /* the value when it is not given; NULL: none */
	bool argument; /* may also be an argument of the module */
	bool service; /* may also stand in [service:NAME] */
	const char *words; /* SETTING_CHOICE: "one|two" */
	unsigned least, most; /* SETTING_NUMBER */
	const char *help;
};

extern const struct setting setting_table[];
extern const size_t setting_count;

/* The key's place in the table; `setting_count` where there is no such key. */
size_t setting_find(const char *section, const char *name);

/* Whether any key lives in the section. */
bool setting_has_section(const char *section);

/* Whether the key may be given several times in one section. */
bool setting_repeats(const struct setting *setting);

/* Most bytes of a value that is a text (of all lines, for SETTING_LINES); else 0. */
size_t setting_most(const struct setting *setting);

/* Makes a text empty again, so that other lines can be given. */
enum err setting_clear(struct config *cfg, const struct setting *setting) MUST_USE;

/*
 * Reads `value` into the key's field of `cfg`, replacing what was there
 * (SETTING_PRIVATES, SETTING_LINES: adding to it). ERR_CONFIG_INVALID with what a value
 * must be in `diag`, or ERR_NOMEM.
 */
enum err setting_set(struct config *cfg, const struct setting *setting, const char *value,
	struct diag *diag) MUST_USE;

/* The place of a word (`len` bytes) among those of a SETTING_CHOICE; false: it has none.
 */
bool setting_choice(const struct setting *setting, const char *value, size_t len,
	unsigned *ret) MUST_USE;

/* Gives every key its fallback in an all-zero `cfg`. */
enum err setting_set_fallbacks(struct config *cfg) MUST_USE;

/*
 * Appends the value that `cfg` holds, as it would be written; nothing for an empty one,
 * one a line for SETTING_PRIVATES.
 */
void setting_write(
	struct buf *out, const struct config *cfg, const struct setting *setting);

/* Releases every text in `cfg`. */
void setting_free_all(struct config *cfg);

#endif
