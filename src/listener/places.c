/* The places, in one array that is looked through: there are few of them. */
#include "listener/places.h"

/* How many of those in use are of that uid, or with `state` in that state. */
static size_t
count(const struct places *places, uid_t uid, enum place_state state)
{
	size_t i, found = 0;

	for (i = 0; i < PLACES_ALL; i++) {
		const struct place *p = &places->each[i];

		if (state == PLACE_FREE ? p->state != PLACE_FREE && p->uid == uid
					: p->state == state)
			found++;
	}
	return found;
}

static struct place *
find_free(struct places *places)
{
	size_t i;

	for (i = 0; i < PLACES_ALL; i++)
		if (places->each[i].state == PLACE_FREE)
			return &places->each[i];
	return NULL;
}

enum places_answer
places_take(struct places *places, struct place **ret, uid_t uid, enum place_state state,
	int64_t now)
{
	struct place *found = find_free(places);

	if (count(places, uid, PLACE_FREE) >= (uid == 0 ? PLACES_ROOT : PLACES_EACH))
		return PLACES_FULL_EACH;
	if (found == NULL ||
		(state == PLACE_ASKED && count(places, 0, PLACE_ASKED) >= PLACES_ASKED))
		return PLACES_FULL_ALL;
	*found = (struct place){
		.state = state, .uid = uid, .fd = -1, .until = now + PLACES_WORD_MS};
	*ret = found;
	return PLACES_TAKEN;
}

void
places_work(struct place *place, int fd, int64_t now)
{
	place->state = PLACE_BUSY;
	place->fd = fd;
	place->until = now + PLACES_LEAST_MS;
}

void
places_end(struct place *place, int64_t now)
{
	place->state = place->state == PLACE_BUSY && now < place->until ? PLACE_RESTING
									: PLACE_FREE;
	place->fd = -1;
}

int
places_is_over(const struct place *place, int64_t now)
{
	return place->state != PLACE_FREE && place->state != PLACE_BUSY &&
	       now >= place->until;
}

int64_t
places_due(const struct places *places)
{
	int64_t due = INT64_MAX;
	size_t i;

	for (i = 0; i < PLACES_ALL; i++) {
		const struct place *p = &places->each[i];

		if (p->state != PLACE_FREE && p->state != PLACE_BUSY && p->until < due)
			due = p->until;
	}
	return due;
}
