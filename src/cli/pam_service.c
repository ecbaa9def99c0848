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
#include "cli/pam_gdm.h"
#include "cli/pam_stack.h"

/* Whether it is what an editor or a package manager has left beside a service's file. */
static bool
is_left_over(const char *name)
{
	static const char *const ends[] = {".bak", ".backup", ".before", ".disabled",
		".old", ".orig", ".pam-old", ".rpmsave", ".rpmnew", ".rpmorig", ".save",
		PAM_SERVICE_RECORD};
	const char *dot = strrchr(name, '.');
	size_t i;

	if (dot == NULL)
		return false;
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (strcmp(dot, ends[i]) == 0)
			return true;
	return strncmp(dot, ".dpkg-", 6) == 0 || strncmp(dot, ".ucf-", 5) == 0;
}

bool
pam_service_is_name(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len < PAM_SERVICE_MOST && name[0] != '.' &&
	       !pam_stack_is_shared(name) && !is_left_over(name) &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789_-.") == len;
}

enum err
pam_service_keep(int *ret_fd, struct diag *diag)
{
	AUTO_FD int fd = -1;
	enum err e = safefile_private_directory(&fd, PAM_SERVICE_KEEP, diag);

	/* whoever has deleted the configuration has to get rid of the rest as well */
	if (e == ERR_FILE_MISSING && mkdir(PAM_SERVICE_ABOVE, 0755) == 0)
		e = safefile_private_directory(&fd, PAM_SERVICE_KEEP, diag);
	if (e == ERR_OK && flock(fd, LOCK_EX) != 0)
		e = diag_set(diag, ERR_SYSTEM, "%s: %m", PAM_SERVICE_KEEP);
	if (e == ERR_OK)
		*ret_fd = move_fd(&fd);
	return e;
}

/* The file that libpam would read, and what its owner and mode are. */
static enum err
read_file(struct pam_service *s)
{
	char vendor[sizeof(s->path)];
	enum err e = safefile_read(&s->text, s->path, 0, &s->diag);
	struct stat st;

	if (e == ERR_FILE_UNSAFE && lstat(s->path, &st) == 0 && S_ISLNK(st.st_mode))
		return diag_set(&s->diag, e,
			"%s: is a symbolic link; type: cp --remove-destination "
			"\"$(readlink -f %s)\" %s",
			s->path, s->path, s->path);
	if (e == ERR_FILE_MISSING) {
		snprintf(vendor, sizeof(vendor), PAM_STACK_VENDOR "/%s", s->name);
		e = safefile_read(&s->text, vendor, 0, &s->diag);
		s->vendor = e == ERR_OK;
		s->none = e == ERR_FILE_MISSING && pam_gdm_is(s->name);
		if (s->none) {
			s->before.st_mode = 0644; /* root's */
			return ERR_OK;
		}
		if (e == ERR_FILE_MISSING)
			return diag_set(&s->diag, e,
				"%s: does not exist. PAM takes " PAM_STACK_DIR
				"/other for such a service; if there is a program that "
				"calls itself %s, type: cp " PAM_STACK_DIR "/other %s",
				s->path, s->name, s->path);
	}
	if (e == ERR_OK && fstatat(AT_FDCWD, s->vendor ? vendor : s->path, &s->before,
				   AT_SYMLINK_NOFOLLOW) != 0)
		e = diag_set(&s->diag, ERR_SYSTEM, "%s: %m", s->path);
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
		e = read_file(ret);
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

static enum err
remove_file(struct pam_service *s)
{
	if (unlinkat(s->dir, s->name, 0) != 0 || fsync(s->dir) != 0)
		return diag_set(&s->diag, ERR_SYSTEM, "%s: %m", s->path);
	return ERR_OK;
}

enum err
pam_service_restore(struct pam_service *s)
{
	return s->vendor || s->none ? remove_file(s) : pam_service_write(s, &s->text);
}

/* Whether the text is what a file says. */
static bool
stands_in(const char *text, const char *directory, const char *name)
{
	AUTO_BUF struct buf there = BUF_INIT(PAM_SERVICE_TEXT);
	char path[160];
	struct diag diag;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return safefile_read(&there, path, 0, &diag) == ERR_OK &&
	       strcmp(buf_str(&there), text) == 0;
}

/* What is left once our lines are out. */
static enum err
read_left(struct buf *text, struct pam_service *s)
{
	bool changed;
	enum err e;

	if (!pam_gdm_is_made(buf_str(&s->text)))
		return pam_edit_disable(text, buf_str(&s->text));
	e = pam_gdm_unmake(text, buf_str(&s->text), &changed);
	if (e == ERR_OK && changed)
		e = pam_service_note(s, s->name, buf_str(&s->text), s->text.len);
	return e;
}

/* What is left is nothing, or the vendor's, as it was or as an upgrade has made it
 * meanwhile. */
static bool
is_needless(const struct pam_service *s, const char *left)
{
	if (pam_gdm_is_made(buf_str(&s->text)) && left[0] == '\0')
		return true;
	return pam_edit_is_copy(buf_str(&s->text)) &&
	       (stands_in(left, PAM_STACK_VENDOR, s->name) ||
		       stands_in(left, PAM_SERVICE_KEEP, s->name));
}

enum err
pam_service_take_out(struct pam_service *s)
{
	AUTO_BUF struct buf text = BUF_INIT(PAM_SERVICE_TEXT);
	enum err e;

	if (!pam_edit_is_ours(buf_str(&s->text)))
		return diag_set(&s->diag, ERR_FILE_INVALID,
			"%s: itsmectl has put nothing there", s->path);
	e = read_left(&text, s);
	if (e == ERR_OK)
		e = is_needless(s, buf_str(&text)) ? remove_file(s)
						   : pam_service_write(s, &text);
	if (e != ERR_OK)
		return e;
	buf_cut(&s->text, 0);
	buf_add(&s->text, buf_str(&text), text.len);
	return buf_err(&s->text);
}

void
pam_service_close(struct pam_service *s)
{
	clean_fd(&s->keep);
	clean_fd(&s->dir);
	buf_free(&s->text);
}
