/*
 * The host's conversation function, with everything it may do wrong. Replies are wiped
 * before they are freed, and looked at only where a question was asked.
 */
#define _GNU_SOURCE /* dladdr */
#include "pam/conversation.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "base/clean.h"
#include "base/text.h"
#include "wire/typed.h"

enum reply {
	REPLY_NONE, /* nobody was asked */
	REPLY_EMPTY,
	REPLY_TEXT,
};

/*
 * Takes what is wanted of the answer to the `asked`th of `count` messages, then wipes and
 * releases all answers. `typed` has TYPED_SIZE bytes, or is NULL where nothing is wanted.
 */
static enum reply
take_replies(struct pam_response *responses, unsigned count, unsigned asked, char *typed)
{
	enum reply reply = REPLY_EMPTY;
	unsigned i;

	if (responses == NULL)
		return REPLY_NONE;
	if (responses[asked].resp != NULL) {
		reply = REPLY_TEXT;
		if (typed != NULL)
			typed_read(typed, responses[asked].resp);
	}
	for (i = 0; i < count; i++) {
		if (responses[i].resp == NULL)
			continue;
		explicit_bzero(responses[i].resp, strlen(responses[i].resp));
		free(responses[i].resp);
	}
	free(responses);
	return reply;
}

/* Whether that code is the host program's own, and not a library's or plug-in's. */
static bool
is_programs_own(uintptr_t code)
{
	Dl_info of, program;

	return dladdr((const void *)code, &of) != 0 &&
	       dladdr((const void *)getauxval(AT_ENTRY), &program) != 0 &&
	       of.dli_fbase == program.dli_fbase;
}

/*
 * sudo-rs and its su write "[sudo] " before each text. By its items such a host cannot be
 * told from the older programs of these names, but their conversation stands in a plug-in
 * (sudoers.so) or a library (libpam_misc). An empty line more is all that a mistake
 * costs.
 */
static bool
begins_midline(const pam_handle_t *pamh, const struct pam_conv *conv)
{
	static const char *const services[] = {"sudo", "sudo-i", "su", "su-l"};
	const void *service = NULL;
	size_t i;

	if (pam_get_item(pamh, PAM_SERVICE, &service) != PAM_SUCCESS || service == NULL)
		return false;
	for (i = 0; i < sizeof(services) / sizeof(services[0]); i++)
		if (strcmp(service, services[i]) == 0)
			return is_programs_own((uintptr_t)conv->conv);
	return false;
}

/* A line that follows another would not stand below its beginning. */
static bool
has_lines(const char *text)
{
	const char *end = strchr(text, '\n');

	return end != NULL && end[1] != '\0';
}

/* The host's; an error where there is nobody to talk to. */
static enum err
find_host(const struct pam_conv **ret, const pam_handle_t *pamh)
{
	const void *item = NULL;

	if (pam_get_item(pamh, PAM_CONV, &item) != PAM_SUCCESS || item == NULL)
		return ERR_SILENT;
	*ret = item;
	return (*ret)->conv != NULL ? ERR_OK : ERR_SILENT;
}

/* One call of the host's function. */
static enum err
hand_over(const struct pam_conv *conv, const struct pam_message *const *messages,
	unsigned count, unsigned asked, char *typed, enum reply *ret)
{
	const struct pam_message *given[CONVERSATION_PARTS];
	struct pam_response *responses = NULL;

	memcpy(given, messages, count * sizeof(given[0]));
	if (conv->conv((int)count, given, &responses, conv->appdata_ptr) != PAM_SUCCESS)
		return ERR_NOT_INTERACTIVE; /* the responses are undefined then */
	*ret = take_replies(responses, count, asked, typed);
	return ERR_OK;
}

static enum err
converse(pam_handle_t *pamh, int style, const char *text, size_t len, char *typed,
	enum reply *ret)
{
	const struct pam_conv *conv;
	struct pam_message message = {.msg_style = style};
	const struct pam_message *messages = &message;
	AUTO_FREE char *clean = malloc(len + 2);
	enum err e;

	if (clean == NULL)
		return ERR_NOMEM;
	clean[0] = '\n';
	text_clean(clean + 1, len + 1, text, len);
	e = find_host(&conv, pamh);
	if (e != ERR_OK)
		return e;
	message.msg =
		has_lines(clean + 1) && begins_midline(pamh, conv) ? clean : clean + 1;
	return hand_over(conv, &messages, 1, 0, typed, ret);
}

enum err
conversation_look(const pam_handle_t *pamh, bool sshd)
{
	const struct pam_conv *conv;
	const void *item = NULL;

	if (pam_get_item(pamh, PAM_CONV, &item) != PAM_SUCCESS || item == NULL)
		return ERR_SILENT;
	conv = item;
	if (conv->conv == NULL)
		return ERR_SILENT;
	return sshd && conv->appdata_ptr == NULL ? ERR_NOT_INTERACTIVE : ERR_OK;
}

enum err
conversation_show(pam_handle_t *pamh, int style, const char *text, size_t len)
{
	enum reply reply;

	return converse(pamh, style, text, len, NULL, &reply);
}

static enum err
ask(pam_handle_t *pamh, const char *text, size_t len, char *typed)
{
	enum reply reply;
	enum err e = converse(pamh, PAM_PROMPT_ECHO_ON, text, len, typed, &reply);

	if (e != ERR_OK)
		return e;
	/* login, su and pamtester report the end of their input as success */
	return reply == REPLY_TEXT ? ERR_OK : ERR_GONE;
}

enum err
conversation_ask(pam_handle_t *pamh, const char *text, size_t len)
{
	return ask(pamh, text, len, NULL);
}

enum err
conversation_question(
	pam_handle_t *pamh, const char *text, size_t len, char ret[TYPED_SIZE])
{
	return ask(pamh, text, len, ret);
}

/* Cleans a part into `*at`, behind which the next one goes. NULL: it is empty. */
static const char *
put_part(char **at, const struct conversation_part *part)
{
	char *clean = *at;

	if (part->len == 0)
		return NULL;
	*at += text_clean(clean, part->len + 1, part->text, part->len) + 1;
	return clean;
}

enum err
conversation_all_at_once(pam_handle_t *pamh, bool hidden,
	const struct conversation_part parts[CONVERSATION_PARTS], char ret[TYPED_SIZE])
{
	const int styles[CONVERSATION_PARTS] = {PAM_TEXT_INFO,
		hidden ? PAM_PROMPT_ECHO_OFF : PAM_PROMPT_ECHO_ON, PAM_TEXT_INFO};
	struct pam_message messages[CONVERSATION_PARTS];
	const struct pam_message *given[CONVERSATION_PARTS];
	const size_t size = parts[0].len + parts[1].len + parts[2].len;
	AUTO_FREE char *clean = malloc(size + CONVERSATION_PARTS);
	const struct pam_conv *conv;
	unsigned count = 0, asked = 0, i;
	char *at = clean;
	enum reply reply;
	enum err e = find_host(&conv, pamh);

	if (clean == NULL || e != ERR_OK)
		return clean == NULL ? ERR_NOMEM : e;
	for (i = 0; i < CONVERSATION_PARTS; i++) {
		const char *text = put_part(&at, &parts[i]);

		if (text == NULL && i != CONVERSATION_ASKED)
			continue;
		if (i == CONVERSATION_ASKED)
			asked = count;
		messages[count] = (struct pam_message){
			.msg_style = styles[i], .msg = text != NULL ? text : ""};
		given[count] = &messages[count];
		count++;
	}
	e = hand_over(conv, given, count, asked, ret, &reply);
	if (e != ERR_OK)
		return e;
	/* SDDM has no text where the field is empty */
	return reply == REPLY_NONE ? ERR_GONE : ERR_OK;
}
