/*
 * The identity map: which identity may enter which local account. One line a pair,
 *
 *   account  [iss=ISSUER] sub=SUBJECT [lang=LANGUAGE] [qr=KIND] [invert=no|yes]
 *            [login=HINT] [code=USERCODE]  [# comment]
 *
 * several lines for one account allowed; without iss= the configured issuer counts.
 * lang= (en, nl, fr, de) is the language in which the account's people are spoken to, qr=
 * and invert= how codes are drawn for them (as in the configuration), for all its lines:
 * one may say it, or several the same.
 * login= and code= are for OpenID CIBA: how the provider is told who is meant, and the
 * code by which the person lets this machine ask. They decide nothing about who may
 * enter. Everything is compared byte by byte: no folding, no patterns, no normalisation.
 */
#ifndef IDENTITY_MAP_H
#define IDENTITY_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clean.h"
#include "base/err.h"
#include "config/config.h"
#include "language/language.h"

#define MAP_MAX (16u << 20) /* bytes in the file: a fleet of 100,000 people fits */
#define MAP_PAIRS_MAX 256 /* lines of one account */
#define MAP_SUB_MAX 255 /* bytes (OpenID Connect Core, section 2) */
#define MAP_ACCOUNT_MAX 255 /* bytes of an account's name */
#define MAP_ISSUER_MAX CONFIG_TEXT_MAX /* bytes, as of the configured one */
#define MAP_LOGIN_MAX CONFIG_TEXT_MAX /* bytes, as of the configured login_hint */
#define MAP_CODE_MAX 255 /* bytes of a user_code */

/* One identity, owned. */
struct map_pair {
	char *issuer;
	char *sub;
	char *login; /* what CIBA's login_hint calls the person; NULL: not said */
	char *code; /* CIBA's user_code; NULL: not said */
	unsigned line; /* where it was written */
};

/* What the map says of one account. */
struct map {
	char *user;
	struct map_pair pairs[MAP_PAIRS_MAX];
	size_t count; /* 0: the account is not mapped */
	enum language language; /* LANGUAGE_NONE: the map says nothing of it */
	bool has_qr; /* the map says how codes are drawn: */
	enum config_qr qr;
	bool has_invert; /* the same for whether their terminals are light */
	enum config_invert invert;
};

/*
 * Reads the file at `path`, which only root (or the process's own user) may read or
 * change, and keeps the lines of `user`. Every line is checked, whosever it is, so that
 * a spoilt file is found at the first login. ERR_MAP_MISSING, _UNSAFE or _INVALID with
 * "FILE:LINE: what; what to do" in `diag`; ERR_SYSTEM or ERR_NOMEM. The caller frees.
 */
enum err map_load(struct map **ret, const char *path, const char *user,
	const char *issuer, struct diag *diag) MUST_USE;

/* The same for a text in memory; `file` is its name in `diag`. */
enum err map_parse(struct map **ret, const char *text, size_t len, const char *file,
	const char *user, const char *issuer, struct diag *diag) MUST_USE;

/* A piece of the text, not terminated; `data` is NULL where the line has none. */
struct map_piece {
	const char *data;
	size_t len;
};

/* One line that maps, as it stands in the text. */
struct map_entry {
	struct map_piece line; /* all of it, with its newline */
	unsigned number; /* from 1 */
	struct map_piece account, issuer, sub, language;
};

/*
 * Calls `take` for every line that maps, in order, until one returns an error. Borrowed
 * from the text. ERR_MAP_INVALID as map_parse(), which also looks at each account's
 * lines together.
 */
enum err map_each(const char *text, size_t len, const char *file,
	enum err (*take)(void *arg, const struct map_entry *entry), void *arg,
	struct diag *diag) MUST_USE;

/*
 * Whether every account could log in: all lines read well, and those of each account
 * agree with each other. ERR_MAP_INVALID as map_parse() would have for that account.
 */
enum err map_check(const char *text, size_t len, const char *file, const char *issuer,
	struct diag *diag) MUST_USE;

/*
 * Whether (`issuer`, `sub`) may enter `user`, who must be the one the map was read for.
 * All pairs are looked at in their order, whichever matches.
 */
bool map_match(const struct map *map, const char *user, const char *issuer,
	const char *sub) MUST_USE;

/* Releases; takes NULL; leaves NULL. */
void map_free(struct map **map);
#define AUTO_MAP CLEANUP(map_free)

#endif
