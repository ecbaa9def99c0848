/*
 * How a login attempt can end. One list: the word in the log and the one calm
 * sentence for the person. What a PAM host is told stands in pam/outcome.c.
 */
#ifndef BASE_VERDICT_H
#define BASE_VERDICT_H

#include "base/sentence.h"

/* name, word in the log, sentence for the person ("" where there is nobody to read it) */
#define VERDICT_LIST(X)                                                              \
	X(REFUSED, "refused", N_("Login failed."))                                   \
	X(AUTHENTICATED, "authenticated", "")                                        \
	X(IGNORED, "ignored", "")                                                    \
	X(ABORTED, "aborted", "")                                                    \
	X(DENIED, "denied", N_("The request was denied in the itsme app."))          \
	X(EXPIRED, "expired", N_("The request expired before it was approved."))     \
	X(WRONG_NUMBER, "wrong_number", N_("That was not the number on the phone.")) \
	X(LIMITED, "limited", N_("Too many requests; try again later."))             \
	X(NOT_GOOD_ENOUGH, "not_good_enough",                                        \
		N_("This way of approving is not enough here."))                     \
	X(WRONG_ACCOUNT, "wrong_account",                                            \
		N_("This itsme account does not belong to this user."))              \
	X(BAD_TOKEN, "bad_token", N_("The answer of itsme could not be verified."))  \
	X(UNREADABLE_QR, "unreadable_qr",                                            \
		N_("itsme sent a picture that this terminal cannot show."))          \
	X(NO_PICTURE, "no_picture",                                                  \
		N_("No QR code can be shown here; please log in another way."))      \
	X(UNAVAILABLE, "unavailable", N_("itsme cannot be reached right now."))      \
	X(MISCONFIGURED, "misconfigured",                                            \
		N_("itsme login is not set up correctly; ask your administrator."))  \
	X(NOT_INTERACTIVE, "not_interactive", N_("itsme needs a person at a terminal."))

/* REFUSED is 0 on purpose: what nobody set is a refusal. */
enum verdict {
#define VERDICT_ENUM(name, word, sentence) VERDICT_##name,
	VERDICT_LIST(VERDICT_ENUM)
#undef VERDICT_ENUM
		VERDICT_COUNT
};

/* The word in the log; "refused" for a value outside the list. Static storage. */
const char *verdict_word(enum verdict v);

/* The sentence for the person; that of REFUSED for a value outside the list. */
const char *verdict_sentence(enum verdict v);

#endif
