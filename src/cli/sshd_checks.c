/* The checks of one kind of connection. Each looks at one fault. */
#include "cli/sshd_checks.h"

#include <stdio.h>
#include <string.h>

#include "cli/sshd_ask.h"

#define KEY_AND_PHONE "AuthenticationMethods publickey,keyboard-interactive"

static const char *
methods_of(char value[SSHD_ASK_VALUE], const struct sshd_view *v)
{
	return sshd_ask_value(value, v->visit->text, SSHD_METHODS_KEY);
}

static void
want_key_and_phone(const struct sshd_view *v, struct sshd_opinion *ret)
{
	sshd_words_place(ret->text, v->survey, v->visit, SSHD_METHODS_KEY);
	sshd_words_advise(
		ret->advice, v->survey, v->visit, SSHD_METHODS_KEY, KEY_AND_PHONE);
}

/* Whether any list names the method that shows codes, or none is asked for. */
static bool
would_ask(const struct sshd_methods *methods)
{
	size_t i;

	for (i = 0; i < methods->count; i++)
		if (methods->lists[i].asks)
			return true;
	return methods->count == 0;
}

bool
sshd_checks_asking(const struct sshd_view *v, struct sshd_opinion *ret)
{
	static const char key[] = "kbdinteractiveauthentication";
	char value[SSHD_ASK_VALUE];

	if (sshd_ask_is_yes(v->visit->text, key) || !would_ask(&v->methods))
		return false;
	sshd_ask_value(value, v->visit->text, key);
	ret->level = FINDING_FAULT;
	ret->key = key;
	snprintf(ret->text, sizeof(ret->text), "%s is %.40s", key,
		value[0] != '\0' ? value : "not known to it");
	sshd_words_place(ret->text, v->survey, v->visit, key);
	sshd_words_advise(ret->advice, v->survey, v->visit, key,
		"KbdInteractiveAuthentication yes");
	return true;
}

/* Why nobody completes a list. */
static void
add_why(char text[SSHD_WORDS_MAX], const struct sshd_list *list)
{
	if (list->broken == SSHD_BROKEN_SUBMETHOD)
		sshd_words_add(text, SSHD_WORDS_MAX, "there is no %s", list->culprit);
	else
		sshd_words_add(text, SSHD_WORDS_MAX, "%s is disabled (%s no)",
			list->culprit, sshd_methods_key(list->culprit));
}

/* How to complete a list. */
static void
advise_repair(
	struct sshd_opinion *ret, const struct sshd_view *v, const struct sshd_list *list)
{
	char wanted[80];

	if (list->broken == SSHD_BROKEN_SUBMETHOD)
		sshd_words_advise(ret->advice, v->survey, v->visit, SSHD_METHODS_KEY,
			KEY_AND_PHONE);
	else {
		snprintf(wanted, sizeof(wanted), "%s yes",
			sshd_methods_key(list->culprit));
		sshd_words_advise(ret->advice, v->survey, v->visit,
			sshd_methods_key(list->culprit), wanted);
		sshd_words_add(ret->advice, SSHD_WORDS_MAX,
			", or take %.40s out of the list", list->culprit);
	}
}

static bool
check_never_asks(const struct sshd_view *v, struct sshd_opinion *ret)
{
	const struct sshd_methods *methods = &v->methods;
	char value[SSHD_ASK_VALUE];

	if (methods->count == 0 || methods->asking > 0)
		return false;
	ret->level = FINDING_FAULT;
	snprintf(ret->text, sizeof(ret->text), SSHD_METHODS_KEY " %.200s ",
		methods_of(value, v));
	if (methods->alive == 0) {
		ret->firm = true;
		sshd_words_add(ret->text, SSHD_WORDS_MAX, "lets nobody in: ");
		add_why(ret->text, &methods->lists[0]);
		sshd_words_place(ret->text, v->survey, v->visit, SSHD_METHODS_KEY);
		advise_repair(ret, v, &methods->lists[0]);
		return true;
	}
	sshd_words_add(ret->text, SSHD_WORDS_MAX, "never asks for itsme");
	want_key_and_phone(v, ret);
	return true;
}

/* A list among others that nobody completes. */
static bool
check_broken_list(const struct sshd_view *v, struct sshd_opinion *ret)
{
	const struct sshd_methods *methods = &v->methods;
	size_t i;

	for (i = 0; i < methods->count && methods->lists[i].broken == SSHD_BROKEN_NO; i++)
		;
	if (i == methods->count || methods->alive == 0)
		return false;
	ret->level = FINDING_WARNING;
	snprintf(ret->text, sizeof(ret->text),
		SSHD_METHODS_KEY ": nobody completes the list %.200s: ",
		methods->lists[i].text);
	add_why(ret->text, &methods->lists[i]);
	sshd_words_place(ret->text, v->survey, v->visit, SSHD_METHODS_KEY);
	advise_repair(ret, v, &methods->lists[i]);
	return true;
}

/* A key alone, beside lists that ask. */
static bool
check_way_around(const struct sshd_view *v, struct sshd_opinion *ret)
{
	const struct sshd_methods *methods = &v->methods;
	size_t i;

	for (i = 0; i < methods->count; i++)
		if (sshd_methods_goes_around(&methods->lists[i]))
			break;
	if (methods->count == 0 &&
		sshd_ask_is_yes(v->visit->text, "pubkeyauthentication")) {
		ret->level = FINDING_NOTE;
		snprintf(ret->text, sizeof(ret->text),
			"a public key alone is enough, without itsme");
	} else if (methods->asking > 0 && i < methods->count) {
		ret->level = FINDING_WARNING;
		snprintf(ret->text, sizeof(ret->text),
			SSHD_METHODS_KEY ": the list %.200s goes around itsme",
			methods->lists[i].text);
	} else
		return false;
	want_key_and_phone(v, ret);
	return true;
}

static bool
check_mute_list(const struct sshd_view *v, struct sshd_opinion *ret)
{
	const struct sshd_methods *methods = &v->methods;
	char value[SSHD_ASK_VALUE];
	size_t i;

	for (i = 0; i < methods->count; i++)
		if (methods->lists[i].password &&
			methods->lists[i].broken == SSHD_BROKEN_NO)
			break;
	if (i == methods->count)
		return false;
	ret->level = FINDING_WARNING;
	snprintf(ret->text, sizeof(ret->text),
		SSHD_METHODS_KEY " %.200s: the method password never shows a code",
		methods_of(value, v));
	sshd_words_place(ret->text, v->survey, v->visit, SSHD_METHODS_KEY);
	snprintf(ret->advice, sizeof(ret->advice),
		"take password out of AuthenticationMethods; for both: itsmectl pam "
		"enable sshd --as second");
	return true;
}

static bool
check_password(const struct sshd_view *v, struct sshd_opinion *ret)
{
	static const char key[] = "passwordauthentication";

	if (v->methods.count > 0 || !sshd_ask_is_yes(v->visit->text, key))
		return false;
	ret->level = FINDING_WARNING;
	ret->key = key;
	snprintf(ret->text, sizeof(ret->text),
		"%s yes: that method never shows a code, and a password that is tried "
		"first spoils the login",
		key);
	sshd_words_place(ret->text, v->survey, v->visit, key);
	sshd_words_advise(
		ret->advice, v->survey, v->visit, key, "PasswordAuthentication no");
	return true;
}

/* itsme in front of something that would have verified the person first. */
static bool
check_order(const struct sshd_view *v, struct sshd_opinion *ret)
{
	const struct sshd_methods *methods = &v->methods;
	size_t i;

	for (i = 0; i < methods->count; i++)
		if (methods->lists[i].broken == SSHD_BROKEN_NO &&
			methods->lists[i].asks && !methods->lists[i].verifies_first &&
			strchr(methods->lists[i].text, ',') != NULL)
			break;
	if (i == methods->count)
		return false;
	ret->level = FINDING_WARNING;
	snprintf(ret->text, sizeof(ret->text),
		SSHD_METHODS_KEY
		" %.200s: keyboard-interactive stands first, so itsme is asked "
		"before sshd has verified anything",
		methods->lists[i].text);
	want_key_and_phone(v, ret);
	return true;
}

/* Whether a stranger gets a code, which they may forward to the phone's owner. */
static bool
shows_strangers(const struct sshd_view *v)
{
	size_t i;

	if (!v->stack->shows_strangers)
		return false;
	for (i = 0; i < v->methods.count; i++)
		if (v->methods.lists[i].broken == SSHD_BROKEN_NO &&
			v->methods.lists[i].asks && !v->methods.lists[i].verifies_first)
			return true;
	return v->methods.count == 0 &&
	       sshd_ask_is_yes(v->visit->text, "kbdinteractiveauthentication");
}

static bool
check_relay(const struct sshd_view *v, struct sshd_opinion *ret)
{
	if (!shows_strangers(v))
		return false;
	ret->level = FINDING_WARNING;
	snprintf(ret->text, sizeof(ret->text),
		"itsme is the only factor: whoever knows the name of an account is shown "
		"a code, which they can forward to its owner");
	snprintf(ret->advice, sizeof(ret->advice),
		"write " KEY_AND_PHONE " into " SSHD_CONFIG_FILE
		", and qr_requires = first_factor below [service:sshd]; see "
		"relayed-codes.md");
	return true;
}

static bool
check_mute_phone(const struct sshd_view *v, struct sshd_opinion *ret)
{
	if (!shows_strangers(v) || !v->stack->phone_is_mute)
		return false;
	ret->level = FINDING_WARNING;
	snprintf(ret->text, sizeof(ret->text),
		"whoever scans a forwarded code CANNOT TELL: without confirm_service the "
		"phone names neither machine nor account");
	snprintf(ret->advice, sizeof(ret->advice),
		"order a service of type Confirmation and set [provider] "
		"confirm_service; see onboarding.md");
	return true;
}

sshd_check *const sshd_checks[] = {check_never_asks, check_broken_list, check_way_around,
	check_mute_list, check_password, check_order, check_relay, check_mute_phone,
	NULL};
