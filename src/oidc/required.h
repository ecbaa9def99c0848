/*
 * What an administrator wants the provider to vouch for, beyond who it is: claims with
 * these values, and that the person has proved themselves lately.
 */
#ifndef OIDC_REQUIRED_H
#define OIDC_REQUIRED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "jose/json.h"

#define REQUIRED_NAME_MAX 256 /* bytes of a claim's name or value, with its end */

/* All borrowed. */
struct required {
	const char *claims; /* NAME=VALUE words; NAME.MEMBER=VALUE looks into an object */
	const char *prefix; /* names may be written without it; "": they may not */
	int64_t max_age; /* seconds since auth_time; 0: not looked at */
};

/*
 * Both are of the same verified subject; `userinfo` may be NULL. Every claim must be in
 * one of them, and where it is it must have the value: a text as it is written, a number
 * by its digits, true or false. ERR_CLAIM_REQUIRED names the claim in `diag`, never its
 * value; ERR_CLAIM_AUTH_TIME: too long ago, or the provider does not say. `ret_met` is
 * true only if all was looked at and is as required.
 */
enum err required_check(bool *ret_met, const struct required *required,
	struct json_object *id_token, struct json_object *userinfo, int64_t now,
	struct diag *diag) MUST_USE;

/*
 * The claim's full name of the word at `*at`, which moves behind it, to ask the provider
 * for it. False at the end.
 */
bool required_next(
	const char **at, const char *prefix, char ret[REQUIRED_NAME_MAX]) MUST_USE;

#endif
