/* Comparing what was vouched for with what is wanted. What is absent is refused. */
#include "oidc/required.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config/profile.h"
#include "oidc/id_token.h"

_Static_assert(sizeof(ITSME_CLAIM) + CONFIG_CLAIM_MAX <= REQUIRED_NAME_MAX,
	"what the configuration takes is never cut");

/* One word, taken apart. */
struct wish {
	char name[REQUIRED_NAME_MAX]; /* as the provider calls it */
	char member[REQUIRED_NAME_MAX]; /* within; "": the claim itself */
	char value[REQUIRED_NAME_MAX];
};

/* Claims of the provider's own that are commonly written without its prefix. */
static bool
is_short(const char *name)
{
	return strncmp(name, "claim_", 6) == 0 || strncmp(name, "BE", 2) == 0;
}

/* NAME, which is a URI, or a name with at most one member behind its dot. */
static void
split_name(struct wish *wish, const char *name, size_t len, const char *prefix)
{
	const char *dot = memchr(name, '.', len);
	bool is_uri = memchr(name, ':', len) != NULL;
	size_t own = dot != NULL && !is_uri ? (size_t)(dot - name) : len;

	snprintf(wish->name, sizeof(wish->name), "%s%.*s",
		!is_uri && is_short(name) ? prefix : "", (int)own, name);
	wish->member[0] = '\0';
	if (own < len)
		snprintf(wish->member, sizeof(wish->member), "%.*s", (int)(len - own - 1),
			name + own + 1);
}

static bool
next_wish(struct wish *ret, const char **at, const char *prefix)
{
	const char *equals;
	size_t len;

	*at += strspn(*at, " \t");
	len = strcspn(*at, " \t");
	equals = memchr(*at, '=', len);
	if (equals == NULL)
		return false;
	split_name(ret, *at, (size_t)(equals - *at), prefix);
	snprintf(ret->value, sizeof(ret->value), "%.*s",
		(int)(len - (size_t)(equals + 1 - *at)), equals + 1);
	*at += len;
	return true;
}

bool
required_next(const char **at, const char *prefix, char ret[REQUIRED_NAME_MAX])
{
	struct wish wish;

	if (!next_wish(&wish, at, prefix))
		return false;
	memcpy(ret, wish.name, REQUIRED_NAME_MAX);
	return true;
}

/* The value as the configuration would write it; only what is written alike is equal. */
static bool
is_value(struct json_object *value, const char *wanted)
{
	char number[32];

	switch (json_object_get_type(value)) {
	case json_type_boolean:
		return strcmp(wanted,
			       json_object_get_boolean(value) ? "true" : "false") == 0;
	case json_type_int:
		snprintf(
			number, sizeof(number), "%" PRId64, json_object_get_int64(value));
		return strcmp(wanted, number) == 0;
	case json_type_string:
		return strcmp(wanted, json_object_get_string(value)) == 0;
	default:
		return false;
	}
}

/* Looks into one answer: whether the claim is there, and whether it is as wanted. */
static void
look(bool *found, bool *good, struct json_object *answer, const struct wish *wish)
{
	struct json_object *value = NULL;

	if (answer == NULL || !json_object_object_get_ex(answer, wish->name, &value))
		return;
	if (wish->member[0] != '\0' &&
		(!json_object_is_type(value, json_type_object) ||
			!json_object_object_get_ex(value, wish->member, &value)))
		value = NULL;
	*found = true;
	*good = *good && value != NULL && is_value(value, wish->value);
}

static enum err
check_age(const struct required *required, struct json_object *id_token, int64_t now,
	struct diag *diag)
{
	struct json_date at;

	if (required->max_age == 0)
		return ERR_OK;
	if (json_date(id_token, "auth_time", &at) != ERR_OK)
		return diag_set(diag, ERR_CLAIM_AUTH_TIME,
			"auth_time: max_age is set, but the provider does not say");
	if (at.up > now + ID_TOKEN_SKEW ||
		now - at.down > required->max_age + ID_TOKEN_SKEW)
		return diag_set(
			diag, ERR_CLAIM_AUTH_TIME, "auth_time: not within max_age");
	return ERR_OK;
}

enum err
required_check(bool *ret_met, const struct required *required,
	struct json_object *id_token, struct json_object *userinfo, int64_t now,
	struct diag *diag)
{
	const char *at = required->claims;
	struct wish wish;
	enum err e;

	*ret_met = false;
	while (next_wish(&wish, &at, required->prefix)) {
		bool found = false, good = true;

		look(&found, &good, id_token, &wish);
		look(&found, &good, userinfo, &wish);
		if (!found || !good)
			return diag_set(diag, ERR_CLAIM_REQUIRED, "%.100s%s%.60s: %s",
				wish.name, wish.member[0] != '\0' ? "." : "", wish.member,
				found ? "not as required" : "the provider does not say");
	}
	e = check_age(required, id_token, now, diag);
	*ret_met = e == ERR_OK;
	return e;
}
