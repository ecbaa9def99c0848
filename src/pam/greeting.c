/* Dividing a text into what a login screen shows before, with and behind a question. */
#define _GNU_SOURCE /* memrchr */
#include "pam/greeting.h"

#include <string.h>

#include "pam/conversation.h"

/* Without what sets a prompt off from the line that it follows elsewhere. */
static struct conversation_part
trim(const char *text, size_t len)
{
	while (len > 0 && text[0] == '\n') {
		text++;
		len--;
	}
	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == ' '))
		len--;
	return (struct conversation_part){text, len};
}

enum err
greeting_press(pam_handle_t *pamh, const char *text, size_t len)
{
	const struct conversation_part all = trim(text, len);
	const char *end = memchr(all.text, '\n', all.len);
	struct conversation_part parts[CONVERSATION_PARTS] = {all, all, {"", 0}};

	if (end != NULL) {
		parts[0].len = parts[1].len = (size_t)(end - all.text);
		parts[2] = trim(end, all.len - parts[0].len);
	}
	return conversation_all_at_once(pamh, true, parts, NULL);
}

enum err
greeting_question(pam_handle_t *pamh, const char *text, size_t len, char ret[TYPED_SIZE])
{
	const struct conversation_part all = trim(text, len);
	const char *end = memrchr(all.text, '\n', all.len);
	struct conversation_part parts[CONVERSATION_PARTS] = {all, all, {"", 0}};

	if (end != NULL)
		parts[1] = trim(end, all.len - (size_t)(end - all.text));
	return conversation_all_at_once(pamh, false, parts, ret);
}
