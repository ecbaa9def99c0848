/*
 * itsmectl jwks: the public half of the configured keys, for the provider to fetch, and
 * whether that is what is published.
 */
#include <string.h>

#include "base/privilege.h"
#include "base/text.h"
#include "cli/call.h"
#include "cli/fetch.h"
#include "cli/findings.h"
#include "cli/own_keys.h"
#include "config/config.h"
#include "jose/json.h"
#include "jose/jwks.h"

#define SET_MAX (64 * 1024)
#define FAST_MS 1000 /* the provider gives up after a second */
#define FRESH_S (30 * 60) /* and caches this long at least */
#define CACHING "send the header Cache-Control: max-age=1800"
#define NEWLY_PUBLISHED "publish the set that itsmectl jwks prints"

/* --- comparing two sets --------------------------------------------------- */

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

		if (found == NULL)
			finding(f, FINDING_FAULT, use, NEWLY_PUBLISHED,
				"our key %s is not published", kid);
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
		char said_kid[WORD_MAX], said_use[WORD_MAX];
		bool can_open = false;

		told(said_kid, kid);
		told(said_use, use);
		if (find_key(ours, kid) != NULL)
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
	check_ours(f, our_keys, their_keys);
	check_theirs(f, our_keys, their_keys, keys);
}

static enum exit_status
check_published(struct call *call, struct fetch *fetch, const char *own_set,
	const struct own_keys *keys)
{
	struct findings f = {.out = &call->out};
	const char *url = call->value[OPTION_CHECK];
	const struct http_answer *answer;
	struct diag diag = {0};
	enum err e = fetch_get(fetch, url, &answer, &diag);

	output_str(&call->out, "url", url);
	if (e != ERR_OK) {
		finding_error(&f, "reach",
			e == ERR_HTTP_TLS
				? "the provider wants a certificate of a public authority"
				: "see that the address is right and open to the "
				  "internet",
			e, &diag);
	} else if (answer->status != 200) {
		finding(&f, FINDING_FAULT, "reach",
			"publish the set at exactly this address, without a redirect",
			"the server answers with status %d", answer->status);
	} else {
		finding(&f, FINDING_GOOD, "reach", NULL, "%s", url);
		check_service(&f, fetch);
		check_set(&f, answer, own_set, keys);
	}
	return findings_end(&f) ? EXIT_DONE : EXIT_NOT;
}

/* --- the command ---------------------------------------------------------- */

/* The set as a member of the result, and as it is published. */
static enum err
print_set(struct call *call, const char *set)
{
	struct json_object *json = NULL;
	enum err e = json_parse(&json, set, strlen(set));

	if (e != ERR_OK)
		return e;
	json_object_object_add(call->out.object, "jwks", json);
	output_text(&call->out, set);
	return ERR_OK;
}

enum exit_status
command_jwks(struct call *call)
{
	AUTO_CONFIG struct config *config = NULL;
	AUTO_OWN_KEYS struct own_keys keys = {0};
	AUTO_BUF struct buf set = BUF_INIT(SET_MAX);
	AUTO_FETCH struct fetch fetch = {0};
	const char *ca_file = call->value[OPTION_CA_FILE];
	bool checks = call_has(call, OPTION_CHECK);
	struct diag diag = {0};
	enum err e;

	if (ca_file != NULL && !checks)
		return call_wrong(call, "--ca-file is for --check");
	if (checks && strncmp(call->value[OPTION_CHECK], "https://", 8) != 0)
		return call_wrong(call, "--check takes an https:// address");
	e = config_load(&config, call_config_path(call), &diag);
	if (e == ERR_OK)
		e = own_keys_load(&keys, config, &diag);
	if (e == ERR_OK)
		e = own_keys_publish(&set, &keys);
	if (e == ERR_OK && checks)
		e = fetch_open(&fetch, config, ca_file != NULL ? ca_file : "", &diag);
	if (e == ERR_OK && checks)
		e = privilege_drop(&diag);
	if (e == ERR_OK && checks)
		return check_published(call, &fetch, buf_str(&set), &keys);
	if (e == ERR_OK)
		e = print_set(call, buf_str(&set));
	return call_result(call, e, &diag);
}
