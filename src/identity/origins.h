/*
 * How often something was done from one place, for all accounts together: rows in the
 * shared file (identity/state.h), found by a digest. The file has a fixed size, so that
 * nobody can fill it up: where a block is full, the row that has been quiet for longest
 * goes, and one that is vouched for goes last.
 */
#ifndef IDENTITY_ORIGINS_H
#define IDENTITY_ORIGINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define ORIGINS_COUNTERS_MAX 3 /* of one deed */

/* What is counted; each kind has rows of its own. */
enum origins_kind {
	ORIGINS_RINGS, /* requests to phones, from an address */
	ORIGINS_CODES, /* codes, from an origin */
	ORIGINS_ACCOUNT_CODES, /* codes for one account, from an origin */
	ORIGINS_MACHINE_CODES /* codes: one row, which never goes */
};

/* --- the rule, without files; times are clock_boot() ------------------------------- */

/* A row; `key` is the beginning of a digest. */
struct origin {
	unsigned char key[8];
	int64_t window; /* when its window began */
	uint32_t starts; /* in it */
	uint32_t vouched; /* not 0: somebody has logged in from there */
};

/* Counts one, or returns how many seconds it must wait (and counts nothing). */
unsigned origins_count_row(
	struct origin *row, unsigned most, unsigned window, int64_t now);

/* --- in the file -------------------------------------------------------------------- */

/* One row, and how often it may be counted in a window. */
struct origins_counter {
	unsigned char key[8];
	unsigned block;
	unsigned most;
	int64_t window; /* the one that we are counted in; 0: we are in none */
};

/* Makes one for `len` bytes that tell this place from all others of its kind. */
enum err origins_counter(struct origins_counter *ret, enum origins_kind kind,
	const void *place, size_t len, unsigned most) MUST_USE;

/*
 * Counts one in each of `count` counters, or in none of them: then `*ret_wait` says in
 * how many seconds that may be tried again. `fd` is of state_open_shared().
 */
enum err origins_count(int fd, struct origins_counter *counters, size_t count,
	unsigned window, unsigned *ret_wait) MUST_USE;

/* Takes back what origins_count() has counted in them, where that window still runs. */
void origins_return(int fd, struct origins_counter *counters, size_t count);

/* From there somebody has logged in: until the next boot it is no stranger's place. */
void origins_vouch(int fd, const struct origins_counter *counter);
bool origins_is_vouched(int fd, const struct origins_counter *counter);

#endif
