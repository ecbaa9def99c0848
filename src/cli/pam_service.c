/* Opening and changing a service's files, one administrator at a time. */
#include "cli/pam_service.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/safefile.h"
#include "base/safewrite.h"
#include "cli/pam_edit.h"
#include "cli/pam_stack.h"

bool
pam_service_is_name(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len < PAM_SERVICE_MOST && !pam_stack_is_shared(name) &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789_-") == len;
}

enum err
pam_service_keep(int *ret_fd, struct diag *diag)
{
	AUTO_FD int fd = -1;
	enum err e = safefile_private_directory(&fd, PAM_SERVICE_KEEP, diag);

	if (e == ERR_OK && flock(fd, LOCK_EX) != 0)
		e = diag_set(diag, ERR_SYSTEM, "%s: %m", PAM_SERVICE_KEEP);
	if (e == ERR_OK)
		*ret_fd = move_fd(&fd);
	return e;
}

enum err
pam_service_open(struct pam_service *ret, const char *name)
{
	const char *last;
	enum err e;

	*ret = (struct pam_service){.name = name, .keep = -1, .dir = -1};
	ret->text = (struct buf)BUF_INIT(PAM_SERVICE_TEXT);
	if (!pam_service_is_name(name))
		return diag_set(&ret->diag, ERR_FILE_INVALID,
			"%.60s is not the name of a single service", name);
	snprintf(ret->path, sizeof(ret->path), PAM_STACK_DIR "/%s", name);
	snprintf(ret->record, sizeof(ret->record), "%s" PAM_SERVICE_RECORD, name);
	e = pam_service_keep(&ret->keep, &ret->diag);
	if (e == ERR_OK)
		e = safefile_directory(&ret->dir, &last, ret->path, &ret->diag);
	if (e == ERR_OK)
		e = safefile_read(&ret->text, ret->path, 0, &ret->diag);
	if (e == ERR_OK &&
		fstatat(ret->dir, name, &ret->before, AT_SYMLINK_NOFOLLOW) != 0)
		e = diag_set(&ret->diag, ERR_SYSTEM, "%s: %m", ret->path);
	return e;
}

enum err
pam_service_write(struct pam_service *s, const struct buf *text)
{
	const struct safewrite_owner owner = {.uid = s->before.st_uid,
		.gid = s->before.st_gid,
		.mode = s->before.st_mode & 07777};

	return safewrite(s->dir, s->name, SAFEWRITE_REPLACE, &owner, buf_str(text),
		text->len, s->path, &s->diag);
}

enum err
pam_service_note(struct pam_service *s, const char *name, const char *text, size_t len)
{
	const struct safewrite_owner owner = {.mode = 0600};

	return safewrite(s->keep, name, SAFEWRITE_REPLACE, &owner, text, len,
		PAM_SERVICE_KEEP, &s->diag);
}

enum err
pam_service_take_out(struct pam_service *s)
{
	AUTO_BUF struct buf text = BUF_INIT(PAM_SERVICE_TEXT);
	bool ours = pam_edit_is_ours(buf_str(&s->text));
	enum err e = ours ? pam_edit_disable(&text, buf_str(&s->text)) : ERR_OK;

	if (e == ERR_OK && ours)
		e = pam_service_write(s, &text);
	if (e != ERR_OK)
		return e;
	unlinkat(s->keep, s->record, 0);
	return ours ? ERR_OK
		    : diag_set(&s->diag, ERR_FILE_INVALID,
			      "%s: itsmectl has put nothing there", s->path);
}

void
pam_service_close(struct pam_service *s)
{
	clean_fd(&s->keep);
	clean_fd(&s->dir);
	buf_free(&s->text);
}
