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

/*
 * Takes what is wanted of the answer, then wipes and releases it; whether there was one.
 * `typed` has TYPED_SIZE bytes, or is NULL where nothing is wanted.
 */
static bool
take_reply(struct pam_response *response, char *typed)
{
	bool replied = response != NULL && response->resp != NULL;

	if (replied) {
		if (typed != NULL)
			typed_read(typed, response->resp);
		explicit_bzero(response->resp, strlen(response->resp));
		free(response->resp);
	}
	free(response);
	return replied;
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

static enum err
converse(pam_handle_t *pamh, int style, const char *text, size_t len, char *typed,
	bool *ret_replied)
{
	const struct pam_conv *conv;
	const void *item = NULL;
	struct pam_response *response = NULL;
	struct pam_message message = {.msg_style = style};
	const struct pam_message *messages = &message;
	AUTO_FREE char *clean = malloc(len + 2);
	int code;

	if (clean == NULL)
		return ERR_NOMEM;
	clean[0] = '\n';
	text_clean(clean + 1, len + 1, text, len);
	if (pam_get_item(pamh, PAM_CONV, &item) != PAM_SUCCESS || item == NULL)
		return ERR_SILENT;
	conv = item;
	if (conv->conv == NULL) /* a service that has nobody to talk to */
		return ERR_SILENT;
	message.msg =
		has_lines(clean + 1) && begins_midline(pamh, conv) ? clean : clean + 1;
	code = conv->conv(1, &messages, &response, conv->appdata_ptr);
	if (code != PAM_SUCCESS)
		return ERR_NOT_INTERACTIVE; /* the response is undefined then */
	*ret_replied = take_reply(response, typed);
	return ERR_OK;
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
	bool replied;

	return converse(pamh, style, text, len, NULL, &replied);
}

static enum err
ask(pam_handle_t *pamh, const char *text, size_t len, char *typed)
{
	bool replied;
	enum err e = converse(pamh, PAM_PROMPT_ECHO_ON, text, len, typed, &replied);

	if (e != ERR_OK)
		return e;
	/* login, su and pamtester report the end of their input as success */
	return replied ? ERR_OK : ERR_GONE;
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
