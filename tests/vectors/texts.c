/* JSON texts, and values that OpenID Connect derives from tokens. */
#include <stdio.h>
#include <string.h>

#include "jose/base64url.h"
#include "jose/digest.h"
#include "jose/json_scan.h"
#include "vectors.h"

/* What this project refuses though a JSON parser may take it. */
static bool
is_narrower(const char *name)
{
	static const char *const names[] = {
		"y_object_duplicated_key.json",
		"y_object_duplicated_key_and_value.json",
		"y_object_escaped_null_in_key.json",
		"y_string_null_escape.json",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* The two deeply nested texts, which the collection names but leaves out for their size.
 */
static bool
make_deep(struct secret *ret, const char *name)
{
	static const struct {
		const char *name, *unit;
		size_t count;
	} deep[] = {
		{"n_structure_100000_opening_arrays.json", "[", 100000},
		{"n_structure_open_array_object.json", "[{\"\":", 50000},
	};
	size_t i, j;

	for (i = 0; i < sizeof(deep) / sizeof(deep[0]); i++) {
		size_t len = strlen(deep[i].unit);

		if (strcmp(deep[i].name, name) != 0)
			continue;
		if (secret_alloc(ret, len * deep[i].count) != ERR_OK)
			abort();
		for (j = 0; j < deep[i].count; j++)
			memcpy(ret->data + j * len, deep[i].unit, len);
		return true;
	}
	return false;
}

static void
json_test(struct tally *t, struct json_object *test)
{
	AUTO_SECRET struct secret text = {0};
	const char *name = text_of(test, "name"), *coded = text_of(test, "base64");
	const char *expect = text_of(test, "expect");
	bool good;

	if (strcmp(expect, "either") == 0) {
		t->skipped++;
		return;
	}
	if (json_object_object_get_ex(test, "base64", NULL)
			? base64_decode(&text, coded, strlen(coded)) != ERR_OK
			: !make_deep(&text, name)) {
		printf("  %s: no text\n", name);
		t->wrong++;
		return;
	}
	good = json_scan((char *)text.data, text.len) == ERR_OK;
	vector(t, name, strcmp(expect, "accept") == 0 && !is_narrower(name), good);
}

void
run_json(struct tally *t, struct json_object *file)
{
	struct json_object *cases;
	size_t i;

	json_object_object_get_ex(file, "cases", &cases);
	for (i = 0; i < json_object_array_length(cases); i++)
		json_test(t, json_object_array_get_idx(cases, i));
}

/* at_hash and c_hash: half of the hash; PKCE: all of it. */
void
run_derived(struct tally *t, struct json_object *file)
{
	struct json_object *cases, *test;
	size_t i, len;

	json_object_object_get_ex(file, "cases", &cases);
	for (i = 0; i < json_object_array_length(cases); i++) {
		AUTO_BUF struct buf text = BUF_INIT(100);
		uint8_t hash[DIGEST_SHA256_SIZE];
		const char *type, *from;

		test = json_object_array_get_idx(cases, i);
		type = text_of(test, "type");
		from = strcmp(type, "at_hash") == 0  ? text_of(test, "access_token")
		       : strcmp(type, "c_hash") == 0 ? text_of(test, "code")
						     : text_of(test, "code_verifier");
		len = strcmp(type, "pkce-s256") == 0 ? sizeof(hash) : sizeof(hash) / 2;
		vector(t, type, is_valid(test),
			digest_sha256(hash, from, strlen(from)) == ERR_OK &&
				base64url_encode(&text, hash, len) == ERR_OK &&
				strcmp(buf_str(&text), text_of(test, "expect")) == 0);
	}
}
