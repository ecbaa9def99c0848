/* The set that the provider fetches of us, against the keys that we have. */
#include "cli/published.h"

#include <string.h>

#include "base/text.h"
#include "jose/json.h"
#include "jose/jwks.h"

/* --- comparing two sets --------------------------------------------------- */

#define FAST_MS 1000 /* the provider gives up after a second */
#define FRESH_S (30 * 60) /* and caches this long at least */
#define CACHING "send the header Cache-Control: max-age=1800"
#define NEWLY_PUBLISHED "publish the set that itsmectl jwks prints"
#define SWAPPED "see which file is signing_key and which decryption_key; " NEWLY_PUBLISHED

static const char *
member(struct json_object *key, const char *name)
{
	const char *text = NULL;

	return json_str_opt(key, name, &text) == ERR_OK && text != NULL ? text : "";
}

#define WORD_MAX 128 /* of a name in a message; a kid may be longer */

/* A member as it is told of: one word. */
static const char *
told(char dst[WORD_MAX], const char *text)
{
	return text_log(dst, WORD_MAX, text);
}

/* The key of that kid; NULL if the set has none. */
static struct json_object *
find_key(struct json_object *keys, const char *kid)
{
	size_t i;

	for (i = 0; i < json_object_array_length(keys); i++) {
		struct json_object *key = json_object_array_get_idx(keys, i);

		if (strcmp(member(key, "kid"), kid) == 0)
			return key;
	}
	return NULL;
}

static bool
is_same_key(struct json_object *a, struct json_object *b)
{
	static const char *const numbers[] = {"kty", "use", "n", "e", "crv", "x", "y"};
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (strcmp(member(a, numbers[i]), member(b, numbers[i])) != 0)
			return false;
	return true;
}

/* Every key of ours must be there. */
static void
check_ours(struct findings *f, struct json_object *ours, struct json_object *theirs)
{
	size_t i;

	for (i = 0; i < json_object_array_length(ours); i++) {
		struct json_object *key = json_object_array_get_idx(ours, i);
		const char *use = member(key, "use"), *kid = member(key, "kid");
		struct json_object *found = find_key(theirs, kid);
		char said[WORD_MAX];

		if (found == NULL)
			finding(f, FINDING_FAULT, use, NEWLY_PUBLISHED,
				"our key %s is not published", kid);
		else if (strcmp(use, member(found, "use")) != 0)
			finding(f, FINDING_FAULT, use, SWAPPED,
				"our key %s is published with use %s, not %s: the sig "
				"and enc keys are swapped",
				kid, told(said, member(found, "use")), use);
		else if (!is_same_key(key, found))
			finding(f, FINDING_FAULT, use, NEWLY_PUBLISHED,
				"under %s another key is published", kid);
		else
			finding(f, FINDING_GOOD, use, NULL, "our key %s is published",
				kid);
	}
}

/* What is there beside ours: an encryption key that we do not have loses answers. */
static void
check_theirs(struct findings *f, struct json_object *ours, struct json_object *theirs,
	const struct own_keys *keys)
{
	size_t i, k;

	for (i = 0; i < json_object_array_length(theirs); i++) {
		struct json_object *key = json_object_array_get_idx(theirs, i);
		const char *use = member(key, "use"), *kid = member(key, "kid");
		struct json_object *mine;
		char said_kid[WORD_MAX], said_use[WORD_MAX];
		bool can_open = false;

		told(said_kid, kid);
		told(said_use, use);
		mine = find_key(ours, kid);
		if (mine != NULL && find_key(theirs, kid) != key &&
			!is_same_key(mine, key))
			finding(f, FINDING_FAULT, "set", NEWLY_PUBLISHED,
				"two keys are published as %s", said_kid);
		if (mine != NULL)
			continue;
		for (k = 0; k < keys->decryption_count; k++)
			can_open = can_open ||
				   strcmp(key_kid(keys->decryption[k]), kid) == 0;
		if (strcmp(use, "enc") != 0)
			finding(f, FINDING_NOTE, "others", NULL,
				"the key %s (use %s) is not ours: an old one, or another "
				"machine's",
				said_kid, said_use);
		else if (can_open)
			finding(f, FINDING_WARNING, "enc", NEWLY_PUBLISHED,
				"the older key %s is still published", said_kid);
		else
			finding(f, FINDING_FAULT, "enc",
				"take it out of the set, or add its file as a "
				"decryption_key",
				"the provider may encrypt to %s, which this machine "
				"cannot open",
				said_kid);
	}
}

/* --- the published document ----------------------------------------------- */

/* How it is served. */
static void
check_service(struct findings *f, struct fetch *fetch)
{
	long age = fetch_max_age(fetch);

	if (fetch->took >= FAST_MS)
		finding(f, FINDING_FAULT, "speed",
			"serve it as a plain file, near the internet's edge",
			"the answer took %lld ms; the provider waits one second",
			(long long)fetch->took);
	else
		finding(f, FINDING_GOOD, "speed", NULL, "answered in %lld ms",
			(long long)fetch->took);
	if (age < 0)
		finding(f, FINDING_WARNING, "caching", CACHING,
			"there is no Cache-Control with a max-age");
	else if (age < FRESH_S)
		finding(f, FINDING_WARNING, "caching", CACHING,
			"Cache-Control: max-age=%ld is less than 30 minutes", age);
	else
		finding(f, FINDING_GOOD, "caching", NULL, "Cache-Control: max-age=%ld",
			age);
}

static void
check_set(struct findings *f, const struct http_answer *answer, const char *own_set,
	const struct own_keys *keys)
{
	AUTO_JSON struct json_object *theirs = NULL, *ours = NULL;
	AUTO_JWKS struct jwks *set = NULL;
	struct json_object *their_keys, *our_keys;
	struct diag diag = {0};
	enum err e = jwks_parse(&set, answer->body, answer->len, &diag);

	if (e == ERR_OK)
		e = json_parse(&theirs, answer->body, answer->len);
	if (e == ERR_OK)
		e = json_arr(theirs, "keys", &their_keys);
	if (e == ERR_OK)
		e = json_parse(&ours, own_set, strlen(own_set));
	if (e == ERR_OK)
		e = json_arr(ours, "keys", &our_keys);
	if (e != ERR_OK) {
		finding_error(f, "set", NEWLY_PUBLISHED, e, &diag);
		return;
	}
	finding(f, FINDING_GOOD, "set", NULL, "a JWK Set of %zu keys",
		json_object_array_length(their_keys));
	jwks_explain(set, &diag);
	if (jwks_counts(set)->odd > 0)
		finding(f, FINDING_FAULT, "set", NEWLY_PUBLISHED, "%s", diag.text);
	check_ours(f, our_keys, their_keys);
	check_theirs(f, our_keys, their_keys, keys);
}

void
published_check(struct findings *f, struct fetch *fetch, const char *url,
	const char *own_set, const struct own_keys *keys)
{
	const struct http_answer *answer;
	struct diag diag = {0};
	enum err e = fetch_get(fetch, url, &answer, &diag);

	if (e != ERR_OK) {
		finding_error(f, "reach",
			e == ERR_HTTP_TLS
				? "the provider wants a certificate of a public authority"
				: "see that the address is right and open to the "
				  "internet",
			e, &diag);
	} else if (answer->status != 200) {
		finding(f, FINDING_FAULT, "reach",
			"publish the set at exactly this address, without a redirect",
			"the server answers with status %d", answer->status);
	} else {
		finding(f, FINDING_GOOD, "reach", NULL, "%s", url);
		check_service(f, fetch);
		check_set(f, answer, own_set, keys);
	}
}
