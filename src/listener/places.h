/*
 * Who may have a helper through the socket: places, counted by the kernel's word for who
 * connected, before anything is started for them. Counting alone: no descriptor is opened
 * or closed here, and no clock is read.
 */
#ifndef LISTENER_PLACES_H
#define LISTENER_PLACES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PLACES_ALL 256
#define PLACES_EACH 3 /* for one uid, as the helper counts once more (helper/quota.h) */
#define PLACES_ROOT 128 /* its programs serve many people; the others keep the rest */
#define PLACES_ASKED 64 /* connections of uids that are being looked up */
#define PLACES_WORD_MS 5000 /* how long a connection may say nothing */
#define PLACES_LEAST_MS 1000 /* a helper's place is not given away faster */

enum place_state {
	PLACE_FREE,
	PLACE_ASKED, /* whether the uid is an account's is being looked up */
	PLACE_SILENT, /* nothing has come from it yet: no helper is needed */
	PLACE_BUSY, /* a helper is at work */
	PLACE_RESTING /* it was, a moment ago */
};

struct place {
	enum place_state state;
	uid_t uid;
	int fd; /* ASKED, SILENT: the caller's connection; BUSY: the helper's stream */
	int64_t until; /* clock_ms; the state's end, or of BUSY: its earliest */
};

struct places {
	struct place each[PLACES_ALL];
};

enum places_answer { PLACES_TAKEN, PLACES_FULL_EACH, PLACES_FULL_ALL };

/* A place in `state` (ASKED or SILENT) for a connection of `uid`, if it may have one. */
enum places_answer places_take(struct places *places, struct place **ret, uid_t uid,
	enum place_state state, int64_t now);

/* The caller has spoken: a helper is at work at the end of `fd`. */
void places_work(struct place *place, int fd, int64_t now);

/* Whatever it was is over. A place that had a helper rests until its second is over. */
void places_end(struct place *place, int64_t now);

/* Whether the state lasts no longer: time is up. Never true of FREE and BUSY. */
int places_is_over(const struct place *place, int64_t now);

/* When the next state is over, INT64_MAX: none will be. */
int64_t places_due(const struct places *places);

#endif
