/*
 * The table of configuration keys: what may be written, how it is read, what it is
 * when nothing is written. Parsing, listings and the manual all come from it.
 */
#ifndef CONFIG_KEY_H
#define CONFIG_KEY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "config/config.h"

/* How a value is read, and what is said of a bad one (key.c). */
enum key_kind {
	KEY_ISSUER, /* https address without query, fragment or user */
	KEY_WORD, /* printable ASCII without blanks */
	KEY_SCOPE, /* letters, digits and . _ - */
	KEY_PATH, /* absolute file name */
	KEY_PRIVATE, /* absolute file name or store URI */
	KEY_PRIVATES, /* the same; may be given several times */
	KEY_PROXY, /* address of a proxy */
	KEY_ACR, /* basic, advanced or a URI */
	KEY_CHOICE, /* one of `words`; stored as its position */
	KEY_NUMBER /* from `least` to `most` */
};

struct key {
	const char *section;
	const char *name;
	enum key_kind kind;
	size_t offset; /* of the field in struct config */
	const char *fallback; /* the value when it is not given; NULL: none */
	bool argument; /* may also be an argument of the module */
	const char *words; /* KEY_CHOICE: "one|two" */
	unsigned least, most; /* KEY_NUMBER */
	const char *help;
};

extern const struct key key_table[];
extern const size_t key_count;

/* The key's place in the table; `key_count` where there is no such key. */
size_t key_find(const char *section, const char *name);

/* Whether any key lives in the section. */
bool key_has_section(const char *section);

/*
 * Reads `value` into the key's field of `cfg`, replacing what was there (KEY_PRIVATES:
 * adding to it). ERR_CONFIG_INVALID with what a value must be in `diag`, or ERR_NOMEM.
 */
enum err key_set(struct config *cfg, const struct key *key, const char *value,
	struct diag *diag) MUST_USE;

/* Gives every key its fallback in an all-zero `cfg`. */
enum err key_set_fallbacks(struct config *cfg) MUST_USE;

/* Releases every text in `cfg`. */
void key_free_all(struct config *cfg);

#endif
