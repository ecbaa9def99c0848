/*
 * A one-time pass: a way into one account without its phone, made by root, typed by the
 * person. It is 80 random bits in the shape that wire/typed.h spells. What is kept of it,
 * in the account's file (state.h), is a salted digest, so it ends with the next start of
 * the machine at the latest, and nobody can read it anywhere.
 */
#ifndef IDENTITY_PASS_H
#define IDENTITY_PASS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "identity/state.h"
#include "wire/typed.h"

#define PASS_SIZE (TYPED_PASS_LEN + 1) /* bytes of a pass with its NUL */
#define PASS_HOURS_MAX 72
#define PASS_USES_MAX 10
#define PASS_MAKER_MAX 64

/* What is kept. All zero: there is none. */
struct pass {
	unsigned char salt[16];
	unsigned char digest[32];
	int64_t until; /* clock_boot() */
	uint32_t uses; /* left */
	uint32_t uid; /* of the account: one made anew is another */
	char user[STATE_USER_MAX]; /* for listings */
	char maker[PASS_MAKER_MAX]; /* the same; a claim */
};

/* What a new one is good for. Texts are borrowed, and cut to what is kept. */
struct pass_terms {
	const char *user, *maker;
	uid_t uid;
	int64_t until; /* clock_boot() */
	unsigned uses;
};

/* Draws a pass; the caller wipes it. */
enum err pass_draw(char ret[PASS_SIZE]) MUST_USE;

/*
 * Keeps the digest of `text` in the place of any other pass of the account;
 * `*ret_replaced`: one that was live at `now` ends by it. `fd`: state_open().
 */
enum err pass_make(bool *ret_replaced, int fd, const struct pass_terms *terms,
	const char *text, int64_t now) MUST_USE;

/* What is kept; zeros where there is none, also where the block is damaged. */
enum err pass_read(struct pass *ret, int fd) MUST_USE;

/* Whether it lets anybody in at `now`. */
bool pass_is_live(const struct pass *pass, int64_t now);

/*
 * Takes one use of the pass, if `text` is the one and it is live for `uid`. `*ret_right`
 * is true only once the use has been written; `*ret_left` is how many remain. ERR_SYSTEM:
 * it could not be written, and is as it was.
 */
enum err pass_use(bool *ret_right, unsigned *ret_left, int fd, const char *text,
	uid_t uid, int64_t now) MUST_USE;

/* Ends the account's pass; `*ret_was`: one was live at `now`. */
enum err pass_revoke(bool *ret_was, int fd, int64_t now) MUST_USE;

#endif
