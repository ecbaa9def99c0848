/*
 * The host's conversation function, with everything it may do wrong. Replies are wiped
 * before they are freed, and never looked at.
 */
#include "pam/conversation.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/clean.h"
#include "base/text.h"

/* Wipes and releases what the host answered; ret_replied: whether there was text. */
static void
discard(struct pam_response *response, bool *ret_replied)
{
	*ret_replied = response != NULL && response->resp != NULL;
	if (*ret_replied) {
		explicit_bzero(response->resp, strlen(response->resp));
		free(response->resp);
	}
	free(response);
}

static enum err
converse(pam_handle_t *pamh, int style, const char *text, size_t len, bool *ret_replied)
{
	const struct pam_conv *conv;
	const void *item = NULL;
	struct pam_response *response = NULL;
	struct pam_message message = {.msg_style = style};
	const struct pam_message *messages = &message;
	AUTO_FREE char *clean = malloc(len + 1);
	int code;

	if (clean == NULL)
		return ERR_NOMEM;
	text_clean(clean, len + 1, text, len);
	message.msg = clean;
	if (pam_get_item(pamh, PAM_CONV, &item) != PAM_SUCCESS || item == NULL)
		return ERR_NOT_INTERACTIVE;
	conv = item;
	if (conv->conv == NULL) /* a service that has nobody to talk to */
		return ERR_NOT_INTERACTIVE;
	code = conv->conv(1, &messages, &response, conv->appdata_ptr);
	if (code != PAM_SUCCESS)
		return ERR_NOT_INTERACTIVE; /* the response is undefined then */
	discard(response, ret_replied);
	return ERR_OK;
}

enum err
conversation_show(pam_handle_t *pamh, int style, const char *text, size_t len)
{
	bool replied;

	return converse(pamh, style, text, len, &replied);
}

enum err
conversation_ask(pam_handle_t *pamh, const char *text, size_t len)
{
	bool replied;
	enum err e = converse(pamh, PAM_PROMPT_ECHO_ON, text, len, &replied);

	if (e != ERR_OK)
		return e;
	/* login, su and pamtester report the end of their input as success */
	return replied ? ERR_OK : ERR_GONE;
}
