/*
 * What differs between the profiles of providers: one row for each. Whoever needs to know
 * asks for a property of the row, never for the profile.
 */
#ifndef CONFIG_PROFILE_H
#define CONFIG_PROFILE_H

#include <stdbool.h>

#include "config/config.h"

#define ITSME_CLAIM "http://itsme.services/v2/claim/" /* before names of its own */
#define ITSME_ACR ITSME_CLAIM "acr_"
#define ITSME_ACR_BASIC ITSME_ACR "basic"
#define ITSME_ACR_ADVANCED ITSME_ACR "advanced"

struct profile {
	bool app; /* people confirm in the itsme app: pages and sentences name it */

	/* how a person is asked */
	enum config_flow rings; /* what rings a phone */
	enum config_flow shows; /* what anybody can begin: a code or an address */
	const char *other_flow; /* what is said of any other flow */
	bool hints; /* who is rung is told by a hint; else by their `sub` in the map */
	const char *nobody; /* why nobody can be rung, where that is not known */
	bool services; /* codes: one to log in, one without which the phone is mute */

	/* how the client proves itself */
	bool one_proof; /* private_key_jwt alone, for audiences that leave no choice */
	bool signs; /* every request is signed */

	/* what tokens are like */
	bool encrypts; /* the ID Token, always */
	bool userinfo_jwt; /* UserInfo must be a token */
	const char *sig_algs, *key_algs; /* with a blank between; NULL: all we know */
	const char *claims; /* before names of claims without a scheme */
	const char *const *levels; /* of acr, weakest first; NULL: any word is one */
};

/* The row of the configured profile. */
const struct profile *profile_of(const struct config *config);

/*
 * The levels that satisfy `required` (one and NULL, or only NULL: any will do), which is
 * the first of them; NULL: any. A profile with levels of its own has the stronger ones
 * behind it, and takes its strongest alone for a level that is not among them. Points
 * into the row or at `required`.
 */
const char *const *profile_levels(
	const struct profile *profile, const char *const required[2]);

#endif
