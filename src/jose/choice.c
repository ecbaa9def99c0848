/* The choice among keys. It looks at names and purposes, never at a signature. */
#include "jose/choice.h"

#include <string.h>

#include "base/text.h"
#include "jose/key_impl.h"

/* Which keys come into question. */
enum among {
	AMONG_NAMED, /* as the token says */
	AMONG_NAMELESS,
	AMONG_ALL
};

struct found {
	const struct key *first; /* of these keys, whatever it may do; NULL: none */
	const struct key *fits; /* the first that may do the algorithm; NULL: none */
	bool several; /* another one may, too */
};

static bool
is_named(const struct key *key, const char *kid)
{
	return key->kid != NULL && kid != NULL && strcmp(key->kid, kid) == 0;
}

static bool
is_among(const struct key *key, enum among among, const char *kid)
{
	switch (among) {
	case AMONG_NAMED:
		return is_named(key, kid);
	case AMONG_NAMELESS:
		return key->kid == NULL;
	case AMONG_ALL:
		break;
	}
	return true;
}

/* Whether two keys have the same public numbers. */
static bool
is_same(const struct key *a, const struct key *b)
{
	int i;

	for (i = 0; i < PART_COUNT; i++) {
		const struct secret *x = &a->public.part[i], *y = &b->public.part[i];

		if (x->len != y->len ||
			(x->len > 0 && memcmp(x->data, y->data, x->len) != 0))
			return false;
	}
	return a->public.kty == b->public.kty;
}

static struct found
look(struct key *const *keys, size_t count, enum among among, const struct header *head)
{
	struct found found = {0};
	size_t i;

	for (i = 0; i < count; i++) {
		if (!is_among(keys[i], among, head->kid))
			continue;
		if (found.first == NULL)
			found.first = keys[i];
		if ((keys[i]->algs & ALG_BIT(head->alg)) == 0)
			continue;
		if (found.fits == NULL)
			found.fits = keys[i];
		else if (!is_same(found.fits, keys[i]))
			found.several = true;
	}
	return found;
}

/* The token names a key. */
static enum err
choose_named(const struct key **ret, struct key *const *keys, size_t count,
	const struct header *head, const char *whose, struct diag *diag)
{
	char shown[HEADER_KID_MAX / 2];
	const char *kid = text_log(shown, sizeof(shown), head->kid);
	struct found found = look(keys, count, AMONG_NAMED, head);

	if (found.first == NULL) {
		found = look(keys, count, AMONG_NAMELESS, head);
		if (found.fits == NULL || found.several)
			return diag_set(diag, ERR_KID_UNKNOWN, "key %s is not among %s",
				kid, whose);
	}
	if (found.fits == NULL)
		return key_may(found.first, head->alg, diag);
	if (found.several)
		return diag_set(diag, ERR_JWKS_REFUSED,
			"several of %s are named %s and do %s", whose, kid,
			alg_name(head->alg));
	*ret = found.fits;
	return ERR_OK;
}

enum err
choice_key(const struct key **ret, struct key *const *keys, size_t count,
	const struct header *head, const char *whose, struct diag *diag)
{
	struct found found;

	if (head->kid != NULL)
		return choose_named(ret, keys, count, head, whose, diag);
	found = look(keys, count, AMONG_ALL, head);
	if (found.fits == NULL)
		return diag_set(diag, ERR_KID_UNKNOWN,
			"token names no key (kid), and none of %s does %s", whose,
			alg_name(head->alg));
	if (found.several)
		return diag_set(diag, ERR_KID_MISSING,
			"token names no key (kid), and several of %s do %s", whose,
			alg_name(head->alg));
	*ret = found.fits;
	return ERR_OK;
}

bool
choice_is_named(struct key *const *keys, size_t count, const char *kid)
{
	size_t i;

	for (i = 0; kid != NULL && i < count; i++)
		if (is_named(keys[i], kid))
			return true;
	return false;
}
