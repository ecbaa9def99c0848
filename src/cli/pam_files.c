/* Looking through PAM_STACK_DIR for files that itsmectl has to do with. */
#include "cli/pam_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/pam_edit.h"
#include "cli/pam_retire.h"
#include "cli/pam_stack.h"

/*
 * A file of PAM_STACK_DIR with that name, read; false: there is none of its own, but
 * perhaps another name of one beside it.
 */
static bool
read_own(struct buf *text, const char *name)
{
	char path[sizeof(PAM_STACK_DIR) + 256], target[256] = "";

	snprintf(path, sizeof(path), PAM_STACK_DIR "/%s", name);
	if (readlink(path, target, sizeof(target) - 1) > 0 &&
		(strchr(target, '/') == NULL ||
			strncmp(target, PAM_STACK_DIR "/", sizeof(PAM_STACK_DIR)) == 0))
		return false;
	return access(path, F_OK) == 0 && pam_stack_text(text, path);
}

int
pam_files_is_ours(const struct dirent *entry)
{
	AUTO_BUF struct buf text = BUF_INIT(PAM_SERVICE_TEXT);

	return pam_service_is_name(entry->d_name) && read_own(&text, entry->d_name) &&
	       pam_edit_is_ours(buf_str(&text));
}

int
pam_files_is_changed(const struct dirent *entry)
{
	AUTO_BUF struct buf text = BUF_INIT(PAM_SERVICE_TEXT);

	return pam_service_is_name(entry->d_name) && read_own(&text, entry->d_name) &&
	       (pam_edit_is_ours(buf_str(&text)) || pam_retire_is_needed(buf_str(&text)));
}

int
pam_files_is_shared_and_asks(const struct dirent *entry)
{
	AUTO_BUF struct buf text = BUF_INIT(PAM_SERVICE_TEXT);

	return pam_stack_is_shared(entry->d_name) &&
	       pam_stack_text(&text, entry->d_name) &&
	       pam_retire_is_needed(buf_str(&text));
}

/* Whether the service asks by a rule that stands in another's file. */
static bool
asks_by(const char *service, const char *file)
{
	static struct pam_stack stack;
	size_t i;

	if (strcmp(service, file) == 0 || !pam_stack_read(&stack, service))
		return false;
	for (i = 0; i < stack.count; i++)
		if (pam_rule_is_itsme(&stack.rules[i]) &&
			strcmp(stack.rules[i].file, file) == 0)
			return true;
	return false;
}

static int
is_service(const struct dirent *entry)
{
	return pam_service_is_name(entry->d_name);
}

void
pam_files_say_others(struct call *call, const char *name)
{
	struct dirent **entries = NULL;
	int i, count = scandir(PAM_STACK_DIR, &entries, is_service, alphasort);

	for (i = 0; i < count; i++) {
		if (asks_by(entries[i]->d_name, name)) {
			output_line(&call->out, "%s includes %s, and asks as well.",
				entries[i]->d_name, name);
			output_put(output_add(&call->out, "also"), "service",
				entries[i]->d_name);
		}
		free(entries[i]);
	}
	free(entries);
}

/* Each entry of the directory that `chosen` takes, without `end` characters behind it. */
static enum exit_status
each(struct call *call, const char *directory, int (*chosen)(const struct dirent *),
	size_t end,
	enum err (*act)(struct call *, struct pam_service *, const char *name))
{
	struct dirent **entries = NULL;
	int i, count = scandir(directory, &entries, chosen, alphasort);
	enum exit_status status = EXIT_DONE;

	for (i = 0; i < count; i++) {
		AUTO_PAM_SERVICE struct pam_service s;
		char *name = entries[i]->d_name;
		enum err e;

		name[strlen(name) - end] = '\0';
		e = act(call, &s, name);
		if (call_result(call, e, &s.diag) != EXIT_DONE)
			status = EXIT_NOT;
		free(entries[i]);
	}
	free(entries);
	return status;
}

enum exit_status
pam_files_each(struct call *call, int (*chosen)(const struct dirent *),
	enum err (*act)(struct call *, struct pam_service *, const char *name))
{
	return each(call, PAM_STACK_DIR, chosen, 0, act);
}

static int
is_record(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name), end = strlen(PAM_SERVICE_RECORD);

	return len > end && strcmp(entry->d_name + len - end, PAM_SERVICE_RECORD) == 0;
}

enum exit_status
pam_files_each_record(struct call *call,
	enum err (*act)(struct call *, struct pam_service *, const char *name))
{
	return each(call, PAM_SERVICE_KEEP, is_record, strlen(PAM_SERVICE_RECORD), act);
}
